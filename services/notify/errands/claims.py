"""Which letters are due: leased in one short transaction, each attempt written down before it is made."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, or_, select, update

from services.notify.gateways import Letter
from services.notify.rules.digests import MOST_BYTES
from services.notify.tables import OPEN, attempts, deliveries, notices, routes
from shared.messaging.transaction import Transaction

LEASE = timedelta(seconds=120)
MOST_TOGETHER = 500
_BEGUN = {"outcome": "begun", "detail": ""}
_COLUMNS = (
    *(deliveries.c[name] for name in ("id", "notice_id", "channel", "address", "attempts")),
    *(notices.c[name] for name in ("region", "title", "text", "data", "created_at")),
)


@dataclass(frozen=True)
class Errand:
    """One letter for one address, leased until a moment that no other lease of it has; `attempt` counts from 1."""

    id: int
    channel: str
    address: str = field(repr=False)
    attempt: int
    leased_until: datetime
    region: str
    letter: Letter
    secrets: Sequence[str] = field(repr=False, default=())


async def claim_due(tx: Transaction, most: int) -> list[Errand]:
    """Lease up to `most` due deliveries that nobody else is working on, the longest due first.

    With them comes what else is due for the same people, so that it can go out in one message.
    """
    first = await tx.rows(_due(tx).limit(most))
    if not first:
        return []
    due = {row.id for row in [*first, *await _due_for(tx, {row.address for row in first})]}
    until = tx.now + LEASE
    leased = update(deliveries).where(tx.any_of(deliveries.c.id, due))
    await tx.connection.execute(leased.values(leased_until=until, attempts=deliveries.c.attempts + 1))
    claimed = select(*_COLUMNS).join(notices, deliveries.c.notice_id == notices.c.id)
    rows = await tx.rows(claimed.where(tx.any_of(deliveries.c.id, due)).order_by(deliveries.c.id))
    await tx.insert(attempts, [{"delivery_id": r.id, "number": r.attempts, "at": tx.now, **_BEGUN} for r in rows])
    secrets = await _secrets_of(tx, {row.address for row in rows if row.channel == "webhook"})
    return [_errand(row, until, secrets) for row in rows]


def _due(tx: Transaction) -> Select[Any]:
    free = or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until <= tx.now)
    question = select(deliveries.c.id, deliveries.c.address).where(OPEN, deliveries.c.due_at <= tx.now, free)
    in_order: Select[Any] = tx.unclaimed(question.order_by(deliveries.c.due_at, deliveries.c.id))
    return in_order


async def _due_for(tx: Transaction, addresses: Collection[str]) -> Sequence[Row[Any]]:
    theirs = _due(tx).where(deliveries.c.channel.in_(MOST_BYTES), tx.any_of(deliveries.c.address, addresses))
    return await tx.rows(theirs.limit(MOST_TOGETHER))


async def _secrets_of(tx: Transaction, addresses: Collection[str]) -> Mapping[str, list[str]]:
    """The newest first: two routes to one address are how its owner changes the secret."""
    secrets: defaultdict[str, list[str]] = defaultdict(list)
    if addresses:
        wanted = select(routes.c.address, routes.c.secret).where(routes.c.secret.is_not(None))
        in_order = wanted.where(tx.any_of(routes.c.address, addresses)).order_by(routes.c.created_at.desc())
        for address, secret in await tx.rows(in_order):
            secrets[address].append(secret)
    return secrets


def _errand(row: Row[Any], until: datetime, secrets: Mapping[str, list[str]]) -> Errand:
    letter = Letter(row.notice_id, row.title, row.text, row.data, row.created_at)
    return Errand(
        id=row.id,
        channel=row.channel,
        address=row.address,
        attempt=row.attempts,
        leased_until=until,
        region=row.region,
        letter=letter,
        secrets=secrets.get(row.address, ()),
    )
