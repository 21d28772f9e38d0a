"""How a fact becomes entries: entries(after) - entries(before), each on its own day, in any order the same sum."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.reporting.rules.claim_entries import claim_cells
from services.reporting.rules.measures import OF_CLAIMS, OF_POLICIES
from services.reporting.rules.policy_entries import policy_cells
from services.reporting.rules.sums import Sums, Vector, add_to
from shared.contracts.facts import ClaimChange, PolicyChange

Change = PolicyChange | ClaimChange


@dataclass(frozen=True)
class Kind:
    """Facts about policies, or about claims: which measures they change, and what one books on the regions it names.

    Its cells are by (region, programme year, day, product, renewed), each with the amounts of these measures.
    """

    of: type[Change]
    measures: tuple[str, ...]
    cells: Callable[[Any, int], Sums]

    def written(self, amounts: Vector) -> str:
        """The amounts that are not 0 as JSON, by measure."""
        told = [f'"{name}":{amount}' for name, amount in zip(self.measures, amounts, strict=True) if amount]
        return f"{{{','.join(told)}}}"


KINDS = (Kind(PolicyChange, OF_POLICIES, policy_cells), Kind(ClaimChange, OF_CLAIMS, claim_cells))

Place = tuple[str, int, date, str]
"""(region, programme year, day, product)"""


def changes_by_place(cells: Sums) -> Iterator[tuple[Any, Vector]]:
    """What a fact changes at each place, renewed or not: the trail from a figure to its facts."""
    places: Sums = {}
    for key, amounts in cells.items():
        add_to(places, key[:-1], amounts)
    return ((place, amounts) for place, amounts in places.items() if any(amounts))
