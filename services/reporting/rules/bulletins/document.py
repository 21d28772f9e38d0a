"""A bulletin before it takes a format: what every writer (docx, xlsx, pdf, html, text, chat) is given."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.values import Value

ColumnKind = Literal["text", "rank", "count", "signed", "percent", "money"]
"""`count`, `signed`: whole numbers; `percent`: a ratio, 0.139 is 13.9 %; `money`: yuan, shown in 万元."""
Cell = str | int | float | None


class Column(Value):
    """A column of a table; `decimals` of a percent or of 万元."""

    title: str
    kind: ColumnKind = "text"
    decimals: int = 2


class Table(Value):
    """A table of unrounded values; a missing one is None and shown as a dash."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


class Series(Value):
    """Values by label; None leaves a gap."""

    name: str
    values: tuple[float | None, ...]


class Chart(Value):
    """Bars (one label a region) or lines (one label a day)."""

    title: str
    kind: Literal["bars", "lines"]
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = "份"


class Section(Value):
    """A chapter: its heading without a number (the writers number 一、二、三、), and its paragraphs."""

    heading: str
    paragraphs: tuple[str, ...]


class Correction(Value):
    """An erratum of a published bulletin: old and new figure as shown, the cause, and whose rank changed."""

    number: Annotated[int, Field(ge=1)]
    issued_on: str
    figure: str
    old: str
    new: str
    cause: str
    ranks: tuple[str, ...] = ()


class Document(Value):
    """One bulletin. Text is plain: writers escape it, interpret nothing in it, and keep its order."""

    issuer: str
    reference: str = ""
    title: str
    addressee: str = ""
    opening: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    signed_on: str
    copies_to: str = ""
    notes: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    since_publication: tuple[str, ...] = ()
    chat: tuple[str, ...] = ()
    is_draft: bool = True
