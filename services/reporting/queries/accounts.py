"""Accounts of many regions: what rules can know of them, loaded together and reckoned in portions."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

from services.reporting.queries.figures import Asked, details_for, known_on_days
from services.reporting.rules.accounts import Account, Coverage, accounts_of, readings_for_rules
from services.reporting.rules.indicators import Readings
from services.reporting.rules.touches import is_kept
from shared.contracts.values import parent_of
from shared.messaging.transaction import Transaction

Item = TypeVar("Item")
_PORTION = 20
_MOST_ASKED = 200


async def portions(items: Sequence[Item], size: int = _PORTION) -> AsyncIterator[Sequence[Item]]:
    """Many items a portion at a time; between two of them everything else in the process has its turn."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
        await asyncio.sleep(0)


async def in_turn(regions: Sequence[str]) -> AsyncIterator[Sequence[str]]:
    """Few at a time of those that are reckoned from memory, many of those that the database is asked for."""
    async for some in portions([region for region in regions if is_kept(region)]):
        yield some
    async for some in portions([region for region in regions if not is_kept(region)], _MOST_ASKED):
        yield some


def details_of(names: Iterable[str]) -> frozenset[str]:
    """The costly details that some names need; the parent's, too."""
    return details_for(*(name.removeprefix("parent.") for name in names))


async def accounts_on(tx: Transaction, asked: Asked, day: date, coverage: Mapping[str, Coverage]) -> dict[str, Account]:
    """The account of each region asked for, on one day."""
    return (await accounts_on_days(tx, asked, [day], coverage))[day]


async def accounts_on_days(
    tx: Transaction, asked: Asked, days: Sequence[date], coverage: Mapping[str, Coverage]
) -> dict[date, dict[str, Account]]:
    """The same on several days, with what their parents' accounts hold."""
    found: dict[date, dict[str, Account]] = {day: {} for day in days}
    async for codes in in_turn(asked.codes):
        above = {code: parent_of(code) for code in codes}
        everyone = sorted({*codes, *(parent for parent in above.values() if parent)})
        known = await known_on_days(tx, replace(asked, codes=everyone), days)
        for day in days:
            readings: dict[str, Readings] = {}
            async for some in portions(everyone):
                for code in some:
                    readings[code] = readings_for_rules(known[day][code].figures, coverage.get(code))
            accounts = accounts_of(readings, above)
            found[day] |= {code: accounts[code] for code in codes}
    return found
