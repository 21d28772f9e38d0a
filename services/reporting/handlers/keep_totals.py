"""Keep what the sources tell of each county and day, the newest of it, and how much of each telling has come."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import tuple_

from services.reporting.rules.measures import CONTROLLED
from services.reporting.tables import control_totals, tellings
from shared.contracts.envelope import Event
from shared.contracts.facts import ClaimsTotals, EnrollmentTotals
from shared.messaging.happenings import Happening
from shared.messaging.transaction import Transaction

Totals = EnrollmentTotals | ClaimsTotals
_KEY = ("source", "region", "year", "booked_on")
_AGE = ("told_at", "event_id")
_LONG_AGO = datetime.fromtimestamp(0, UTC)
_NOTHING = {name: 0 for measures in CONTROLLED.values() for name in measures}


async def keep_enrollment_totals(told: Sequence[Event[EnrollmentTotals]], tx: Transaction) -> Sequence[Happening]:
    """Policies, units, persons and premium."""
    await _keep("enrollment", told, tx)
    return ()


async def keep_claims_totals(told: Sequence[Event[ClaimsTotals]], tx: Transaction) -> Sequence[Happening]:
    """Claims by step, settled and paid money."""
    await _keep("claims", told, tx)
    return ()


async def _keep(source: str, told: Sequence[Event[Totals]], tx: Transaction) -> None:
    """Older totals never overwrite newer ones."""
    newest = {_place(event.data): event for event in sorted(told, key=_age)}
    measures = CONTROLLED[source]
    await tx.insert(
        control_totals,
        [_row(source, newest[place]) for place in sorted(newest)],
        lambda insert: insert.on_conflict_do_update(
            index_elements=_KEY,
            set_={name: insert.excluded[name] for name in (*measures, *_AGE)},
            where=tuple_(*(control_totals.c[n] for n in _AGE)) < tuple_(*(insert.excluded[n] for n in _AGE)),
        ),
    )
    await _count(source, [event.data for event in told], tx)


def _place(totals: Totals) -> tuple[Any, ...]:
    return totals.region, totals.programme_year, totals.booked_on


def _age(event: Event[Totals]) -> tuple[datetime, str]:
    """By the source's clock; totals of a version that did not say when are the oldest."""
    return event.data.told_at or _LONG_AGO, event.id


def _row(source: str, event: Event[Totals]) -> dict[str, Any]:
    totals = event.data
    place = zip(_KEY, (source, *_place(totals)), strict=True)
    age = zip(_AGE, _age(event), strict=True)
    return {**dict(place), **dict(age), **_NOTHING, **_amounts(totals)}


def _amounts(totals: Totals) -> dict[str, int]:
    if isinstance(totals, EnrollmentTotals):
        premium = totals.premium
        money = {"self_paid_fen": premium.self_paid, "fiscal_fen": premium.fiscal, "donated_fen": premium.donated}
        return {**{name: getattr(totals, name) for name in CONTROLLED["enrollment"][:3]}, **money}
    counts = {name: getattr(totals, name) for name in CONTROLLED["claims"][:4]}
    return {**counts, "settled_fen": totals.settled_amount, "paid_fen": totals.paid_amount}


async def _count(source: str, told: Iterable[Totals], tx: Transaction) -> None:
    heard: dict[datetime, dict[str, Any]] = {}
    for totals in told:
        if totals.told_at is not None:
            row = {"source": source, "told_at": totals.told_at, "told": totals.told_together, "heard": 0}
            heard.setdefault(totals.told_at, row)["heard"] += 1
    await tx.insert(
        tellings,
        [heard[moment] for moment in sorted(heard)],
        lambda insert: insert.on_conflict_do_update(
            index_elements=["source", "told_at"], set_={"heard": tellings.c.heard + insert.excluded.heard}
        ),
    )
