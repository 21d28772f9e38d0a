"""B6: the whole calibrated year with its claims, in minutes and in memory that does not grow."""

from typing import Any

from tests.bench.loaded_year import Loaded, the_year
from tests.bench.result import Check, Result
from tests.bench.stand import Stand
from tests.bench.year import FULL_SIZE
from tests.journeys.platform import SERVICES, Platform

A_THIRD, THE_END = 1 / 3, 1.0


def whole_year(stand: Stand) -> Result:
    """3,061,912 units as policies, and 82,409 claims."""
    year = the_year(stand)
    peaks, growths = year.peaks_mib, {service: growth_of(year, service) for service in SERVICES}
    biggest, fastest = max(peaks, key=peaks.__getitem__), max(growths, key=growths.__getitem__)
    slowest = max(year.blocked_seconds, key=year.blocked_seconds.__getitem__)
    policies, claims = year.tally.counts["policies"], year.tally.counts["claims_reported"]
    return Result(
        id="B6",
        work=f"the year: {policies:,} policies and {claims:,} claims",
        unit="min",
        product=year.seconds / 60,
        checks=[
            Check("minutes", year.seconds / 60, "<", 15, "min"),
            Check(f"peak memory ({biggest})", peaks[biggest], "<", 400, "MiB"),
            Check(f"memory at the end to that after a third ({fastest})", growths[fastest], "≤", 1.10),
            Check(f"event loop blocked ({slowest})", 1000 * year.blocked_seconds[slowest], "≤", 50, "ms"),
            Check("counties whose units differ", different_counties(year.platform, year), "=", 0, ""),
        ],
        notes=f"{(policies + 3 * claims) / year.seconds:,.0f} events/s; every total is the simulator's own; "
        f"{year.disk_gib:.1f} GiB on disk in all. Events are made while they are sent, on the same cores.",
        full_size=stand.is_full(FULL_SIZE),
        details=_details(year),
    )


def growth_of(year: Loaded, service: str) -> float:
    """How often as much a service holds at the end as after a third of the time."""
    return year.memory.level_mib(service, THE_END) / year.memory.level_mib(service, A_THIRD)


def different_counties(ready: Platform, year: Loaded) -> int:
    """How many counties show other units than were sent."""
    answer = ready.get(
        "reporting", "/reporting/v1/standings", parent="45", level="county", by="units", year=2021, products="all"
    )
    answer.raise_for_status()
    shown = {row["region"]["code"]: row["units"] for row in answer.json()["rows"]}
    return sum(shown.get(county) != units for county, units in year.tally.units_of_counties.items())


def _details(year: Loaded) -> dict[str, Any]:
    return {
        "policies": year.tally.counts["policies"],
        "claims": year.tally.counts["claims_reported"],
        "seconds": round(year.seconds, 1),
        "peak_mib": {service: round(mib, 1) for service, mib in year.peaks_mib.items()},
        "mib_after_a_third": {s: round(year.memory.level_mib(s, A_THIRD), 1) for s in SERVICES},
        "mib_at_the_end": {s: round(year.memory.level_mib(s, THE_END), 1) for s in SERVICES},
        "blocked_ms": {service: round(1000 * seconds, 1) for service, seconds in year.blocked_seconds.items()},
        "disk_gib": round(year.disk_gib, 2),
    }
