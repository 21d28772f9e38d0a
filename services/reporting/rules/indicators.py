"""Indicators from sums, never averaged; None where a denominator is missing (domain.md, section 4)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from services.reporting.rules.measures import Measures
from services.reporting.rules.pace import Curve, days_behind, last_day_of, needed_per_day
from services.reporting.rules.shares import largest_half, nearest_rank
from shared.contracts.values import first_day_of

Number = float | int | bool | None
Indicators = dict[str, Number]
FEWEST_SHARE_TO_PROJECT = 0.05


@dataclass(frozen=True)
class ElderGoal:
    """How many elder units a region owes: a share of its guideline, or of an elder target of its own."""

    ratio: float = 0.10
    own_target: bool = False


A_TENTH_OF_THE_GUIDELINE = ElderGoal()


@dataclass(frozen=True)
class Child:
    """What a region's indicators need of a child region."""

    units: int
    premium_fen: int
    fiscal_fen: int


@dataclass(frozen=True)
class Selling:
    """The last day with units booked, and the most units of one payer that were booked on one day."""

    last_on: date | None
    largest_purchase: int


@dataclass(frozen=True)
class Stocks:
    """What stands open on a day, whatever the year."""

    outstanding_fen: int = 0
    claims_open: int = 0
    claims_overdue: int = 0


NOTHING_OPEN = Stocks()


@dataclass(frozen=True)
class Figures:
    """Everything that the indicators of one region and day are made of; units are those that count.

    `curve` is None where it was not asked for, like `earned_fen`, `waits` (claims by days to payment), `children` and
    `selling`.
    """

    year: int
    as_of: date
    start_month: int
    now: Measures
    elder_units: int
    last: Measures | None
    last_full: Measures | None
    targets: dict[str, int]
    expected_share: float
    stocks: Stocks = NOTHING_OPEN
    has_feed: bool = True
    residents: int | None = None
    eligible_households: int | None = None
    elder_target: int | None = None
    elder_goal: ElderGoal = A_TENTH_OF_THE_GUIDELINE
    curve: Curve | None = None
    earned_fen: float | None = None
    waits: dict[int, int] | None = None
    children: Sequence[Child] | None = None
    selling: Selling | None = None

    @property
    def goal_units(self) -> float | None:
        """The elder goal in units, None without the target that it hangs on."""
        target = self.elder_target if self.elder_goal.own_target else self.targets.get("guideline")
        return None if target is None else self.elder_goal.ratio * target


@dataclass(frozen=True)
class Reading:
    """An indicator with the fraction it is; `basis` says in words what is divided by what."""

    value: Number
    numerator: float | None = None
    denominator: float | None = None
    basis: str = ""


Readings = dict[str, Reading]
Found = Iterator[tuple[str, Reading]]
Part = Callable[[Figures], Found]


def ratio(numerator: float, denominator: float | None) -> float | None:
    """None without a denominator."""
    return numerator / denominator if denominator else None


def indicators_of(figures: Figures) -> Indicators:
    """All indicators by name."""
    return {name: reading.value for name, reading in readings_of(figures).items()}


def readings_of(figures: Figures) -> Readings:
    """All indicators with their fractions; nothing can be said of a region that nobody reports from."""
    return dict(_found(figures))


def reading_of(name: str, figures: Figures) -> Reading:
    """One of them, without reckoning what has nothing to do with it. Raises KeyError."""
    for found, reading in _said(_parts_by_name().get(name, _sales), figures):
        if found == name:
            return reading
    raise KeyError(name)


def _found(figures: Figures) -> Found:
    for part in _PARTS:
        yield from _said(part, figures)


def _said(part: Part, figures: Figures) -> Found:
    for name, reading in part(figures):
        yield name, reading if figures.has_feed else Reading(None, basis=reading.basis)


@cache
def _parts_by_name() -> Mapping[str, Part]:
    """Which part reckons an indicator; a completion of a kind of target that only some regions have is of the first."""
    blank = Figures(2000, date(2000, 1, 1), 9, Measures(), 0, None, None, {}, 0.0)
    return {name: part for part in _PARTS for name, _ in part(blank)}


def _of(numerator: float | None, denominator: float | None, basis: str) -> Reading:
    value = None if numerator is None else ratio(numerator, denominator)
    return Reading(value, numerator, denominator, basis)


def _sales(f: Figures) -> Found:
    for kind in sorted({"guideline", "stretch", *f.targets}):
        yield f"completion_{kind}", _of(f.now.units, f.targets.get(kind), f"units / {kind} target")
    yield "penetration", _of(f.now.units, f.residents, "units / resident population")
    eligible = f.eligible_households
    yield "household_participation", _of(f.now.households, eligible, "households / eligible households")
    yield "elder_units", Reading(f.elder_units)
    yield "elder_share", _of(f.elder_units, f.now.units, "elder units / units")
    yield "elder_to_target", _of(f.elder_units, f.targets.get("guideline"), "elder units / guideline target")
    yield "premium_per_unit", _of(f.now.premium_fen / 100, f.now.units, "written premium in yuan / units")


