"""Regions to write bulletins about: a small made-up city, and the province of 2021 by hand."""

import csv
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from services.reporting.rules.bulletins.material import Firing, Kind, Material, Subject, Yardstick
from services.reporting.rules.indicators import Child, Figures, Stocks
from services.reporting.rules.measures import Measures

YEAR_END = date(2021, 8, 31)
_REFERENCE = Path(__file__).parents[2] / "services/reporting/reference"


@dataclass
class Region:
    """What a test says of a region; money in yuan."""

    code: str
    name: str
    units: int = 0
    last: int | None = None
    target: int | None = None
    stretch: int | None = None
    residents: int | None = None
    premium: float = 0
    last_premium: float = 0
    fiscal: float = 0
    elder: int = 0
    claims: int = 0
    paid: float = 0
    earned: float | None = None
    outstanding: float = 0
    before: int | None = None
    share: float = 1.0
    has_feed: bool = True
    document: str = "桂计生协〔2020〕9号"
    lags: tuple[str, ...] = field(default=())

    def subject(self, as_of: date, children: tuple[Child, ...] = ()) -> Subject:
        """As a bulletin sees it."""
        level = {2: "province", 4: "city", 6: "county"}[len(self.code)]
        now = self._figures(as_of, self.units, children)
        before = None if self.before is None else self._figures(as_of, self.before, ())
        since = {"guideline": date(2020, 9, 1), "stretch": date(2021, 4, 29)}
        kinds = {"guideline": self.target, "stretch": self.stretch}
        targets = {k: Yardstick(n, since[k], self.document, 7) for k, n in kinds.items() if n is not None}
        lags = tuple(Firing(rule) for rule in self.lags)
        vintage = "census2020" if self.residents else None
        return Subject(self.code, self.name, level, now, before, targets, vintage, facts=12, lags=lags)

    def _figures(self, as_of: date, units: int, children: tuple[Child, ...]) -> Figures:
        last = None if self.last is None else Measures(units=self.last, self_paid_fen=_fen(self.last_premium))
        kinds = {"guideline": self.target, "stretch": self.stretch}
        return Figures(
            year=2021,
            as_of=as_of,
            start_month=9,
            now=Measures(
                units=units,
                self_paid_fen=_fen(self.premium - self.fiscal),
                fiscal_fen=_fen(self.fiscal),
                claims_paid=self.claims,
                paid_fen=_fen(self.paid),
            ),
            elder_units=self.elder,
            last=last,
            last_full=last,
            targets={kind: n for kind, n in kinds.items() if n is not None},
            expected_share=self.share,
            stocks=Stocks(outstanding_fen=_fen(self.outstanding)),
            has_feed=self.has_feed,
            residents=self.residents,
            earned_fen=None if self.earned is None else self.earned * 100,
            children=children,
        )


def _fen(yuan: float) -> int:
    return round(yuan * 100)


def material(
    kind: Kind, region: Region, children: list[Region], below: list[Region] | None = None, as_of: date = YEAR_END
) -> Material:
    """What a bulletin is composed from."""
    sums = tuple(Child(c.units, _fen(c.premium), _fen(c.fiscal)) for c in children)
    since = None if kind == "annual" else date.fromordinal(as_of.toordinal() - 7)
    return Material(
        kind=kind,
        year=2021,
        as_of=as_of,
        since=since,
        region=region.subject(as_of, sums),
        children=[child.subject(as_of) for child in children],
        below=[child.subject(as_of) for child in below or []],
    )


def province_of_2021() -> Material:
    """The calibrated tables, read here again, with no help from the books."""
    rows = _rows("city_calibrated.csv")
    counties = _rows("county_calibrated.csv")
    whole, *cities = [_region(row) for row in sorted(rows, key=lambda row: (len(row["code"]), row["code"]))]
    below = [Region(c["code"], c["name"], int(c["policies_2021"]), int(c["policies_2020"])) for c in counties]
    return material("annual", whole, cities, below)


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((_REFERENCE / name).read_text(encoding="utf-8").splitlines()))


def _region(row: dict[str, Any]) -> Region:
    def yuan(name: str) -> float:
        return float(row[name]) * 10_000

    return Region(
        row["code"],
        row["name"],
        units=int(row["policies_2021"]),
        last=int(row["policies_2020"]),
        target=int(row["target_2021"]),
        stretch=int(row["raised_target_2021"]),
        residents=int(row["resident_population"]),
        premium=yuan("premium_2021"),
        last_premium=yuan("premium_2020"),
        fiscal=yuan("fiscal_premium_2021"),
        elder=int(row["elderly_policies_2021"]),
        claims=int(row["claims_count"]),
        paid=yuan("claims_amount"),
        earned=yuan("earned_premium_2021"),
        document="合成",
    )
