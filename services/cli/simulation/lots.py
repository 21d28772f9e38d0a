"""A lot is what a county sells of one product on one day; the lots of a county add up to its totals."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from services.cli.simulation.curve import GOVERNMENT_DAY, selling_calendar, selling_days
from services.cli.simulation.shares import apportion, even, proportional
from services.cli.simulation.tables import County

FAMILY, ELDER = "family_care", "elder_care_a"
FEWEST_POLICIES = 20
MOST_DAYS = 60
DAILY_PARTS_OF_TARGET = 10


class Lot(NamedTuple):
    """Policies of one county, day and product; `first` is the number of the first one within the county."""

    sold_on: date
    product: str
    units: int
    policies: int
    premium_fen: int
    fiscal_fen: int
    first: int = 0


def county_lots(county: County, policies: int, year: int, start_month: int) -> list[Lot]:
    """All lots of the county in order of day, numbered."""
    calendar = selling_calendar(year, start_month)
    bought, bought_policies = units_bought(county), 0
    lots = []
    if bought:
        bought_policies = _policies_bought(policies, bought, county.units)
        day = calendar[GOVERNMENT_DAY]
        lots.append(Lot(day, FAMILY, bought, bought_policies, county.fiscal_fen, county.fiscal_fen))
    lots += _joining_lots(without_purchase(county), policies - bought_policies, calendar)
    return list(_numbered(sorted(lots)))


def units_bought(county: County) -> int:
    """Units a one-step government buys in one day, in its share of the premium; it buys no elder cover."""
    if not county.one_step:
        return 0
    by_premium = (2 * county.units * county.fiscal_fen + county.premium_fen) // (2 * county.premium_fen)
    return min(by_premium, county.units - county.elder_units)


def without_purchase(county: County) -> County:
    """What families buy themselves; the county as it is where there is no one-step purchase."""
    if not (bought := units_bought(county)):
        return county
    return replace(
        county, units=county.units - bought, premium_fen=county.premium_fen - county.fiscal_fen, fiscal_fen=0
    )


def policies_wanted(county: County) -> int:
    """The policies it takes to keep to 20 selling days and to the most a day may sell."""
    families = without_purchase(county)
    days = max(FEWEST_POLICIES, sum(_days_needed(families)))
    return min(days + (families is not county), county.units)


def _policies_bought(policies: int, bought: int, units: int) -> int:
    in_proportion = (2 * policies * bought + units) // (2 * units)
    return max(1, min(in_proportion, policies - FEWEST_POLICIES))


def _joining_lots(county: County, policies: int, calendar: Sequence[date]) -> Iterator[Lot]:
    days = [calendar[day] for day in selling_days(county.code, _day_count(county, policies))]
    units = _units_by_product(county)
    needed = _days_needed(county) if sum(_days_needed(county)) <= len(days) else [1] * len(units)
    day_counts = apportion(len(days), list(units.values()), needed)
    policy_counts = apportion(policies, list(units.values()), day_counts)
    premiums = list(proportional(county.premium_fen, units.values(), county.units))
    fiscals = proportional(county.fiscal_fen, premiums, county.premium_fen)
    product_days = _days_by_product(days, day_counts)
    firsts = [some_days[0] for some_days in product_days]
    wholes = map(Lot, firsts, units, units.values(), policy_counts, premiums, fiscals)
    for whole, some_days in zip(wholes, product_days, strict=True):
        yield from _spread(whole, some_days)


def _spread(whole: Lot, days: Sequence[date]) -> Iterator[Lot]:
    units = even(whole.units, len(days))
    policies = even(whole.policies, len(days))
    premiums = list(proportional(whole.premium_fen, units, whole.units))
    fiscals = proportional(whole.fiscal_fen, premiums, whole.premium_fen)
    for day, *counts in zip(days, units, policies, premiums, fiscals, strict=True):
        yield Lot(day, whole.product, *counts)


def _numbered(lots: Sequence[Lot]) -> Iterator[Lot]:
    first = 1
    for lot in lots:
        yield lot._replace(first=first)
        first += lot.policies


def _units_by_product(county: County) -> dict[str, int]:
    units = {ELDER: county.elder_units, FAMILY: county.units - county.elder_units}
    return {product: count for product, count in units.items() if count}


def _days_needed(county: County) -> list[int]:
    """Days a product needs so that none sells more than a tenth of the county's target."""
    daily_most = max(1, (county.target_units or county.units) // DAILY_PARTS_OF_TARGET)
    return [-(-count // daily_most) for count in _units_by_product(county).values()]


def _day_count(county: County, policies: int) -> int:
    """Few different counts, so that neighbouring years sell on the same days."""
    if policies >= MOST_DAYS:
        return MOST_DAYS
    return min(policies, max(FEWEST_POLICIES, sum(_days_needed(county))))


def _days_by_product(days: Sequence[date], counts: Sequence[int]) -> list[list[date]]:
    """The first product gets days evenly spaced over the year, the last one the rest."""
    if len(counts) == 1:
        return [list(days)]
    chosen = {(2 * i + 1) * len(days) // (2 * counts[0]) for i in range(counts[0])}
    return [[d for i, d in enumerate(days) if i in chosen], [d for i, d in enumerate(days) if i not in chosen]]
