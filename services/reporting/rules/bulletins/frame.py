"""What every bulletin stands in: its title, who issues it to whom, its day and notes."""

from dataclasses import dataclass
from datetime import date, timedelta

from services.reporting.rules.bulletins.document import Chart, Document, Section, Table
from services.reporting.rules.bulletins.material import Kind, Material
from services.reporting.rules.bulletins.periods import quarter_name, quarter_of
from services.reporting.rules.bulletins.phrases import addressee_of, day_in_words, issuer_of, notes_of, period_in_words

KIND_NAMES: dict[Kind, str] = {"weekly": "周通报", "quarterly": "季度通报", "annual": "年度通报"}


@dataclass(frozen=True)
class Content:
    """What a kind of bulletin says."""

    opening: tuple[str, ...]
    sections: tuple[Section, ...]
    tables: tuple[Table, ...]
    charts: tuple[Chart, ...]
    chat: tuple[str, ...]


@dataclass(frozen=True)
class Heading:
    """What names a bulletin: enough for its title before it is composed."""

    kind: Kind
    region: str
    year: int
    as_of: date
    since: date | None
    start_month: int


def title_of(heading: Heading) -> str:
    """关于广西壮族自治区2021年度关爱保险工作情况的通报."""
    if heading.kind == "weekly":
        since = heading.since or heading.as_of - timedelta(days=7)
        period = period_in_words(since + timedelta(days=1), heading.as_of)
        return f"关于{heading.region}关爱保险工作进展情况的周通报（{period}）"
    quarter = quarter_name(quarter_of(heading.as_of, heading.year, heading.start_month)[0])
    period = f"{heading.year}年度" + (quarter if heading.kind == "quarterly" else "")
    return f"关于{heading.region}{period}关爱保险工作情况的通报"


def framed(material: Material, content: Content, signed_on: date) -> Document:
    """The whole document, still a draft."""
    region = material.region
    heading = Heading(material.kind, region.name, material.year, material.as_of, material.since, material.start_month)
    return Document(
        issuer=issuer_of(region),
        title=title_of(heading),
        addressee=addressee_of(region),
        opening=content.opening,
        sections=content.sections,
        tables=content.tables,
        charts=content.charts,
        signed_on=signed_on.isoformat(),
        notes=notes_of(material),
        chat=content.chat,
    )


def file_name(title: str, as_of: date, suffix: str) -> str:
    """关于…的通报（截至2021年8月31日）.docx; a weekly one names its days already."""
    day = "" if title.endswith("）") else f"（截至{day_in_words(as_of)}）"
    return f"{title}{day}{suffix}"
