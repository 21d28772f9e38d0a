"""Places, gaps, last year's date, and what is needed per day."""

from datetime import date

import pytest

from services.reporting.rules.pace import last_day_of, needed_per_day, share_elapsed, share_sold, year_before
from services.reporting.rules.ranking import Value, in_order, ranks_of, units_to_next


def test_equal_values_share_a_place_and_missing_ones_come_last_without_one() -> None:
    values: dict[str, Value] = {"a": 5, "b": 7, "c": None, "d": 5, "e": 1}
    assert in_order(values) == ["b", "a", "d", "e", "c"]
    assert ranks_of(values) == {"b": 1, "a": 2, "d": 2, "e": 4}


def test_the_gap_is_what_passes_the_next_higher_value() -> None:
    values: dict[str, Value] = {"a": 10, "b": 7, "c": 7, "d": None}
    assert units_to_next(values, dict.fromkeys(values, 1.0)) == {"a": 0, "b": 4, "c": 4, "d": None}
    assert units_to_next({"a": 0.5, "b": 0.25}, {"a": 100.0, "b": 200.0}) == {"a": 0, "b": 51}
    assert units_to_next({"a": 0.5, "b": 0.25}, {}) == {"a": None, "b": None}


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (date(2021, 8, 31), date(2020, 8, 31)),
        (date(2024, 2, 29), date(2023, 2, 28)),
        (date(2021, 2, 28), date(2020, 2, 28)),
    ],
)
def test_the_same_day_last_year(day: date, before: date) -> None:
    assert year_before(day) == before


def test_a_year_begins_with_its_starting_month() -> None:
    assert last_day_of(2021, 9) == date(2021, 8, 31)
    assert last_day_of(2021, 1) == date(2021, 12, 31)
    assert share_elapsed(date(2020, 8, 31), 2021, 9) == 0
    assert share_elapsed(date(2021, 8, 31), 2021, 9) == 1
    assert share_elapsed(date(2022, 1, 1), 2021, 9) == 1


def test_too_few_units_make_no_curve() -> None:
    assert share_sold(100, 199) is None
    assert share_sold(100, 200) == 0.5


def test_what_is_needed_per_day_ends_with_the_year() -> None:
    last = date(2021, 8, 31)
    assert needed_per_day(90, 100, date(2021, 8, 26), last) == 2
    assert needed_per_day(110, 100, date(2021, 8, 26), last) == 0
    assert needed_per_day(90, 100, last, last) is None
