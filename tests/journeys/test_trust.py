"""The books are checked and rebuilt on the running platform: killed in the middle, under traffic, and tampered with."""

import asyncio
import subprocess
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.cli.reference_data import SHIPPED
from services.cli.simulation import Plan, claim_events, policy_events
from services.reporting.rules.measures import SUMS
from tests.journeys.platform import Platform, furnished, until
from tests.journeys.test_a_year_flows import Event, measures, publish

PLAN = Plan(SHIPPED, 2021, 3_000, seed=2, insurers=("guest",))
YEAR_BEFORE = Plan(SHIPPED, 2020, 2_220, seed=2, insurers=("guest",))
TABLES = ("cells", "households", "covers", "payment_days", "feeds", "traces")


@pytest.fixture
def platform(tmp_path: Path, amqp_url: str, pg_url: str) -> Iterator[Platform]:
    with furnished(tmp_path, amqp_url, pg_url) as made:
        yield made


def sql(pg_url: str, statement: str) -> Any:
    """The answer of one statement, as somebody who has got into the database."""

    async def asked() -> Any:
        connection = await asyncpg.connect(pg_url)
        try:
            return [tuple(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    return asyncio.run(asked())


def digests(pg_url: str) -> dict[str, str]:
    """What every table of the books says, whatever the order of its rows."""
    something = f"WHERE {' OR '.join(f'{name} <> 0' for name in SUMS)}"
    question = "SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM reporting.{} AS t {}"
    return {table: sql(pg_url, question.format(table, something if table == "cells" else ""))[0] for table in TABLES}


def units_of(platform: Platform, year: int) -> int:
    found = platform.get("reporting", "/reporting/v1/indicators", region="45", year=year).json()
    return int(found["measures"]["units"])


def rebuilds_of(platform: Platform) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = platform.get("reporting", "/reporting/v1/rebuilds").json()["items"]
    return found


def rebuild_of(platform: Platform) -> dict[str, Any]:
    return rebuilds_of(platform)[0]


def replayed(platform: Platform) -> int:
    running = [one["id"] for one in rebuilds_of(platform) if one["state"] == "running"]
    path = "/reporting/v1/rebuilds/"
    return sum(sum(platform.get("reporting", path + one).json()["replayed"].values()) for one in running)


def killed_in_the_middle(platform: Platform) -> "subprocess.CompletedProcess[str]":
    """A rebuild whose service dies when it has booked some of the facts."""
    command = platform.begin("rebuild", "reporting")
    until(lambda: replayed(platform) > 0, what="the rebuild has begun to book")
    platform.kill("reporting")
    said, complained = command.communicate(timeout=60)
    return subprocess.CompletedProcess(command.args, command.returncode, said, complained)


@pytest.fixture
def booked(platform: Platform, amqp_url: str) -> Platform:
    """With a year's policies and some of its claims."""
    claims = list(islice(claim_events(PLAN), 6_000))
    paid = sum(event["type"].endswith("claim.paid.v1") for event in claims)
    asyncio.run(publish(amqp_url, "policy", list(policy_events(PLAN))))
    asyncio.run(publish(amqp_url, "claim", claims))
    until(lambda: measures(platform)["policies"] == PLAN.policies, what="the policies are booked")
    until(lambda: measures(platform)["claims_paid"] == paid, what="the claims are booked")
    assert "county-days agree" in platform.command("reconcile")
    return platform


def test_a_rebuild_that_was_killed_goes_on_and_comes_out_identical(booked: Platform, pg_url: str) -> None:
    before = digests(pg_url)
    died = killed_in_the_middle(booked)
    assert died.returncode == 1
    assert "it goes on where it was" in died.stderr
    booked.start("reporting")
    cut_off = rebuild_of(booked)
    assert cut_off["state"] == "running"
    assert digests(pg_url) == before, "the old books were left alone"
    assert "identical row by row" in booked.command("rebuild", "reporting")
    assert digests(pg_url) == before
    assert (rebuild_of(booked)["id"], rebuild_of(booked)["state"]) == (cut_off["id"], "switched")


def test_books_are_switched_while_policies_flow_in_and_none_is_lost_or_doubled(booked: Platform, amqp_url: str) -> None:
    more: list[Event] = list(policy_events(YEAR_BEFORE))
    traffic = threading.Thread(target=lambda: asyncio.run(publish(amqp_url, "policy", more)))
    command = booked.begin("rebuild", "reporting")
    until(lambda: bool(rebuilds_of(booked)), what="the rebuild has begun")
    traffic.start()
    said, complained = command.communicate(timeout=120)
    traffic.join()
    assert "identical row by row" in said, complained
    until(lambda: units_of(booked, 2020) == sum(e["data"]["units"] for e in more), what="the year before is booked")
    assert "county-days agree" in booked.command("reconcile")
    assert "identical row by row" in booked.command("rebuild", "reporting")


def test_a_cell_that_was_tampered_with_is_named_and_mended(booked: Platform, pg_url: str) -> None:
    cell = "region = '450722' AND units > 0"
    first = f"{cell} AND booked_on = (SELECT min(booked_on) FROM reporting.cells WHERE {cell})"
    before = sql(pg_url, f"SELECT units FROM reporting.cells WHERE {first}")
    ((day, *_), *_) = sql(pg_url, f"UPDATE reporting.cells SET units = units + 1 WHERE {first} RETURNING booked_on")
    found = booked.attempt("reconcile", COLUMNS="160")
    assert found.returncode == 1
    (row,) = (line for line in found.stdout.splitlines() if "stands" in line)
    assert all(told in row for told in ("450722", str(day), "units"))
    assert "guanai rebuild reporting" in found.stderr
    examined = booked.attempt("doctor", COLUMNS="160")
    assert examined.returncode == 1
    assert "differences stand (guanai reconcile)" in examined.stdout
    assert "NOT the sum of their parts" in examined.stdout
    assert "rows have changed" in booked.command("rebuild", "reporting", "--yes")
    assert sql(pg_url, f"SELECT units FROM reporting.cells WHERE {first}") == before
    assert "county-days agree" in booked.command("reconcile")
    assert "FAIL" not in booked.command("doctor")
