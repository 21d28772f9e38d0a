"""The ranking of 111 counties as PostgreSQL makes it from the policies themselves, warm, all its workers allowed."""

import asyncio
import time
from collections.abc import Sequence
from datetime import date
from statistics import median
from typing import Any

import asyncpg

TIMES = 5
OWN_TABLE, NARROW_TABLE = "enrollment.policy_revisions", "bench_narrow"
_NARROW = f"""
    CREATE TABLE {NARROW_TABLE} AS
    SELECT left(region, 6) AS county, booked_on, units FROM {OWN_TABLE}
"""
_OWN_QUESTION = f"""
    SELECT left(region, 6) AS county, sum(units) AS units FROM {OWN_TABLE}
    WHERE booked_on <= $1 GROUP BY 1 ORDER BY 2 DESC
"""
_NARROW_QUESTION = f"""
    SELECT county, sum(units) AS units FROM {NARROW_TABLE} WHERE booked_on <= $1 GROUP BY 1 ORDER BY 2 DESC
"""


class Ranking:
    """Milliseconds on the table that enrollment keeps and on the narrowest that will do, and what they say."""

    def __init__(self, own_ms: float, narrow_ms: float, units_of_counties: dict[str, int]) -> None:
        self.own_ms, self.narrow_ms, self.units_of_counties = own_ms, narrow_ms, units_of_counties


def rankings(database_url: str, days: Sequence[date]) -> dict[date, Ranking]:
    """As of each day; only issued policies may be in. The narrow table is made for it and goes again."""
    return asyncio.run(_rankings(database_url, days))


async def _rankings(database_url: str, days: Sequence[date]) -> dict[date, Ranking]:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(_NARROW)
        await connection.execute(f"VACUUM (ANALYZE) {NARROW_TABLE}")
        return {day: await _ranking(connection, day) for day in days}
    finally:
        await connection.execute(f"DROP TABLE IF EXISTS {NARROW_TABLE}")
        await connection.close()


async def _ranking(connection: Any, day: date) -> Ranking:
    own_ms, _ = await _timed(connection, _OWN_QUESTION, day)
    narrow_ms, rows = await _timed(connection, _NARROW_QUESTION, day)
    return Ranking(own_ms, narrow_ms, {row["county"]: int(row["units"]) for row in rows})


async def _timed(connection: Any, question: str, day: date) -> tuple[float, Sequence[Any]]:
    rows = await connection.fetch(question, day)
    seconds = []
    for _ in range(TIMES):
        began = time.perf_counter()
        rows = await connection.fetch(question, day)
        seconds.append(time.perf_counter() - began)
    return 1000 * median(seconds), rows
