"""The people of a simulated year are valid, of the right age and nobody real, and shares always add up."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import services
from services.cli.simulation import Plan, policy_events
from services.cli.simulation.people import Town
from services.cli.simulation.shares import apportion, even, proportional

REFERENCE = Path(services.__path__[0]) / "reporting" / "reference"
AGES = {"family_care": range(61), "elder_care_a": range(65, 120)}


def is_valid(number: str) -> bool:
    """MOD 11-2: the digits by their weights leave 1."""
    values = [10 if character == "X" else int(character) for character in number]
    return len(values) == 18 and sum(v * pow(2, 17 - i, 11) for i, v in enumerate(values)) % 11 == 1


def birthday(number: str) -> date:
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def age_on(day: date, born: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@pytest.mark.parametrize("year", (2020, 2021))
@pytest.mark.parametrize("policies", (2220, 30000))
def test_everybody_has_a_valid_number_of_their_own_and_an_age_the_product_takes(year: int, policies: int) -> None:
    numbers = Counter[str]()
    for policy in (event["data"] for event in policy_events(Plan(REFERENCE, year, policies))):
        begins = date.fromisoformat(policy["effective_from"])
        for person in policy["insured"]:
            numbers[person["id_number"]] += 1
            assert is_valid(person["id_number"])
            assert age_on(begins, birthday(person["id_number"])) in AGES[policy["product"]]
            assert (begins - birthday(person["id_number"])).days >= 28
    assert max(numbers.values()) == 1


def test_a_family_has_one_to_four_people_and_begins_with_its_policyholder() -> None:
    for policy in (event["data"] for event in policy_events(Plan(REFERENCE, 2021, 30000))):
        first, *others = policy["insured"]
        assert first["relation"] == "self" and "self" not in {person["relation"] for person in others}
        assert len(policy["insured"]) <= min(4, policy["units"])
        assert {**policy["policyholder"], "relation": "self"} == {**first, "phone": policy["policyholder"]["phone"]}
        assert len({person["name"][0] for person in policy["insured"]}) == 1


@pytest.mark.parametrize("start_month", range(1, 13))
@pytest.mark.parametrize(("product", "places"), [("family_care", 4), ("elder_care_a", 2)])
def test_nobody_is_born_twice_in_a_county(start_month: int, product: str, places: int) -> None:
    town = Town("450722", 2021, start_month)
    people = [person["id_number"] for n in range(0, 40_000, 7) for person in town.insured(n, product, places)]
    assert len(set(people)) == len(people) and all(number.startswith("990722") for number in people)


@given(st.integers(0, 10**12), st.lists(st.integers(1, 10**6), min_size=1, max_size=50))
def test_proportional_parts_add_up_and_are_less_than_one_away(total: int, weights: list[int]) -> None:
    parts = list(proportional(total, weights, sum(weights)))
    assert sum(parts) == total
    assert all(abs(part * sum(weights) - total * w) < sum(weights) for part, w in zip(parts, weights, strict=True))


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 50)), min_size=1, max_size=30), st.integers(0, 10**6))
def test_apportioned_parts_add_up_and_nobody_gets_less_than_their_least(
    claims: list[tuple[int, int]], more: int
) -> None:
    weights, least = [weight + 1 for weight, _ in claims], [low for _, low in claims]
    parts = apportion(sum(least) + more, weights, least)
    assert sum(parts) == sum(least) + more
    assert all(part >= low for part, low in zip(parts, least, strict=True))


@given(st.integers(0, 10**6), st.integers(1, 1000))
def test_even_parts_add_up_and_differ_by_one_at_most(total: int, parts: int) -> None:
    shares = even(total, parts)
    assert sum(shares) == total and max(shares) - min(shares) <= 1
