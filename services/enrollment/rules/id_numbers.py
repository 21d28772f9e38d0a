"""What a citizen's ID number says (GB 11643): check digit and birthday; its area prefix is not judged."""

from datetime import date
from functools import lru_cache

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"


def check_digit_of(body: str) -> str:
    """ISO 7064 MOD 11-2 over the first 17 digits."""
    return _CHECK_DIGITS[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]


@lru_cache(maxsize=65_536)
def birthday_in(digits: str) -> date | None:
    """`"19491231"` -> date, None if there was no such day."""
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def problem_with(number: str) -> str | None:
    """`check_digit`, `bad_date`, or None for a valid number of 18 (or 15, the old form) characters."""
    full = with_18_characters(number)
    if full is None or (len(number) == 18 and check_digit_of(full[:17]) != full[17]):
        return "check_digit"
    return None if birthday_in(full[6:14]) else "bad_date"


def with_18_characters(number: str) -> str | None:
    """The number in its 18-character form, None if it has not the shape of one."""
    number = number.upper()
    if len(number) == 15 and number.isascii() and number.isdigit():
        body = f"{number[:6]}19{number[6:]}"
        return body + check_digit_of(body)
    right = (
        len(number) == 18 and number.isascii() and number[:17].isdigit() and (number[17].isdigit() or number[17] == "X")
    )
    return number if right else None


def birthday_of(number: str) -> date:
    """The birthday in a valid number."""
    full = with_18_characters(number)
    born = birthday_in(full[6:14]) if full else None
    if born is None:
        raise ValueError("not a valid ID number")
    return born


def age_in_years(born: date, on: date) -> int:
    """Completed years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
