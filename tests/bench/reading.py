"""B4: reading with the whole year in, against the same ranking from the policies themselves, and under traffic."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

from tests.bench.freshness import PACE, POLICIES
from tests.bench.keep_alive import Connection, asked
from tests.bench.loaded_year import Loaded, the_year
from tests.bench.percentiles import percentile
from tests.bench.product import publisher_of, taken
from tests.bench.ranking import Ranking, rankings
from tests.bench.result import Check, Result, Wrong
from tests.bench.stand import Stand
from tests.bench.steady_reading import SteadyReading
from tests.bench.workload import Workload
from tests.bench.year import FULL_SIZE

DAYS = {"the last day": date(2021, 8, 31), "the middle": date(2021, 2, 28)}
TIMES, WARMING = 30, 5
REQUESTS_A_SECOND = 50
TRAFFIC_SEED = 4
WEB = "reporting.web"


@dataclass(frozen=True)
class Question:
    """What is asked as of a day, and how many milliseconds it takes when nothing else happens."""

    what: str
    day: date
    path: str
    ms: float


def reading(stand: Stand) -> Result:
    """Indicators of the province and standings of the counties, as of the last day and in the middle of the year."""
    year = the_year(stand)
    with stand.display.step("B4: PostgreSQL ranks the counties from the policies"):
        ranked = rankings(year.database_url, list(DAYS.values()))
    with stand.display.step("B4: the same is asked of the product"):
        questions = asyncio.run(_asked_alone(year, ranked))
    waits = _under_traffic(stand, year, [question.path for question in questions])
    slowest = min(questions, key=lambda question: ranked[question.day].own_ms / question.ms)
    limit = ranked[slowest.day].own_ms
    p99 = percentile(waits, 0.99)
    return Result(
        id="B4",
        work=f"{slowest.what} with {year.tally.counts['policies']:,} policies in",
        unit="ms",
        product=slowest.ms,
        limit=limit,
        ratio=limit / slowest.ms,
        checks=[
            Check("× faster than the limit", limit / slowest.ms, "≥", 200),
            Check(f"p99 at {REQUESTS_A_SECOND} requests/s and {PACE} policies/s", p99, "<", 10, "ms"),
        ],
        notes="the slowest of four questions, held against the same ranking by GROUP BY over the policies; of a table "
        f"of nothing but county, day and units it would take {ranked[slowest.day].narrow_ms:.0f} ms.",
        full_size=stand.is_full(FULL_SIZE),
        details=_details(questions, ranked, waits),
    )


async def _asked_alone(year: Loaded, ranked: Mapping[date, Ranking]) -> list[Question]:
    connection, found = Connection(year.platform), []
    for when, day in DAYS.items():
        standings = asked("standings", parent="45", level="county", by="units", year=2021, as_of=day)
        indicators = asked("indicators", region="45", year=2021, as_of=day)
        found.append(Question(f"indicators as of {when}", day, indicators, await _ms(connection, indicators)))
        found.append(Question(f"standings as of {when}", day, standings, await _ms(connection, standings)))
        compare(json.loads((await connection.get(standings)).body), ranked[day])
    connection.close()
    return found


def compare(standings: Mapping[str, Any], ranking: Ranking) -> None:
    """Both must say the same of every county. Raises Wrong."""
    shown = {row["region"]["code"]: row["units"] for row in standings["rows"] if row["units"]}
    if shown != ranking.units_of_counties:
        different = sorted(dict(shown.items() ^ ranking.units_of_counties.items()))
        raise Wrong(f"the standings and the policies differ in {', '.join(different[:10])}")


async def _ms(connection: Connection, path: str) -> float:
    seconds = []
    for _ in range(WARMING + TIMES):
        began = time.perf_counter()
        answer = await connection.get(path)
        seconds.append(time.perf_counter() - began)
        if answer.status != 200:
            raise Wrong(f"{path} answers {answer.status}")
    return 1000 * median(seconds[WARMING:])


def _under_traffic(stand: Stand, year: Loaded, paths: list[str]) -> list[float]:
    """Milliseconds that answers take while single policies come in, all of which must show in the end.

    They come from a process that only answers people, as one would run it where many ask.
    """
    work = Workload(stand.size(POLICIES), 1, TRAFFIC_SEED)
    year.platform.start(WEB)
    steady = SteadyReading(year.platform, WEB, paths, REQUESTS_A_SECOND)
    with (
        stand.display.step(f"B4: {REQUESTS_A_SECOND} requests a second while {PACE} policies a second come in"),
        publisher_of(year.amqp_url, work, PACE) as publisher,
    ):
        taken(year.platform, publisher, stand.servers, meanwhile=lambda: asyncio.run(steady.run(work.policies / PACE)))
    year.platform.stop(WEB)
    return steady.waits_ms


def _details(questions: list[Question], ranked: Mapping[date, Ranking], waits: list[float]) -> dict[str, Any]:
    return {
        "product_ms": {question.what: round(question.ms, 2) for question in questions},
        "group_by_own_table_ms": {when: round(ranked[day].own_ms, 1) for when, day in DAYS.items()},
        "group_by_narrow_table_ms": {when: round(ranked[day].narrow_ms, 1) for when, day in DAYS.items()},
        "requests": len(waits),
        "p50_ms": round(percentile(waits, 0.50), 2),
        "p99_ms": round(percentile(waits, 0.99), 2),
    }
