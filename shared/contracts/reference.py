"""Reference data as files carry it: one row model per kind, a whole file valid or none of it."""

import csv
import gzip
import hashlib
import io
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from shared.contracts.values import MoneyFromOutside, RegionCode, Value, parent_of

_empty_as_none = BeforeValidator(lambda value: None if value == "" else value)
OptionalDate = Annotated[date | None, _empty_as_none]
OptionalCount = Annotated[int | None, _empty_as_none]
Level = Literal["province", "city", "county", "township", "village"]


class RegionRow(Value):
    """A line of regions.csv or regions_villages.csv."""

    code: RegionCode
    name: Annotated[str, Field(min_length=1, max_length=100)]
    level: Level
    parent: str = ""


class RegionChangeRow(Value):
    """A line of regions_changes.csv: a code that was replaced on a day."""

    code: RegionCode
    level: Level
    change: str
    name_from: str
    name_to: str
    successor: Annotated[RegionCode | None, _empty_as_none]
    effective_on: date


class PopulationRow(Value):
    """A line of population.csv; `status` is the vintage; `eligible_households` where somebody has counted them."""

    code: RegionCode
    resident_population: Annotated[int, Field(gt=0)]
    status: str
    eligible_households: OptionalCount = None


class TargetRow(Value):
    """A line of targets.csv; `line` is a product line, empty for all that count to target."""

    region: RegionCode
    year: Annotated[int, Field(ge=2000, le=2100)]
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
    units: Annotated[int, Field(ge=0)]
    effective_on: date
    document: str = ""
    status: str = ""
    line: Annotated[str, Field(pattern=r"^[a-z]{0,20}$")] = ""


class ProductRow(Value):
    """A line of products.csv: one version of a product. Ages inclusive, on the first day of cover."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
    name: Annotated[str, Field(min_length=1)]
    line: Literal["family", "elder", "special"]
    counted_in: Literal["units", "households", "persons"]
    unit_price: Annotated[MoneyFromOutside | None, _empty_as_none]
    min_age_days: OptionalCount
    min_age_years: OptionalCount
    max_age_years: OptionalCount
    household_kinds: str = "any"
    counts_to_target: bool
    aliases: str = ""
    on_sale_from: date
    on_sale_to: OptionalDate


class ContactRow(Value):
    """A line of contacts.csv: a role's mailbox or robot for a region."""

    region: RegionCode
    role: str
    chain: str
    name: str
    email: str = ""
    robot_url: str = ""
    valid_from: date
    valid_to: OptionalDate = None


KINDS: dict[str, type[Value]] = {
    "regions": RegionRow,
    "changes": RegionChangeRow,
    "populations": PopulationRow,
    "targets": TargetRow,
    "products": ProductRow,
    "contacts": ContactRow,
}


class BadFile(Exception):
    """What is wrong with a reference file, line by line (at most 20 of them)."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems[:20]))
        self.problems = list(problems)


def text_of(path: Path) -> str:
    """The text of a CSV file, gzipped or not, with or without a byte order mark."""
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")


def rows_in(kind: str, text: str) -> list[Any]:
    """The typed rows of a CSV text. Raises BadFile naming every line that is wrong."""
    try:
        lines = list(csv.DictReader(io.StringIO(text)))
    except csv.Error as error:
        raise BadFile([f"this is no CSV: {error}"]) from None
    if not lines:
        raise BadFile(["the file has no rows"])
    try:
        form: Any = list.__class_getitem__(KINDS[kind])
        rows: list[Any] = TypeAdapter(form).validate_python(lines)
    except ValidationError as error:
        raise BadFile([_said(e["loc"], e["msg"]) for e in error.errors(include_url=False)]) from None
    if problems := _CHECKS.get(kind, lambda _: [])(rows):
        raise BadFile(problems)
    return rows


def hash_of(text: str) -> str:
    """What `doctor` compares between services."""
    return hashlib.sha256(text.encode()).hexdigest()


def _said(loc: tuple[int | str, ...], message: str) -> str:
    return f"line {int(loc[0]) + 2}: {'.'.join(map(str, loc[1:]))}: {message}"


def _region_problems(rows: Sequence[RegionRow]) -> list[str]:
    seen: set[str] = set()
    doubles = [f"{r.code}: stands twice" for r in rows if r.code in seen or seen.add(r.code)]  # type: ignore[func-returns-value]
    parents = [f"{r.code}: its parent is {parent_of(r.code)}" for r in rows if r.parent != (parent_of(r.code) or "")]
    return doubles + parents


_CHECKS: dict[str, Callable[[Any], list[str]]] = {"regions": _region_problems}
