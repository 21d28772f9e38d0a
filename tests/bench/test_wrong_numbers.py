"""A product that shows wrong numbers gets no good marks: the benchmarks notice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from tests.bench.arrivals import Arrivals
from tests.bench.keep_alive import Answer, Connection, server_sent
from tests.bench.loaded_year import differing
from tests.bench.looks import WAITING, Looks
from tests.bench.ranking import Ranking
from tests.bench.reading import compare
from tests.bench.rebuilding import Reader
from tests.bench.result import Wrong
from tests.bench.scale_out import rate_of, waits_between
from tests.bench.steady_reading import SteadyReading
from tests.bench.year import Tally, messages_of
from tests.messaging.house import eventually

SENT = [("4501", 3), ("4502", 5), ("4501", 2), ("4501", 4)]
BEFORE = {"4501": 10, "4502": 0}


def test_a_policy_has_arrived_when_the_units_of_its_city_say_so() -> None:
    arrivals = Arrivals(SENT, BEFORE)
    arrivals.note({"4501": 10, "4502": 0, "4503": 0}, 1.0)
    arrivals.note({"4501": 15, "4502": 0}, 2.0)
    arrivals.note({"4501": 15, "4502": 5}, 3.0)
    assert arrivals.moments == {0: 2.0, 2: 2.0, 1: 3.0}
    assert arrivals.lost == 1
    assert sorted(arrivals.waits_ms(began=1.0, pace=10)) == [800, 1000, 1900]


@pytest.mark.parametrize("shown", [{"4501": 12}, {"4501": 9}, {"4501": 20}, {"4502": 1}, {"4503": 1}])
def test_units_that_no_policies_come_to_are_wrong(shown: dict[str, int]) -> None:
    with pytest.raises(Wrong):
        Arrivals(SENT, BEFORE).note(shown, 1.0)


@pytest.fixture(scope="module")
def tally() -> Tally:
    made = Tally()
    for _, events in messages_of(2_500):
        for event in events:
            made.add(event)
    return made


def test_the_year_is_complete_when_every_measure_is_what_was_sent(tally: Tally) -> None:
    assert differing(tally.wanted(), tally) == {}
    assert differing(tally.wanted() | {"policies": 2_499}, tally) == {"policies": (2_499, 2_500)}
    assert set(differing(tally.wanted() | {"claims_paid": 0, "paid_amount": "0.00"}, tally)) == {
        "claims_paid",
        "paid_amount",
    }


@pytest.mark.parametrize(
    "changed", [{"units": 3_061_913}, {"households": 2_501}, {"paid_amount": "1.00"}, {"premium": {}}]
)
def test_a_year_that_can_never_come_right_is_wrong(tally: Tally, changed: dict[str, Any]) -> None:
    with pytest.raises(Wrong):
        differing(tally.wanted() | changed, tally)


def test_standings_must_say_what_the_policies_say() -> None:
    rows = [{"region": {"code": "450101"}, "units": 7}, {"region": {"code": "450102"}, "units": 0}]
    compare({"rows": rows}, Ranking(1, 1, {"450101": 7}))
    with pytest.raises(Wrong, match="450101"):
        compare({"rows": rows}, Ranking(1, 1, {"450101": 8}))


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[Any]:
    """A service that gives these answers in turn, the last one for ever."""
    left, talks = list(answers), set[asyncio.Task[None] | None]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.current_task())
        while await reader.readline():
            await reader.readuntil(b"\r\n\r\n")
            writer.write(left.pop(0) if len(left) > 1 else left[0])
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield SimpleNamespace(ports={"reporting": server.sockets[0].getsockname()[1]})
        await asyncio.gather(*(task for task in talks if task))


def answer(body: str, status: int = 200) -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


@pytest.mark.parametrize(
    ("later", "errors", "others"),
    [([answer("1")] * 2, 0, 0), ([answer("1"), answer("2")], 0, 1), ([answer("1", 503), answer("1")], 1, 0)],
)
async def test_who_reads_during_a_rebuild_notices_errors_and_other_numbers(
    later: Sequence[bytes], errors: int, others: int
) -> None:
    reader, over = Reader(), asyncio.Event()
    over.set()
    async with answering(answer("1"), answer("1"), *later) as ready:
        await reader.read(ready, over)
    assert (reader.errors, reader.others, len(reader.waits_ms)) == (errors, others, 2)


async def test_an_answer_that_is_an_error_ends_steady_reading() -> None:
    async with answering(answer("1"), answer("1", 500)) as ready:
        with pytest.raises(ExceptionGroup) as caught:
            await SteadyReading(ready, "reporting", ["/a"], pace=100).run(0.1)
    assert caught.group_contains(Wrong)


async def test_steady_reading_keeps_its_pace() -> None:
    async with answering(answer("1")) as ready:
        steady = SteadyReading(ready, "reporting", ["/a", "/b"], pace=100)
        await steady.run(0.2)
    assert len(steady.waits_ms) == 20


async def test_events_of_a_stream_come_whole() -> None:
    chunks = ["event: a\n", "data: 1\n\nevent: b\ndata: 2\n\n", "event: c"]
    body = "".join(f"{len(chunk):x}\r\n{chunk}\r\n" for chunk in [*chunks, ""])
    async with answering(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}".encode()) as ready:
        with closing(Connection(ready)) as connection:
            found = [event async for event in server_sent(connection, "/stream")]
    assert found == [b"event: a\ndata: 1", b"event: b\ndata: 2"]


async def test_a_connection_that_the_other_side_has_closed_is_made_again() -> None:
    async with answering(answer("1")) as ready:
        with closing(Connection(ready)) as connection:
            await connection.get("/a")
            assert connection._streams is not None
            connection._streams[0].feed_eof()
            assert await connection.get("/a") == Answer(200, b"1")


@pytest.mark.parametrize(("last", "is_wrong"), [(100, False), (99, True), (101, True)])
def test_facts_are_booked_once(last: int, is_wrong: bool) -> None:
    looks = Looks("", "", 1)
    looks.answers = [(5.0, [{"policies": 20}]), (6.0, [{"policies": 60}]), (7.0, [{"policies": last}])]
    if is_wrong:
        with pytest.raises(Wrong):
            rate_of(looks, 100)
        return
    assert rate_of(looks, 100) == 40


def test_a_table_that_grows_is_nobodys_lock() -> None:
    seen = Counter({"extend: INSERT INTO cells": 2, "transactionid: INSERT INTO cells": 1})
    assert waits_between(seen) == {"transactionid: INSERT INTO cells": 1}


async def test_who_waits_for_a_lock_is_seen(pg_url: str) -> None:
    holder, waiter = [await asyncpg.connect(pg_url) for _ in range(2)]
    await holder.execute("CREATE TABLE cell AS SELECT 1 AS units")
    await holder.execute("BEGIN; UPDATE cell SET units = 2")
    with Looks(pg_url, WAITING, 0.01) as waits:
        waiting = asyncio.create_task(waiter.execute("UPDATE cell SET units = 3"))
        await eventually(lambda: bool(waits.answers))
        await holder.execute("COMMIT")
        await waiting
    assert {row["statement"] for _, rows in waits.answers for row in rows} == {
        "transactionid: UPDATE cell SET units = 3"
    }
    for connection in (holder, waiter):
        await connection.close()
