"""How long the event loop kept everything waiting: waits for a CPU that other processes had are left out."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.runtime.observe import Metrics

TICK_SECONDS = 0.02
"""What blocks the loop is seen with up to a tick less than it took."""


async def watch_loop(metrics: Metrics) -> None:
    """Tick for ever: a tick that comes late was kept waiting by what ran before it."""
    with cpu_waits() as waited_seconds:
        before = waited_seconds()
        while True:
            due = time.perf_counter() + TICK_SECONDS
            await asyncio.sleep(TICK_SECONDS)
            late, waited = max(0.0, time.perf_counter() - due), waited_seconds()
            metrics.note("loop_lag_seconds", late)
            metrics.note_blocked(late - (waited - before))
            before = waited


@contextmanager
def cpu_waits() -> Iterator[Callable[[], float]]:
    """A question for how long this thread could have run but had no CPU so far; 0 where the system does not tell."""
    try:
        file = os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY)
    except OSError:
        yield lambda: 0.0
        return
    try:
        yield lambda: int(os.pread(file, 100, 0).split()[1]) / 1e9
    finally:
        os.close(file)
