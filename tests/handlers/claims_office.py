"""A claims service of a test: events go in as insurers and enrollment write them, what it said comes out again."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select

from services.claims.__main__ import SERVICE
from shared.contracts.facts import PolicyCancelled, PolicyChange, PolicyEndorsed, PolicyIssued, PolicyState
from shared.contracts.registry import CLAIM_SUBMISSIONS, event_of, type_of
from shared.contracts.values import Premium
from shared.messaging.apply import apply
from shared.messaging.door import facts_in, submissions_in
from shared.messaging.local import Local
from shared.messaging.tables import outbox
from shared.messaging.topology import FACTS
from shared.runtime.migrations import migrate
from shared.runtime.service import Running, prepare
from shared.runtime.settings import Settings

TODAY = date(2021, 8, 31)
VILLAGE, ELSEWHERE = "450722001001", "450102001001"
ADMIN_KEY = "the key of the test"
_POLICY_FACTS = frozenset(type_of(kind) for kind in (PolicyIssued, PolicyEndorsed, PolicyCancelled))
Json = dict[str, Any]


class Office:
    """The service with its real handlers and database; the outbox is read instead of sent."""

    def __init__(self, running: Running) -> None:
        self.running = running

    async def take(self, *events: Json, sender: str = "demo-life") -> list[str]:
        """Submit events together; the answers' last word on each, in the order they were sent."""
        await self._take(events, sender)
        said = {receipt["event_id"]: receipt["status"] for receipt in await self.receipts()}
        return [said[event["id"]] for event in events]

    async def _take(self, events: tuple[Json, ...], sender: str) -> None:
        arrivals = submissions_in(json.dumps(events).encode(), frozenset(CLAIM_SUBMISSIONS), sender)
        await apply(self.running.desk, arrivals)

    async def hear(self, *changes: PolicyChange) -> None:
        """Facts of enrollment, together."""
        texts = [_fact(change) for change in changes]
        await apply(self.running.desk, facts_in(f"[{','.join(texts)}]".encode(), _POLICY_FACTS))

    async def receipts(self) -> list[Json]:
        """Every receipt ever written, in order."""
        return [event["data"] for key, event in await self._written() if "." not in key]

    async def answer_to(self, event: Json) -> Json:
        """The last receipt of one event."""
        return [r for r in await self.receipts() if r["event_id"] == event["id"]][-1]

    async def facts(self) -> list[Json]:
        """Every fact ever written, with its routing key."""
        return [{**event, "key": key} for key, event in await self._written() if "." in key]

    async def histories(self) -> dict[str, list[Json]]:
        """Per claim its facts as a chain: each begins with the state that the one before it ended with."""
        by_claim: dict[str, list[Json]] = {}
        for fact in await self.facts():
            by_claim.setdefault(fact["subject"], []).append(fact)
        return {claim_no: _chained(facts) for claim_no, facts in by_claim.items()}

    async def history(self, claim_no: str) -> list[Json]:
        """The chain of one claim."""
        return (await self.histories())[claim_no]

    async def state(self, claim_no: str = "C1") -> Json:
        """What the last fact says of a claim."""
        after: Json = (await self.history(claim_no))[-1]["data"]["after"]
        return after

    async def steps(self, claim_no: str = "C1") -> list[tuple[str, str]]:
        """(step, amount) of a claim in the order they count."""
        return [(step["step"], step["amount"]) for step in (await self.state(claim_no))["steps"]]

    async def _written(self) -> list[tuple[str, Json]]:
        question = select(outbox.c.exchange, outbox.c.routing_key, outbox.c.body).order_by(outbox.c.position)
        async with self.running.database.read() as tx:
            rows = await tx.rows(question)
        keys = [row.routing_key if row.exchange == FACTS else "receipts" for row in rows]
        return [(key, event) for key, row in zip(keys, rows, strict=True) for event in _events(row.body)]


def _chained(facts: list[Json]) -> list[Json]:
    chain: list[Json] = []
    while facts:
        state = chain[-1]["data"]["after"] if chain else None
        (link,) = [fact for fact in facts if fact["data"]["before"] == state]
        chain.append(link)
        facts = [fact for fact in facts if fact is not link]
    return chain


def _events(body: bytes) -> list[Json]:
    parsed = json.loads(body)
    return parsed if isinstance(parsed, list) else [parsed]


def _fact(change: PolicyChange) -> str:
    name = type_of(type(change))
    event_id = f"{change.insurer}-{change.policy_no}-{change.revision}"
    return event_of(name)(id=event_id, source="urn:guanai:enrollment", type=name, data=change).model_dump_json()


@asynccontextmanager
async def office_in(directory: Path, database_url: str | None) -> AsyncIterator[Office]:
    """A migrated claims service; SQLite in the directory unless a database is named."""
    settings = Settings(
        database_url=database_url, data_dir=directory, today=TODAY, admin_key=SecretStr(ADMIN_KEY), amqp_url=None
    )
    running = prepare(SERVICE, settings, Local(directory / "broker.sqlite"))
    try:
        await migrate(running.database)
        yield Office(running)
    finally:
        await running.database.close()
        await running.transport.close()


def policy(policy_no: str = "P1", revision: int = 1, booked_on: date = date(2020, 10, 1), **state: Any) -> PolicyChange:
    """A revision of a policy as enrollment tells it; `state` replaces fields of the state after it."""
    given = {"product": "family_care", "region": VILLAGE, "effective_from": date(2020, 10, 2), **state}
    insurer = given.pop("insurer", "demo-life")
    after = PolicyState(
        units=1, persons=1, premium=Premium(self_paid=100_00), household="h", effective_to=date(2021, 10, 1), **given
    )
    kind = PolicyIssued if revision == 1 else PolicyEndorsed if after.in_force else PolicyCancelled
    before = None if revision == 1 else after
    return kind(
        insurer=insurer, policy_no=policy_no, revision=revision, sold_on=date(2020, 10, 1), booked_on=booked_on,
        before=before, after=after,
    )  # fmt: skip


def event(what: str, data: Json, event_id: str | None = None, insurer: str = "demo-life") -> Json:
    """A submission; its id follows from its content unless one is given."""
    return {
        "specversion": "1.0",
        "id": event_id or f"{what}-{sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]}",
        "source": f"urn:guanai:insurer:{insurer}",
        "type": f"guanai.insurer.claim.{what}.v1",
        "data": data,
    }


def reported(claim_no: str = "C1", event_id: str | None = None, insurer: str = "demo-life", **changes: Any) -> Json:
    data = {
        "claim_no": claim_no,
        "policy_no": "P1",
        "kind": "accident",
        "incident_on": "2021-03-01",
        "reported_on": "2021-03-02",
        "reserve": "500.00",
        "fast_track": False,
        **changes,
    }
    return event("reported", data, event_id, insurer)


def step(what: str, on: str, claim_no: str = "C1", event_id: str | None = None, **data: Any) -> Json:
    """`step("paid", "2021-03-09", amount="400.00")`."""
    return event(what, {"claim_no": claim_no, f"{what}_on": on, **data}, event_id)
