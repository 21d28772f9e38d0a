"""Whatever happens in whatever order, every measure and indicator is what a plain recomputation gives."""

import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.reporting.queries.figures import EVERYTHING, Asked, known_on
from services.reporting.rules.indicators import indicators_of
from shared.runtime.service import Running
from tests.handlers.books import reporting
from tests.handlers.oracle import View, World, indicators
from tests.handlers.rebuilding import House
from tests.handlers.worlds import END, REGIONS, a_world, furnish, take_in

MEASURES = {
    "settled_fen": "settled",
    "paid_fen": "paid",
    "self_paid_fen": "self_paid",
    "fiscal_fen": "fiscal",
    "donated_fen": "donated",
}


async def compare(running: Running, world: World, year: int, day: date, view: str) -> None:
    codes = sorted({*REGIONS, *(code[:n] for pair in world.moved.items() for code in pair for n in (2, 4, 6, 9))})
    async with running.database.read() as tx:
        known = await known_on(tx, Asked(codes, year, 9, view=view, details=EVERYTHING), day)
    for code in codes:
        expected = View(world, code, year, day, view == "today")
        found = known[code].figures
        for name in (*MEASURES, "policies", "units", "persons", "households", "claims_reported", "claims_settled",
                     "claims_paid", "claims_rejected", "feedback_answers", "feedback_satisfied"):  # fmt: skip
            assert getattr(found.now, name) == expected.measures[MEASURES.get(name, name)], (code, day, view, name)
        stocks = (found.stocks.outstanding_fen, found.stocks.claims_open, found.stocks.claims_overdue)
        assert stocks == tuple(expected.measures[n] for n in ("outstanding", "claims_open", "claims_overdue")), code
        if code in world.regions:
            said = indicators_of(found)
            for name, value in indicators(expected).items():
                assert is_same(said[name], value), (code, year, day, view, name, said[name], value)


async def compare_all(running: Running, world: World, chance: random.Random) -> None:
    days = [END, *(date(2020, 9, 1) + timedelta(days=chance.randrange(365)) for _ in range(3))]
    for year, day in [*((2021, day) for day in days), (2020, date(2020, 8, 31)), (2020, date(2020, 2, 29))]:
        for view in ("today", "historical"):
            await compare(running, world, year, day, view)


def is_same(said: Any, expected: Any) -> bool:
    if said is None or expected is None:
        return said is expected
    return bool(abs(said - expected) <= 1e-9 * max(1.0, abs(expected)))


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize("round_", range(2))
async def test_every_measure_and_indicator_equals_a_plain_recomputation_live_and_after_a_rebuild(
    database: str, round_: int, seed: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chance = random.Random(f"{seed}/{round_}")
    world, arrivals = a_world(chance)
    url = request.getfixturevalue("pg_url") if database == "postgresql" else None
    async with reporting(url, tmp_path, END) as running:
        await take_in(running, chance, arrivals[: len(arrivals) // 2])
        await furnish(running, world)
        await take_in(running, chance, arrivals[len(arrivals) // 2 :])
        once = {arrival.event_id: arrival for arrival in arrivals}
        await compare_all(running, world, chance)
        await House(running, running).rebuild(list(once.values()))
        await compare_all(running, world, chance)


async def test_a_county_may_move_to_another_province_with_its_numbers(pg_url: str, seed: int, tmp_path: Path) -> None:
    chance = random.Random(f"{seed}/province")
    world, arrivals = a_world(chance)
    world = replace(world, moved={"450201": "460105"}, regions=())
    async with reporting(pg_url, tmp_path, END) as running:
        await take_in(running, chance, arrivals[::2])
        await furnish(running, world)
        await take_in(running, chance, arrivals[1::2])
        await compare_all(running, world, chance)
    assert View(world, "46", 2021, END).measures["households"] > 0
