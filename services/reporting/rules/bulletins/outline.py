"""How a bulletin is laid out in words: numbers of chapters and attachments, dates, notes, marks; for every writer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from unicodedata import east_asian_width

from services.reporting.rules.bulletins.document import Chart, Column, Correction, Document, Section, Table
from services.reporting.rules.bulletins.rounding import shown

DRAFT = "草稿（送审稿）"
DRAWINGS = "图示"
_DIGITS = "〇一二三四五六七八九"
_DAY = re.compile(r"(\d{4})\D+(\d{1,2})\D+(\d{1,2})", re.ASCII)
_LEAD = re.compile(r"（[一二三四五六七八九十]{1,3}）[^。\n]{1,40}。?")
_WORD_ENDS = re.compile("的|和|及|与|，|、|年度|全区|全省|全市|全县|家庭|保险|工作")
_WIDEST_HEADER = 48
EARLIEST = date(1980, 1, 1)


@dataclass(frozen=True)
class Part:
    """What follows the signature: a heading and its lines."""

    heading: str
    lines: Sequence[str]


def chinese_number(number: int) -> str:
    """1 -> 一, 12 -> 十二, 30 -> 三十, below a hundred."""
    tens, ones = divmod(number, 10)
    ten = "" if not tens else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return ten + (_DIGITS[ones] if ones or not tens else "")


def numbered(sections: Sequence[Section]) -> list[tuple[str, Section]]:
    """Each section with its heading "一、…"; one without a heading has none and takes no number."""
    found, number = [], 0
    for section in sections:
        number += bool(section.heading)
        found.append((f"{chinese_number(number)}、{section.heading}" if section.heading else "", section))
    return found


def lead(paragraph: str) -> tuple[str, str]:
    """The sentence "（一）…。" that a paragraph of the second level begins with, and the rest."""
    found = _LEAD.match(paragraph)
    return (found.group(), paragraph[found.end() :]) if found else ("", paragraph)


def day_of(written: str) -> date:
    """The day of an ISO date; without one the earliest that a file can carry, so that bytes never depend on now."""
    found = _DAY.match(written)
    try:
        return date(*map(int, found.groups())) if found else EARLIEST
    except ValueError:
        return EARLIEST


def long_date(written: str) -> str:
    """2021-10-21 -> 2021年10月21日."""
    day = day_of(written)
    return written if day == EARLIEST else f"{day.year}年{day.month}月{day.day}日"


def attachments(document: Document) -> list[str]:
    """The titles of the attachments: every table, then all charts together."""
    return [table.title for table in document.tables] + ([DRAWINGS] if document.charts else [])


def attachment_mark(number: int, document: Document) -> str:
    """附件 when there is one, else 附件1, 附件2."""
    return "附件" if len(attachments(document)) == 1 else f"附件{number}"


def title_lines(title: str, columns: int = 40) -> list[str]:
    """The title in lines that fit: two break after a whole word where one is known, more are about equally long."""
    if width(title) <= columns:
        return [title]
    ends = [found.end() for found in _WORD_ENDS.finditer(title)]
    pairs = [(title[:end], title[end:]) for end in ends if max(width(title[:end]), width(title[end:])) <= columns]
    if pairs:
        best = min(pairs, key=lambda pair: abs(width(pair[0]) - width(pair[1])))
        return list(best)
    return _evenly(title, columns)


def _evenly(title: str, columns: int) -> list[str]:
    lines = -(-width(title) // columns)
    room = min(columns, -(-width(title) // lines) + 1)
    broken = [""]
    for word in re.findall(r"[!-~]{1,30}|[^!-~]", title):
        if broken[-1] and width(broken[-1] + word) > room:
            broken.append("")
        broken[-1] += word
    return broken


def chart_title(chart: Chart) -> str:
    """The title of a chart with its unit; percentages carry it already."""
    return chart.title if chart.unit == "%" else f"{chart.title}（单位：{chart.unit}）"


def texts(table: Table) -> list[list[str]]:
    """The cells of a table as they are shown."""
    return [[shown(cell, column) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows]


def alignment(column: Column) -> Literal["left", "center", "right"]:
    """Words to the left, places in the middle, figures to the right."""
    return "left" if column.kind == "text" else "center" if column.kind == "rank" else "right"


def shares(table: Table) -> list[int]:
    """How much of the width each column should get: what its longest text takes, within reason."""
    rows = texts(table)
    widest = [max(map(width, column), default=0) for column in zip(*rows, strict=True)] or [0] * len(table.columns)
    return [
        min(max(longest, min(width(header(column)), 8), -(-width(header(column)) // 2)), 40) + 2
        for longest, column in zip(widest, table.columns, strict=True)
    ]


def header(column: Column) -> str:
    """The title of a column, short enough to stand over every page; one of money says its unit."""
    title = shortened(column.title, _WIDEST_HEADER)
    says_it = column.kind != "money" or "万元" in title
    return title if says_it else f"{title}（万元）"


def closing(document: Document) -> list[Part]:
    """Notes, corrections and what changed since publication."""
    parts = (
        Part("附注", document.notes),
        Part("更正", [correction_line(correction) for correction in document.corrections]),
        Part("发布后变化", document.since_publication),
    )
    return [part for part in parts if part.lines]


def correction_line(correction: Correction) -> str:
    """One erratum in one sentence."""
    ranks = f"；位次变化：{'、'.join(correction.ranks)}" if correction.ranks else ""
    return (
        f"第{correction.number}号（{long_date(correction.issued_on)}）：{correction.figure}由{correction.old}"
        f"更正为{correction.new}。原因：{correction.cause}{ranks}。"
    )


def pointer(document: Document) -> str:
    """The line under the title of a bulletin that has been corrected."""
    count = len(document.corrections)
    return f"（本通报有{count}处更正，见文后“更正”）" if count else ""


def salutation(document: Document) -> str:
    """The addressee with its full-width colon."""
    return f"{document.addressee.rstrip('：:')}：" if document.addressee else ""


def printed_on(document: Document) -> str:
    """2021年10月21日印发."""
    return f"{long_date(document.signed_on)}印发"


def width(text: str) -> int:
    """Columns that a text takes where a Chinese character takes two."""
    return sum(2 if east_asian_width(character) in "WFA" else 1 for character in text)


def shortened(text: str, columns: int) -> str:
    """At most so many columns wide, ending in … when something is missing."""
    text = text.replace("\n", " ")
    if width(text) <= columns:
        return text
    while text and width(text) > columns - 2:
        text = text[:-1]
    return f"{text}…"
