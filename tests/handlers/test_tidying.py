"""What is old goes in portions; what is sent again after its receipt has gone is a duplicate, and counts once."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from shared.messaging.tables import heard, heard_ranges, inbox, outbox, parked
from shared.messaging.topology import FACTS, RECEIPTS
from shared.messaging.transaction import Transaction
from shared.runtime import tidying
from shared.runtime.clock import ZONE
from shared.runtime.service import Running
from shared.runtime.settings import Settings
from shared.runtime.tidying import tidy_some
from tests.contracts.town import policy
from tests.handlers import claims_office, policy_office
from tests.handlers.claims_office import reported, step
from tests.handlers.policy_office import VILLAGES, Json

SETTINGS = Settings(keep_receipts_days=800)


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("pg_url") if request.param == "postgresql" else None


@pytest.fixture
async def policies(url: str | None, tmp_path: Path) -> AsyncIterator[policy_office.Office]:
    async with policy_office.office_in(tmp_path, url) as office:
        yield office


@pytest.fixture
async def claims(url: str | None, tmp_path: Path) -> AsyncIterator[claims_office.Office]:
    async with claims_office.office_in(tmp_path, url) as office:
        yield office


def endorsed_later(policy_no: str, **changes: Any) -> Json:
    extra = {"revision": 2, "endorsed_on": "2021-05-01", "reason": "moved", **changes}
    return {**policy(policy_no, f"e-{policy_no}", **extra), "type": "guanai.insurer.policy.endorsed.v1"}


async def mine(*_: Any) -> bool:
    return True


async def others(*_: Any) -> bool:
    return False


def after(running: Running, days: float) -> None:
    running.database.clock.now = lambda: datetime.now(ZONE) + timedelta(days=days)  # type: ignore[method-assign]


async def tidy_all(running: Running, settings: Settings = SETTINGS) -> int:
    gone = 0
    while some := await tidy_some(running.desk, settings, mine):
        gone += some
    return gone


async def receipts_kept(running: Running) -> list[str]:
    async with running.database.read() as tx:
        return [row.event_id for row in await tx.rows(select(inbox.c.event_id).order_by(inbox.c.event_id))]


async def number_of(running: Running, question: Any) -> int:
    async with running.database.read() as tx:
        return int((await tx.rows(question))[0][0])


async def test_a_policy_sent_again_after_its_receipt_has_gone_is_a_duplicate(policies: policy_office.Office) -> None:
    first, second = policy("P1"), endorsed_later("P1", units=2)
    early, wrong = endorsed_later("P9"), policy("P2", region="450799")
    assert await policies.take(first, second, early, wrong) == ["accepted", "accepted", "parked", "rejected"]
    facts = await policies.facts("policy")
    after(policies.running, 799)
    assert await tidy_all(policies.running) == 0
    after(policies.running, 801)
    await tidy_all(policies.running)
    assert await receipts_kept(policies.running) == [early["id"]], "it still waits"
    assert await policies.take(first, second, early) == ["duplicate", "duplicate", "duplicate"]
    assert await policies.take({**first, "id": "another"}) == ["duplicate"]
    changed = policy("P1", units=9)
    assert await policies.take({**changed, "id": "yet another"}) == ["conflict"]
    assert await policies.facts("policy") == facts


async def test_a_claim_sent_again_after_its_receipt_has_gone_is_a_duplicate(claims: claims_office.Office) -> None:
    await claims.hear(claims_office.policy())
    settled = step("settled", "2021-03-05", amount="400.00")
    events: Sequence[Json] = [reported(), settled, step("paid", "2021-03-09", amount="400.00")]
    assert await claims.take(*events) == ["accepted"] * 3
    facts = await claims.facts()
    after(claims.running, 801)
    await tidy_all(claims.running)
    assert await receipts_kept(claims.running) == ["demo-life-P1-1"], "the fact of a form that names no message"
    assert await claims.take(*events) == ["duplicate"] * 3
    await claims.hear(claims_office.policy())
    assert await claims.facts() == facts


async def test_what_was_kept_for_a_person_keeps_its_receipt(policies: policy_office.Office) -> None:
    await policies.take(policy("P1"))
    changed = {**policy("P1", units=9), "id": "changed"}
    assert await policies.take(changed) == ["conflict"]
    after(policies.running, 801)
    await tidy_all(policies.running)
    assert await receipts_kept(policies.running) == ["changed"]
    assert await number_of(policies.running, select(func.count()).select_from(parked)) == 1


async def sent(running: Running, *but: str) -> None:
    """Everything, but what goes to these addresses."""
    async with running.desk.begin() as tx:
        published = update(outbox).where(outbox.c.routing_key.not_in(but))
        await tx.connection.execute(published.values(sent_at=tx.now))


async def logged(running: Running) -> dict[str, int]:
    question = select(outbox.c.exchange, func.count()).group_by(outbox.c.exchange)
    async with running.database.read() as tx:
        return {exchange: number for exchange, number in await tx.rows(question)}


async def test_the_log_keeps_what_is_unsent_and_facts_of_as_many_years_as_are_set(
    policies: policy_office.Office,
) -> None:
    for number, village in enumerate((VILLAGES[0], VILLAGES[4])):
        await policies.take(policy(f"P{number}", region=village))
    await sent(policies.running, "policy.issued.4501")
    assert await logged(policies.running) == {FACTS: 2, RECEIPTS: 2}
    after(policies.running, 801)
    await tidy_all(policies.running)
    assert await logged(policies.running) == {FACTS: 2}, "without a setting facts are kept for ever"
    after(policies.running, 365)
    await tidy_all(policies.running, Settings(keep_log_years=2))
    assert await logged(policies.running) == {FACTS: 2}
    after(policies.running, 3 * 366)
    await tidy_all(policies.running, Settings(keep_log_years=2))
    assert await logged(policies.running) == {FACTS: 1}, "what is unsent stays"


def test_the_log_is_kept_by_programme_years() -> None:
    spring, autumn = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=ZONE)
    kept = tidying._first_moment_kept
    assert kept(spring, Settings(keep_log_years=1)) == datetime(2024, 9, 1, tzinfo=ZONE)
    assert kept(autumn, Settings(keep_log_years=1)) == datetime(2025, 9, 1, tzinfo=ZONE)
    assert kept(spring, Settings(keep_log_years=1, programme_start_month=1)) == datetime(2025, 1, 1, tzinfo=ZONE)


async def test_a_portion_is_bounded_and_belongs_to_one_replica(
    policies: policy_office.Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidying, "_PORTION", 2)
    await policies.take(*(policy(f"P{n}") for n in range(5)))
    after(policies.running, 801)
    assert await tidy_some(policies.running.desk, SETTINGS, others) == 0
    assert [await tidy_some(policies.running.desk, SETTINGS, mine) for _ in range(4)] == [2, 2, 1, 0]


async def test_facts_heard_long_ago_are_folded(claims: claims_office.Office) -> None:
    async with claims.running.desk.begin() as tx:
        await _hear(tx, 3)
    after(claims.running, 100)
    assert await tidy_all(claims.running) == 3
    counts = [await number_of(claims.running, select(func.count()).select_from(t)) for t in (heard, heard_ranges)]
    assert counts == [0, 1]


async def _hear(tx: Transaction, messages: int) -> None:
    row = {"source": "urn:guanai:enrollment", "writer": "0" * 18, "events": 2, "which": None, "heard_at": tx.now}
    await tx.insert(heard, [{**row, "number": n} for n in range(messages)])
