"""What came too early waits, and is let in by what it waited for, in the very same transaction."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from shared.contracts.envelope import Event
from shared.contracts.registry import CLAIM_SUBMISSIONS
from shared.contracts.submissions import SubmittedClaimAnswered
from shared.messaging import parking
from shared.messaging.apply import apply, judge_again
from shared.messaging.door import submissions_in
from shared.messaging.happenings import Arrived, Happening, answer, on
from shared.messaging.parking import Seal
from shared.messaging.tables import parked
from shared.messaging.transaction import Transaction
from shared.runtime.database import Database
from tests.messaging.conftest import opened
from tests.messaging.events import json_of, policy, submission
from tests.messaging.house import House
from tests.messaging.office import Office, endorsed, office_at


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    async with office_at(database) as made:
        yield made


async def judge_all(office: House) -> None:
    """What the scheduled job does."""
    async with office.desk.begin() as tx:
        await judge_again(office.desk, tx, await parking.longest_unchecked(tx, office.desk.seal, tx.now, 500))


async def test_what_comes_too_early_is_parked_and_said_so(office: Office) -> None:
    await office.submit(endorsed("P1", 2))
    assert await office.statuses() == [("s-P1-2", "parked")]
    assert (await office.parked_now(), await office.stored()) == ([("s-P1-2", "waits for P1/1")], [])


async def test_it_is_let_in_by_what_it_waited_for(office: Office) -> None:
    await office.submit(endorsed("P1", 2))
    await office.submit(policy("P1"))
    assert await office.statuses() == [("s-P1-2", "parked"), ("s-P1", "accepted"), ("s-P1-2", "accepted")]
    assert (await office.parked_now(), len(await office.stored())) == ([], 2)


async def test_it_is_let_in_by_the_same_transaction_or_not_at_all(office: Office) -> None:
    await office.submit(endorsed("P1", 2, units=1_000_000))
    with pytest.raises(Exception, match=r"CHECK|violates"):
        await office.submit(policy("P1"))
    assert (await office.stored(), await office.parked_now()) == ([], [("s-P1-2", "waits for P1/1")])


async def test_a_whole_chain_is_let_in_at_once(office: Office) -> None:
    for revision in (5, 3, 4, 2):
        await office.submit(endorsed("P1", revision, units=revision))
    assert len(await office.parked_now()) == 4
    await office.submit(policy("P1", units=1))
    assert await office.stored() == [("P1", revision, revision) for revision in (1, 2, 3, 4, 5)]
    assert (await office.parked_now(), await office.facts()) == ([], 5)


async def test_everything_in_one_body_in_any_order_is_taken(office: Office) -> None:
    await office.submit(endorsed("P1", 3, units=3), endorsed("P1", 2, units=2), policy("P1", units=1))
    assert len(await office.stored()) == 3
    assert [status for _, status in await office.statuses()].count("accepted") == 3


async def test_other_policies_keep_waiting(office: Office) -> None:
    await office.submit(endorsed("P1", 2), endorsed("P2", 2))
    await office.submit(policy("P1"))
    assert await office.parked_now() == [("s-P2-2", "waits for P2/1")]


@pytest.mark.parametrize("many", [0, 120])
async def test_a_crowd_lets_in_whoever_waits_for_one_of_it(office: Office, many: int) -> None:
    await office.submit(*(endorsed(f"Q{number}", 2) for number in range(many)), endorsed("P7", 2))
    await office.submit(*(policy(f"P{number}") for number in range(120)))
    assert len(await office.parked_now()) == many
    assert len(await office.stored()) == 121


async def test_a_resend_of_what_waits_is_a_duplicate_and_waits_once(office: Office) -> None:
    await office.submit(endorsed("P1", 2))
    await office.submit(endorsed("P1", 2))
    assert [status for _, status in await office.statuses()] == ["parked", "duplicate"]
    assert len(await office.parked_now()) == 1


async def test_what_waited_may_still_be_refused(office: Office) -> None:
    await office.submit(endorsed("P1", 2, product="family_care"))
    office.on_sale.clear()
    await judge_all(office)
    assert [status for _, status in await office.statuses()] == ["parked", "rejected"]
    assert await office.parked_now() == []


async def test_judging_again_too_early_changes_nothing_and_says_nothing(office: Office) -> None:
    await office.submit(endorsed("P1", 2))
    await judge_all(office)
    await judge_all(office)
    assert await office.statuses() == [("s-P1-2", "parked")]
    assert await office.parked_now() == [("s-P1-2", "waits for P1/1")]


async def test_judging_again_finds_what_arrived_unnoticed(office: Office) -> None:
    await office.submit(endorsed("P1", 2), endorsed("P1", 3))
    async with office.desk.begin() as tx:
        events = [
            a.event for a in submissions_in(json_of(policy("P1")), frozenset({policy("P1")["type"]}), "demo-life")
        ]
        await office.take([event for event in events if event is not None], tx)
    await judge_all(office)
    assert [revision for _, revision, _ in await office.stored()] == [1, 2, 3]
    assert await office.parked_now() == []


async def test_what_waits_too_long_is_rejected_as_too_late(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.submit(endorsed("P1", 2))
    monkeypatch.setattr("shared.messaging.apply.PATIENCE", timedelta(0))
    await judge_all(office)
    late = (await office.receipts())[-1]
    assert (late["event_id"], late["status"], late["errors"][0]["code"]) == ("s-P1-2", "rejected", "too_late")
    assert await office.parked_now() == []


async def test_within_thirty_days_it_is_not_too_late(office: Office) -> None:
    await office.submit(endorsed("P1", 2), endorsed("P2", 2))
    async with office.desk.begin() as tx:
        for event_id, days in (("s-P1-2", 29), ("s-P2-2", 31)):
            then = {"parked_at": tx.now - timedelta(days=days), "checked_at": tx.now - timedelta(days=1)}
            await tx.connection.execute(update(parked).where(parked.c.event_id == event_id).values(**then))
    await judge_all(office)
    assert [event_id for event_id, _ in await office.parked_now()] == ["s-P1-2"]


async def test_what_was_too_late_may_be_sent_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.submit(endorsed("P1", 2))
    monkeypatch.setattr("shared.messaging.apply.PATIENCE", timedelta(0))
    await judge_all(office)
    await office.submit(policy("P1"))
    await office.submit(endorsed("P1", 2))
    assert (await office.statuses())[-1] == ("s-P1-2", "accepted")


async def test_a_conflict_is_never_judged_by_the_clock(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.submit(policy("P1"))
    await office.submit(policy("P1", "another id", units=99))
    monkeypatch.setattr("shared.messaging.apply.PATIENCE", timedelta(0))
    await judge_all(office)
    assert await office.parked_now() == [("another id", "conflict")]


async def test_what_is_being_judged_by_another_replica_is_left_alone(pg_url: str) -> None:
    async with opened(pg_url) as database, office_at(database) as office:
        await office.submit(endorsed("P1", 2))
        async with office.desk.begin() as one, office.desk.begin() as other:
            assert len(await parking.longest_unchecked(one, office.desk.seal, one.now, 10)) == 1
            assert await parking.longest_unchecked(other, office.desk.seal, other.now, 10) == []


class Patient:
    """A handler whose one late event first waits for `claim`, then for `paid`."""

    def __init__(self) -> None:
        self.here: list[str] = []

    async def take(self, answers: Sequence[Event[Any]], tx: Transaction) -> Sequence[Happening]:
        return [thing for event in answers for thing in self._one(event)]

    def _one(self, event: Event[Any]) -> list[Happening]:
        if event.data.claim_no != "late":
            self.here.append(event.data.claim_no)
            return [answer(event, "accepted"), Arrived(event.data.claim_no)]
        missing = [key for key in ("claim", "paid") if key not in self.here]
        return [answer(event, "parked", waits_for=missing[0]) if missing else answer(event, "accepted")]


async def test_what_waits_for_two_things_is_let_in_by_the_second(office: Office) -> None:
    patient = Patient()
    house = House(office.database, office.transport, [on(SubmittedClaimAnswered, patient.take)])
    for number in ("late", "claim", "paid"):
        data = {"claim_no": number, "answered_on": "2021-05-01", "satisfied": True}
        body = json_of(submission("claim.answered", number, data))
        await apply(house.desk, submissions_in(body, frozenset(CLAIM_SUBMISSIONS), "demo-life"))
        if number == "claim":
            assert await office.parked_now() == [("late", "waits for paid")]
    assert await house.statuses() == [
        ("late", "parked"), ("claim", "accepted"), ("paid", "accepted"), ("late", "accepted"),
    ]  # fmt: skip


async def test_what_waits_is_kept_sealed(office: Office) -> None:
    swap = Seal(
        lambda body, place: body[::-1] + place.encode(), lambda body, place: body.removesuffix(place.encode())[::-1]
    )
    object.__setattr__(office.desk, "seal", swap)
    await office.submit(endorsed("P1", 2))
    body = await office.number_of(select(parked.c.body))
    assert "李雷".encode() not in body
    await office.submit(policy("P1"))
    assert len(await office.stored()) == 2
