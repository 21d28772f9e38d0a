"""The demo's data: two calibrated programme years, taken in by the same door as everything else."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any

from pydantic_core import to_json
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.cli.reference_data import SHIPPED
from services.cli.simulation import Plan, claim_count, claim_events, policy_events
from shared.contracts.registry import CLAIM_SUBMISSIONS, POLICY_SUBMISSIONS
from shared.messaging.apply import apply
from shared.messaging.door import ANYONE, submissions_in
from shared.messaging.relay import unsent
from shared.messaging.transport import Transport
from shared.runtime.service import Running

DEMO_DAY = date(2021, 8, 31)
POLICIES = 4_440
_BATCH = 1_000
_MOST_WAITING = 60


class NotReady(Exception):
    """How far the demo's data is."""


class Demo:
    """Loads once; what was loaded before an interruption is known and skipped."""

    def __init__(self, running: Sequence[Running], transport: Transport) -> None:
        self._running = {one.service.name: one for one in running}
        self._transport = transport
        self._done = running[0].settings.data_dir / "demo-loaded"
        self._state = "" if self._done.exists() else "loading: not begun"
        self._bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())

    async def check(self) -> None:
        """A probe for `readyz`. Raises NotReady with the progress."""
        if self._state:
            raise NotReady(self._state)

    async def load(self) -> None:
        """Policies of both years, then the claims of 2021, until everything is booked."""
        if not self._state:
            return
        plans = [Plan(SHIPPED, year, POLICIES) for year in (2020, 2021)]
        with self._bar:
            for plan in plans:
                events = policy_events(plan)
                await self._send("enrollment", f"policies of {plan.year}", events, plan.policies)
            await self._booked()
            await self._send("claims", "claims of 2021", claim_events(plans[1]), 3 * claim_count(plans[1]))
            await self._booked()

    async def until_judged(self) -> None:
        """Until the lag rules have spoken and the notices are written."""
        if not self._state:
            return
        self._state = "judging"
        running = self._running["reporting"]
        from services.reporting.queries.judging import judged_until

        while True:
            async with running.database.read() as tx:
                if await judged_until(tx, DEMO_DAY.year) is not None:
                    break
            await asyncio.sleep(0.1)
        await self._booked()
        self._state = ""
        self._done.touch()

    async def _send(self, service: str, what: str, events: Iterator[dict[str, Any]], total: int) -> None:
        task = self._bar.add_task(f"{what:>18}", total=total)
        desk = self._running[service].desk
        types = frozenset(POLICY_SUBMISSIONS if service == "enrollment" else CLAIM_SUBMISSIONS)
        sent = 0
        while batch := list(islice(events, _BATCH)):
            await apply(desk, submissions_in(to_json(batch), types, ANYONE))
            sent += len(batch)
            self._bar.update(task, completed=sent)
            self._state = f"loading {what}: {sent} of {total}"
            await self._until_waiting(_MOST_WAITING)

    async def _booked(self) -> None:
        self._state = "booking"
        await self._until_waiting(0)

    async def _until_waiting(self, most: int) -> None:
        while await self._waiting() > most:  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    async def _waiting(self) -> int:
        """Messages that have not taken effect yet, in outboxes and queues."""
        waiting = await self._transport.waiting()
        for running in self._running.values():
            async with running.database.read() as tx:
                waiting += await unsent(tx)
        return waiting
