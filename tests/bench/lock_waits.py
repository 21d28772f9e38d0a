"""Who waits for whose lock in a database, looked at again and again."""

import asyncio
import threading
from collections import Counter
from types import TracebackType

import asyncpg

EVERY_SECONDS = 0.02
_WAITING = """
    SELECT left(query, 100) AS query FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


class LockWaits:
    """Looks until the end of the block; `found` counts by statement how often a session was seen to wait."""

    def __init__(self, database_url: str) -> None:
        self._url, self._over = database_url, threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._look()), daemon=True)
        self.found: Counter[str] = Counter()
        self.looks = 0

    async def _look(self) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            while not self._over.is_set():
                self.found.update(" ".join(row["query"].split()) for row in await connection.fetch(_WAITING))
                self.looks += 1
                await asyncio.sleep(EVERY_SECONDS)
        finally:
            await connection.close()

    def __enter__(self) -> "LockWaits":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
