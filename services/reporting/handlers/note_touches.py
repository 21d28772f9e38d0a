"""Note what has changed under the figures that processes keep in memory, in the transaction that changes it."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, update

from services.reporting.queries.freshness import FIGURES
from services.reporting.rules.touches import Booked
from services.reporting.tables import editions, touches
from shared.messaging.happenings import Happening
from shared.messaging.transaction import Transaction

REMEMBERED = timedelta(minutes=10)
Fed = Sequence[tuple[str, int, int, int]]
"""(city, programme year, facts now, facts before) of the feeds"""


async def note_touches(tx: Transaction, booked: Booked, feeds: Fed) -> None:
    """What a booking has touched, for every feed that it has made longer."""
    texts = booked.by_city({city for city, *_ in feeds})
    rows = [
        {"city": city, "year": year, "facts": facts, "before": before, "told_at": tx.now, "touched": texts[city]}
        for city, year, facts, before in feeds
    ]
    await tx.insert(touches, rows)


async def forget_touches(tx: Transaction) -> Sequence[Happening]:
    """Whoever has not looked for so long reads everything again."""
    await tx.connection.execute(delete(touches).where(touches.c.told_at < tx.now - REMEMBERED))
    return ()


async def begin_edition(tx: Transaction) -> None:
    """What figures are held against, or the whole set of books, is another from now on."""
    await tx.connection.execute(
        update(editions).where(editions.c.name == FIGURES).values(edition=editions.c.edition + 1)
    )
