"""The calibrated year as messages in order of date, a unit a policy at full size, and what it must come to."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from operator import itemgetter
from typing import Any
from zlib import crc32

from services.cli.reference_data import SHIPPED
from services.cli.simulation import Plan, claim_events, policy_events, policy_range
from services.cli.simulation.envelope import money
from tests.bench.publisher import POLICY_BATCHES, Target
from tests.bench.workload import INSURER, Event

CLAIM_BATCHES = Target("guanai.intake", f"{INSURER}.claim.batch", "application/cloudevents-batch+json")
YEAR, SEED, EVENTS_A_MESSAGE = 2021, 2, 200
FULL_SIZE = policy_range(SHIPPED, YEAR)[-1]
"""3,061,912: as many policies as units."""
Message = tuple[Target, list[Event]]


def messages_of(policies: int) -> Iterator[Message]:
    """Batches of policies and of claims as the year goes by; of a smaller year the same share of the claims."""
    waiting: dict[Target, list[Event]] = {POLICY_BATCHES: [], CLAIM_BATCHES: []}
    for target, event in _in_order_of_date(policies):
        waiting[target].append(event)
        if len(waiting[target]) == EVENTS_A_MESSAGE:
            yield target, waiting[target]
            waiting[target] = []
    yield from ((target, events) for target, events in waiting.items() if events)


def _in_order_of_date(policies: int) -> Iterator[tuple[Target, Event]]:
    plan = Plan(SHIPPED, YEAR, policies, SEED, insurers=(INSURER,))
    sold = ((event["time"][:10], POLICY_BATCHES, event) for event in policy_events(plan))
    claimed = ((event["time"][:10], CLAIM_BATCHES, event) for event in _some_claims(plan, FULL_SIZE // policies))
    return ((target, event) for _, target, event in merge(sold, claimed, key=itemgetter(0)))


def _some_claims(plan: Plan, one_in: int) -> Iterator[Event]:
    """Every step of one claim in so many."""
    return (event for event in claim_events(plan) if crc32(event["subject"].encode()) % one_in == 0)


@dataclass
class Tally:
    """The sums of the events' own numbers; money in fen."""

    counts: Counter[str] = field(default_factory=Counter)
    fen: Counter[str] = field(default_factory=Counter)
    units_of_counties: Counter[str] = field(default_factory=Counter)

    def add(self, event: Event) -> None:
        """One more event."""
        data = event["data"]
        if event["type"].startswith("guanai.insurer.policy"):
            self._add_policy(data)
            return
        step = event["type"].split(".")[3]
        self.counts[f"claims_{step}"] += 1
        if step != "reported":
            self.fen[step] += _fen(data["amount"])

    def _add_policy(self, policy: dict[str, Any]) -> None:
        added = {"policies": 1, "households": 1, "units": policy["units"], "persons": len(policy["insured"])}
        for name, number in added.items():
            self.counts[name] += number
        for payer, amount in policy["premium"].items():
            self.fen[payer] += _fen(amount)
        self.units_of_counties[policy["region"][:6]] += policy["units"]

    def wanted(self) -> dict[str, Any]:
        """What the province must show: every claim is paid in full, every household has one policy."""
        payers = {payer: self.fen[payer] for payer in ("self_paid", "fiscal", "donated")}
        premium = {**payers, "total": sum(payers.values())}
        return {
            **self.counts,
            "claims_rejected": 0,
            "premium": {payer: money(amount) for payer, amount in premium.items()},
            "settled_amount": money(self.fen["settled"]),
            "paid_amount": money(self.fen["paid"]),
            "outstanding_amount": "0.00",
        }


def _fen(yuan: str) -> int:
    return int(yuan.replace(".", ""))
