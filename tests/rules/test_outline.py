"""How a bulletin is laid out in words."""

from datetime import date

import pytest

from services.reporting.rules.bulletins.document import Column, Document, Section
from services.reporting.rules.bulletins.outline import (
    chinese_number,
    day_of,
    header,
    lead,
    long_date,
    numbered,
    salutation,
    shortened,
    title_lines,
    width,
)


def test_chapters_are_numbered_in_chinese() -> None:
    said = [chinese_number(number) for number in (1, 9, 10, 11, 20, 21, 99)]
    assert said == ["一", "九", "十", "十一", "二十", "二十一", "九十九"]


def test_a_chapter_without_a_heading_takes_no_number() -> None:
    sections = [Section(heading=heading, paragraphs=()) for heading in ("总体情况", "", "存在的问题")]
    assert [heading for heading, _ in numbered(sections)] == ["一、总体情况", "", "二、存在的问题"]


def test_a_day_is_written_in_full() -> None:
    assert long_date("2021-10-01") == "2021年10月1日"
    assert day_of("2021年10月1日") == date(2021, 10, 1)


@pytest.mark.parametrize("written", ["", "待定", "2021-13-40"])
def test_without_a_day_files_carry_the_earliest_one(written: str) -> None:
    assert day_of(written) == date(1980, 1, 1)
    assert long_date(written) == written


def test_the_leading_sentence_of_the_second_level() -> None:
    assert lead("（一）任务完成情况。全区…") == ("（一）任务完成情况。", "全区…")
    assert lead("截至8月31日，（一）") == ("", "截至8月31日，（一）")


def test_a_title_breaks_after_a_word_and_never_inside_a_number() -> None:
    title = "关于2021年度全区计划生育家庭关爱保险工作情况的通报"
    assert title_lines(title) == ["关于2021年度全区计划生育家庭", "关爱保险工作情况的通报"]
    assert title_lines("周通报") == ["周通报"]
    unknown = "某" * 39 + "20210831" + "某" * 20
    lines = title_lines(unknown)
    assert "".join(lines) == unknown
    assert any("20210831" in line for line in lines)
    assert max(map(width, lines)) <= 40


def test_a_column_of_money_says_its_unit_once() -> None:
    assert header(Column(title="保费", kind="money")) == "保费（万元）"
    assert header(Column(title="保费（万元）", kind="money")) == "保费（万元）"
    assert header(Column(title="份数", kind="count")) == "份数"


def test_an_addressee_is_followed_by_one_full_width_colon() -> None:
    document = Document(issuer="协会", title="通报", signed_on="2021-10-21", addressee="各市:")
    assert salutation(document) == "各市："


def test_a_shortened_text_is_never_wider_than_asked() -> None:
    assert shortened("南宁市", 6) == "南宁市"
    assert shortened("防城港市上思县", 9) == "防城港…"
    assert width(shortened("abcdefghij", 5)) <= 5


def test_a_document_holds_no_control_characters_and_no_reversals_of_direction() -> None:
    document = Document(issuer="协\x00会\x1b", title="通\u202e报\ufffe", signed_on="2021-10-21", chat=("a\r\nb\tc",))
    assert (document.issuer, document.title, document.chat) == ("协会", "通报", ("a\nb\tc",))
