"""Find the child regions that contribute most, for all cases of a day together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from services.reporting.queries.accounts import details_of, portions
from services.reporting.queries.agents import villages_without_agent
from services.reporting.queries.figures import Asked, known_on
from services.reporting.queries.yardsticks import Region, children_of_many
from services.reporting.rules.accounts import VILLAGES, Account, readings_for_rules
from services.reporting.rules.evidence import MOST_CHILDREN, contributions
from services.reporting.rules.indicators import Figures
from services.reporting.rules.lag import Case
from shared.contracts.judgements import Contribution
from shared.messaging.transaction import Transaction

Contributions = dict[tuple[str, str], tuple[Contribution, ...]]
"""By (rule, region)."""
_MOST_AT_ONCE = 300


async def contributions_to(tx: Transaction, asked: Asked, day: date, cases: Sequence[Case]) -> Contributions:
    """Per case up to three child regions with the largest gaps."""
    by_numbers = [case for case in cases if case.comparison.name != VILLAGES]
    by_agents = [case for case in cases if case.comparison.name == VILLAGES]
    return {**await _by_numbers(tx, asked, day, by_numbers), **await _by_agents(tx, by_agents)}


async def _by_numbers(tx: Transaction, asked: Asked, day: date, cases: Sequence[Case]) -> Contributions:
    children = await children_of_many(tx, sorted({case.region for case in cases}))
    names = {name for case in cases for name in (case.comparison.name, *_line_names(case))}
    codes = [child.code for below in children.values() for child in below]
    figures = await _figures(tx, replace(asked, codes=codes, details=details_of(names)), day)
    found: Contributions = {}
    async for some in portions(cases, 10):
        for case in some:
            accounts = _accounts(case, children[case.region], figures)
            found[case.rule.name, case.region] = contributions(case, accounts)
    return found


def _line_names(case: Case) -> Sequence[str]:
    line = case.rule.clearing_line_of(case.comparison.name).line.name
    return [line] if line else []


async def _figures(tx: Transaction, asked: Asked, day: date) -> dict[str, Figures]:
    figures: dict[str, Figures] = {}
    async for codes in portions(list(asked.codes), _MOST_AT_ONCE):
        known = await known_on(tx, replace(asked, codes=codes), day)
        figures |= {code: known[code].figures for code in codes}
    return figures


def _accounts(case: Case, children: Sequence[Region], figures: Mapping[str, Figures]) -> list[tuple[str, str, Account]]:
    """The children by their own readings; what stands above them is the case's own parent, whose line it is."""
    return [
        (child.code, child.name, Account(readings_for_rules(figures[child.code]), case.account.above))
        for child in children
    ]


async def _by_agents(tx: Transaction, cases: Sequence[Case]) -> Contributions:
    villages = await villages_without_agent(tx, [case.region for case in cases]) if cases else {}
    return {
        (case.rule.name, case.region): tuple(
            Contribution(region=village.code, name=village.name, gap=1)
            for village in villages.get(case.region, [])[:MOST_CHILDREN]
        )
        for case in cases
    }
