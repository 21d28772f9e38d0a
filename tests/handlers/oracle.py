"""A plain recomputation of every measure and indicator, straight from the facts: no code of the product in it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

ONE = timedelta(days=1)
Fact = Any


def year_of(day: date) -> int:
    return day.year + (day.month >= 9)


def first_of(year: int) -> date:
    return date(year - 1, 9, 1)


def last_of(year: int) -> date:
    return date(year, 8, 31)


def a_year_earlier(day: date) -> date:
    return date(day.year - 1, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)


@dataclass(frozen=True)
class World:
    """Everything that is known: facts in any order, and what numbers are held against."""

    policy_facts: Sequence[Fact]
    claims: Sequence[Fact]
    """the last state of every claim"""
    counted: frozenset[str]
    elder: frozenset[str]
    regions: Sequence[str]
    moved: Mapping[str, str] = field(default_factory=dict)
    targets: Sequence[tuple[str, int, str, int, date]] = ()
    residents: Mapping[str, int] = field(default_factory=dict)
    eligible: Mapping[str, int] = field(default_factory=dict)

    def code_of(self, region: str, today: bool) -> str:
        if today:
            for digits in (12, 9, 6, 4):
                if region[:digits] in self.moved:
                    return self.moved[region[:digits]] + region[digits:]
        return region


@dataclass(frozen=True)
class View:
    """One region on one day of one programme year."""

    world: World
    region: str
    year: int
    day: date
    today: bool = True

    def on(self, **other: Any) -> "View":
        return View(**{**{k: getattr(self, k) for k in ("world", "region", "year", "day", "today")}, **other})

    def _inside(self, state: Any) -> bool:
        return self.world.code_of(state.region, self.today).startswith(self.region)

    def _policies(self) -> Iterable[tuple[int, Any, Any]]:
        for fact in self.world.policy_facts:
            if fact.booked_on <= self.day:
                for sign, state in ((-1, fact.before), (1, fact.after)):
                    if state is not None and self._inside(state):
                        yield sign, state, fact

    @cached_property
    def measures(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for sign, state, fact in self._policies():
            if year_of(fact.sold_on) == self.year and state.product in self.world.counted:
                for payer in ("self_paid", "fiscal", "donated"):
                    found[payer] += sign * getattr(state.premium, payer)
                if state.in_force:
                    found["policies"] += sign
                    found["units"] += sign * state.units
                    found["persons"] += sign * state.persons
                    found["elder_units"] += sign * state.units * (state.product in self.world.elder)
        found["premium"] = found["self_paid"] + found["fiscal"] + found["donated"]
        found["households"] = self._households()
        for claim in self._claims():
            found.update(self._steps(claim))
        return found

    def _households(self) -> int:
        present: Counter[tuple[str, str]] = Counter()
        for sign, state, fact in self._policies():
            if year_of(fact.sold_on) == self.year:
                present[fact.insurer, state.household] += sign * state.in_force
        return sum(policies > 0 for policies in present.values())

    def _claims(self) -> Iterable[Any]:
        return (c for c in self.world.claims if self._inside(c) and c.product in self.world.counted)

    def _steps(self, claim: Any) -> Counter[str]:
        found: Counter[str] = Counter()
        names = {"reported": "claims_reported", "settled": "claims_settled", "rejected": "claims_rejected"}
        done = [step for step in claim.steps if step.on <= self.day]
        for place, step in enumerate(done):
            if year_of(step.on) != self.year:
                continue
            found[names.get(step.step, "")] += 1
            found["settled"] += step.amount * (step.step == "settled")
            found["paid"] += step.amount * ((step.step == "paid") - (step.step == "recovered"))
            found["claims_paid"] += self._is_first_payment(done, place)
            found["feedback_answers"] += step.step == "answered"
            found["feedback_satisfied"] += step.step == "answered" and bool(step.satisfied)
        found.update(self._stock(claim, done))
        return found

    @staticmethod
    def _opened_before(done: Sequence[Any], place: int) -> int:
        return max(n for n in range(place) if done[n].step in ("reported", "reopened"))

    def _is_first_payment(self, done: Sequence[Any], place: int) -> bool:
        if done[place].step != "paid":
            return False
        return all(step.step != "paid" for step in done[self._opened_before(done, place) : place])

    def _stock(self, claim: Any, done: Sequence[Any]) -> Counter[str]:
        if not done:
            return Counter()
        opened = self._opened_before(done, len(done))
        since = done[opened + 1 :]
        decisions = [step for step in since if step.step in ("settled", "rejected")]
        paid = sum(step.amount for step in since if step.step == "paid")
        decided = bool(decisions) or any(step.step == "paid" for step in since)
        owed = done[opened].amount
        if decisions:
            owed = max(decisions[-1].amount - paid, 0) if decisions[-1].step == "settled" else 0
        late = not decided and (self.day - done[opened].on).days > claim.clock_days
        return Counter(outstanding=owed, claims_open=int(not decided), claims_overdue=int(late))

    @cached_property
    def earned(self) -> float:
        start, total = first_of(self.year), 0.0
        for sign, state, _ in self._policies():
            if state.product in self.world.counted:
                cover = (state.effective_to - state.effective_from).days + 1
                inside = (min(state.effective_to, self.day) - max(state.effective_from, start)).days + 1
                total += sign * state.premium.total * max(inside, 0) / cover
        return total

    @cached_property
    def waits(self) -> list[int]:
        found = []
        for claim in self._claims():
            for place, step in enumerate(claim.steps):
                if step.on <= self.day and year_of(step.on) == self.year and self._is_first_payment(claim.steps, place):
                    found.append((step.on - claim.steps[self._opened_before(claim.steps, place)].on).days)
        return sorted(found)

    def target(self, kind: str) -> int | None:
        """The newest in force; of several of one day the last that was told."""
        mine = [t for t in self.world.targets if t[:3] == (self.region, self.year, kind) and t[4] <= self.day]
        return sorted(mine, key=lambda t: t[4])[-1][3] if mine else None

    def last(self, day: date) -> "View | None":
        if not any(year_of(fact.sold_on) == self.year - 1 for fact in self.world.policy_facts):
            return None
        return self.on(year=self.year - 1, day=day)

    def expected_share(self, day: date) -> float:
        for digits in (len(self.region), {12: 9, 9: 6, 6: 4, 4: 2, 2: 0}[len(self.region)]):
            full = self.on(region=self.region[:digits]).last(last_of(self.year - 1)) if digits else None
            if full is not None and full.measures["units"] >= 200:
                sold = full.on(day=a_year_earlier(day)).measures["units"]
                return min(max(sold / full.measures["units"], 0), 1)
        gone, days = (day - first_of(self.year)).days + 1, (last_of(self.year) - first_of(self.year)).days + 1
        return min(max(gone, 0), days) / days

    def children(self) -> list["View"]:
        digits = {2: 4, 4: 6, 6: 9, 9: 12, 12: 99}[len(self.region)]
        below = [code for code in self.world.regions if len(code) == digits and code.startswith(self.region)]
        return [self.on(region=code) for code in below]


def rank_of(values: list[int], percent: int) -> int | None:
    return values[-(-len(values) * percent // 100) - 1] if values else None


def share(numerator: float | None, denominator: float | None) -> float | None:
    return numerator / denominator if denominator and numerator is not None else None


def indicators(v: View) -> dict[str, Any]:
    """Every indicator of domain.md, section 4 and 5, from the formulas as they stand there."""
    m, guideline, stretch = v.measures, v.target("guideline"), v.target("stretch")
    then, full = v.last(a_year_earlier(v.day)), v.last(last_of(v.year - 1))
    growth = m["units"] - then.measures["units"] if then else None
    growth_full = m["units"] - full.measures["units"] if full else None
    expected = guideline * v.expected_share(v.day) if guideline is not None else None
    days_left = (last_of(v.year) - v.day).days
    elapsed = v.expected_share(v.day)
    projected = m["units"] / elapsed if elapsed >= 0.05 else None
    funded = [c.measures for c in v.children() if c.measures["fiscal"] > 0]
    return {
        "completion_guideline": share(m["units"], guideline),
        "completion_stretch": share(m["units"], stretch),
        "penetration": share(m["units"], v.world.residents.get(v.region)),
        "household_participation": share(m["households"], v.world.eligible.get(v.region)),
        "elder_units": m["elder_units"],
        "elder_share": share(m["elder_units"], m["units"]),
        "elder_to_target": share(m["elder_units"], guideline),
        "premium_per_unit": share(m["premium"] / 100, m["units"]),
        "growth_units": growth,
        "growth_rate": share(growth, then.measures["units"]) if then else None,
        "growth_units_full": growth_full,
        "growth_rate_full": share(growth_full, full.measures["units"]) if full else None,
        "fiscal_share": share(m["fiscal"], m["premium"]),
        "self_paid_share": share(m["self_paid"], m["premium"]),
        "all_self_paid": m["fiscal"] == 0 and m["premium"] > 0,
        "fiscal_share_funded": share(sum(c["fiscal"] for c in funded), sum(c["premium"] for c in funded)),
        "paid_per_claim": share(m["paid"] / 100, m["claims_paid"]),
        "claims_per_100_units": share(100 * m["claims_paid"], m["units"]),
        "loss_ratio_paid_written": share(m["paid"], m["premium"]),
        "loss_ratio_incurred_written": share(m["paid"] + m["outstanding"], m["premium"]),
        "loss_ratio_paid_earned": share(m["paid"], v.earned),
        "days_to_pay_p50": rank_of(v.waits, 50),
        "days_to_pay_p90": rank_of(v.waits, 90),
        "overdue_share": share(m["claims_overdue"], m["claims_open"]),
        "satisfaction": share(m["feedback_satisfied"], m["feedback_answers"]),
        "feedback_response": share(m["feedback_answers"], m["claims_paid"]),
        "expected_to_date": expected,
        "pace": share(m["units"], expected),
        "days_behind": days_behind(v, guideline),
        "needed_per_day": None if guideline is None else share(max(guideline - m["units"], 0), max(days_left, 0)),
        "projected_units": projected,
        "projected_completion": share(projected, guideline),
        "concentration": concentration([c.measures["units"] for c in v.children()]),
        "goal_growth": m["units"] > full.measures["units"] if full else None,
        "goal_elder": m["elder_units"] >= 0.1 * guideline if guideline is not None else None,
    }


def days_behind(v: View, guideline: int | None) -> int | None:
    if guideline is None:
        return None
    day = first_of(v.year)
    while day <= last_of(v.year):
        if guideline * v.expected_share(day) >= v.measures["units"] - 1e-9:
            return (v.day - day).days
        day += ONE
    return None


def concentration(units: list[int]) -> int | None:
    total, held = sum(units), 0
    for number, value in enumerate(sorted(units, reverse=True), 1):
        held += value
        if total > 0 and 2 * held >= total:
            return number
    return None
