"""A random programme: two years of policies and claims, all that can happen to them, and their yardsticks."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from services.reporting.handlers import take_reference
from shared.contracts import facts as f
from shared.contracts.reference import PopulationRow, RegionChangeRow, TargetRow
from shared.contracts.values import Premium
from shared.messaging.door import Arrival
from shared.runtime.service import Running
from tests.handlers.books import PRODUCTS, VILLAGES, book, fact
from tests.handlers.oracle import World

FORMER = ("450109001001", "450109001002")
MOVED = {"450109": "450102", "450109001": "450102001"}
REGIONS = sorted({code[:digits] for code in VILLAGES for digits in (2, 4, 6, 9, 12)})
COUNTED = frozenset(code for code, _, counts in PRODUCTS if counts)
ELDER = frozenset(code for code, line, _ in PRODUCTS if line == "elder")
END = date(2021, 8, 31)
KINDS = {
    "settled": f.ClaimSettled,
    "paid": f.ClaimPaid,
    "rejected": f.ClaimRejected,
    "reopened": f.ClaimReopened,
    "recovered": f.ClaimRecovered,
    "answered": f.ClaimAnswered,
}


def a_state(chance: random.Random, sold_on: date) -> f.PolicyState:
    starts, ends = a_cover(chance, sold_on)
    return f.PolicyState(
        product=chance.choice(PRODUCTS)[0],
        region=chance.choice((*VILLAGES, *FORMER, "450101001")),
        units=chance.randrange(1, 30),
        persons=chance.randrange(1, 5),
        premium=Premium(
            self_paid=chance.randrange(9000), fiscal=chance.choice((0, 0, 3000)), donated=chance.choice((0, 7))
        ),
        household=f"H{chance.randrange(25)}",
        effective_from=starts,
        effective_to=ends,
        renewed=chance.random() < 0.4,
    )


def a_cover(chance: random.Random, sold_on: date) -> tuple[date, date]:
    """As often as not a year from the day after."""
    if chance.random() < 0.5:
        return sold_on + timedelta(days=1), date(sold_on.year + 1, sold_on.month, min(sold_on.day, 28))
    starts = sold_on + timedelta(days=chance.randrange(-5, 20))
    return starts, starts + timedelta(days=chance.choice((0, 179, 364, 365)))


def a_policy(chance: random.Random, number: int) -> list[f.PolicyChange]:
    sold_on = date(2019, 9, 1) + timedelta(days=chance.randrange(720))
    told: dict[str, Any] = {"insurer": chance.choice(("ins-a", "ins-b")), "policy_no": f"P{number}", "sold_on": sold_on}
    state = a_state(chance, sold_on)
    changes: list[f.PolicyChange] = [f.PolicyIssued(**told, revision=1, booked_on=sold_on, before=None, after=state)]
    for revision in range(2, 2 + chance.choice((0, 0, 1, 2))):
        day, after = sold_on + timedelta(days=chance.randrange(300)), a_state(chance, sold_on)
        changes.append(f.PolicyEndorsed(**told, revision=revision, booked_on=day, before=state, after=after))
        state = after
    if chance.random() < 0.2:
        rest = Premium(self_paid=state.premium.self_paid // 2, fiscal=0, donated=state.premium.donated)
        gone = state.model_copy(update={"in_force": False, "premium": rest})
        day, revision = sold_on + timedelta(days=chance.randrange(300)), len(changes) + 1
        changes.append(f.PolicyCancelled(**told, revision=revision, booked_on=day, before=state, after=gone))
    return changes


def steps_of(chance: random.Random) -> list[f.ClaimStep]:
    day = date(2019, 10, 1) + timedelta(days=chance.randrange(650))
    steps = [f.ClaimStep(step="reported", on=day, amount=chance.randrange(9000))]
    for _ in range(chance.choice((1, 1, 2))):
        for kind in chance.choice((("settled", "paid"), ("settled", "paid", "paid"), ("rejected",), ("settled",), ())):
            day += timedelta(days=chance.randrange(50))
            steps.append(f.ClaimStep(step=kind, on=day, amount=0 if kind == "rejected" else chance.randrange(1, 9000)))
        if steps[-1].step in ("paid", "rejected"):
            day += timedelta(days=chance.randrange(40))
            steps.append(f.ClaimStep(step="reopened", on=day, amount=chance.randrange(9000)))
    if any(step.step == "paid" for step in steps):
        steps.append(f.ClaimStep(step="recovered", on=day, amount=10))
        steps.append(f.ClaimStep(step="answered", on=day + timedelta(days=3), satisfied=chance.random() < 0.7))
    return steps


def a_claim(chance: random.Random, number: int) -> list[f.ClaimChange]:
    steps, fast = steps_of(chance), chance.random() < 0.3
    told: dict[str, Any] = {"insurer": "ins-a", "claim_no": f"C{number}", "policy_no": f"P{number}"}
    state: dict[str, Any] = {
        "product": chance.choice(PRODUCTS)[0], "region": chance.choice((*VILLAGES, *FORMER)), "kind": "illness",
        "reported_on": steps[0].on, "fast_track": fast, "clock_days": 10 if fast else 30,
    }  # fmt: skip
    changes: list[f.ClaimChange] = []
    before = None
    for place, step in enumerate(steps):
        after = f.ClaimState(**state, steps=tuple(steps[: place + 1]))
        changes.append(KINDS.get(step.step, f.ClaimReported)(**told, before=before, after=after))
        before = after
    if before is not None and chance.random() < 0.3:
        moved = before.model_copy(update={"region": chance.choice(VILLAGES), "product": "elder_care_a"})
        changes.append(f.ClaimCorrected(**told, before=before, after=moved))
    return changes


def a_world(chance: random.Random) -> tuple[World, list[Arrival]]:
    policies = [a_policy(chance, number) for number in range(150)]
    claims = [a_claim(chance, number) for number in range(60)]
    arrivals = [fact(c, f"{c.policy_no}/{c.revision}") for changes in policies for c in changes]
    arrivals += [fact(c, f"{c.claim_no}/{n}", "urn:guanai:claims") for claim in claims for n, c in enumerate(claim)]
    arrivals += chance.sample(arrivals, 80)
    chance.shuffle(arrivals)
    kinds = [(code, year, kind) for code in REGIONS for year in (2020, 2021) for kind in ("guideline", "stretch")]
    targets = [(*kind, chance.randrange(1, 2500), date(kind[1] - 1, 9, 1)) for kind in chance.sample(kinds, 30)]
    later = timedelta(days=chance.randrange(300))
    targets += [(code, year, kind, units + 50, day + later) for code, year, kind, units, day in targets[::3]]
    return World(
        policy_facts=[c for changes in policies for c in changes],
        claims=[claim[-1].after for claim in claims],
        counted=COUNTED,
        elder=ELDER,
        regions=REGIONS,
        moved=MOVED,
        targets=targets,
        residents={code: chance.randrange(100, 9000) for code in REGIONS[:6]},
        eligible={code: chance.randrange(10, 90) for code in REGIONS[:3]},
    ), arrivals


async def furnish(running: Running, world: World) -> None:
    async with running.desk.begin() as tx:
        await take_reference.store_changes(tx, [_change(code, successor) for code, successor in world.moved.items()])
        await take_reference.store_targets(
            tx,
            [TargetRow(region=c, year=y, kind=k, units=u, effective_on=d) for c, y, k, u, d in world.targets],
        )
        counts = world.eligible
        await take_reference.store_populations(
            tx,
            [
                PopulationRow(code=c, resident_population=n, status="census2020", eligible_households=counts.get(c))
                for c, n in world.residents.items()
            ],
        )


def _change(code: str, successor: str) -> RegionChangeRow:
    return RegionChangeRow(
        code=code, level="county" if len(code) == 6 else "township", change="removed", name_from="旧", name_to="",
        successor=successor, effective_on=date(2021, 2, 3),
    )  # fmt: skip


async def take_in(running: Running, chance: random.Random, arrivals: Sequence[Arrival]) -> None:
    rest = list(arrivals)
    while rest:
        size = chance.randrange(1, 80)
        batch, rest = rest[:size], rest[size:]
        await book(running, batch)
