"""A reporting service whose day a test moves, with short words for selling, claiming and judging."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest

from services.reporting.handlers.judge_regions import Programme, judge_regions
from shared.contracts.facts import (
    AgentChanged,
    AgentState,
    ClaimChange,
    ClaimState,
    ClaimStep,
    PolicyCancelled,
    PolicyIssued,
    PolicyState,
)
from shared.contracts.judgements import RegionLagging, RegionMilestone, RegionRecovered
from shared.contracts.values import Premium
from shared.messaging.happenings import Fact
from shared.runtime import principals
from shared.runtime.clock import Clock
from shared.runtime.principals import Principal, Role
from shared.runtime.service import Running
from tests.handlers.books import book, fact, reporting

DAY = date(2021, 6, 30)
COUNTY, VILLAGE = "450101", "450101001001"
Status = RegionLagging | RegionRecovered


class MovableClock(Clock):
    """A day that a test sets."""

    def __init__(self, day: date) -> None:
        super().__init__(day)

    def move(self, days: int) -> None:
        self._fixed = self.today() + timedelta(days=days)


class Court:
    """The service, and everything that a test does to it."""

    def __init__(self, running: Running, programme: Programme) -> None:
        self.running = running
        self.programme = programme
        self.clock = running.database.clock
        self._numbers = count(1)
        self._web = httpx2.ASGITransport(app=running.app())

    @property
    def today(self) -> date:
        return self.clock.today()

    def move(self, days: int) -> None:
        assert isinstance(self.clock, MovableClock)
        self.clock.move(days)

    async def sell(
        self, units: int, day: date, fiscal: int = 0, village: str = VILLAGE, product: str = "family_care"
    ) -> PolicyIssued:
        """One policy of one yuan a unit, `fiscal` fen of it paid by the state."""
        state = PolicyState(
            product=product, region=village, units=units, persons=1,
            premium=Premium(self_paid=100 * units - fiscal, fiscal=fiscal), household="H",
            effective_from=day, effective_to=day + timedelta(days=364),
        )  # fmt: skip
        number = f"P{next(self._numbers)}"
        told = PolicyIssued(
            insurer="ins-a", policy_no=number, revision=1, sold_on=day, booked_on=day, before=None, after=state
        )
        await book(self.running, [fact(told, number)])
        return told

    async def cancel(self, sold: PolicyIssued, day: date) -> None:
        """All of it, the premium given back."""
        after = sold.after.model_copy(update={"in_force": False, "premium": Premium()})
        told = sold.model_dump() | {"revision": 2, "booked_on": day, "before": sold.after, "after": after}
        await book(self.running, [fact(PolicyCancelled.model_validate(told), f"{sold.policy_no}-2")])

    async def claim(self, kind: type[ClaimChange], *steps: ClaimStep, clock_days: int = 30) -> None:
        """A claim that has come as far as its last step."""
        number = f"C{next(self._numbers)}"
        state = ClaimState(
            product="family_care", region=VILLAGE, kind="illness", reported_on=steps[0].on, clock_days=clock_days,
            steps=steps,
        )  # fmt: skip
        told = kind(insurer="ins-a", claim_no=number, policy_no="P", before=None, after=state)
        await book(self.running, [fact(told, number, "urn:guanai:claims")])

    async def agent(self, no: str, *villages: str, active: bool = True, event_id: str = "") -> None:
        """Where an agent works from now on."""
        after = AgentState(villages=villages, active=active)
        told = AgentChanged(agent_no=no, region=(villages or (VILLAGE,))[0][:6], before=None, after=after)
        await book(self.running, [fact(told, event_id or f"A{next(self._numbers)}")])

    async def happened(self) -> list[Status | RegionMilestone]:
        """All that a judgement tells now."""
        async with self.running.desk.begin() as tx:
            told = await judge_regions(self.programme, tx)
        found = [thing.data for thing in told if isinstance(thing, Fact)]
        return [data for data in found if isinstance(data, RegionLagging | RegionRecovered | RegionMilestone)]

    async def judged(self, region: str = COUNTY, *rules: str) -> list[Status]:
        """What a judgement now says of a region (of some rules only)."""
        told = [data for data in await self.happened() if not isinstance(data, RegionMilestone)]
        return [data for data in told if data.region == region and (not rules or data.rule in rules)]

    async def key(self, role: Role, region: str = "") -> str:
        key_id, key = principals.new_key()
        who = Principal(f"the {role}", frozenset({role}), region, None, key_id)
        async with self.running.database.begin() as tx:
            await principals.add(tx, who, principals.hash_of(key))
        return key

    async def ask(self, method: str, path: str, role: Role = "operator", region: str = "", **given: Any) -> Any:
        """The answer's JSON, or (status, sentence) where it is refused."""
        headers = {"Authorization": f"Bearer {await self.key(role, region)}"}
        async with httpx2.AsyncClient(transport=self._web, base_url="http://reporting", headers=headers) as client:
            answer = await client.request(method, f"/reporting/v1{path}", **given)
        return answer.json() if answer.is_success else (answer.status_code, answer.json()["detail"])


@asynccontextmanager
async def court_in(
    request: pytest.FixtureRequest, directory: Path, programme: Programme, day: date = DAY
) -> AsyncIterator[Court]:
    """On the database that the fixture's parameter names."""
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with reporting(url, directory, day) as running:
        running.database.clock = MovableClock(day)
        yield Court(running, programme)
