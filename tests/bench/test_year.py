"""The year that is sent is the calibrated one, in order, and never runs away from the product."""

import asyncio
import os
from itertools import pairwise
from multiprocessing.connection import Connection

import pytest

from services.cli.reference_data import SHIPPED
from services.cli.simulation.envelope import money
from services.cli.simulation.tables import read_counties
from tests.bench.beside import Beside, Ended
from tests.bench.memory import Memory, held_mib, with_descendants
from tests.bench.publisher import POLICY_BATCHES
from tests.bench.workload import Workload, events_of
from tests.bench.year import CLAIM_BATCHES, EVENTS_A_MESSAGE, FULL_SIZE, Tally, messages_of
from tests.bench.year_publisher import MOST_AHEAD, _Lead


def test_the_year_has_as_many_policies_as_units() -> None:
    assert FULL_SIZE == 3_061_912


def test_a_smaller_year_has_all_units_all_the_money_and_its_share_of_the_claims() -> None:
    tally = Tally()
    for _, events in messages_of(3_000):
        for event in events:
            tally.add(event)
    assert tally.counts["policies"] == tally.counts["households"] == 3_000
    assert tally.counts["units"] == FULL_SIZE == sum(tally.units_of_counties.values())
    assert tally.counts["claims_reported"] == tally.counts["claims_settled"] == tally.counts["claims_paid"]
    assert 60 < tally.counts["claims_paid"] < 100  # 82,409 in all
    assert tally.wanted()["premium"]["total"] == money(
        sum(county.premium_fen for county in read_counties(SHIPPED, 2021))
    )


def test_policies_and_claims_come_as_the_year_goes_by() -> None:
    messages = list(messages_of(3_000))
    assert {target for target, _ in messages} == {POLICY_BATCHES, CLAIM_BATCHES}
    assert max(len(events) for _, events in messages) == EVENTS_A_MESSAGE
    for target in (POLICY_BATCHES, CLAIM_BATCHES):
        days = [event["time"][:10] for found, events in messages if found == target for event in events]
        assert all(a <= b for a, b in pairwise(days))
    assert messages[-1][0] != messages[0][0]


def test_another_seed_gives_policies_of_other_numbers() -> None:
    numbers = [{event["subject"] for event in events_of(Workload(50, 1, seed))} for seed in (1, 2)]
    assert not numbers[0] & numbers[1]


def tell_how_far(line: Connection) -> None:
    """Publishes a policy too many, and says so."""
    asyncio.run(_Lead(line).wait(MOST_AHEAD + 1))
    line.send("on")


def test_the_insurers_wait_for_the_product_to_catch_up() -> None:
    with Beside(tell_how_far) as insurers:
        insurers.line.send(0)
        assert not insurers.line.poll(1)
        insurers.line.send(1)
        assert insurers.heard() == "on"
        with pytest.raises(Ended):
            insurers.heard()


def hold(line: Connection, mib: int) -> None:
    kept = b"x" * mib * 2**20
    line.send(kept[:1])
    line.recv()


def test_memory_and_its_growth_are_seen() -> None:
    with Beside(hold, 10) as process, Beside(hold, 110) as bigger:
        pids = {"a": process.pid, "b": bigger.pid}
        process.heard(), bigger.heard()
        with Memory(pids) as memory:
            levels = {name: memory.level_mib(name, 1.0) for name in pids}
        peaks = memory.peaks_mib()
        assert {process.pid, bigger.pid} <= set(with_descendants(os.getpid()))
    assert 90 < levels["b"] - levels["a"] < 110
    assert all(peaks[name] >= levels[name] for name in pids)
    assert held_mib(process.pid) == 0
