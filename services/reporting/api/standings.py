"""Rankings among the regions of a level or among any set of them, by any measure or indicator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Response

from services.reporting.api.asking import About, Asking, Day, region_asked, told, written
from services.reporting.queries.bulletins import last_published_before
from services.reporting.queries.figures import Known, details_for, known_on_days
from services.reporting.queries.yardsticks import Region, feeds_of, region_named, regions_below
from services.reporting.rules.amounts import reading_by, units_worth
from services.reporting.rules.indicators import Reading
from services.reporting.rules.ranking import Value, in_order, ranks_of, reordered_by_price, units_to_next
from shared.contracts.values import level_of
from shared.messaging.transaction import Transaction
from shared.runtime.principals import Principal
from shared.runtime.security import Reader
from shared.runtime.web import Reading as ReadingTransaction

Level = Literal["city", "county", "township", "village"]


@dataclass(frozen=True)
class Wanted:
    """By what to rank, among whom, since when places are compared, and from how many units on a region has one."""

    by: str
    level: Level | None
    among: str
    since: date | Literal["bulletin"] | None
    floor: int


def _wanted(
    by: str = "units",
    level: Level | None = None,
    among: Annotated[str, Query(description="codes of a peer group, with commas, instead of all of the level")] = "",
    since: Annotated[
        Day | Literal["bulletin"] | None,
        Query(description="compare places with this day, or with the last `bulletin`'s; default: 7 days before"),
    ] = None,
    floor: Annotated[int, Query(ge=0, description="regions with fewer units are shown without a place")] = 0,
) -> Wanted:
    return Wanted(by, level, among, since, floor)


def standings() -> APIRouter:
    """`/standings`."""
    router = APIRouter(prefix="/reporting/v1", tags=["numbers"])

    @router.get("/standings", response_model=dict[str, Any])
    async def standing(
        tx: ReadingTransaction, caller: Reader, about: Asking, wanted: Annotated[Wanted, Depends(_wanted)], parent: str
    ) -> Response:
        """A ranking of a level inside a parent; a rank counts all of them, rows outside the scope are hidden."""
        await (region_asked(tx, caller, parent, about.view) if caller.sees(parent) else _above(tx, caller, parent))
        if not caller.sees(parent):
            _refuse_to_single_out(wanted)
        peers = await _peers(tx, about, wanted, parent)
        before = await _compared_with(tx, wanted, parent if caller.sees(parent) else caller.region, about.day)
        shown = [parent] if caller.sees(parent) else [peer.code for peer in peers if caller.sees(peer.code)]
        feeds = await feeds_of(tx, shown, about.year)
        fresh_to = max((feed.fresh_to for feed in feeds.values() if feed.fresh_to), default=None)
        ranking = Ranking(wanted, tuple(peers), parent, caller.region, before)
        answer = await written(tx, about, [about.day, before], ranking, lambda: _ranked(tx, about, ranking))
        return told(answer, fresh_to)

    return router


@dataclass(frozen=True)
class Ranking:
    """What is wanted among whom inside which parent, by somebody of which region, compared with which day."""

    wanted: Wanted
    peers: tuple[Region, ...]
    parent: str
    scope: str
    before: date


async def _ranked(tx: Transaction, about: About, ranking: Ranking) -> dict[str, Any]:
    wanted, peers, parent, before = ranking.wanted, ranking.peers, ranking.parent, ranking.before
    asked = about.asked([*(peer.code for peer in peers), parent], details_for(wanted.by))
    known = await known_on_days(tx, asked, [about.day, before])
    table = _Table(wanted, peers, known[about.day], known[before], parent)
    rows = [row for row in table.rows() if row["region"]["code"].startswith(ranking.scope)]
    head = {"by": wanted.by, "year": about.year, "as_of": about.day, "since": before, "parent": parent}
    return {**head, "reordered_by_price": any(row["reordered_by_price"] for row in rows), "rows": rows}


async def _compared_with(tx: Transaction, wanted: Wanted, region: str, day: date) -> date:
    """Without a published bulletin, 7 days before."""
    since = await last_published_before(tx, None, region, day) if wanted.since == "bulletin" else wanted.since
    return since or day - timedelta(days=7)


async def _above(tx: Transaction, caller: Principal, parent: str) -> None:
    """A county may see its own place among its siblings: the parent may lie above the scope, not beside it."""
    if not caller.region.startswith(parent) or await region_named(tx, parent) is None:
        raise HTTPException(404, "There is no such region, or it lies outside your scope")


def _refuse_to_single_out(wanted: Wanted) -> None:
    """Among chosen regions, or without the small, the gap to the next would tell the figures of one after another."""
    if wanted.among or wanted.floor:
        raise HTTPException(422, "A ranking above your scope counts all regions: leave out `among` and `floor`")


async def _peers(tx: Transaction, about: About, wanted: Wanted, parent: str) -> list[Region]:
    peers = await regions_below(tx, parent, wanted.level or _level_below(parent), about.view)
    if not wanted.among:
        return peers
    group = {code.strip() for code in wanted.among.split(",")}
    if strange := sorted(group - {peer.code for peer in peers}):
        raise HTTPException(422, f"Not regions of this level inside {parent}: {', '.join(strange[:10])}")
    return [peer for peer in peers if peer.code in group]


def _level_below(parent: str) -> str:
    try:
        return {"province": "city", "city": "county", "county": "township", "township": "village"}[level_of(parent)]
    except KeyError:
        raise HTTPException(422, "Inside a village there is no level to rank") from None


class _Table:
    """One ranking, row by row."""

    def __init__(
        self,
        wanted: Wanted,
        peers: Sequence[Region],
        now: Mapping[str, Known],
        before: Mapping[str, Known],
        parent: str,
    ) -> None:
        self._by, self._floor = wanted.by, wanted.floor
        self._regions = {peer.code: peer for peer in peers}
        self._now = {code: now[code] for code in self._regions}
        self._average = _reading(now[parent], self._by).value
        self._readings = {code: _reading(known, self._by) for code, known in self._now.items()}
        self._values: dict[str, Value] = {code: reading.value for code, reading in self._readings.items()}
        ranked = {code: value for code, value in self._values.items() if not self._is_small(now[code])}
        self._ranks = ranks_of(ranked)
        self._ranks_before = ranks_of({code: _reading(before[code], self._by).value for code in ranked})
        worth = {code: units_worth(self._by, now[code].figures) for code in ranked}
        self._gaps = units_to_next(ranked, worth)
        self._reordered = reordered_by_price(ranked, {c: _price(now[c]) for c in ranked}) if any(worth.values()) else ()

    def _is_small(self, known: Known) -> bool:
        return known.figures.now.units < self._floor

    def rows(self) -> list[dict[str, Any]]:
        ranked = [code for code in in_order(self._values) if code in self._ranks]
        return [self._row(code) for code in (*ranked, *(c for c in in_order(self._values) if c not in self._ranks))]

    def _row(self, code: str) -> dict[str, Any]:
        known, rank, past = self._now[code], self._ranks.get(code), self._ranks_before.get(code)
        value = self._values[code]
        return {
            "rank": rank,
            "region": self._regions[code].shown(),
            "value": value,
            "basis": _basis(known, self._by, self._readings[code]),
            "units": known.figures.now.units,
            "moved": past - rank if past is not None and rank is not None else None,
            "gap_to_next_units": self._gaps.get(code),
            "above_average": None if value is None or self._average is None else value > self._average,
            "premium_per_unit": _price(known),
            "reordered_by_price": code in self._reordered,
            "small_base": self._is_small(known),
            "no_feed": not known.figures.has_feed,
        }


def _basis(known: Known, by: str, reading: Reading) -> dict[str, Any]:
    """The fraction behind a value, and which target or census it is held against."""
    target = known.targets.get(by.removeprefix("completion_"))
    population = known.population if by == "penetration" else None
    return {
        "numerator": reading.numerator,
        "denominator": reading.denominator,
        "of": reading.basis or by,
        "target_version": target.version if target else None,
        "population_vintage": population.vintage if population else None,
    }


def _price(known: Known) -> float | None:
    now = known.figures.now
    return now.premium_fen / 100 / now.units if now.units else None


def _reading(known: Known, by: str) -> Reading:
    """What to rank by; 422 for a name that is neither a measure nor an indicator."""
    try:
        return reading_by(by, known.figures)
    except KeyError:
        raise HTTPException(
            422, "`by` names no measure or indicator; `/reporting/v1/indicators` lists them all"
        ) from None
