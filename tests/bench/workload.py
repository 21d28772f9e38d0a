"""The policies of the benchmarks: the simulated year, sold on 28 days, with 2.5 insured a policy on average."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any

from pydantic_core import to_json

from services.cli.reference_data import SHIPPED
from services.cli.simulation import Plan, policy_events
from services.cli.simulation.envelope import office_time
from services.cli.simulation.policies import dates_of_cover

Event = dict[str, Any]

INSURER = "guest"
"""The user of the private broker: submissions must come from the insurer that they name."""
FIRST_DAY, SELLING_DAYS, DAYS_APART = date(2020, 9, 1), 28, 13
FEWEST = 6_000
"""A smaller plan cannot reach every county's totals; fewer policies are the first of this one."""
PERSONS = (1, 2, 3, 4, 1, 2, 3, 4, 3)
"""How many of the simulated insured a policy keeps, in turn; one for elders has two at most."""


@dataclass(frozen=True)
class Workload:
    """So many policies, so many in a message; another seed gives policies of other numbers."""

    policies: int
    events_a_message: int
    seed: int = 1


@dataclass(frozen=True)
class Totals:
    """What the province must show in the end, and how the work was spread."""

    policies: int
    units: int
    persons: int
    villages: int
    selling_days: int


def events_of(workload: Workload) -> Iterator[Event]:
    """The events in order of `sold_on`; the same workload gives the same events."""
    policies = workload.policies
    plan = Plan(SHIPPED, 2021, max(policies, FEWEST), workload.seed, insurers=(INSURER,))
    for number, event in enumerate(islice(policy_events(plan), policies)):
        yield _sold_on(event, number, number * SELLING_DAYS // policies)


def _sold_on(event: Event, number: int, day: int) -> Event:
    policy = event["data"]
    policy["insured"] = policy["insured"][: PERSONS[number % len(PERSONS)]]
    policy |= dates_of_cover(FIRST_DAY + timedelta(days=DAYS_APART * day))
    policy["consent"]["given_on"] = policy["sold_on"]
    return {**event, "time": office_time(policy["sold_on"], 9, number)}


def totals_of(events: Iterable[Event]) -> Totals:
    """The sums of the events' own numbers."""
    policies = [event["data"] for event in events]
    return Totals(
        policies=len(policies),
        units=sum(policy["units"] for policy in policies),
        persons=sum(len(policy["insured"]) for policy in policies),
        villages=len({policy["region"] for policy in policies}),
        selling_days=len({policy["sold_on"] for policy in policies}),
    )


def bodies_of(events: list[Event], events_a_message: int) -> list[bytes]:
    """The messages' bodies: a JSON array of events each, or one event."""
    if events_a_message == 1:
        return [to_json(event) for event in events]
    return [to_json(events[start : start + events_a_message]) for start in range(0, len(events), events_a_message)]
