"""Targets are divided exactly, handed down with nothing hidden, and refused row by row."""

import random
from datetime import date
from decimal import Decimal

import pytest

from services.reporting.rules.shares import largest_remainder
from services.reporting.rules.targets import (
    cascade,
    day_of_effect,
    day_of_planning,
    divided,
    reasons_to_refuse,
    versions_in_force,
)
from shared.contracts.reference import TargetRow


def test_parts_add_up_and_none_is_a_whole_unit_away_from_its_share(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(2_000):
        weights = [chance.choice((0, 1, chance.randrange(10**7))) for _ in range(chance.randrange(1, 30))]
        total, whole = chance.randrange(10**7), sum(weights)
        parts = largest_remainder(total, weights)
        if whole:
            assert sum(parts) == total
            assert all(abs(part * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True))
            assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


def test_equal_remainders_go_to_the_lower_code() -> None:
    parts = divided(11, {"4503": 1, "4501": 1, "4502": 1}, {})
    assert parts is not None
    assert {code: part.units for code, part in parts.items()} == {"4501": 4, "4502": 4, "4503": 3}
    assert parts["4503"].share == pytest.approx(1 / 3)


def test_a_weight_multiplies_what_a_region_is_measured_by() -> None:
    parts = divided(100, {"4501": 100, "4502": 100}, {"4502": Decimal("1.5")})
    assert parts is not None
    assert (parts["4501"].units, parts["4502"].units, parts["4502"].share) == (40, 60, 0.6)
    assert divided(100, {"4501": 100}, {"4501": Decimal(0)}) is None


def row(**changes: object) -> TargetRow:
    plain = {"region": "4501", "year": 2021, "kind": "guideline", "units": 5, "effective_on": date(2020, 9, 1)}
    return TargetRow.model_validate({**plain, **changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"region": "4599"}, "4599 is no region"),
        ({"line": "marine"}, "marine is no product line; the catalogue has: elder, family"),
        ({"units": 10**12 + 1}, "more than"),
        ({"effective_on": date(2019, 12, 31)}, "is not between 2020-01-01 and 2021-12-31"),
        ({"effective_on": date(2022, 1, 1)}, "is not between"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused_with_the_reason(changes: dict[str, object], said: str) -> None:
    rows = [row(), row(kind="stretch", **changes)]
    ((place, reason),) = reasons_to_refuse(rows, lambda code: code == "4501", {"elder", "family"})
    assert place == 1
    assert said in reason


def test_both_of_two_rows_for_the_same_target_are_named_and_another_day_is_another_target() -> None:
    rows = [row(), row(units=7), row(effective_on=date(2021, 4, 29)), row(line="elder")]
    assert [place for place, _ in reasons_to_refuse(rows, lambda _: True, {"elder"})] == [0, 1]


def test_the_newest_effective_version_of_each_kind_and_line_is_in_force() -> None:
    def version(number: int, kind: str, line: str, day: date) -> dict[str, object]:
        return {"version": number, "kind": kind, "line": line, "effective_on": day}

    known = [
        version(1, "guideline", "", date(2020, 9, 1)),
        version(2, "stretch", "", date(2021, 4, 29)),
        version(3, "guideline", "elder", date(2020, 9, 1)),
        version(4, "guideline", "", date(2020, 9, 1)),
        version(5, "guideline", "", date(2021, 6, 1)),
    ]
    assert versions_in_force(known, date(2021, 4, 28)) == {4, 3}
    assert versions_in_force(known, date(2021, 4, 29)) == {4, 3, 2}
    assert versions_in_force(known, date(2021, 6, 1)) == {5, 3, 2}


def test_a_plan_builds_on_today_or_on_all_that_is_set_for_a_year_to_come() -> None:
    assert day_of_planning(date(2021, 8, 31), 2022, 9) == date(2022, 8, 31)
    assert day_of_planning(date(2021, 9, 1), 2022, 9) == date(2021, 9, 1)
    assert day_of_planning(date(2021, 12, 31), 2022, 9) == date(2021, 12, 31)


def test_a_plan_counts_within_its_year_and_not_before_the_targets_that_it_divides() -> None:
    assert day_of_effect(date(2021, 8, 31), 2022, 9, []) == date(2021, 9, 1)
    assert day_of_effect(date(2021, 8, 31), 2022, 9, [date(2021, 9, 28)]) == date(2021, 9, 28)
    assert day_of_effect(date(2021, 12, 31), 2022, 9, [date(2021, 9, 28)]) == date(2021, 12, 31)
    assert day_of_effect(date(2023, 1, 1), 2022, 9, []) == date(2022, 8, 31)


def test_the_rest_is_what_nobody_was_given_and_negative_when_too_much_was() -> None:
    tree = [{"code": code} for code in ("45", "4501", "450101", "450102", "4502", "450201")]
    units = {"45": 100, "4501": 70, "4502": 20, "450101": 75}
    top = cascade(tree, units, "45", 2)
    assert (top.target, top.handed_down, top.unassigned) == (100, 90, 10)
    assert top.children is not None
    first, second = top.children
    assert (first.handed_down, first.unassigned) == (75, -5)
    assert first.children is not None
    assert [child.target for child in first.children] == [75, None]
    assert [(child.handed_down, child.children) for child in first.children] == [(None, None)] * 2
    assert (second.handed_down, second.unassigned) == (0, 20)
    assert cascade(tree, {"4501": 70}, "45", 1).unassigned is None
