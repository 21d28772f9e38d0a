"""Policies as the events by which insurers issue them."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random

from services.cli.simulation.envelope import Event, insurer_event, money, office_time
from services.cli.simulation.lots import Lot
from services.cli.simulation.people import Town
from services.cli.simulation.plan import Plan, planned_lots
from services.cli.simulation.shares import even, proportional
from services.cli.simulation.tables import has_year, homes_by_county

ONE_RENEWED_IN = 3


def policy_events(plan: Plan) -> Iterator[Event]:
    """Every policy of the plan in order of `sold_on`; ValueError if its year or its policies are not possible."""
    counties = planned_lots(plan)
    homes, renews = homes_by_county(plan.reference), has_year(plan.reference, plan.year - 1)
    offices = {c.code: Office(plan, c.code, homes[c.code], renews) for c, _ in counties}
    by_day = sorted((lot.sold_on, county.code, lot) for county, lots in counties for lot in lots)
    return (event for _, code, lot in by_day for event in offices[code].issue(lot))


class Office:
    """Issues the policies of one county."""

    def __init__(self, plan: Plan, county: str, homes: Sequence[str], renews: bool) -> None:
        self.plan, self.county, self.renews = plan, county, renews
        self.homes = in_turn(homes, f"{plan.seed}-{county}")
        self.town = Town(county, plan.year, plan.start_month)

    def issue(self, lot: Lot) -> Iterator[Event]:
        """The policies of a lot, each with its part of the units and of the money."""
        units = even(lot.units, lot.policies)
        premiums = list(proportional(lot.premium_fen, units, lot.units))
        fiscals = proportional(lot.fiscal_fen, premiums, lot.premium_fen)
        dates = dates_of_cover(lot.sold_on)
        for n, (count, premium, fiscal) in enumerate(zip(units, premiums, fiscals, strict=True), lot.first):
            policy = self._policy(n, lot.product, count)
            policy["premium"] = {"self_paid": money(premium - fiscal), "fiscal": money(fiscal), "donated": "0.00"}
            policy |= dates
            policy["consent"] = {"method": "signature", "given_on": dates["sold_on"]}
            time = office_time(dates["sold_on"], 9, n)
            yield insurer_event(self.plan.insurer(n), "policy.issued", policy["policy_no"], time, policy)

    def _policy(self, n: int, product: str, units: int) -> Event:
        home = self.homes[n % len(self.homes)]
        insured = self.town.insured(n, product, units)
        holder = insured[0]
        renewed = self.renews and n % ONE_RENEWED_IN == 0
        return {
            "policy_no": self.plan.policy_no(self.county, n),
            "product": product,
            "region": home,
            "units": units,
            "household_no": f"H{self.county}-{self.plan.mark}-{n:06d}",
            "policyholder": {"name": holder["name"], "id_number": holder["id_number"], "phone": self.town.phone(n)},
            "insured": insured,
            "agent_no": f"A{home}-01",
            "renews": self.plan.former_policy_no(self.county, n) if renewed else None,
        }


def dates_of_cover(sold_on: date) -> dict[str, str]:
    """A year of cover from the day after the sale."""
    begins = sold_on + timedelta(days=1)
    ends = begins.replace(year=begins.year + 1) - timedelta(days=1)
    return {"sold_on": str(sold_on), "effective_from": str(begins), "effective_to": str(ends)}


def in_turn(homes: Sequence[str], seed: str) -> list[str]:
    """The homes shuffled such that every township has its turn before one comes again."""
    dice = Random(seed)  # noqa: S311
    turns: dict[str, int] = {}
    order: list[tuple[int, int, str]] = []
    for home in sorted(homes, key=lambda _: dice.random()):
        turns[home[:9]] = turns.get(home[:9], 0) + 1
        order.append((turns[home[:9]], len(order), home))
    return [home for *_, home in sorted(order)]
