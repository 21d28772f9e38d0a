"""The days of bulletins: what period one covers, and which ones are due on a day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from services.reporting.rules.bulletins.material import Kind
from services.reporting.rules.pace import last_day_of
from shared.contracts.values import first_day_of, programme_year_of

_QUARTERS = "一二三四"


@dataclass(frozen=True)
class Due:
    """A bulletin that should exist: its kind, programme year and last day."""

    kind: Kind
    year: int
    as_of: date


def due_on(today: date, start_month: int, weekday: int) -> Iterator[Due]:
    """The latest of each kind whose period is over; `weekday` (1 is Monday) is the day after a week has ended."""
    as_of = today - timedelta(days=(today.isoweekday() - weekday) % 7 + 1)
    yield Due("weekly", programme_year_of(as_of, start_month), as_of)
    year = programme_year_of(today, start_month)
    ended = [end for y in (year - 1, year) for end in quarter_ends(y, start_month) if end < today]
    yield Due("quarterly", programme_year_of(ended[-1], start_month), ended[-1])
    yield Due("annual", year - 1, last_day_of(year - 1, start_month))


def quarter_ends(year: int, start_month: int) -> list[date]:
    """The last days of the four quarters of a programme year."""
    return [_months_after(first_day_of(year, start_month), months) - timedelta(days=1) for months in (3, 6, 9, 12)]


def _months_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def quarter_of(as_of: date, year: int, start_month: int) -> tuple[int, date]:
    """(which quarter of the programme year, its first day); days outside the year belong to its nearest quarter."""
    ends = quarter_ends(year, start_month)
    place = next((n for n, end in enumerate(ends) if as_of <= end), 3)
    return place + 1, first_day_of(year, start_month) if place == 0 else ends[place - 1] + timedelta(days=1)


def quarter_name(quarter: int) -> str:
    """1 -> 第一季度."""
    return f"第{_QUARTERS[quarter - 1]}季度"


def last_day_for(kind: Kind, year: int, today: date, start_month: int) -> date:
    """The day that a bulletin speaks of unless told: its period's end, or today while the period runs."""
    end = last_day_of(year, start_month)
    if kind == "quarterly":
        over = [e for e in quarter_ends(year, start_month) if e <= today]
        end = over[-1] if over else end
    return min(end, today)


def counted_from(kind: Kind, year: int, as_of: date, start_month: int) -> date | None:
    """The day before the period begins, which movement is counted from; a year is held against last year instead."""
    if kind == "weekly":
        return as_of - timedelta(days=7)
    return quarter_of(as_of, year, start_month)[1] - timedelta(days=1) if kind == "quarterly" else None