def _growth(f: Figures) -> Found:
    for suffix, past, words in (
        ("", f.last, "the same day of last year"),
        ("_full", f.last_full, "the whole of last year"),
    ):
        before = None if past is None else past.units
        growth = None if before is None else f.now.units - before
        yield f"growth_units{suffix}", Reading(growth, f.now.units, before, f"units - units of {words}")
        yield f"growth_rate{suffix}", _of(growth, before, f"growth_units{suffix} / units of {words}")


def _payers(f: Figures) -> Found:
    premium = f.now.premium_fen / 100
    yield "fiscal_share", _of(f.now.fiscal_fen / 100, premium, "fiscal premium / total premium, yuan")
    yield "self_paid_share", _of(f.now.self_paid_fen / 100, premium, "self-paid premium / total premium, yuan")
    yield "all_self_paid", Reading(f.now.fiscal_fen == 0 and f.now.premium_fen > 0)


def _claims(f: Figures) -> Found:
    now, written, paid = f.now, f.now.premium_fen / 100, f.now.paid_fen / 100
    earned = None if f.earned_fen is None else f.earned_fen / 100
    incurred = paid + f.stocks.outstanding_fen / 100
    yield "paid_per_claim", _of(paid, now.claims_paid, "paid amount in yuan / claims paid")
    yield "claims_per_100_units", _of(100 * now.claims_paid, now.units, "100 x claims paid / units")
    yield "loss_ratio_paid_written", _of(paid, written, "paid amount / written premium, yuan")
    yield "loss_ratio_incurred_written", _of(incurred, written, "paid and outstanding amount / written premium, yuan")
    yield "loss_ratio_paid_earned", _of(paid, earned, "paid amount / earned premium, yuan")
    yield "satisfaction", _of(now.feedback_satisfied, now.feedback_answers, "satisfied answers / answers")
    yield "feedback_response", _of(now.feedback_answers, now.claims_paid, "answers / claims paid")
    yield "overdue_share", _of(f.stocks.claims_overdue, f.stocks.claims_open, "open claims past their clock / open")


def _waits(f: Figures) -> Found:
    for percent in (50, 90):
        value = nearest_rank(f.waits or {}, percent)
        basis = f"days from report to first payment, percentile {percent} by nearest rank"
        yield f"days_to_pay_p{percent}", Reading(value, value, None, basis)


def _pace(f: Figures) -> Found:
    target, last_day = f.targets.get("guideline"), last_day_of(f.year, f.start_month)
    expected = None if target is None else target * f.expected_share
    yield "expected_to_date", Reading(expected, basis="guideline target x share of the curve")
    yield "pace", _of(f.now.units, expected, "units / expected to date")
    behind = None if target is None or f.curve is None else days_behind(f.now.units, target, f.as_of, f.curve)
    yield "days_behind", Reading(behind, basis="as-of day - day on which the curve expects today's units")
    needed = None if target is None else needed_per_day(f.now.units, target, f.as_of, last_day)
    left = (last_day - f.as_of).days
    yield (
        "needed_per_day",
        Reading(needed, None if target is None else target - f.now.units, left, "missing / days left"),
    )
    far_enough = f.expected_share if f.expected_share >= FEWEST_SHARE_TO_PROJECT else None
    projected = ratio(f.now.units, far_enough)
    yield "projected_units", Reading(projected, f.now.units, far_enough, "units / share of the curve elapsed")
    yield "projected_completion", _of(projected, target, "projected units / guideline target")


def _children(f: Figures) -> Found:
    children = f.children or ()
    number, held = largest_half([child.units for child in children])
    units = sum(child.units for child in children)
    yield "concentration", Reading(number, basis="fewest child regions that hold half of the units")
    yield "concentration_share", _of(held, units, "units of these / units of all child regions")
    funded = [child for child in children if child.fiscal_fen > 0]
    fiscal, premium = sum(c.fiscal_fen for c in funded) / 100, sum(c.premium_fen for c in funded) / 100
    yield "fiscal_share_funded", _of(fiscal, premium, "fiscal / total premium of child regions with fiscal premium")


def _goals(f: Figures) -> Found:
    """The two composite goals, "两个高于"."""
    past, goal = None if f.last_full is None else f.last_full.units, f.goal_units
    grew = None if past is None else f.now.units > past
    yield "goal_growth", Reading(grew, f.now.units, past, "units > units of the whole previous year")
    met = None if goal is None else f.elder_units >= goal
    yield "goal_elder", Reading(met, f.elder_units, goal, "elder units >= elder goal")
    expected = None if goal is None else goal * f.expected_share
    yield "elder_expected", Reading(expected, goal, f.expected_share, "elder goal x share of the curve")


def _selling(f: Figures) -> Found:
    last_on = (f.selling.last_on if f.selling else None) or first_day_of(f.year, f.start_month) - timedelta(days=1)
    idle = None if f.selling is None else max((f.as_of - last_on).days, 0)
    yield "days_since_sale", Reading(idle, basis="as-of day - last day with units booked")
    largest = None if f.selling is None else f.selling.largest_purchase
    yield (
        "one_step_share",
        _of(largest, f.targets.get("guideline"), "most units of a payer on a day / guideline target"),
    )


_PARTS: tuple[Part, ...] = (_sales, _growth, _payers, _claims, _waits, _pace, _children, _goals, _selling)
