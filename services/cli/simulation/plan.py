"""The order for a simulated year, how many policies it may have, and how many fall to each county."""

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from services.cli.simulation.lots import FEWEST_POLICIES, Lot, county_lots, policies_wanted
from services.cli.simulation.shares import apportion
from services.cli.simulation.tables import County, read_counties


@dataclass(frozen=True)
class Plan:
    """Everything the events depend on: the same plan gives the same bytes."""

    reference: Path
    year: int
    policies: int
    seed: int = 0
    insurers: tuple[str, ...] = ("demo-life", "demo-care")
    start_month: int = 9

    @cached_property
    def mark(self) -> str:
        """Stands in every number, so that two different plans never claim the same policy."""
        content = repr((self.policies, self.seed, self.insurers, self.start_month))
        return sha256(content.encode()).hexdigest()[:8]

    def policy_no(self, county: str, number: int) -> str:
        return f"{county}-{self.year}-{self.mark}-{number:06d}"

    def former_policy_no(self, county: str, number: int) -> str:
        return f"{county}-{self.year - 1}-{self.mark}-{number:06d}"

    def insurer(self, number: int) -> str:
        """The insurer of the county's policy with this number."""
        return self.insurers[number % len(self.insurers)]


def policy_range(reference: Path, year: int) -> range:
    """From the fewest to the most policies allowed; ValueError if the tables lack the year."""
    return _range_of(read_counties(reference, year))


def planned_lots(plan: Plan) -> list[tuple[County, list[Lot]]]:
    """Every county with its lots in order of day; ValueError naming the range if the policies are outside."""
    counties = read_counties(plan.reference, plan.year)
    allowed = _range_of(counties)
    if plan.policies not in allowed:
        raise ValueError(f"{plan.policies} policies: {plan.year} takes from {allowed[0]} to {allowed[-1]}")
    shares = _policies_of_counties(counties, plan.policies)
    return [(c, county_lots(c, n, plan.year, plan.start_month)) for c, n in zip(counties, shares, strict=True)]


def _range_of(counties: list[County]) -> range:
    return range(sum(min(FEWEST_POLICIES, c.units) for c in counties), sum(c.units for c in counties) + 1)


def _policies_of_counties(counties: list[County], policies: int) -> list[int]:
    wanted = [policies_wanted(county) for county in counties]
    least = wanted if sum(wanted) <= policies else [min(FEWEST_POLICIES, c.units) for c in counties]
    return apportion(policies, [county.units for county in counties], least)
