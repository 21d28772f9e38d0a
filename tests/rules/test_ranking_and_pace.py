"""Places, gaps, last year's date, and what is needed per day."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from services.reporting.rules.calendar import spans_of
from services.reporting.rules.pace import (
    curve_like,
    curve_of_time,
    days_behind,
    last_day_of,
    needed_per_day,
    share_elapsed,
    share_sold,
    year_before,
)
from services.reporting.rules.ranking import Value, in_order, ranks_of, reordered_by_price, units_to_next


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


def test_places_that_the_price_of_a_unit_would_change_are_flagged() -> None:
    units: dict[str, Value] = {"cheap": 100, "dear": 60, "small": 10, "unpriced": 80}
    prices = {"cheap": 21.0, "dear": 73.0, "small": 21.0, "unpriced": None}
    assert reordered_by_price(units, prices) == {"cheap", "dear"}
    assert reordered_by_price(units, dict.fromkeys(units, 30.0)) == set()


def test_days_behind_are_counted_from_the_day_on_which_the_curve_expects_the_units() -> None:
    curve = curve_like({date(2020, 3, 1): 100, date(2020, 6, 1): 100}, 2021, 9)
    assert curve is not None
    assert days_behind(500, 1_000, date(2021, 3, 11), curve) == 10
    assert days_behind(501, 1_000, date(2021, 3, 11), curve) == -82
    assert days_behind(1_001, 1_000, date(2021, 8, 31), curve) is None


def test_too_few_units_make_no_curve_and_time_takes_its_place() -> None:
    assert curve_like({date(2020, 3, 1): 199}, 2021, 9) is None
    curve = curve_of_time(2021, 9)
    assert curve.share_on(date(2020, 8, 31)) == 0
    assert curve.share_on(date(2020, 9, 1)) == 1 / 365
    assert curve.share_on(date(2022, 1, 1)) == 1


def test_a_year_is_cut_into_weeks_and_months_that_cover_it_once() -> None:
    for grain, number in (("day", 365), ("week", 53), ("month", 12)):
        spans = list(spans_of(2021, 9, grain))  # type: ignore[arg-type]
        assert len(spans) == number
        assert (spans[0][0], spans[-1][1]) == (date(2020, 9, 1), date(2021, 8, 31))
        assert all(after[0] - before[1] == timedelta(days=1) for before, after in pairwise(spans))
