"""Claims as the events by which insurers report, settle and pay them, all within the programme year."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from random import Random
from typing import NamedTuple

from services.cli.simulation.curve import programme_year
from services.cli.simulation.envelope import Event, insurer_event, money, office_time
from services.cli.simulation.lots import Lot
from services.cli.simulation.plan import Plan, planned_lots
from services.cli.simulation.shares import apportion
from services.cli.simulation.tables import County, read_counties
from services.reporting.rules.shares import largest_remainder

MOST_DAYS_TO_SETTLE, MOST_DAYS_TO_PAY = 20, 10
LONGEST = timedelta(days=MOST_DAYS_TO_SETTLE + MOST_DAYS_TO_PAY)
FAST_TRACK_ONE_IN = 8
STEPS = ("reported", "settled", "paid")
# How many of a hundred claims are of a kind, and how much it costs compared with the others.
KINDS = {
    "illness": (45, 10),
    "accident": (30, 8),
    "hospital_allowance": (22, 4),
    "disability": (2, 50),
    "death": (1, 99),
}


class Claim(NamedTuple):
    """One claim; its policy is the county's with this number, its dates are ordinals."""

    county: str
    number: int
    policy: int
    kind: str
    incident: int
    reported: int
    settled: int
    paid: int
    amount_fen: int
    reserve_fen: int


def claim_count(plan: Plan) -> int:
    """The claims of the year; each has three events."""
    return sum(county.claims for county in read_counties(plan.reference, plan.year))


def claim_events(plan: Plan) -> Iterator[Event]:
    """Every step of every claim in order of its date; ValueError if the plan's year or policies are not possible."""
    return _steps_by_date(plan, planned_lots(plan))


def _steps_by_date(plan: Plan, counties: Sequence[tuple[County, list[Lot]]]) -> Iterator[Event]:
    claims = [claim for county, lots in counties if county.claims for claim in claims_of(plan, county, lots)]
    steps = [
        (day, step, i)
        for i, claim in enumerate(claims)
        for step, day in enumerate((claim.reported, claim.settled, claim.paid))
    ]
    for day, steps_of_day in groupby(sorted(steps), key=itemgetter(0)):
        text = str(date.fromordinal(day))
        for _, step, i in steps_of_day:
            yield _event(plan, claims[i], step, text)


def claims_of(plan: Plan, county: County, lots: Sequence[Lot]) -> Iterator[Claim]:
    """The county's claims, on policies sold early enough for the longest claim to be paid within the year."""
    dice = Random(f"{plan.mark}-{plan.year}-{county.code}")  # noqa: S311
    _, last_day = programme_year(plan.year, plan.start_month)
    latest_report = last_day - LONGEST
    kinds = dice.choices(list(KINDS), [share for share, _ in KINDS.values()], k=county.claims)
    amounts = _amounts(county.paid_fen, kinds, dice)
    early = [lot for lot in lots if lot.sold_on < latest_report]
    policies = _claimed_policies(early, county.claims)
    for number, ((sold_on, policy), kind, amount) in enumerate(zip(policies, kinds, amounts, strict=True), 1):
        dates = _dates(sold_on.toordinal() + 1, latest_report.toordinal(), dice)
        reserve = max(100_00, round(amount * (0.8 + 0.5 * dice.random()) / 100) * 100)
        yield Claim(county.code, number, policy, kind, *dates, amount, reserve)


def _claimed_policies(lots: Sequence[Lot], claims: int) -> Iterator[tuple[date, int]]:
    """The day of sale and the number of each claim's policy, by the units of the lots."""
    for lot, count in zip(lots, largest_remainder(claims, [lot.units for lot in lots]), strict=True):
        for i in range(count):
            yield lot.sold_on, lot.first + i * lot.policies // count


def _amounts(paid_fen: int, kinds: Sequence[str], dice: Random) -> list[int]:
    weights = [round(KINDS[kind][1] * (50 + 100 * dice.random())) for kind in kinds]
    return apportion(paid_fen, weights, [1] * len(kinds))


def _dates(begins: int, latest_report: int, dice: Random) -> tuple[int, int, int, int]:
    """Incident, report, settlement and payment; most are quick."""
    reported = begins + int((latest_report - begins + 1) * dice.random())
    incident = max(begins, reported - int(15 * dice.random()))
    settled = reported + int((MOST_DAYS_TO_SETTLE + 1) * dice.random() ** 2)
    return incident, reported, settled, settled + int((MOST_DAYS_TO_PAY + 1) * dice.random() ** 2)


def _event(plan: Plan, claim: Claim, step: int, day: str) -> Event:
    claim_no = f"C{claim.county}-{plan.year}-{plan.mark}-{claim.number:06d}"
    data = {"claim_no": claim_no} | (_report(plan, claim) if step == 0 else {"amount": money(claim.amount_fen)})
    data[f"{STEPS[step]}_on"] = day
    time = office_time(day, 8 + 4 * step, claim.number)
    return insurer_event(plan.insurer(claim.policy), f"claim.{STEPS[step]}", claim_no, time, data)


def _report(plan: Plan, claim: Claim) -> Event:
    return {
        "policy_no": plan.policy_no(claim.county, claim.policy),
        "kind": claim.kind,
        "incident_on": str(date.fromordinal(claim.incident)),
        "reserve": money(claim.reserve_fen),
        "fast_track": claim.number % FAST_TRACK_ONE_IN == 0,
    }
