"""What an ID number says, and which ages a product admits: held against the plain words of the rules."""

import random
from datetime import date, timedelta
from typing import Any

import pytest
from pydantic_core import to_json

from services.enrollment.rules.admission import Admission, ProductVersion, warnings_about
from services.enrollment.rules.id_numbers import birthday_or_problem, check_digit_of
from shared.contracts.submissions import SubmittedPolicyIssued
from tests.messaging.events import VILLAGE, policy

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
TODAY = date(2021, 8, 31)


def numbered(born: date | str, order: int = 1) -> str:
    """A valid ID number of somebody born then."""
    body = f"450722{str(born).replace('-', '')}{order:03d}"
    return body + check_digit_of(body)


def application(*numbers: str, **changes: Any) -> SubmittedPolicyIssued:
    """A policy for people with these ID numbers, held by the first of them."""
    insured = [{"name": "李雷", "id_number": number, "relation": "self"} for number in numbers]
    holder = {"name": "李雷", "id_number": numbers[0]}
    data = policy("P1", **{"insured": insured, "policyholder": holder, **changes})["data"]
    return SubmittedPolicyIssued.model_validate_json(to_json(data))


def reasons(*applications: SubmittedPolicyIssued, **ages: int | None) -> list[tuple[str, str]]:
    """Field and code of everything against these policies, judged in one batch."""
    limits = {"min_age_days": None, "min_age_years": None, "max_age_years": None, **ages}
    version = ProductVersion("family_care", date(2015, 1, 1), None, **limits)
    admission = Admission({"family_care": [version]}, {VILLAGE}, TODAY)
    found = [reason for one in applications for reason in admission.reasons_to_reject(one, one.sold_on)]
    return [(reason.field, reason.code) for reason in found]


def test_the_check_digit_is_the_weighted_sum(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(2_000):
        body = "".join(dice.choices("0123456789", k=17))
        weighted = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
        assert check_digit_of(body) == "10X98765432"[weighted % 11]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("11010519491231002X", date(1949, 12, 31)),
        ("11010519491231002x", date(1949, 12, 31)),
        ("110105491231002", date(1949, 12, 31)),
        ("110105194912310021", "check_digit"),
        ("11010519491231002", "check_digit"),
        ("1101051949123100XX", "check_digit"),
        ("11010519491231002Ｘ", "check_digit"),
        ("110105 949123 002X", "check_digit"),
        ("1101054912310O2", "check_digit"),
        ("", "check_digit"),
        (numbered("20010229"), "bad_date"),
        (numbered("20001301"), "bad_date"),
        ("110105490230002", "bad_date"),
    ],
)
def test_a_number_says_a_birthday_or_what_is_wrong_with_it(number: str, said: date | str) -> None:
    assert birthday_or_problem(number) == said


def completed_years(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def test_ages_are_completed_years_and_days_on_the_first_day_of_cover(seed: int) -> None:
    dice = random.Random(seed)
    days = [date(2020, 2, 28), date(2020, 2, 29), date(2020, 3, 1), date(2021, 2, 28), date(2021, 3, 1)]
    for _ in range(5_000):
        on, years = dice.choice(days), dice.choice([0, 1, 4, 18, 60])
        born = on.replace(year=on.year - years, day=28) + timedelta(days=dice.randrange(-3, 4))
        limits = {
            name: dice.choice([None, number])
            for name, number in (
                ("min_age_days", 2),
                ("min_age_years", years),
                ("max_age_years", dice.choice([years, years - 1])),
            )
        }
        version = ProductVersion("family_care", date(2015, 1, 1), None, **limits)
        first, last = version.birthdays_admitted(on)
        age, days_old = completed_years(born, on), (on - born).days
        old_enough = days_old >= (limits["min_age_days"] or 0) and age >= (limits["min_age_years"] or 0)
        young_enough = limits["max_age_years"] is None or age <= limits["max_age_years"]
        assert (first <= born <= last) == (old_enough and young_enough), (born, on, limits)


def test_each_policy_of_a_batch_is_judged_on_its_own_first_day() -> None:
    baby = numbered("2021-02-01")
    early, late = (application(baby, effective_from=day, sold_on="2021-02-01") for day in ("2021-02-20", "2021-03-01"))
    assert reasons(late, min_age_days=28) == []
    assert reasons(early, late, early, min_age_days=28) == [("insured.0.id_number", "age_out_of_range")] * 2


def test_each_policy_of_a_batch_is_judged_on_its_own_day_of_sale() -> None:
    adult = numbered("1980-01-01")
    before, after = application(adult, sold_on="2014-03-01"), application(adult)
    assert reasons(after, before, after) == [("product", "not_on_sale")]


def test_every_person_is_judged_even_the_holder_again() -> None:
    wrong, old = numbered("1980-01-01")[:17] + "?", numbered("1949-01-01")
    assert reasons(application(wrong, old, wrong), max_age_years=60) == [
        ("policyholder.id_number", "check_digit"),
        ("insured.0.id_number", "check_digit"),
        ("insured.1.id_number", "age_out_of_range"),
        ("insured.2.id_number", "check_digit"),
    ]


def test_ages_are_not_judged_where_the_product_is_not_known() -> None:
    assert reasons(application(numbered("1900-01-01"), product="love"), max_age_years=60) == [
        ("product", "unknown_product")
    ]


def test_a_person_insured_twice_is_warned_of_however_the_number_is_written() -> None:
    number = "11010519491231002X"
    assert [w.code for w in warnings_about(application(number, number.lower()))] == ["no_consent", "duplicate_insured"]
    assert [w.code for w in warnings_about(application(number, numbered("1980-01-01")))] == ["no_consent"]
