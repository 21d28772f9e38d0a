"""Whatever is booked or changed by whom and in whatever order: what is kept in memory is what the database says."""

import asyncio
import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.reporting.handlers import take_reference
from services.reporting.queries.details import by_day
from services.reporting.queries.figures import EVERYTHING, Asked, Known, known_on_days
from services.reporting.queries.milestones import peaks_of
from services.reporting.queries.sums import scope_of
from shared.contracts.reference import PopulationRow, TargetRow
from shared.messaging.transaction import Transaction
from shared.runtime.service import Running
from tests.handlers.books import reporting
from tests.handlers.kept_office import process
from tests.handlers.sales import sell
from tests.handlers.worlds import END, REGIONS, a_world, furnish, take_in

LARGE = [code for code in (*REGIONS, "450109") if len(code) <= 6]
SOLD_ON = date(2021, 3, 1)


async def told(tx: Transaction, asked: Asked, days: list[date]) -> Any:
    """Figures, and what other questions read from the same courses."""
    scope = await scope_of(tx, asked.codes, asked.products, asked.view)
    known = await known_on_days(tx, asked, days)
    figures = {day: {code: rounded(one) for code, one in found.items()} for day, found in known.items()}
    course = {name: await by_day(tx, scope, asked.year, name) for name in ("units", "elder_units", "policies_of_all")}
    booked = {n: {c: {d: v for d, v in days.items() if v} for c, days in found.items()} for n, found in course.items()}
    return figures, booked, await peaks_of(tx, scope, asked.year, days[0])


def rounded(known: Known) -> Known:
    """Fractions are added up in any order."""
    earned = known.figures.earned_fen
    return replace(known, figures=replace(known.figures, earned_fen=None if earned is None else round(earned, 3)))


async def compare(running: Running, chance: random.Random) -> None:
    """A transaction that may write asks the database itself."""
    days = [END, *(date(2019, 9, 1) + timedelta(days=chance.randrange(730)) for _ in range(2))]
    asked = Asked(
        chance.sample(LARGE, chance.randrange(1, len(LARGE))),
        chance.choice((2020, 2021, 2021)),
        9,
        chance.choice(("counted", "counted", "all", "elder_care_a")),
        chance.choice(("today", "historical")),
        chance.choice((EVERYTHING, frozenset[str]())),
    )
    async with running.database.read() as tx:
        kept = await told(tx, asked, days)
    async with running.desk.begin() as tx:
        assert kept == await told(tx, asked, days), asked


async def change(running: Running, chance: random.Random) -> None:
    async with running.desk.begin() as tx:
        code = chance.choice(LARGE)
        if chance.random() < 0.5:
            target = TargetRow(
                region=code, year=2021, kind="guideline", units=chance.randrange(900), effective_on=SOLD_ON
            )
            await take_reference.store_targets(tx, [target])
        else:
            row = PopulationRow(code=code, resident_population=chance.randrange(1, 900), status="census2020")
            await take_reference.store_populations(tx, [row])


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_what_is_kept_is_what_the_books_say(
    database: str, seed: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chance = random.Random(f"{seed}/kept")
    world, arrivals = a_world(chance)
    url = request.getfixturevalue("pg_url") if database == "postgresql" else None
    async with reporting(url, tmp_path, END) as one, process(url, tmp_path, END) as other:
        both, moved_after = (one, other), chance.randrange(len(arrivals))
        for start in range(0, len(arrivals), 20):
            if start <= moved_after < start + 20:
                await furnish(chance.choice(both), world)
            await take_in(chance.choice(both), chance, arrivals[start : start + 20])
            if chance.random() < 0.2:
                await change(chance.choice(both), chance)
            await compare(chance.choice(both), chance)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_whoever_asks_after_a_booking_is_told_of_it_while_others_ask_and_book(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("pg_url") if database == "postgresql" else None
    asked = Asked(["45", "4501", "450101"], 2021, 9)
    async with reporting(url, tmp_path, END) as running, process(url, tmp_path, END) as other:
        sold = 0

        async def ask() -> None:
            for _ in range(12):
                at_least = sold
                async with running.database.read() as tx:
                    known = (await known_on_days(tx, asked, [END]))[END]
                assert {at_least <= known[code].figures.now.units <= 12 for code in asked.codes} == {True}

        async def sell_on() -> None:
            nonlocal sold
            for _ in range(12):
                await sell(other, "450101001001", 1, SOLD_ON)
                sold += 1

        await asyncio.gather(sell_on(), *(ask() for _ in range(4)))
