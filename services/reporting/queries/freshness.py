"""What figures rest on, in one look: the edition of the yardsticks, the length of every feed, and what was touched."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select, true

from services.reporting.rules.touches import Touches, touches_read
from services.reporting.tables import LIVE, editions, touches
from shared.messaging.transaction import Transaction

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

    def has_policies(self) -> set[FeedKey]:
        """The feeds that policies have come from."""
        return {key for key, told in self.feeds.items() if told.policy_facts > 0}


async def pulse_now(tx: Transaction) -> Pulse:
    """By an index and a table of a few dozen rows."""
    feeds = LIVE.feeds.c
    question = (
        select(editions.c.edition, feeds.city, feeds.year, feeds.facts, feeds.policy_facts, feeds.fresh_to)
        .select_from(editions.outerjoin(LIVE.feeds, true()))
        .where(editions.c.name == FIGURES)
    )
    rows = await tx.rows(question)
    told = {(city, year): Told(facts, policies, fresh) for _, city, year, facts, policies, fresh in rows if city}
    return Pulse(rows[0].edition, told)


async def touched_since(tx: Transaction, before: Pulse, now: Pulse) -> Touches | None:
    """What was touched between two looks; None where that is no longer known."""
    if now.edition != before.edition:
        return None
    news = [key for key in now.feeds if now.facts(key) > before.facts(key)]
    found, reached = Touches(), {key: before.facts(key) for key in news}
    table = touches.c
    later = or_(*(and_(table.city == c, table.year == y, table.facts > before.facts((c, y))) for c, y in news))
    question = select(table.city, table.year, table.before, table.facts, table.touched).where(later)
    for city, year, start, end, text in await tx.rows(question.order_by(table.facts)):
        if start > reached[city, year]:
            return None
        reached[city, year] = end
        found.add(touches_read(text))
    return found if all(reached[key] >= now.facts(key) for key in news) else None
