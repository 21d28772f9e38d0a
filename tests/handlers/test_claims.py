"""What insurers say of claims is taken once, waits for what it builds on, and becomes facts that telescope."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from services.claims.tables import claim_steps, claims
from shared.messaging.tables import parked
from tests.handlers.claims_office import VILLAGE, Json, Office, office_in, policy, reported, step

SETTLED = step("settled", "2021-03-05", amount="400.00")
PAID = step("paid", "2021-03-09", amount="400.00")
REJECTED = step("rejected", "2021-03-05", reason="not insured")
REOPENED = step("reopened", "2021-04-01", reason="new bills", reserve="70.00")
RECOVERED = step("recovered", "2021-04-02", amount="30.00", reason="paid too much")
ANSWERED = step("answered", "2021-03-20", satisfied=True, comment="quick and kind")


@pytest.fixture(params=["postgresql", "sqlite"])
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with office_in(tmp_path, url) as office:
        yield office


@pytest.fixture
async def insured(office: Office) -> Office:
    """An office that knows policy P1."""
    await office.hear(policy())
    return office


async def test_a_report_opens_a_claim_where_its_policy_is(insured: Office) -> None:
    assert await insured.take(reported()) == ["accepted"]
    (fact,) = await insured.history("C1")
    assert (fact["key"], fact["causationid"]) == ("claim.reported.4507", reported()["id"])
    assert fact["data"]["before"] is None
    assert fact["data"]["after"] == {
        "product": "family_care",
        "region": VILLAGE,
        "kind": "accident",
        "reported_on": "2021-03-02",
        "fast_track": False,
        "clock_days": 30,
        "steps": [{"step": "reported", "on": "2021-03-02", "amount": "500.00", "satisfied": None}],
    }


async def test_a_whole_claim_in_one_batch_is_accepted_in_any_order(insured: Office) -> None:
    assert set(await insured.take(ANSWERED, PAID, REOPENED, SETTLED, RECOVERED, reported())) == {"accepted"}
    assert await insured.steps() == [
        ("reported", "500.00"),
        ("settled", "400.00"),
        ("paid", "400.00"),
        ("answered", "0.00"),
        ("reopened", "70.00"),
        ("recovered", "30.00"),
    ]


@pytest.mark.parametrize(
    ("known", "early", "awaited"),
    [
        ([], SETTLED, [reported()]),
        ([], REJECTED, [reported()]),
        ([], ANSWERED, [reported()]),
        ([reported()], PAID, [SETTLED]),
        ([reported()], REOPENED, [SETTLED]),
        ([reported()], REOPENED, [REJECTED]),
        ([reported(), SETTLED], RECOVERED, [PAID]),
        ([], PAID, [reported(), SETTLED]),
        ([], RECOVERED, [SETTLED, PAID, reported()]),
    ],
)
async def test_a_step_waits_for_its_predecessor(
    insured: Office, known: list[Json], early: Json, awaited: list[Json]
) -> None:
    for event in known:
        await insured.take(event)
    assert await insured.take(early) == ["parked"]
    for event in awaited:
        await insured.take(event)
    assert (await insured.answer_to(early))["status"] == "accepted"
    assert len(await insured.history("C1")) == len(known) + 1 + len(awaited)
    assert await number_of(insured, select(func.count()).select_from(parked)) == 0


async def test_a_claim_and_its_steps_wait_for_the_policy(office: Office) -> None:
    assert await office.take(PAID) == ["parked"]
    assert await office.take(SETTLED, reported()) == ["parked", "parked"]
    await office.hear(policy())
    assert [(await office.answer_to(event))["status"] for event in (reported(), SETTLED, PAID)] == ["accepted"] * 3
    assert await office.steps() == [("reported", "500.00"), ("settled", "400.00"), ("paid", "400.00")]


async def test_the_policy_of_another_insurer_lets_nobody_in(office: Office) -> None:
    await office.take(reported())
    await office.hear(policy(insurer="other-life"))
    assert (await office.answer_to(reported()))["status"] == "parked"


async def test_what_waits_gets_one_receipt_for_every_change(office: Office) -> None:
    await office.take(PAID)
    await office.take(reported())
    await office.hear(policy())
    await office.take(SETTLED)
    said = [r["status"] for r in await office.receipts() if r["event_id"] == PAID["id"]]
    assert said == ["parked", "accepted"]


async def test_the_same_again_under_another_id_is_a_duplicate(insured: Office) -> None:
    events = [reported(), SETTLED, PAID, REOPENED, RECOVERED, ANSWERED]
    await insured.take(*events)
    before = await insured.facts()
    assert await insured.take(*({**event, "id": f"{n} again"} for n, event in enumerate(events))) == ["duplicate"] * 6
    assert await insured.facts() == before


async def test_the_same_again_in_one_batch_is_a_duplicate(insured: Office) -> None:
    twice = [reported(), reported(event_id="r2"), SETTLED, {**SETTLED, "id": "s2"}]
    assert await insured.take(*twice) == ["accepted", "duplicate", "accepted", "duplicate"]


async def test_the_same_again_while_waiting_is_a_duplicate_in_the_end(office: Office) -> None:
    assert await office.take(reported(), reported(event_id="r2")) == ["parked", "parked"]
    await office.hear(policy())
    statuses = {(await office.answer_to(event))["status"] for event in (reported(), reported(event_id="r2"))}
    assert statuses == {"accepted", "duplicate"}


@pytest.mark.parametrize(
    "other",
    [
        reported(event_id="other", reserve="501.00"),
        step("rejected", "2021-03-05", reason="another reason"),
        step("reopened", "2021-04-01", reason="other bills", reserve="70.00"),
        step("answered", "2021-03-20", satisfied=False),
    ],
)
async def test_the_same_key_with_other_content_is_a_conflict_for_a_person(insured: Office, other: Json) -> None:
    await insured.take(reported(), REJECTED, REOPENED, ANSWERED)
    before = await insured.facts()
    assert await insured.take(other) == ["conflict"]
    assert await insured.facts() == before
    assert await number_of(insured, select(func.count()).select_from(parked).where(parked.c.reason == "conflict")) == 1


async def test_two_equal_payments_of_a_day_are_told_apart_by_their_number(insured: Office) -> None:
    first, second = (step("paid", "2021-03-09", amount="200.00", payment_no=number) for number in ("1", "2"))
    assert await insured.take(reported(), SETTLED, first, second) == ["accepted"] * 4
    assert await insured.take({**second, "id": "again"}) == ["duplicate"]
    assert await insured.steps() == [("reported", "500.00"), ("settled", "400.00"), *[("paid", "200.00")] * 2]


async def test_two_settlements_of_different_amount_are_two_steps(insured: Office) -> None:
    more = step("settled", "2021-03-05", amount="401.00")
    assert await insured.take(reported(), SETTLED, more) == ["accepted"] * 3


async def test_a_claim_may_be_reopened_and_decided_again_and_again(insured: Office) -> None:
    again = [
        step("settled", "2021-04-01", amount="50.00"),
        step("paid", "2021-04-01", amount="50.00"),
        step("reopened", "2021-05-01", reason="more bills", reserve="20.00"),
        step("rejected", "2021-05-02", reason="enough"),
    ]
    for event in (reported(), SETTLED, PAID, REOPENED, *again):
        assert await insured.take(event) == ["accepted"]
    kinds = ["reported", "settled", "paid", "reopened", "settled", "paid", "reopened", "rejected"]
    assert [kind for kind, _ in await insured.steps()] == kinds
    assert await standing(insured) == ("rejected", None)


@pytest.mark.parametrize(
    ("event", "field", "code"),
    [
        (reported(incident_on="2021-03-03"), "incident_on", "date_order"),
        (reported(incident_on="2021-03-03", policy_no="nobody's"), "incident_on", "date_order"),
        (reported(reported_on="2022-10-06"), "reported_on", "date_in_future"),
        (step("settled", "2021-03-01", claim_no="C0", amount="1.00"), "settled_on", "date_order"),
        (step("answered", "2022-10-06", claim_no="C0", satisfied=True), "answered_on", "date_in_future"),
        (step("paid", "2022-10-06", claim_no="unheard of", amount="1.00"), "paid_on", "date_in_future"),
    ],
)
async def test_what_cannot_be_true_is_rejected_with_its_reason(
    insured: Office, event: Json, field: str, code: str
) -> None:
    await insured.take(reported("C0"))
    assert await insured.take(event) == ["rejected"]
    errors = (await insured.answer_to(event))["errors"]
    assert [(problem["field"], problem["code"]) for problem in errors] == [(field, code)]


async def test_a_waiting_step_dated_before_its_report_is_rejected_once_that_comes(insured: Office) -> None:
    early = step("settled", "2021-03-01", amount="1.00")
    assert await insured.take(early) == ["parked"]
    await insured.take(reported())
    assert (await insured.answer_to(early))["errors"][0]["code"] == "date_order"


async def test_one_bad_event_does_not_stop_the_batch(insured: Office) -> None:
    bad = step("paid", "2021-03-09", amount="-1.00")
    future = step("answered", "2025-01-01", satisfied=True)
    said = await insured.take(reported(), bad, SETTLED, future, PAID)
    assert said == ["accepted", "rejected", "accepted", "rejected", "accepted"]
    assert [kind for kind, _ in await insured.steps()] == ["reported", "settled", "paid"]


async def test_an_incident_outside_the_cover_is_warned_about_and_taken(insured: Office) -> None:
    outside = reported(incident_on="2020-10-01", reported_on="2021-03-02")
    assert await insured.take(outside) == ["accepted"]
    assert [w["code"] for w in (await insured.answer_to(outside))["warnings"]] == ["outside_cover"]


async def test_free_text_stays_where_it_is(insured: Office) -> None:
    words = {"description": "fell from the ladder"}
    await insured.take(reported(**words), SETTLED, PAID, REOPENED, RECOVERED, ANSWERED)
    await insured.take(step("rejected", "2021-04-03", reason="no ladder"))
    said = str(await insured.facts()) + str(await insured.receipts())
    for secret in ("ladder", "bills", "too much", "kind and", "quick"):
        assert secret not in said
    assert await number_of(insured, select(claims.c.description)) == "fell from the ladder"
    assert await number_of(insured, select(claim_steps.c.remark).where(claim_steps.c.step == "rejected")) == "no ladder"


async def test_the_claims_of_two_insurers_may_have_the_same_number(insured: Office) -> None:
    await insured.hear(policy(insurer="other-life", region="450102001001"))
    await insured.take(reported(), SETTLED)
    other = reported(insurer="other-life", reserve="9.00")
    assert await insured.take({**other, "id": "theirs"}, sender="other-life") == ["accepted"]
    regions = {(fact["data"]["insurer"], fact["data"]["after"]["region"]) for fact in await insured.facts()}
    assert regions == {("demo-life", VILLAGE), ("other-life", "450102001001")}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], ("reported", "2021-03-02")),
        ([SETTLED], ("settled", None)),
        ([SETTLED, PAID, ANSWERED], ("paid", None)),
        ([REJECTED], ("rejected", None)),
        ([SETTLED, REOPENED], ("reopened", "2021-04-01")),
    ],
)
async def test_a_claim_stands_where_its_last_decision_left_it(
    insured: Office, events: list[Json], expected: tuple[str, str | None]
) -> None:
    await insured.take(reported())
    for event in events:
        await insured.take(event)
    assert await standing(insured) == expected


async def standing(office: Office) -> tuple[str, str | None]:
    async with office.running.database.read() as tx:
        ((status, since),) = await tx.rows(select(claims.c.status, claims.c.open_since))
    return status, str(since) if since else None


async def number_of(office: Office, question: object) -> object:
    async with office.running.database.read() as tx:
        return (await tx.rows(question))[0][0]  # type: ignore[arg-type]
