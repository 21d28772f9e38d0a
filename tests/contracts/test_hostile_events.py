"""Whatever is wrong with one event, it gets its own clear answer, is not stored, and its neighbours are taken."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from shared.runtime.service import Running
from tests.contracts.town import EVENTS, ID_NUMBER, books_of, enrollment, insurer, person, policy
from tests.messaging.events import MONEY

Event = dict[str, Any]
Spoil = Callable[[Event], object]
WRONG_DIGIT = ID_NUMBER[:17] + ("1" if ID_NUMBER[17] != "1" else "2")


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with enrollment(tmp_path) as made:
        yield made


@pytest.fixture(params=["postgresql", "sqlite"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    return str(request.getfixturevalue("pg_url")) if request.param == "postgresql" else None


@pytest.fixture
async def anywhere(database_url: str | None, tmp_path: Path) -> AsyncIterator[Running]:
    """On both databases: what one of them stores, the other may refuse."""
    async with enrollment(tmp_path, database_url) as made:
        yield made


def data(**changes: Any) -> Spoil:
    return lambda event: event["data"].update(changes)


def envelope(**changes: Any) -> Spoil:
    return lambda event: event.update(changes)


def without(*names: str, of: str = "data") -> Spoil:
    def spoil(event: Event) -> None:
        for name in names:
            del (event["data"] if of == "data" else event)[name]

    return spoil


def self_paid(amount: Any) -> Spoil:
    return data(premium={**MONEY, "self_paid": amount})


PAID = "premium.self_paid"
HOSTILE: dict[str, tuple[Spoil, str, str]] = {
    # what it is: (how the event is spoiled, the field that the answer names, its code)
    "a region that does not exist": (data(region="450722999999"), "region", "unknown_region"),
    "a county as region": (data(region="450722"), "region", "unknown_region"),
    "a region with a NUL": (data(region="450722001\x00"), "region", "bad_type"),
    "a region as a number": (data(region=450722001001), "region", "bad_type"),
    "a product that does not exist": (data(product="lottery"), "product", "unknown_product"),
    "a product not yet on sale": (data(sold_on="2014-03-01"), "product", "not_on_sale"),
    "a wrong check digit": (data(insured=[person(id_number=WRONG_DIGIT)]), "insured.0.id_number", "check_digit"),
    "a wrong check digit of the second person": (
        data(insured=[person(), person(id_number=WRONG_DIGIT)]), "insured.1.id_number", "check_digit",
    ),
    "a holder's wrong check digit": (
        data(policyholder={"name": "李雷", "id_number": WRONG_DIGIT}), "policyholder.id_number", "check_digit",
    ),
    "an ID number of full-width digits": (
        data(insured=[person(id_number="４５０７２２１９８００１０１１２３４")]), "insured.0.id_number", "check_digit",
    ),
    "a birthday that never was": (
        data(insured=[person(id_number="450722800230123")]), "insured.0.id_number", "bad_date",
    ),
    "a newborn": (data(effective_from="1980-01-02", sold_on="1980-01-02"), "product", "not_on_sale"),
    "negative money": (self_paid("-1.00"), PAID, "not_positive"),
    "money as a number": (self_paid(128.88), PAID, "not_money"),
    "money as an integer": (self_paid(128), PAID, "not_money"),
    "money that is NaN": (self_paid(float("nan")), PAID, "not_money"),
    "money that is infinite": (self_paid(float("-inf")), PAID, "not_money"),
    "money called NaN": (self_paid("NaN"), PAID, "not_money"),
    "money called Infinity": (self_paid("Infinity"), PAID, "not_money"),
    "money with three decimals": (self_paid("1.001"), PAID, "not_money"),
    "money with an exponent": (self_paid("1e5"), PAID, "not_money"),
    "money with thousands": (self_paid("1,000.00"), PAID, "not_money"),
    "money in full-width digits": (self_paid("１２.００"), PAID, "not_money"),
    "money beyond all reason": (self_paid("9" * 14), PAID, "not_money"),
    "money with a line break": (self_paid("1.00\n"), PAID, "not_money"),
    "no money": (self_paid(None), PAID, "not_money"),
    "true money": (self_paid(True), PAID, "not_money"),
    "a payer missing": (data(premium={"self_paid": "1.00"}), "premium.fiscal", "missing_field"),
    "no units": (data(units=0), "units", "not_positive"),
    "negative units": (data(units=-1), "units", "not_positive"),
    "half a unit": (data(units=1.5), "units", "bad_type"),
    "units as text": (data(units="3"), "units", "bad_type"),
    "true units": (data(units=True), "units", "bad_type"),
    "units that are NaN": (data(units=float("nan")), "units", "bad_type"),
    "units of thirty digits": (data(units=10**30), "units", "too_large"),
    "a cover that ends before it begins": (data(effective_to="2021-03-01"), "effective_to", "date_order"),
    "a cover that begins before the sale": (data(effective_from="2021-02-28"), "effective_from", "date_order"),
    "a sale too far ahead": (
        data(sold_on="2023-01-01", effective_from="2023-01-01", effective_to="2024-01-01"), "sold_on", "date_in_future",
    ),
    "the thirtieth of February": (data(sold_on="2021-02-30"), "sold_on", "bad_date"),
    "an American date": (data(sold_on="03/01/2021"), "sold_on", "bad_date"),
    "a date with a time": (data(sold_on="2021-03-01T08:00:00"), "sold_on", "bad_date"),
    "a date as a number": (data(sold_on=1614556800), "sold_on", "bad_date"),
    "another insurer's source": (envelope(source="urn:guanai:insurer:x"), "source", "wrong_insurer"),
    "a service's source": (envelope(source="urn:guanai:enrollment"), "source", "wrong_insurer"),
    "a source in capitals": (envelope(source="urn:guanai:insurer:DEMO-LIFE"), "source", "wrong_insurer"),
    "no source": (without("source", of="envelope"), "source", "missing_field"),
    "an unknown type": (envelope(type="guanai.insurer.policy.renewed.v1"), "type", "bad_type"),
    "a newer version": (envelope(type="guanai.insurer.policy.issued.v2"), "type", "bad_type"),
    "a fact of the platform": (envelope(type="guanai.policy.issued.v1"), "type", "bad_type"),
    "the other service's type": (envelope(type="guanai.insurer.claim.paid.v1"), "type", "wrong_service"),
    "no type": (without("type", of="envelope"), "type", "missing_field"),
    "a list as type": (envelope(type=["guanai.insurer.policy.issued.v1"]), "type", "bad_type"),
    "an object as type": (envelope(type={}), "type", "bad_type"),
    "a number as type": (envelope(type=1), "type", "bad_type"),
    "no id": (without("id", of="envelope"), "id", "missing_field"),
    "an empty id": (envelope(id=""), "id", "missing_field"),
    "an id too long": (envelope(id="x" * 201), "id", "too_large"),
    "a number as id": (envelope(id=7), "id", "bad_type"),
    "an id with a NUL": (envelope(id="a\x00b"), "id", "bad_type"),
    "an id with a line break": (envelope(id="a\nb"), "id", "bad_type"),
    "another CloudEvents version": (envelope(specversion="0.3"), "specversion", "bad_type"),
    "data in XML": (envelope(datacontenttype="text/xml"), "datacontenttype", "bad_type"),
    "a time without a zone": (envelope(time="2021-03-01T10:00:00"), "time", "bad_date"),
    "a time that is none": (envelope(time="yesterday"), "time", "bad_date"),
    "no data": (without("data", of="envelope"), "data", "missing_field"),
    "data that is null": (envelope(data=None), "data", "bad_type"),
    "data that is a list": (envelope(data=[]), "data", "bad_type"),
    "data that is text": (envelope(data="policy"), "data", "bad_type"),
    "no policy number": (without("policy_no"), "policy_no", "missing_field"),
    "a policy number with a NUL": (data(policy_no="P\x00"), "policy_no", "bad_type"),
    "a policy number with a line break": (data(policy_no="P\n"), "policy_no", "bad_type"),
    "a policy number too long": (data(policy_no="P" * 65), "policy_no", "too_large"),
    "a policy number of a megabyte's tenth": (data(policy_no="P" * 100_000), "policy_no", "too_large"),
    "a NUL in a policy number of another type": (
        lambda e: (e.update(type="nonsense"), e["data"].update(policy_no="P\x00")), "type", "bad_type",
    ),
    "nobody insured": (data(insured=[]), "insured", "missing_field"),
    "a thousand and one persons": (data(insured=[person()] * 1_001), "insured", "too_large"),
    "a person who is a list": (data(insured=[[]]), "insured.0", "bad_type"),
    "a name with a NUL": (data(insured=[person(name="李\x00雷")]), "insured.0.name", "bad_type"),
    "an empty name": (data(insured=[person(name="")]), "insured.0.name", "missing_field"),
    "a name too long": (data(insured=[person(name="李" * 501)]), "insured.0.name", "too_large"),
    "an escape sequence as agent": (data(agent_no="\x1b[2J"), "agent_no", "bad_type"),
}  # fmt: skip


async def submit(running: Running, body: bytes, **headers: str) -> httpx2.Response:
    async with insurer(running) as client:
        return await client.post(EVENTS, content=body, headers=headers)


def spoilt(spoil: Spoil) -> Event:
    event = policy("BAD", "bad")
    event["source"] = "urn:guanai:insurer:demo-life"
    spoil(event)
    return event


async def test_each_wrong_thing_gets_its_own_answer_beside_good_ones(anywhere: Running) -> None:
    """One body per thing, with a good event before and after it."""
    for number, (name, (spoil, field, code)) in enumerate(HOSTILE.items()):
        good = [policy(f"G{number}-{n}") for n in (1, 2)]
        answer = await submit(anywhere, json.dumps([good[0], spoilt(spoil), good[1]]).encode())
        assert answer.status_code == 200, (name, answer.text)
        receipts = answer.json()["receipts"]
        assert [r["status"] for r in receipts] == ["accepted", "rejected", "accepted"], (name, receipts)
        assert (field, code) in {(e["field"], e["code"]) for e in receipts[1]["errors"]}, (name, receipts[1])
        assert all(e["message"] for e in receipts[1]["errors"])
    books = await books_of(anywhere)
    assert (len(books["policies"]), books["parked"], books["facts"]) == (2 * len(HOSTILE), 0, 2 * len(HOSTILE))
    assert "BAD" not in books["policies"]


async def test_all_wrong_things_in_one_body_get_all_their_answers(anywhere: Running) -> None:
    events = []
    for number, (spoil, _, _) in enumerate(HOSTILE.values()):
        event = policy("BAD", f"bad-{number}")
        spoil(event)
        events.append(event)
    small = [event for event in events if len(json.dumps(event)) < 10_000]
    answer = await submit(anywhere, json.dumps([*small, policy("GOOD")]).encode())
    assert (answer.json()["rejected"], answer.json()["accepted"]) == (len(small), 1)
    assert (await books_of(anywhere))["policies"] == ["GOOD"]


async def test_the_same_in_ndjson(anywhere: Running) -> None:
    lines = [json.dumps(policy("G1")), '{"id": "x", ', json.dumps(policy("G2")), '"\\ud800"', "\x00", "1", "null", "[]"]
    body = "\n".join(lines).encode() + b"\n\xff\xfe\n\n" + json.dumps(policy("G3")).encode()
    answer = await submit(anywhere, body, **{"Content-Type": "application/x-ndjson"})
    statuses = [(r["status"], [e["code"] for e in r["errors"]]) for r in answer.json()["receipts"]]
    refused = ("rejected", ["invalid_json"])
    no_object = ("rejected", ["bad_type"])
    good: tuple[str, list[str]] = ("accepted", [])
    assert statuses == [good, refused, good, refused, refused, no_object, no_object, refused, good]
    assert (await books_of(anywhere))["policies"] == ["G1", "G2", "G3"]


async def test_unknown_fields_are_ignored_however_odd(anywhere: Running) -> None:
    odd: dict[str, Any] = {"x": None, "y": [{}], "深": {"": 1e308}, "units_": 10**40}
    event = {**policy("P1", **odd), "extension": "yes", "another": {"not": "allowed by the letter"}}
    assert (await submit(anywhere, json.dumps(event).encode())).json()["accepted"] == 1


BODIES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "no JSON": (b"hello", 400),
    "half an event": (b'{"id": "x", ', 400),
    "an unclosed array": (b"[" + json.dumps(policy("P1")).encode(), 400),
    "two events without an array": (json.dumps(policy("P1")).encode() * 2, 400),
    "no UTF-8": (b'{"id": "\xff\xfe"}', 400),
    "UTF-16": (json.dumps(policy("P1")).encode("utf-16"), 400),
    "a lone surrogate": (b'{"id": "\\ud800"}', 400),
    "a NUL": (b"\x00", 400),
    "10,000 levels of lists": (b"[" * 10_000 + b"]" * 10_000, 400),
    "10,000 levels of objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400),
    "10,000 levels in a good event": (
        json.dumps(policy("P1", deep="@")).encode().replace(b'"@"', b"[" * 10_000 + b"]" * 10_000), 400,
    ),
    "an integer of 5,000 digits": (json.dumps(policy("P1", units="@")).encode().replace(b'"@"', b"9" * 5_000), 400),
    "two megabytes": (b"[" + b" " * 2_000_000 + b"]", 413),
    "1,001 events": (json.dumps([policy(f"P{n}") for n in range(1_001)]).encode(), 413),
    "1,001 times nothing": (b"[" + b",".join([b"1"] * 1_001) + b"]", 413),
}  # fmt: skip


@pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES.keys())
async def test_a_body_that_cannot_be_split_is_refused_whole(running: Running, body: bytes, status: int) -> None:
    answer = await submit(running, body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert (await books_of(running))["policies"] == []


async def test_a_body_of_two_megabytes_is_refused_while_it_comes(running: Running) -> None:
    sent = 0

    async def slowly() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(200):
            sent += 10_000
            yield b" " * 10_000

    async with insurer(running) as client:
        answer = await client.post(EVENTS, content=slowly())
    assert (answer.status_code, sent < 1_200_000) == (413, True)


@pytest.mark.parametrize(
    "body", [b"1", b"null", b'"event"', b"true", b"1e400", b"NaN", b"[1]", b"{}", b"[[]]", b"[{}]"]
)
async def test_json_that_is_no_event_is_answered(running: Running, body: bytes) -> None:
    answer = await submit(running, body)
    assert (answer.status_code, answer.json()["rejected"]) == (200, 1), answer.text


async def test_an_empty_array_is_an_empty_answer(running: Running) -> None:
    answer = (await submit(running, b"[]")).json()
    assert answer == {"accepted": 0, "duplicate": 0, "parked": 0, "rejected": 0, "conflict": 0, "receipts": []}


async def test_a_thousand_lines_are_a_thousand_events_and_not_a_million(running: Running) -> None:
    many = b"\n".join([b"[" + b",".join([b"1"] * 500) + b"]"] * 900)
    answer = await submit(running, many, **{"Content-Type": "application/x-ndjson"})
    assert answer.status_code == 413
    lines = b"\n".join([b"1"] * 1_001)
    assert (await submit(running, lines, **{"Content-Type": "application/x-ndjson"})).status_code == 413


async def test_an_integer_of_four_thousand_digits_is_one_events_trouble(anywhere: Running) -> None:
    huge = json.dumps(policy("BAD", units="@")).encode().replace(b'"@"', b"9" * 4_000)
    answer = await submit(anywhere, b"[" + json.dumps(policy("GOOD")).encode() + b"," + huge + b"]")
    assert (answer.json()["accepted"], answer.json()["rejected"]) == (1, 1), answer.text


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/xml", "multipart/form-data; boundary=x"])
async def test_other_media_types_are_named(running: Running, content_type: str) -> None:
    answer = await submit(running, b"[]", **{"Content-Type": content_type})
    assert (answer.status_code, "application/x-ndjson" in answer.json()["detail"]) == (415, True)


async def test_a_dry_run_judges_everything_and_keeps_nothing(anywhere: Running) -> None:
    async with insurer(anywhere) as client:
        body = json.dumps([policy("P1"), policy("P2", units=0)]).encode()
        answer = (await client.post(f"{EVENTS}?dry_run=true", content=body)).json()
    assert (answer["accepted"], answer["rejected"]) == (1, 1)
    assert await books_of(anywhere) == {"policies": [], "parked": 0, "facts": 0}


async def test_no_answer_repeats_what_was_sent(running: Running) -> None:
    secret = data(
        policyholder={"name": "韩梅梅", "id_number": "110105194912310028"},
        insured=[person(name="韩梅梅", id_number="1" * 18)],
    )
    answer = await submit(running, json.dumps(spoilt(secret)).encode())
    assert answer.json()["rejected"] == 1
    assert not {word for word in ("韩梅梅", "110105194912310028", "1" * 18) if word in answer.text}
