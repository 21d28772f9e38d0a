"""A policy office to test with: takes issues and endorsements in order, answers every submission."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import CheckConstraint, Column, Integer, MetaData, String, Table, select

from shared.contracts.envelope import Event
from shared.contracts.receipts import Problem
from shared.contracts.registry import POLICY_SUBMISSIONS
from shared.contracts.submissions import SubmittedPolicyEndorsed, SubmittedPolicyIssued
from shared.messaging.apply import Result, apply
from shared.messaging.door import submissions_in
from shared.messaging.happenings import Arrived, Fact, Happening, answer, on
from shared.messaging.local import Local
from shared.messaging.tables import parked
from shared.messaging.topology import FACTS
from shared.messaging.transaction import Transaction
from shared.messaging.transport import Transport
from shared.runtime.database import Database
from tests.messaging.events import issued, json_of, policy
from tests.messaging.house import House, build

books = MetaData()
revisions = Table(
    "revisions",
    books,
    Column("policy_no", String, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("units", Integer, nullable=False),
    CheckConstraint("units < 1000000"),
)
TYPES = frozenset(POLICY_SUBMISSIONS)
NOT_ON_SALE = Problem(field="product", code="unknown_product", message="The catalogue has no such product")
NO_CONSENT = Problem(field="consent", code="no_consent", message="No consent is on record")


class Office(House):
    """A house that keeps policies; `on_sale` is its catalogue."""

    def __init__(self, database: Database, transport: Transport | None = None) -> None:
        self.on_sale = {"family_care"}
        routes = [on(SubmittedPolicyIssued, self.take), on(SubmittedPolicyEndorsed, self.take)]
        super().__init__(database, transport or Local(Path(":memory:")), routes)

    async def take(self, submitted: Sequence[Event[Any]], tx: Transaction) -> Sequence[Happening]:
        in_order = sorted(submitted, key=revision_of)
        return [thing for event in in_order for thing in await self._take_one(event, tx)]

    async def _take_one(self, event: Event[Any], tx: Transaction) -> Sequence[Happening]:
        number, revision = event.data.policy_no, revision_of(event)
        rows = await tx.rows(select(revisions).where(revisions.c.policy_no == number))
        known = {row.revision: row.units for row in rows}
        if event.data.product not in self.on_sale:
            return [answer(event, "rejected", [NOT_ON_SALE])]
        if revision in known:
            return [answer(event, "duplicate" if known[revision] == event.data.units else "conflict")]
        if revision > 1 and revision - 1 not in known:
            return [answer(event, "parked", waits_for=f"{number}/{revision - 1}")]
        await tx.insert(revisions, [{"policy_no": number, "revision": revision, "units": event.data.units}])
        fact = Fact(issued(number).data, event.data.region, number, event.id)
        warnings = [] if event.data.consent else [NO_CONSENT]
        return [fact, answer(event, "accepted", (), warnings), Arrived(f"{number}/{revision}")]

    async def submit(self, *events: dict[str, Any], sender: str = "demo-life", redelivered: bool = False) -> Result:
        """As one body of `sender`, in one transaction."""
        arrivals = submissions_in(json_of(*events), TYPES, sender)
        return await apply(self.desk, arrivals, answer_known=not redelivered)

    async def stored(self) -> list[tuple[str, int, int]]:
        async with self.database.read() as tx:
            rows = await tx.rows(select(revisions).order_by(revisions.c.policy_no, revisions.c.revision))
        return [tuple(row) for row in rows]

    async def parked_now(self) -> list[tuple[str, str]]:
        async with self.database.read() as tx:
            rows = await tx.rows(select(parked.c.event_id, parked.c.reason).order_by(parked.c.id))
        return [(row.event_id, row.reason) for row in rows]

    async def facts(self) -> int:
        return len(await self.said(FACTS))


def revision_of(event: Event[Any]) -> int:
    return int(getattr(event.data, "revision", 1))


def endorsed(policy_no: str, revision: int, event_id: str | None = None, **changes: Any) -> dict[str, Any]:
    """A later revision as an insurer submits it."""
    extra = {"revision": revision, "endorsed_on": "2021-05-01", "reason": "moved", **changes}
    event = policy(policy_no, event_id or f"s-{policy_no}-{revision}", **extra)
    return {**event, "type": "guanai.insurer.policy.endorsed.v1"}


@asynccontextmanager
async def office_at(database: Database) -> AsyncIterator[Office]:
    """An office without a broker."""
    await build(database, books)
    office = Office(database)
    yield office
    await office.transport.close()
