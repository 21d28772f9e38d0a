"""Loops that should run for ever do, or the process ends and says so."""

import asyncio

import pytest

from shared.messaging.outcomes import Unavailable
from shared.messaging.transport import BrokerAway
from shared.runtime.observe import Metrics
from shared.runtime.service import LoopEnded, supervise
from tests.messaging.house import eventually


class Loop:
    """Does what it is told, one thing a run, and then runs for ever."""

    def __init__(self, *fates: BaseException | None) -> None:
        self.fates, self.runs = list(fates), 0

    async def __call__(self) -> None:
        self.runs += 1
        if not self.fates:
            await asyncio.Event().wait()
        fate = self.fates.pop(0)
        if fate is not None:
            raise fate


@pytest.mark.parametrize("trouble", [BrokerAway("gone"), Unavailable("gone"), asyncio.CancelledError()])
async def test_trouble_outside_is_waited_out(trouble: BaseException) -> None:
    loop, metrics = Loop(trouble, trouble), Metrics("test")
    task = asyncio.create_task(supervise("loop", loop, metrics))
    await eventually(lambda: loop.runs == 3)
    assert not task.done()
    assert b'guanai_loop_restarts_total{loop="loop",service="test"} 2.0' in metrics.page()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_loop_that_returns_is_a_crash() -> None:
    with pytest.raises(LoopEnded, match="loop"):
        await supervise("loop", Loop(None), Metrics("test"))


async def test_an_error_in_our_code_ends_the_process() -> None:
    with pytest.raises(LookupError):
        await supervise("loop", Loop(LookupError("bug")), Metrics("test"))


async def test_a_real_cancellation_ends_the_loop() -> None:
    task = asyncio.create_task(supervise("loop", Loop(), Metrics("test")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_pause_between_attempts_grows() -> None:
    loop = Loop(*[BrokerAway("gone")] * 4)
    began = asyncio.get_running_loop().time()
    task = asyncio.create_task(supervise("loop", loop, Metrics("test")))
    await eventually(lambda: loop.runs == 5)
    assert asyncio.get_running_loop().time() - began > 0.2 + 0.4 + 0.8
    task.cancel()
    await asyncio.wait({task})
