"""What a text is held against: the readings of the regions it speaks of, of their peers, and of other days."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import func, or_, select

from services.reporting.queries.figures import Asked, known_on_days
from services.reporting.queries.yardsticks import regions_below
from services.reporting.rules.text_check.accounts import readings_of_region
from services.reporting.rules.text_check.ledger import Ledger, Readings
from services.reporting.tables import regions
from shared.contracts.values import last_inside
from shared.messaging.transaction import Transaction

TOWNSHIP_DIGITS = 9
Peers = Mapping[tuple[str, str], Sequence[str]]


async def names_inside(tx: Transaction, scope: str, asked: str) -> dict[str, str]:
    """The names of a scope down to its townships, and of the villages of the township asked for."""
    near = or_(regions.c.code == asked, regions.c.parent == asked)
    question = select(regions.c.code, regions.c.name).where(
        regions.c.code.between(scope, last_inside(scope)),
        or_(func.length(regions.c.code) <= TOWNSHIP_DIGITS, near),
    )
    return {code: name for code, name in await tx.rows(question)}


async def peers_inside(tx: Transaction, wanted: Collection[tuple[str, str]], scope: str) -> Peers:
    """All regions of a level inside a parent, for those parents that lie inside the scope."""
    return {
        (parent, level): [region.code for region in await regions_below(tx, parent, level)]
        for parent, level in sorted(wanted)
        if parent.startswith(scope)
    }


async def ledger_of(
    tx: Transaction, asked: Asked, days: Sequence[date], names: Mapping[str, str], peers: Peers
) -> Ledger:
    """The readings of the regions asked for on the first day, and on the others."""
    known = await known_on_days(tx, asked, days)
    readings: dict[date, Readings] = {
        day: {code: readings_of_region(region.figures) for code, region in found.items()}
        for day, found in known.items()
    }
    others = {day: found for day, found in readings.items() if day != days[0]}
    return Ledger(days[0], readings[days[0]], {code: names[code] for code in asked.codes}, others, peers)
