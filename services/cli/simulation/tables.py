"""What the calibrated tables of a reference directory say about every county in one programme year."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from services.reporting.rules.shares import largest_remainder

FEN_PER_WAN = 1_000_000
ONE_STEP_PERCENT = 80
Row = dict[str, str]


@dataclass(frozen=True)
class County:
    """The year's totals of a county; `one_step` where its government pays for nearly everything at once."""

    code: str
    units: int
    premium_fen: int
    fiscal_fen: int
    elder_units: int
    claims: int
    paid_fen: int
    target_units: int | None
    one_step: bool


def read_counties(reference: Path, year: int) -> list[County]:
    """Every county in the order of the table; ValueError if the table lacks the year."""
    rows = _rows(reference / "county_calibrated.csv")
    years = calibrated_years(rows[0])
    if year not in years:
        raise ValueError(f"no calibrated table for {year}; there is one for {', '.join(map(str, years))}")
    fiscal = _fiscal_fen_by_county(reference, rows, year)
    targets = _guideline_targets(reference, year)
    one_step = _one_step_cities(rows, fiscal, year)
    return [_county(row, year, fiscal, targets.get(row["code"]), row["city_code"] in one_step) for row in rows]


def calibrated_years(row: Row) -> list[int]:
    """The programme years of which a row holds both units and premium."""
    units = {name.removeprefix("policies_") for name in row if name.startswith("policies_")}
    return sorted(int(year) for year in units if year.isdigit() and f"premium_{year}" in row)


def has_year(reference: Path, year: int) -> bool:
    """Whether the county table holds the year."""
    return year in calibrated_years(_rows(reference / "county_calibrated.csv")[0])


def homes_by_county(reference: Path) -> dict[str, list[str]]:
    """The codes policies are booked on: a county's villages, or its townships where no village is known."""
    townships = _codes_by_county(row for row in _rows(reference / "regions.csv") if row["level"] == "township")
    packed, plain = reference / "regions_villages.csv.gz", reference / "regions_villages.csv"
    villages = _codes_by_county(_rows(next((path for path in (packed, plain) if path.exists()), None)))
    return townships | villages


def _county(row: Row, year: int, fiscal: dict[str, int], target: int | None, one_step: bool) -> County:
    has_claims = year == calibrated_years(row)[-1]
    return County(
        code=row["code"],
        units=int(row[f"policies_{year}"]),
        premium_fen=_fen(row[f"premium_{year}"]),
        fiscal_fen=fiscal[row["code"]],
        elder_units=int(row.get(f"elderly_policies_{year}", 0)),
        claims=int(row["claims_count"]) if has_claims else 0,
        paid_fen=_fen(row["claims_amount"]) if has_claims else 0,
        target_units=target,
        one_step=one_step,
    )


def _fiscal_fen_by_county(reference: Path, rows: list[Row], year: int) -> dict[str, int]:
    fiscal: dict[str, int] = {}
    for city in _rows(reference / "city_calibrated.csv"):
        counties = [row for row in rows if row["city_code"] == city["code"]]
        parts = largest_remainder(_fiscal_fen(city, year), [_fen(row[f"premium_{year}"]) for row in counties])
        fiscal |= {row["code"]: part for row, part in zip(counties, parts, strict=True)}
    return fiscal


def _fiscal_fen(city: Row, year: int) -> int:
    """The city's fiscal premium; a year that does not know it takes the share of the latest that does."""
    if f"fiscal_premium_{year}" in city:
        return _fen(city[f"fiscal_premium_{year}"])
    known = max(year for year in calibrated_years(city) if f"fiscal_premium_{year}" in city)
    fiscal, known_premium = _fen(city[f"fiscal_premium_{known}"]), _fen(city[f"premium_{known}"])
    return (2 * fiscal * _fen(city[f"premium_{year}"]) + known_premium) // (2 * known_premium)


def _one_step_cities(rows: list[Row], fiscal: dict[str, int], year: int) -> set[str]:
    premium_of, fiscal_of = defaultdict[str, int](int), defaultdict[str, int](int)
    for row in rows:
        premium_of[row["city_code"]] += _fen(row[f"premium_{year}"])
        fiscal_of[row["city_code"]] += fiscal[row["code"]]
    return {city for city, premium in premium_of.items() if 100 * fiscal_of[city] > ONE_STEP_PERCENT * premium}


def _guideline_targets(reference: Path, year: int) -> dict[str, int]:
    rows = _rows(reference / "targets.csv")
    return {r["region"]: int(r["units"]) for r in rows if r["year"] == str(year) and r["kind"] == "guideline"}


def _codes_by_county(rows: Iterable[Row]) -> dict[str, list[str]]:
    codes = defaultdict[str, list[str]](list)
    for row in rows:
        codes[row["code"][:6]].append(row["code"])
    return dict(codes)


def _rows(path: Path | None) -> list[Row]:
    if path is None or not path.exists():
        return []
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(data.decode("utf-8-sig").splitlines()))


def _fen(wan: str) -> int:
    return int(Decimal(wan) * FEN_PER_WAN)
