"""All measures and indicators of a region, each with its fraction and what it is held against."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Response

from services.reporting.api.asking import About, Asking, region_asked, told, written
from services.reporting.queries.figures import EVERYTHING, Known, known_on
from services.reporting.queries.yardsticks import Region, feeds_of
from services.reporting.rules.indicators import Figures, Reading, Readings, readings_of
from services.reporting.rules.measures import Measures
from shared.contracts.values import parent_of, yuan_from_fen
from shared.messaging.transaction import Transaction
from shared.runtime.security import Reader
from shared.runtime.web import Reading as ReadingTransaction

PAYERS = ("self_paid", "fiscal", "donated")
COUNTS = (
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
COMPARED = (
    "completion_guideline",
    "completion_stretch",
    "penetration",
    "growth_rate",
    "elder_share",
    "satisfaction",
    "loss_ratio_paid_written",
)
"""Ratios that are held against the parent's own value."""


def indicators() -> APIRouter:
    """`/indicators`."""
    router = APIRouter(prefix="/reporting/v1", tags=["numbers"])

    @router.get("/indicators", response_model=dict[str, Any])
    async def of_region(tx: ReadingTransaction, caller: Reader, about: Asking, region: str) -> Response:
        """All measures and indicators of one region, as of a day (default: today)."""
        found = await region_asked(tx, caller, region, about.view)
        feed = (await feeds_of(tx, [found.code], about.year))[found.code]
        answer = await written(tx, about, [about.day], ("indicators", found), lambda: _indicators(tx, about, found))
        return told(answer, feed.fresh_to)

    return router


async def _indicators(tx: Transaction, about: About, region: Region) -> dict[str, Any]:
    parent = parent_of(region.code)
    codes = [region.code, *([parent] if parent else [])]
    known = await known_on(tx, about.asked(codes, EVERYTHING), about.day)
    above = readings_of(known[parent].figures) if parent else {}
    head = {"region": region.shown(), "programme_year": about.year, "as_of": about.day, "view": about.view}
    return {**head, **_shown(known[region.code], above)}


def _shown(known: Known, above: Readings) -> dict[str, Any]:
    figures, population, readings = known.figures, known.population, readings_of(known.figures)
    targets = {
        kind: {"units": t.units, "effective_on": t.effective_on, "document": t.document, "version": t.version}
        for kind, t in known.targets.items()
    }
    return {
        "no_feed": not figures.has_feed,
        "measures": measures_shown(figures),
        "targets": targets,
        "population": asdict(population) if population else None,
        "indicators": {name: reading.value for name, reading in readings.items()} | _compared(readings, above),
        "basis": {name: _basis(reading) for name, reading in readings.items() if reading.basis},
    }


def _compared(readings: Readings, above: Readings) -> dict[str, Any]:
    """Which ratios lie above the parent's own value; null where one of the two is missing."""
    return {"above_average": {name: _is_above(readings.get(name), above.get(name)) for name in COMPARED}}


def _is_above(own: Reading | None, parent: Reading | None) -> bool | None:
    if own is None or parent is None or own.value is None or parent.value is None:
        return None
    return own.value > parent.value


def _basis(reading: Reading) -> dict[str, Any]:
    return {"numerator": reading.numerator, "denominator": reading.denominator, "of": reading.basis}


def measures_shown(figures: Figures) -> dict[str, Any]:
    """Counts as they are, money as decimal strings of yuan."""
    now, stocks = figures.now, figures.stocks
    premium = {payer: yuan_from_fen(getattr(now, f"{payer}_fen")) for payer in PAYERS}
    return {
        **{name: getattr(now, name) for name in COUNTS},
        "units_by_payer": _units_by_payer(now),
        "elder_units": figures.elder_units,
        "claims_open": stocks.claims_open,
        "claims_overdue": stocks.claims_overdue,
        "premium": {**premium, "total": yuan_from_fen(now.premium_fen)},
        "settled_amount": yuan_from_fen(now.settled_fen),
        "paid_amount": yuan_from_fen(now.paid_fen),
        "outstanding_amount": yuan_from_fen(stocks.outstanding_fen),
    }


def _units_by_payer(now: Measures) -> dict[str, int]:
    return {"self_paid": now.units_self_paid, "fiscal": now.units_fiscal, "donated": now.units_donated}
