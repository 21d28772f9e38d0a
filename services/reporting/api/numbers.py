"""Indicators of a region, and standings among regions."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query

from services.reporting.api.asking import day_asked, region_asked, year_asked
from services.reporting.queries.figures import Asked, Known, known_on_days
from services.reporting.queries.yardsticks import Region, regions_below
from services.reporting.rules.indicators import indicators_of
from services.reporting.rules.measures import MEASURES, Measures
from services.reporting.rules.ranking import Value, in_order, ranks_of, units_to_next
from shared.contracts.values import yuan_from_fen
from shared.runtime.principals import Principal
from shared.runtime.security import Reader
from shared.runtime.web import Reading

Level = Literal["city", "county", "township", "village"]
Products = Annotated[
    str, Query(pattern=r"^[a-z0-9_]{1,40}$", description="counted (to target), all, or a product code")
]
Year = Annotated[int | None, Query(ge=2000, le=2100)]
_PAYERS = ("self_paid", "fiscal", "donated")
_COUNTS = (
    "policies",
    "units",
    "persons",
    "households",
    "claims_reported",
    "claims_settled",
    "claims_paid",
    "claims_rejected",
    "feedback_answers",
    "feedback_satisfied",
)


def numbers(start_month: int) -> APIRouter:
    """`/indicators` and `/standings`."""
    router = APIRouter(prefix="/reporting/v1", tags=["numbers"])

    @router.get("/indicators")
    async def indicators(  # noqa: PLR0913, PLR0917
        tx: Reading,
        caller: Reader,
        region: str,
        year: Year = None,
        as_of: date | None = None,
        products: Products = "counted",
    ) -> dict[str, Any]:
        """All measures and indicators of one region, as of a day (default: today)."""
        day = day_asked(tx, as_of)
        asked = Asked([region], year_asked(day, year, start_month), start_month, products)
        found = await region_asked(tx, caller, region)
        known = (await known_on_days(tx, asked, [day]))[day][region]
        return {"region": found.shown(), "programme_year": asked.year, "as_of": day, **_shown(known)}

    @router.get("/standings")
    async def standings(  # noqa: PLR0913, PLR0917
        tx: Reading,
        caller: Reader,
        parent: str,
        level: Level = "city",
        by: str = "units",
        year: Year = None,
        as_of: date | None = None,
        since: date | None = None,
        products: Products = "counted",
    ) -> dict[str, Any]:
        """A ranking of the regions of a level inside a parent, by any measure or indicator."""
        await region_asked(tx, caller, parent) if caller.sees(parent) else _inside(caller, parent)
        day = day_asked(tx, as_of)
        before = since or day - timedelta(days=7)
        peers = await regions_below(tx, parent, level)
        asked = Asked([peer.code for peer in peers], year_asked(day, year, start_month), start_month, products)
        known = await known_on_days(tx, asked, [day, before]) if peers else {day: {}, before: {}}
        rows = _standing(peers, known[day], known[before], by)
        return {
            "by": by,
            "year": asked.year,
            "as_of": day,
            "rows": [r for r in rows if caller.sees(r["region"]["code"])],
        }

    return router


def _inside(caller: Principal, parent: str) -> None:
    """A county may see its own place among its siblings: the parent may lie above the scope, not beside it."""
    if not caller.region.startswith(parent):
        raise HTTPException(404, "There is no such region, or it lies outside your scope")


def _shown(known: Known) -> dict[str, Any]:
    figures, population = known.figures, known.population
    targets = {
        kind: {"units": t.units, "effective_on": t.effective_on, "document": t.document, "version": t.version}
        for kind, t in known.targets.items()
    }
    return {
        "fresh_to": known.feed.fresh_to,
        "no_feed": known.feed.policy_facts == 0,
        "measures": _measures(figures.now, figures.stocks.outstanding_fen),
        "targets": targets,
        "population": {"value": population.value, "vintage": population.vintage} if population else None,
        "indicators": indicators_of(figures),
    }


def _measures(now: Measures, outstanding_fen: int) -> dict[str, Any]:
    premium = {payer: yuan_from_fen(getattr(now, f"{payer}_fen")) for payer in _PAYERS}
    return {
        **{name: getattr(now, name) for name in _COUNTS},
        "premium": {**premium, "total": yuan_from_fen(now.premium_fen)},
        "settled_amount": yuan_from_fen(now.settled_fen),
        "paid_amount": yuan_from_fen(now.paid_fen),
        "outstanding_amount": yuan_from_fen(outstanding_fen),
    }


def _standing(peers: list[Region], now: dict[str, Known], before: dict[str, Known], by: str) -> list[dict[str, Any]]:
    values = {code: _value(known, by) for code, known in now.items()}
    ranks, ranks_before = ranks_of(values), ranks_of({code: _value(known, by) for code, known in before.items()})
    gaps = units_to_next(values, {code: _worth(known, by) for code, known in now.items()})
    by_code = {peer.code: peer for peer in peers}
    return [
        {
            "rank": ranks.get(code),
            "region": by_code[code].shown(),
            "value": values[code],
            "units": now[code].figures.now.units,
            "moved": ranks_before[code] - ranks[code] if code in ranks and code in ranks_before else None,
            "gap_to_next_units": gaps[code],
            "no_feed": now[code].feed.policy_facts == 0,
        }
        for code in in_order(values)
    ]


_MONEY = {f"{payer}": f"{payer}_fen" for payer in _PAYERS} | {
    "premium": "premium_fen",
    "settled_amount": "settled_fen",
    "paid_amount": "paid_fen",
}


def _value(known: Known, by: str) -> Value:
    """The measure or indicator to rank by; money in yuan. 422 for an unknown name."""
    if by in _MONEY:
        return float(getattr(known.figures.now, _MONEY[by]) / 100)
    if by == "outstanding_amount":
        return known.figures.stocks.outstanding_fen / 100
    if by in MEASURES:
        return int(getattr(known.figures.now, by))
    indicators = indicators_of(known.figures)
    if by not in indicators:
        raise HTTPException(422, f"`by` names no measure or indicator; the indicators are: {', '.join(indicators)}")
    return indicators[by]


def _worth(known: Known, by: str) -> float | None:
    """How many units one whole of the value is worth, where units alone decide it."""
    if by in ("units", "growth_units", "growth_units_full"):
        return 1.0
    if by == "penetration":
        return known.figures.residents
    return known.figures.targets.get(by.removeprefix("completion_")) if by.startswith("completion_") else None
