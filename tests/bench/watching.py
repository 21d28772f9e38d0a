"""What reporting shows of the cities while policies come in: asked again and again, and as its live stream tells."""

import asyncio
import json
import time
from collections.abc import Callable

from tests.bench.arrivals import Arrivals
from tests.bench.keep_alive import Connection, asked, server_sent
from tests.bench.result import Wrong

CITIES = asked("standings", parent="45", level="city", by="units", year=2021, products="all")
STREAM = "/reporting/v1/stream"
LEAST_REST_SECONDS = 0.02
"""Between an answer and the next question, or as long as that answer took: who looks on must not be the load."""


async def units_of_cities(connection: Connection) -> dict[str, int]:
    """As the API shows them now."""
    answer = await connection.get(CITIES)
    if answer.status != 200:
        raise Wrong(f"the API answers {answer.status}")
    return {row["region"]["code"]: row["units"] for row in json.loads(answer.body)["rows"]}


async def ask_again_and_again(connection: Connection, arrivals: Arrivals, over: Callable[[], bool]) -> None:
    """Note what the API shows until it is over."""
    while not over():
        began = time.monotonic()
        found = await units_of_cities(connection)
        now = time.monotonic()
        arrivals.note(found, now)
        await asyncio.sleep(max(LEAST_REST_SECONDS, now - began))


async def listen(connection: Connection, arrivals: Arrivals, begun: asyncio.Event, over: Callable[[], bool]) -> None:
    """Note what the live stream tells until it is over; it has `begun` with its first event."""
    async for event in server_sent(connection, STREAM):
        now = time.monotonic()
        begun.set()
        fields = dict(line.split(b": ", 1) for line in event.split(b"\n") if b": " in line)
        if fields.get(b"event") == b"standings":
            rows = json.loads(fields[b"data"])["rows"]
            arrivals.note({row["code"]: row["units"] for row in rows}, now)
        if over():
            return
