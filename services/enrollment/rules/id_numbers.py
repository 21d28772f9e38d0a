"""What a citizen's ID number says (GB 11643): check digit and birthday; its area prefix is not judged."""

from datetime import date
from functools import lru_cache

_CHECK_DIGITS = "10X98765432"


def check_digit_of(body: str) -> str:
    """ISO 7064 MOD 11-2 over the first 17 digits: read to the base 13, which is 2 modulo 11."""
    return _CHECK_DIGITS[2 * int(body, 13) % 11]


@lru_cache(maxsize=65_536)
def birthday_in(digits: str) -> date | None:
    """`"19491231"` -> date, None if there was no such day."""
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def birthday_or_problem(number: str) -> date | str:
    """What a number of 18 (or 15, the old form) characters says: a birthday, or `check_digit` or `bad_date`."""
    if not number.isascii():
        return "check_digit"
    if len(number) == 18 and number[:17].isdigit() and check_digit_of(number[:17]) == number[17].upper():
        return birthday_in(number[6:14]) or "bad_date"
    if len(number) == 15 and number.isdigit():
        return birthday_in(f"19{number[6:12]}") or "bad_date"
    return "check_digit"
