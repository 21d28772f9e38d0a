"""People who do not exist: names, ID numbers with a valid check digit that nobody holds, phones that nobody answers."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from math import gcd
from typing import NamedTuple

from services.cli.simulation.curve import programme_year

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"
NOWHERE = "99"
"""No province has this code, so no real ID number begins with it."""

SURNAMES = "李王张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韦覃农莫蒙陆卢蓝韩冯邓曹彭曾"
GIVEN = "安宁平和顺康乐欣悦晴朗明清晨星月山川江河松柏梅兰竹菊春夏秋冬文雅诗书德善信义仁礼"
ADULT, CHILD, ELDER = (21, 57), (4, 16), (66, 87)
"""Ages on the first day of the programme year, so that they fit the products on every day of it."""

FAMILY_MEMBERS = (("self", ADULT), ("spouse", ADULT), ("child", CHILD), ("child", CHILD))
ELDER_MEMBERS = (("self", ELDER), ("spouse", ELDER))


class Digits(NamedTuple):
    """Some digits of an ID number and what they add to its check sum."""

    text: str
    weight: int


Members = Sequence[tuple[str, Sequence[Digits], int]]


def id_number(area: Digits, birthday: Digits, tail: Digits) -> str:
    """The 18 characters from their first 17."""
    check = CHECK_DIGITS[(area.weight + birthday.weight + tail.weight) % 11]
    return area.text + birthday.text + tail.text + check


def digits(text: str, at: int) -> Digits:
    """The text as the digits of an ID number from that place on."""
    return Digits(text, sum(int(c) * w for c, w in zip(text, WEIGHTS[at:], strict=False)))


@cache
def birthdays(ages: tuple[int, int], first_day: date) -> tuple[Digits, ...]:
    """Every birthday of the people who have these completed years of age on the day."""
    youngest, oldest = ages
    end = date(first_day.year - youngest, first_day.month, 1)
    start = date(first_day.year - oldest - 1, first_day.month, 2)
    return tuple(digits(f"{start + timedelta(days=n):%Y%m%d}", 6) for n in range((end - start).days + 1))


@cache
def tails() -> tuple[Digits, ...]:
    """The three digits that tell apart those born on one day in one place; odd for men."""
    return tuple(digits(f"{n:03d}", 14) for n in range(1000))


@cache
def given_names() -> tuple[str, ...]:
    """Given names of one and of two characters."""
    return tuple(GIVEN) + tuple(a + b for a in GIVEN for b in GIVEN)


class Town:
    """The people of a county in a year; the same number and place in a family is always the same person."""

    def __init__(self, county: str, year: int, start_month: int) -> None:
        first_day, _ = programme_year(year, start_month)
        self.area = digits(NOWHERE + county[2:], 0)
        self.phones_from = int(county) * 7919
        self.members = {"family_care": _members(FAMILY_MEMBERS, first_day)}
        self.members["elder_care_a"] = _members(ELDER_MEMBERS, first_day)

    def insured(self, number: int, product: str, count: int) -> list[dict[str, str]]:
        """At most that many people of the family with this number, the policyholder first."""
        surname = SURNAMES[number % len(SURNAMES)]
        given, places = given_names(), self.members[product]
        return [
            {
                "name": surname + given[(number * 7 + place * 31) % len(given)],
                "id_number": self._id_number(number, place, births, step),
                "relation": relation,
            }
            for place, (relation, births, step) in enumerate(places[:count])
        ]

    def phone(self, number: int) -> str:
        """Begins like no mobile number."""
        return f"100{(self.phones_from + number) % 10**8:08d}"

    def _id_number(self, number: int, place: int, births: Sequence[Digits], step: int) -> str:
        """Number and place give birthday and tail one to one, so nobody is born twice."""
        birthday = births[(number * step + place * 997) % len(births)]
        tail = (number // len(births) * 8 + place * 2 + (number + place) % 2) % 1000
        return id_number(self.area, birthday, tails()[tail])


def _members(places: Sequence[tuple[str, tuple[int, int]]], first_day: date) -> Members:
    ages = [(relation, birthdays(age, first_day)) for relation, age in places]
    return [(relation, births, _step(len(births))) for relation, births in ages]


def _step(count: int) -> int:
    """A stride that visits every birthday before it comes back to the first."""
    return next(step for step in range(2749, 2749 + count) if gcd(step, count) == 1)
