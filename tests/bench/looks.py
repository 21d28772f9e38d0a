"""The same question to a database again and again, beside what is going on there."""

import asyncio
import threading
import time
from types import TracebackType
from typing import Any

import asyncpg

WAITING = """
    SELECT wait_event || ': ' || left(query, 100) AS statement FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
"""Who waits for whose lock."""


class Looks:
    """Asks until the end of the block; `answers` are the moments at which there were rows, with these."""

    def __init__(self, database_url: str, question: str, every_seconds: float) -> None:
        self._url, self._question, self._every = database_url, question, every_seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._look()), daemon=True)
        self.answers: list[tuple[float, list[Any]]] = []
        self.number = 0

    async def _look(self) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            while not self._over.is_set():
                if rows := await connection.fetch(self._question):
                    self.answers.append((time.monotonic(), rows))
                self.number += 1
                await asyncio.sleep(self._every)
        finally:
            await connection.close()

    def __enter__(self) -> "Looks":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
