"""Find the child regions that contribute most, for all cases of a day together."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from services.reporting.queries.accounts import details_of, in_turn, portions
from services.reporting.queries.agents import villages_without_agent
from services.reporting.queries.figures import Asked, known_on
from services.reporting.queries.yardsticks import Region, children_of_many, populations_of, targets_in_force
from services.reporting.rules.accounts import VILLAGES, Account, readings_for_rules
from services.reporting.rules.evidence import MOST_CHILDREN, contributions
from services.reporting.rules.indicators import Readings
from services.reporting.rules.lag import Case
from shared.contracts.judgements import Contribution
from shared.messaging.transaction import Transaction

Contributions = dict[tuple[str, str], tuple[Contribution, ...]]
"""By (rule, region)."""
_OF_TARGETS = {"pace", "elder_expected", "expected_to_date", "completion_guideline", "days_since_sale", "target"}
_OF_PEOPLE = {"penetration"}


async def contributions_to(tx: Transaction, asked: Asked, day: date, cases: Sequence[Case]) -> Contributions:
    """Per case up to three child regions with the largest gaps."""
    by_numbers = [case for case in cases if case.comparison.name != VILLAGES]
    by_agents = [case for case in cases if case.comparison.name == VILLAGES]
    return {**await _by_numbers(tx, asked, day, by_numbers), **await _by_agents(tx, by_agents)}


async def _by_numbers(tx: Transaction, asked: Asked, day: date, cases: Sequence[Case]) -> Contributions:
    below = await _children(tx, asked.year, day, cases)
    codes = sorted({child.code for _, children in below for child in children})
    details = details_of(name for case in cases for name in _names(case))
    readings = await _readings(tx, replace(asked, codes=codes, details=details), day)
    found: Contributions = {}
    async for some in portions(below):
        for case, children in some:
            accounts = ((c.code, c.name, Account(readings[c.code], case.account.above)) for c in children)
            found[case.rule.name, case.region] = contributions(case, accounts)
    return found


async def _children(tx: Transaction, year: int, day: date, cases: Sequence[Case]) -> list[tuple[Case, list[Region]]]:
    """The child regions whose part can be told: some need a target or a population for that."""
    children = await children_of_many(tx, sorted({case.region for case in cases}))
    codes = [child.code for below in children.values() for child in below]
    targeted = {
        code for code, found in (await targets_in_force(tx, codes, year, day)).items() if ("guideline", "") in found
    }
    counted = (await populations_of(tx, codes)).keys()

    def can_be_told(case: Case, code: str) -> bool:
        names = _names(case)
        return (code in targeted or not names & _OF_TARGETS) and (code in counted or not names & _OF_PEOPLE)

    return [(case, [child for child in children[case.region] if can_be_told(case, child.code)]) for case in cases]


def _names(case: Case) -> set[str]:
    """What a child's gap is reckoned from; above a child stands the case's own parent, whose line it is."""
    name = case.comparison.name
    line = case.rule.clearing_line_of(name).line.name
    return {name, line} if line else {name}


async def _readings(tx: Transaction, asked: Asked, day: date) -> dict[str, Readings]:
    found: dict[str, Readings] = {}
    async for codes in in_turn(asked.codes):
        known = await known_on(tx, replace(asked, codes=codes), day)
        found |= {code: readings_for_rules(known[code].figures) for code in codes}
    return found


async def _by_agents(tx: Transaction, cases: Sequence[Case]) -> Contributions:
    villages = await villages_without_agent(tx, [case.region for case in cases]) if cases else {}
    return {
        (case.rule.name, case.region): tuple(
            Contribution(region=village.code, name=village.name, gap=1)
            for village in villages.get(case.region, [])[:MOST_CHILDREN]
        )
        for case in cases
    }
