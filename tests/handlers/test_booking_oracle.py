"""Whatever order facts come in, and however often, every measure of every region is what a plain recount gives."""

import random
from collections import Counter
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.reporting.queries.figures import Asked, known_on
from services.reporting.rules.measures import Measures
from shared.contracts.facts import (
    ClaimChange,
    ClaimPaid,
    ClaimReported,
    ClaimSettled,
    ClaimState,
    ClaimStep,
    PolicyCancelled,
    PolicyChange,
    PolicyEndorsed,
    PolicyIssued,
    PolicyState,
)
from shared.contracts.values import Premium
from tests.handlers.books import PRODUCTS, VILLAGES, book, fact, reporting

START, END = date(2020, 9, 1), date(2021, 8, 31)
COUNTED = {code for code, _, counts in PRODUCTS if counts}


def a_policy(chance: random.Random, number: int) -> list[PolicyChange]:
    """Issue, some endorsements (with moves and other households), sometimes a cancellation."""
    sold_on = START + timedelta(days=chance.randrange(300))
    told: dict[str, Any] = {"insurer": chance.choice(("ins-a", "ins-b")), "policy_no": f"P{number}", "sold_on": sold_on}
    state, day = a_state(chance, sold_on), sold_on
    changes: list[PolicyChange] = [PolicyIssued(**told, revision=1, booked_on=day, before=None, after=state)]
    for revision in range(2, 2 + chance.randrange(3)):
        day = sold_on + timedelta(days=chance.randrange(200))
        after = a_state(chance, sold_on)
        changes.append(PolicyEndorsed(**told, revision=revision, booked_on=day, before=state, after=after))
        state = after
    if chance.random() < 0.3:
        rest = Premium(self_paid=state.premium.self_paid // 2, fiscal=0, donated=state.premium.donated)
        after = state.model_copy(update={"in_force": False, "premium": rest})
        kind: dict[str, Any] = {"revision": len(changes) + 1, "booked_on": day + timedelta(days=chance.randrange(90))}
        changes.append(PolicyCancelled(**told, **kind, before=state, after=after))
    return changes


def a_state(chance: random.Random, sold_on: date) -> PolicyState:
    premium = Premium(self_paid=chance.randrange(5000), fiscal=chance.choice((0, 3000)), donated=chance.choice((0, 7)))
    return PolicyState(
        product=chance.choice(PRODUCTS)[0],
        region=chance.choice((*VILLAGES, "450101001")),
        units=chance.randrange(1, 9),
        persons=chance.randrange(1, 5),
        premium=premium,
        household=f"H{chance.randrange(12)}",
        effective_from=sold_on,
        effective_to=sold_on + timedelta(days=364),
        renewed=chance.random() < 0.3,
    )


def a_claim(chance: random.Random, number: int) -> list[ClaimChange]:
    """Reported, settled, paid in two parts, each a fact."""
    region, product = chance.choice(VILLAGES), chance.choice(PRODUCTS)[0]
    days = sorted(START + timedelta(days=chance.randrange(360)) for _ in range(4))
    steps = [
        ClaimStep(step="reported", on=days[0], amount=9_000),
        ClaimStep(step="settled", on=days[1], amount=8_000),
        ClaimStep(step="paid", on=days[2], amount=5_000),
        ClaimStep(step="paid", on=days[3], amount=3_000),
    ]
    facts: list[ClaimChange] = []
    before = None
    for place, kind in enumerate((ClaimReported, ClaimSettled, ClaimPaid, ClaimPaid)):
        told: dict[str, Any] = {"product": product, "region": region, "kind": "illness", "reported_on": days[0]}
        after = ClaimState(**told, steps=tuple(steps[: place + 1]))
        facts.append(kind(insurer="ins-a", claim_no=f"C{number}", policy_no="P1", before=before, after=after))
        before = after
    return facts


def recount(policies: list[list[PolicyChange]], claims: list[list[ClaimChange]], region: str, day: date) -> Measures:
    """The plain truth: no rolling up, no differences of cells, every fact looked at."""
    sums: Counter[str] = Counter()
    present: Counter[tuple[str, str]] = Counter()
    for change in (c for changes in policies for c in changes if c.booked_on <= day):
        for sign, state in ((-1, change.before), (1, change.after)):
            if state is None or not state.region.startswith(region):
                continue
            present[change.insurer, state.household] += sign * state.in_force
            if state.product in COUNTED:
                sums.update(counted(state, sign))
    for claim in claims:
        state_now = claim[-1].after
        if state_now.region.startswith(region) and state_now.product in COUNTED:
            sums.update(claim_counts(state_now, day))
    return Measures(**{**sums, "households": sum(n > 0 for n in present.values())})


def counted(state: PolicyState, sign: int) -> dict[str, int]:
    money = {f"{payer}_fen": sign * getattr(state.premium, payer) for payer in ("self_paid", "fiscal", "donated")}
    if not state.in_force:
        return money
    shares = {payer: state.units * getattr(state.premium, payer) for payer in ("self_paid", "fiscal", "donated")}
    total = state.premium.total
    split = {payer: share // total if total else 0 for payer, share in shares.items()}
    order = sorted(shares, key=lambda p: (-(shares[p] % total) if total else 0, list(shares).index(p)))
    for payer in order[: state.units - sum(split.values())]:
        split[payer] += 1
    if not total:
        split = {"self_paid": state.units, "fiscal": 0, "donated": 0}
    counts = {"policies": sign, "units": sign * state.units, "persons": sign * state.persons}
    by_payer = {f"units_{payer}": sign * split[payer] for payer in ("fiscal", "donated")}
    return {**money, **counts, **by_payer}


def claim_counts(state: ClaimState, day: date) -> dict[str, int]:
    done = {
        step: [s for s in state.steps if s.step == step and s.on <= day] for step in ("reported", "settled", "paid")
    }
    paid = sum(s.amount for s in done["paid"])
    open_fen = 8_000 - paid if done["settled"] else 9_000 * len(done["reported"])
    is_open = bool(done["reported"]) and not done["settled"]
    return {
        "claims_reported": len(done["reported"]),
        "claims_settled": len(done["settled"]),
        "claims_paid": min(len(done["paid"]), 1),
        "settled_fen": 8_000 * len(done["settled"]),
        "paid_fen": paid,
        "outstanding_fen": open_fen,
        "claims_open": int(is_open),
        "claims_overdue": int(is_open and (day - state.reported_on).days > 30),
    }


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize("round_", range(3))
async def test_every_measure_equals_a_plain_recount(
    database: str, round_: int, seed: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chance = random.Random(f"{seed}/{round_}")
    policies = [a_policy(chance, number) for number in range(120)]
    claims = [a_claim(chance, number) for number in range(40)]
    facts = [fact(c, f"{c.policy_no}/{c.revision}") for changes in policies for c in changes]
    facts += [fact(c, f"{c.claim_no}/{n}", "urn:guanai:claims") for claim in claims for n, c in enumerate(claim)]
    facts += chance.sample(facts, 60)
    chance.shuffle(facts)
    url = request.getfixturevalue("pg_url") if database == "postgresql" else None
    async with reporting(url, tmp_path, END) as running:
        while facts:
            size = chance.randrange(1, 60)
            batch, facts = facts[:size], facts[size:]
            await book(running, batch)
        regions = sorted({village[:digits] for village in VILLAGES for digits in (2, 4, 6, 9, 12)})
        for day in (START, END, *(START + timedelta(days=chance.randrange(365)) for _ in range(4))):
            async with running.database.read() as tx:
                known = await known_on(tx, Asked(regions, 2021, 9), day)
            for region in regions:
                expected = recount(policies, claims, region, day)
                stocks = known[region].figures.stocks
                found = replace(known[region].figures.now, **asdict(stocks))
                assert asdict(found) == asdict(expected), (region, day)
