"""A bulletin before it takes a format: what every writer (docx, xlsx, pdf, html, text, chat) is given."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from shared.contracts.values import Value

_UNPRINTABLE = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]")


def _printable(text: str) -> str:
    """Without control characters and reversals of direction, which no document may hold."""
    return _UNPRINTABLE.sub("", text)


Text = Annotated[str, AfterValidator(_printable)]

ColumnKind = Literal["text", "rank", "count", "signed", "percent", "money"]
"""`count`, `signed`: whole numbers; `percent`: a ratio, 0.139 is 13.9 %; `money`: yuan, shown in 万元."""
Cell = Text | int | float | None


class Column(Value):
    """A column of a table; `decimals` of a percent or of 万元."""

    title: Text
    kind: ColumnKind = "text"
    decimals: int = 2


class Table(Value):
    """A table of unrounded values; a missing one is None and shown as a dash."""

    title: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: Text = ""


class Series(Value):
    """Values by label; None leaves a gap."""

    name: Text
    values: tuple[float | None, ...]


class Chart(Value):
    """Bars (one label a region) or lines (one label a day). With the unit "%" values are ratios, with "万元" yuan."""

    title: Text
    kind: Literal["bars", "lines"]
    labels: tuple[Text, ...]
    series: tuple[Series, ...]
    unit: Text = "份"


class Section(Value):
    """A chapter: its heading without a number (the writers number 一、二、三、), and its paragraphs."""

    heading: Text
    paragraphs: tuple[Text, ...]


class Correction(Value):
    """An erratum of a published bulletin: old and new figure as shown, the cause, and whose rank changed."""

    number: Annotated[int, Field(ge=1)]
    issued_on: Text
    figure: Text
    old: Text
    new: Text
    cause: Text
    ranks: tuple[Text, ...] = ()


class Document(Value):
    """One bulletin. Text is plain: writers escape it, interpret nothing in it, keep its order; days are ISO dates."""

    issuer: Text
    reference: Text = ""
    title: Text
    addressee: Text = ""
    opening: tuple[Text, ...] = ()
    sections: tuple[Section, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    signed_on: Text
    copies_to: Text = ""
    notes: tuple[Text, ...] = ()
    corrections: tuple[Correction, ...] = ()
    since_publication: tuple[Text, ...] = ()
    chat: tuple[Text, ...] = ()
    is_draft: bool = True
