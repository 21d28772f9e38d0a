"""One receipt for every change of status: none for a redelivery, duplicate for a resend, conflict for other content."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from shared.messaging import inbox
from shared.messaging.tables import parked
from shared.runtime.database import Database
from tests.messaging.events import policy
from tests.messaging.office import Office, endorsed, office_at


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    async with office_at(database) as made:
        yield made


async def status_of(office: Office, event_id: str, insurer: str = "demo-life") -> str:
    async with office.database.read() as tx:
        (receipt,) = await inbox.receipts(tx, inbox.Wanted(insurer, event_id), 10)
    return str(receipt["status"])


async def test_an_accepted_policy_gets_one_receipt_and_one_fact(office: Office) -> None:
    await office.submit(policy("P1"))
    assert await office.receipts() == [
        {
            "to": "demo-life",
            "event_id": "s-P1",
            "subject": "P1",
            "status": "accepted",
            "errors": [],
            "warnings": [{"field": "consent", "code": "no_consent", "message": "No consent is on record"}],
        }
    ]
    assert (await office.facts(), await office.stored()) == (1, [("P1", 1, 3)])


async def test_a_receipt_says_what_is_wrong_and_its_neighbours_are_taken(office: Office) -> None:
    await office.submit(policy("P1"), policy("P2", product="lottery"), policy("P3", units=0), policy("P4"))
    assert dict(await office.statuses()) == {
        "s-P1": "accepted", "s-P2": "rejected", "s-P3": "rejected", "s-P4": "accepted",
    }  # fmt: skip
    errors = {r["event_id"]: [(e["field"], e["code"]) for e in r["errors"]] for r in await office.receipts()}
    assert (errors["s-P2"], errors["s-P3"]) == ([("product", "unknown_product")], [("units", "not_positive")])
    assert [number for number, _, _ in await office.stored()] == ["P1", "P4"]


async def test_a_resend_is_answered_duplicate_and_changes_nothing(office: Office) -> None:
    await office.submit(policy("P1"))
    await office.submit(policy("P1"))
    assert await office.statuses() == [("s-P1", "accepted"), ("s-P1", "duplicate")]
    assert (await office.facts(), await status_of(office, "s-P1")) == (1, "accepted")


async def test_a_resend_under_another_id_is_a_duplicate_by_its_number(office: Office) -> None:
    await office.submit(policy("P1"))
    await office.submit(policy("P1", "another id"))
    assert (await office.statuses())[1] == ("another id", "duplicate")
    assert (await office.facts(), await status_of(office, "another id")) == (1, "duplicate")


async def test_a_redelivery_by_the_broker_sends_no_receipt(office: Office) -> None:
    events = policy("P1"), policy("P2", product="lottery"), policy("P3", units=0), endorsed("P9", 2)
    await office.submit(*events)
    before = await office.receipts()
    await office.submit(*events, redelivered=True)
    assert await office.receipts() == before
    assert len(await office.parked_now()) == 1


async def test_a_first_delivery_that_says_it_is_a_redelivery_is_answered(office: Office) -> None:
    events = policy("P1"), policy("P2", product="lottery"), policy("P3", units=0), endorsed("P9", 2)
    await office.submit(*events, redelivered=True)
    assert sorted(s for _, s in await office.statuses()) == ["accepted", "parked", "rejected", "rejected"]


async def test_the_same_id_with_other_content_is_a_conflict_and_the_first_stays(office: Office) -> None:
    await office.submit(policy("P1"))
    await office.submit(policy("P1", units=99))
    assert await office.statuses() == [("s-P1", "accepted"), ("s-P1", "conflict")]
    assert (await office.stored(), await status_of(office, "s-P1")) == ([("P1", 1, 3)], "accepted")


async def test_a_conflict_is_kept_for_a_person_with_the_content_that_was_refused(office: Office) -> None:
    await office.submit(policy("P1"))
    await office.submit(policy("P1"), policy("P1", units=99), policy("P1"))
    await office.submit(policy("P1", "another id", units=77))
    assert await office.parked_now() == [("s-P1", "conflict"), ("another id", "conflict")]
    async with office.database.read() as tx:
        bodies = [row.body for row in await tx.rows(select(parked.c.body).order_by(parked.c.id))]
    assert (b'"units":99' in bodies[0], b'"units":77' in bodies[1]) == (True, True)


async def test_a_conflict_whose_first_delivery_was_lost_in_a_crash_is_still_kept(office: Office) -> None:
    await office.submit(policy("P1"))
    await office.submit(policy("P1", units=99), redelivered=True)
    await office.submit(policy("P1", units=99), redelivered=True)
    assert await office.parked_now() == [("s-P1", "conflict")]
    assert await office.statuses() == [("s-P1", "accepted"), ("s-P1", "conflict")]


async def test_a_conflict_in_one_body_leaves_the_first_of_them(office: Office) -> None:
    await office.submit(policy("P1", units=1), policy("P1", units=2))
    assert sorted(await office.statuses()) == [("s-P1", "accepted"), ("s-P1", "conflict")]
    assert await office.stored() == [("P1", 1, 1)]


async def test_a_rejected_id_may_be_corrected_and_sent_again(office: Office) -> None:
    await office.submit(policy("P1", units=0))
    await office.submit(policy("P1", product="lottery"))
    await office.submit(policy("P1"))
    assert [status for _, status in await office.statuses()] == ["rejected", "rejected", "accepted"]
    assert (await office.stored(), await status_of(office, "s-P1")) == ([("P1", 1, 3)], "accepted")


async def test_what_was_refused_for_the_catalogue_is_taken_once_the_catalogue_has_it(office: Office) -> None:
    await office.submit(policy("P1", product="new_product"))
    office.on_sale.add("new_product")
    await office.submit(policy("P1", product="new_product"), redelivered=True)
    assert [status for _, status in await office.statuses()] == ["rejected", "accepted"]


async def test_an_accepted_id_is_never_open_again(office: Office) -> None:
    await office.submit(policy("P1"))
    await office.submit(policy("P1", units=0))
    assert await office.statuses() == [("s-P1", "accepted"), ("s-P1", "conflict")]
    assert await status_of(office, "s-P1") == "accepted"


async def test_an_event_of_another_insurers_source_is_refused_to_its_real_sender_only(office: Office) -> None:
    await office.submit(policy("P1", insurer="demo-life"), sender="evil-life")
    (receipt,) = await office.receipts()
    assert (receipt["to"], receipt["status"], receipt["errors"][0]["code"]) == (
        "evil-life",
        "rejected",
        "wrong_insurer",
    )
    assert await office.stored() == []


async def test_an_id_that_another_insurer_used_up_is_not_burnt(office: Office) -> None:
    await office.submit(policy("P1", "the id", insurer="demo-life"), sender="evil-life")
    await office.submit(policy("P1", "the id", insurer="evil-life"), sender="evil-life")
    await office.submit(policy("P2", "the id"), sender="demo-life")
    answers = [(receipt["to"], receipt["status"]) for receipt in await office.receipts()]
    assert answers == [("evil-life", "rejected"), ("evil-life", "accepted"), ("demo-life", "accepted")]


async def test_an_unreadable_event_of_another_insurers_source_burns_no_id_either(office: Office) -> None:
    await office.submit(policy("P1", "the id", insurer="demo-life", units="?"), sender="evil-life")
    await office.submit(policy("P1", "the id"))
    assert [(r["to"], r["status"]) for r in await office.receipts()] == [
        ("evil-life", "rejected"),
        ("demo-life", "accepted"),
    ]


async def test_an_insurers_id_that_looks_like_ours_has_a_receipt_of_its_own(office: Office) -> None:
    ids = [f"0123456789abcdef01-000000001-2.00{n}" for n in (0, 1)]
    await office.submit(*(policy(f"P{n}", event_id) for n, event_id in enumerate(ids)))
    await office.submit(policy("P1", ids[1]))
    async with office.database.read() as tx:
        kept = await inbox.receipts(tx, inbox.Wanted("demo-life"), 10)
    assert [(receipt["event_id"], receipt["status"]) for receipt in kept] == [(i, "accepted") for i in ids]
    assert (await office.statuses())[-1] == (ids[1], "duplicate")


async def test_receipts_can_be_asked_for_again_in_pages(office: Office) -> None:
    await office.submit(*(policy(f"P{n}", f"id-{n}") for n in range(5)))
    async with office.database.read() as tx:
        now = tx.now
        first = await inbox.receipts(tx, inbox.Wanted("demo-life"), 3)
        rest = await inbox.receipts(tx, inbox.Wanted("demo-life", after=first[-1]["event_id"]), 3)
        others = await inbox.receipts(tx, inbox.Wanted("other-life"), 3)
        later = await inbox.receipts(tx, inbox.Wanted("demo-life", since=now + timedelta(days=1)), 3)
    assert [r["event_id"] for r in (*first, *rest)] == [f"id-{n}" for n in range(5)]
    assert (others, later) == ([], [])


async def test_a_failed_transaction_leaves_neither_inbox_nor_outbox(office: Office) -> None:
    with pytest.raises(Exception, match="revisions"):
        await office.submit(policy("P1"), policy("P2", units=1_000_000))
    assert (await office.receipts(), await office.facts()) == ([], 0)
    await office.submit(policy("P1"))
    assert await office.statuses() == [("s-P1", "accepted")]
    async with office.database.read() as tx:
        assert (await tx.rows(select(func.count()).select_from(parked)))[0][0] == 0
