"""Enrolment agents: where one works, what of a change everyone may know, and when a list contradicts itself."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from shared.contracts.facts import AgentState


class Agent(NamedTuple):
    """An agent of a township; `villages` are sorted, name and phone are personal data."""

    agent_no: str
    region: str
    villages: tuple[str, ...]
    active: bool
    name: str
    phone: str | None = None

    @property
    def state(self) -> AgentState:
        """What everyone may know."""
        return AgentState(villages=self.villages, active=self.active)


def is_news(before: Agent | None, after: Agent) -> bool:
    """Whether others have to know: a new name or phone concerns nobody else."""
    return before is None or before[1:4] != after[1:4]


def contradictions_in(agents: Sequence[Agent]) -> list[str]:
    """Numbers that stand twice, and villages that lie in another township than their agent."""
    numbers = Counter(agent.agent_no for agent in agents)
    twice = [f"{number} stands twice" for number, times in numbers.items() if times > 1]
    outside = [(a, v) for a in agents for v in a.villages if not v.startswith(a.region)]
    return [*twice, *(f"{village} does not lie in {agent.region}" for agent, village in outside)]
