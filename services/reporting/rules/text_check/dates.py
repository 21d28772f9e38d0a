"""Which days a Chinese text names."""

import re
from datetime import date

from services.reporting.rules.text_check.numerals import plain

_DAY = re.compile(r"(?<!\d)(20\d\d)[年./-](\d{1,2})[月./-](\d{1,2})(?!\d)")
MOST_DAYS = 20


def days_in(text: str) -> list[date]:
    """The first whole dates of a text, in its order; dates that do not exist are passed over."""
    found: list[date] = []
    for match in _DAY.finditer(plain(text)):
        day = _day(*(int(part) for part in match.groups()))
        if day and day not in found and len(found) < MOST_DAYS:
            found.append(day)
    return found


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
