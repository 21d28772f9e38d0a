"""What figures rest on, in one look: the edition of the yardsticks, the length of every feed, and what was touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Integer, String, and_, bindparam, func, or_, select, true

from services.reporting.rules.touches import Touches, touches_read
from services.reporting.tables import LIVE, editions, touches
from shared.messaging.transaction import AnyRow, Transaction

FIGURES = "figures"
FeedKey = tuple[str, int]
"""(city, programme year)"""


@dataclass(frozen=True)
class Told:
    """How much a feed has told, and up to when."""

    facts: int
    policy_facts: int
    fresh_to: datetime


@dataclass(frozen=True)
class Pulse:
    """As long as it is the same no figure has changed. Neither number ever falls within an edition."""

    edition: int
    feeds: Mapping[FeedKey, Told]

    def lacks(self, other: "Pulse") -> bool:
        """Whether it is older than another one."""
        if self.edition != other.edition:
            return self.edition < other.edition
        return any(self.facts(key) < told.facts for key, told in other.feeds.items())

    def facts(self, key: FeedKey) -> int:
        told = self.feeds.get(key)
        return told.facts if told else 0

    def reports_from(self) -> dict[FeedKey, bool]:
        """All feeds, and whether policies have come from them."""
        return {key: told.policy_facts > 0 for key, told in self.feeds.items()}


_PULSE = (
    select(editions.c.edition, *(LIVE.feeds.c[name] for name in ("city", "year", "facts", "policy_facts", "fresh_to")))
    .select_from(editions.outerjoin(LIVE.feeds, true()))
    .where(editions.c.name == FIGURES)
)


async def pulse_now(tx: Transaction) -> Pulse:
    """By an index and a table of a few dozen rows."""
    rows = await tx.rows(_PULSE)
    told = {(city, year): Told(facts, policies, fresh) for _, city, year, facts, policies, fresh in rows if city}
    return Pulse(rows[0].edition, told)


async def touched_since(tx: Transaction, before: Pulse, now: Pulse) -> Touches | None:
    """What was touched between two looks; None where that is no longer known."""
    if now.edition != before.edition:
        return None
    news = [key for key in now.feeds if now.facts(key) > before.facts(key)]
    found, reached = Touches(), {key: before.facts(key) for key in news}
    for city, year, start, end, text in await _touches_after(tx, reached):
        if start > reached[city, year]:
            return None
        reached[city, year] = end
        found.add(touches_read(text))
    return found if all(reached[key] >= now.facts(key) for key in news) else None


_COLUMNS = [touches.c[name] for name in ("city", "year", "before", "facts", "touched")]
_TOUCHES = select(*_COLUMNS).order_by(touches.c.facts)
_GIVEN: dict[str, Any] = {"city": String, "year": Integer, "facts": BigInteger}
_ARRAYS = [bindparam(name, type_=ARRAY(kind)) for name, kind in _GIVEN.items()]
_KNOWN = func.unnest(*_ARRAYS).table_valued(*_GIVEN, name="known").render_derived()
_SAME_FEED = and_(touches.c.city == _KNOWN.c.city, touches.c.year == _KNOWN.c.year)
_TOUCHES_AFTER = _TOUCHES.join_from(touches, _KNOWN, _SAME_FEED).where(touches.c.facts > _KNOWN.c.facts)


async def _touches_after(tx: Transaction, known: Mapping[FeedKey, int]) -> Sequence[AnyRow]:
    if tx.is_postgres:
        given = zip(*((*key, facts) for key, facts in known.items()), strict=True)
        return await tx.rows(_TOUCHES_AFTER, dict(zip(_GIVEN, map(list, given), strict=True)))
    table = touches.c
    later = (and_(table.city == c, table.year == y, table.facts > facts) for (c, y), facts in known.items())
    return await tx.rows(_TOUCHES.where(or_(*later)))
