"""Ids of messages and events: unique whoever writes, in order; and events written as their models would."""

import json
import os
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from shared.contracts.envelope import Event
from shared.contracts.facts import AgentChanged, AgentState
from shared.contracts.receipts import Problem, Receipt
from shared.contracts.registry import event_of, type_of
from shared.messaging.envelopes import START_BYTES, Envelopes, body
from shared.messaging.happenings import Answer, Fact
from shared.messaging.message_ids import Writer, spot_of, writer_of
from shared.messaging.outbox import put
from shared.messaging.tables import outbox
from shared.messaging.topology import FACTS, RECEIPTS
from shared.runtime.database import Database
from tests.messaging.events import issued

NOW = datetime(2021, 8, 31, 2, 11, 7, 123_456, tzinfo=UTC)
text_or_none = st.none() | st.text(max_size=200)
"""Quotes, line ends, characters of every plane: whatever an insurer may have put into a number."""


def written(thing: Fact | Answer) -> Any:
    """As the outbox writes it, alone in its message."""
    return json.loads(body("w-000000001-1", [Envelopes("enrollment", NOW).around(thing)]))


def modelled(data: Any, subject: str | None, caused_by: str | None) -> Any:
    """As its model writes it."""
    name = type_of(type(data))
    event: Event[Any] = event_of(name).model_construct(
        id="w-000000001-1.000",
        source="urn:guanai:enrollment",
        type=name,
        subject=subject,
        time=NOW,
        causationid=caused_by,
        data=data,
    )
    return json.loads(event.model_dump_json())


@given(subject=st.text(max_size=200), caused_by=text_or_none, number=st.text(max_size=50))
def test_a_fact_is_written_as_its_model_writes_it(subject: str, caused_by: str | None, number: str) -> None:
    for data in (issued(number, event_id="e").data, agent(number)):
        assert written(Fact(data, "450722", subject, caused_by)) == modelled(data, subject, caused_by)


@given(subject=text_or_none, event_id=text_or_none, words=st.text(max_size=50))
def test_a_receipt_is_written_as_its_model_writes_it(subject: str | None, event_id: str | None, words: str) -> None:
    problem = Problem(field=words, code="bad_type", message=words)
    for errors in ((), (problem,)):
        receipt = Receipt(event_id=event_id, subject=subject, status="accepted", errors=errors, warnings=errors)
        answer = Answer("urn:guanai:insurer:demo-life", receipt)
        assert written(answer) == modelled(receipt, subject, event_id)


def agent(number: str) -> AgentChanged:
    after = AgentState(villages=("450722001001",), active=True)
    return AgentChanged(agent_no=number, region="450722001", before=None, after=after)


def test_no_start_is_longer_than_the_outbox_reckons_with() -> None:
    longest = f"{'f' * 18}-{'9' * 18}-1000"
    assert spot_of("urn:guanai:enrollment", f"{longest}.999") is not None
    assert len(body(longest, [b""])) <= START_BYTES


def test_ids_of_a_writer_sort_as_they_were_given_and_no_two_writers_share_any() -> None:
    writers = [Writer() for _ in range(50)]
    given_ = [[writer.message_id(n) for n in (1, 1000, 7)] for writer in writers]
    assert all(ids == sorted(ids) for ids in given_)
    assert len({spot_of("s", f"{i}.000") for ids in given_ for i in ids}) == 150


def test_a_forked_process_writes_under_a_name_of_its_own() -> None:
    ours = writer_of("enrollment", FACTS).message_id(1)
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writing, writer_of("enrollment", FACTS).message_id(1).encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reading, 100).decode()
    for end in (reading, writing):
        os.close(end)
    assert ours.partition("-")[0] != theirs.partition("-")[0]


async def test_the_outbox_numbers_the_messages_of_an_exchange_without_gaps(database: Database) -> None:
    async with database.begin() as tx:
        for n in range(3):
            facts = [Fact(issued(f"P{n}{m}").data, region, f"P{n}{m}") for m in range(3) for region in ("4507", "4501")]
            receipt = Receipt(event_id="e", status="accepted")
            await put(tx, "enrollment", [*facts, Answer("urn:guanai:insurer:demo-life", receipt)])
    async with database.read() as tx:
        rows = await tx.rows(select(outbox.c.exchange, outbox.c.message_id, outbox.c.body))
    for exchange, messages, of in ((FACTS, 6, 3), (RECEIPTS, 3, 1)):
        mine = [row for row in rows if row.exchange == exchange]
        numbers = sorted(int(row.message_id.split("-")[1]) for row in mine)
        assert numbers == list(range(numbers[0], numbers[0] + messages))
        for row in mine:
            events = json.loads(row.body) if of > 1 else [json.loads(row.body)]
            assert [event["id"] for event in events] == [f"{row.message_id}.{n:03d}" for n in range(of)]
            assert row.message_id.endswith(f"-{of}")


@pytest.mark.parametrize("service", ["enrollment", "claims"])
def test_services_of_one_process_write_apart(service: str) -> None:
    assert writer_of(service, FACTS) is writer_of(service, FACTS)
    assert writer_of(service, FACTS) is not writer_of("reporting", FACTS)
