"""Policies sold and moved, booked at once."""

from datetime import date, timedelta
from itertools import count

from shared.contracts.facts import PolicyEndorsed, PolicyIssued, PolicyState
from shared.contracts.values import Premium
from shared.runtime.service import Running
from tests.handlers.books import book, fact

_NUMBERS = count(1)


def a_policy(village: str, units: int, day: date, product: str = "family_care") -> PolicyIssued:
    """Paid by the family itself, one yuan a unit."""
    state = PolicyState(
        product=product, region=village, units=units, persons=1, premium=Premium(self_paid=100 * units), household="H",
        effective_from=day, effective_to=day + timedelta(days=364),
    )  # fmt: skip
    number = f"P{next(_NUMBERS)}"
    return PolicyIssued(
        insurer="ins-a", policy_no=number, revision=1, sold_on=day, booked_on=day, before=None, after=state
    )


async def sell(running: Running, village: str, units: int, day: date, product: str = "family_care") -> PolicyIssued:
    """One policy."""
    issued = a_policy(village, units, day, product)
    await book(running, [fact(issued, issued.policy_no)])
    return issued


async def move(running: Running, issued: PolicyIssued, village: str) -> None:
    """The policy's family has moved."""
    told = issued.model_dump() | {"revision": 2, "before": issued.after}
    moved = PolicyEndorsed(**{**told, "after": issued.after.model_copy(update={"region": village})})
    await book(running, [fact(moved, f"{issued.policy_no}-2")])
