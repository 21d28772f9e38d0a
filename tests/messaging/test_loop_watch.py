"""What blocks the event loop can be seen from outside, and what others on the machine do is not taken for it."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from services.notify.__main__ import SERVICE
from shared.contracts.envelope import Event
from shared.contracts.facts import PolicyIssued
from shared.messaging.happenings import on
from shared.messaging.local import Local
from shared.messaging.transaction import Transaction
from shared.runtime import loop_watch
from shared.runtime.loop_watch import TICK_SECONDS, watch_loop
from shared.runtime.observe import Metrics
from shared.runtime.service import prepare
from shared.runtime.settings import Settings
from tests.messaging.events import issued, message
from tests.messaging.house import House, at_work, count_units, eventually

BLOCKS_SECONDS = 0.08


def read(metrics: Metrics, name: str) -> float:
    """The value of a gauge on the page, which begins anew with it."""
    found = re.search(rf"^guanai_{name}{{.*}} (.*)$", metrics.page().decode(), re.MULTILINE)
    assert found is not None
    return float(found[1])


def block() -> None:
    time.sleep(BLOCKS_SECONDS)


async def count_and_block(issued: Sequence[Event[PolicyIssued]], tx: Transaction) -> Sequence[Any]:
    block()
    return await count_units(issued, tx)


async def test_a_handler_that_blocks_is_seen(house: House) -> None:
    house.desk.routes[:] = [on(PolicyIssued, count_and_block)]  # type: ignore[index]
    metrics = Metrics("test")
    async with at_work(house.consumer(), ("loop_lag", partial(watch_loop, metrics))):
        assert not any(await house.transport.publish([message(issued("P1"))]))
        await eventually(lambda: house.count("deliveries", "applied") == 1)
        await asyncio.sleep(TICK_SECONDS)
    assert read(metrics, "loop_blocked_longest_seconds") >= BLOCKS_SECONDS - TICK_SECONDS


async def test_a_page_shows_what_came_since_the_page_before() -> None:
    metrics = Metrics("test")
    for seconds in (0.03, 0.08, 0.05):
        metrics.note_blocked(seconds)
    assert read(metrics, "loop_blocked_seconds") == 0.08
    metrics.note_blocked(0.02)
    assert read(metrics, "loop_blocked_seconds") == 0.02
    assert read(metrics, "loop_blocked_seconds") == 0
    assert read(metrics, "loop_blocked_longest_seconds") == 0.08


class Others:
    """They have the CPU for so many seconds between one question and the next."""

    def __init__(self, *seconds: float) -> None:
        self.seconds, self.waited, self.questions = list(seconds), 0.0, 0

    @contextmanager
    def waits(self) -> Iterator[Callable[[], float]]:
        yield self.told

    def told(self) -> float:
        self.questions += 1
        self.waited += self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0]
        return self.waited


async def longest_beside(others: Others, monkeypatch: pytest.MonkeyPatch) -> float:
    """What is shown after the loop was blocked once."""
    monkeypatch.setattr(loop_watch, "cpu_waits", others.waits)
    metrics = Metrics("test")
    async with at_work(("loop_lag", partial(watch_loop, metrics))):
        await eventually(lambda: others.questions > 3)
        block()
        await eventually(lambda: others.questions > 5)
    return read(metrics, "loop_blocked_longest_seconds")


async def test_a_wait_for_a_cpu_that_others_have_blocks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await longest_beside(Others(3600), monkeypatch) == 0


async def test_a_wait_long_ago_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await longest_beside(Others(0, 3600, 0), monkeypatch) >= BLOCKS_SECONDS - TICK_SECONDS


def test_the_system_tells_how_long_a_thread_has_waited_for_a_cpu() -> None:
    if not Path("/proc/self/schedstat").exists():
        pytest.skip("this system does not tell")
    with loop_watch.cpu_waits() as waited_seconds:
        told = Path("/proc/thread-self/schedstat").read_text().split()
        assert int(told[1]) / 1e9 <= waited_seconds() <= int(told[1]) / 1e9 + 60


async def test_every_service_watches_its_loop(tmp_path: Path) -> None:
    running = prepare(SERVICE, Settings(data_dir=tmp_path), Local(tmp_path / "broker.sqlite"))
    async with at_work(*(loop for loop in running.schedule() if loop[0] == "loop_lag")):
        await asyncio.sleep(TICK_SECONDS)
        block()
        await asyncio.sleep(TICK_SECONDS)
    assert read(running.metrics, "loop_blocked_longest_seconds") >= BLOCKS_SECONDS - TICK_SECONDS
