"""So many questions a second, each at its moment whatever has become of those before, and how long answers took."""

import asyncio
import time
from collections.abc import Sequence
from itertools import cycle, islice

from tests.bench.keep_alive import Connection
from tests.bench.result import Wrong
from tests.journeys.platform import Platform

CONNECTIONS = 16


class SteadyReading:
    """Asks these paths in turn at a pace, over connections that are kept."""

    def __init__(self, ready: Platform, service: str, paths: Sequence[str], pace: float) -> None:
        self._connections = [Connection(ready, service) for _ in range(CONNECTIONS)]
        self._free: asyncio.Queue[Connection] = asyncio.Queue()
        for connection in self._connections:
            self._free.put_nowait(connection)
        self._paths, self._pace = paths, pace
        self.waits_ms: list[float] = []
        """From its moment until the whole answer was there."""

    async def run(self, seconds: float) -> None:
        """Ask for so long, and wait for the last answers. Raises Wrong for one that is an error."""
        try:
            async with asyncio.TaskGroup() as group:
                await self._begin_all(group, int(seconds * self._pace))
        finally:
            for connection in self._connections:
                connection.close()

    async def _begin_all(self, group: asyncio.TaskGroup, times: int) -> None:
        began = time.monotonic()
        for number, path in enumerate(islice(cycle(self._paths), times)):
            moment = began + number / self._pace
            await asyncio.sleep(max(0.0, moment - time.monotonic()))
            group.create_task(self._ask(path, moment))

    async def _ask(self, path: str, moment: float) -> None:
        connection = await self._free.get()
        answer = await connection.get(path)
        if answer.status != 200:
            raise Wrong(f"{path} answers {answer.status}")
        self.waits_ms.append(1000 * (time.monotonic() - moment))
        self._free.put_nowait(connection)
