"""No change may break a reader of an older message: what was published stays accepted, a breaking change is named."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from shared.contracts.registry import EVENT_TYPES
from shared.contracts.schemas import schema_of
from tests.contracts.compatibility import breaks, published

NAME = "guanai.insurer.claim.reported.v1"
DATA = "SubmittedClaimReported"


def test_every_published_event_type_is_still_there() -> None:
    assert set(published()) <= set(EVENT_TYPES)


def test_every_event_type_is_published() -> None:
    missing = set(EVENT_TYPES) - set(published())
    assert missing == set(), "run `python -m tests.contracts.compatibility`"


@pytest.mark.parametrize("name", sorted(published()))
def test_what_was_published_is_still_accepted(name: str) -> None:
    assert breaks(published()[name], schema_of(name)) == []


def changed(change: Callable[[dict[str, Any]], object]) -> list[str]:
    """The breaks of a schema whose `data` has been changed."""
    new = copy.deepcopy(schema_of(NAME))
    change(new["$defs"][DATA])
    return breaks(schema_of(NAME), new)


BREAKING: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a new required field": (
        lambda s: (s["properties"].update(hospital={"type": "string"}), s["required"].append("hospital")),
        "data.hospital: newly required",
    ),
    "an optional field made required": (
        lambda s: s["required"].append("description"),
        "data.description: newly required",
    ),
    "a removed field": (lambda s: s["properties"].pop("description"), "data.description: removed"),
    "another type": (
        lambda s: s["properties"].update(fast_track={"type": "string"}),
        "data.fast_track: type boolean became string",
    ),
    "null no longer allowed": (
        lambda s: s["properties"].update(description={**s["properties"]["description"]["anyOf"][0]}),
        "data.description: type null became string",
    ),
    "a value less": (lambda s: s["properties"]["kind"]["enum"].remove("death"), "data.kind: value death is refused"),
    "a free text made a choice": (
        lambda s: s["properties"]["claim_no"].update(enum=["a"]),
        "data.claim_no: value any is refused",
    ),
    "a shorter text": (
        lambda s: s["properties"]["claim_no"].update(maxLength=32),
        "data.claim_no: maxLength 64 became 32",
    ),
    "a longer least text": (
        lambda s: s["properties"]["claim_no"].update(minLength=2),
        "data.claim_no: minLength 1 became 2",
    ),
    "a first limit": (
        lambda s: s["properties"]["incident_on"].update(maxLength=10),
        "data.incident_on: maxLength None became 10",
    ),
    "another pattern": (lambda s: s["properties"]["claim_no"].update(pattern="^A"), "data.claim_no: pattern"),
    "a first format": (lambda s: s["properties"]["claim_no"].update(format="uuid"), "data.claim_no: format None"),
    "unknown fields refused": (
        lambda s: s.update(additionalProperties=False),
        "data: unknown fields are no longer ignored",
    ),
}


@pytest.mark.parametrize(("change", "said"), BREAKING.values(), ids=BREAKING.keys())
def test_a_breaking_change_is_named(change: Callable[[dict[str, Any]], object], said: str) -> None:
    (problem,) = changed(change)
    assert problem.startswith(said)


HARMLESS: dict[str, Callable[[dict[str, Any]], object]] = {
    "nothing": lambda s: None,
    "a new optional field": lambda s: s["properties"].update(hospital={"type": "string"}),
    "a required field made optional": lambda s: s["required"].remove("reserve"),
    "a value more": lambda s: s["properties"]["kind"]["enum"].append("birth"),
    "a longer text": lambda s: s["properties"]["claim_no"].update(maxLength=65),
    "no limit": lambda s: s["properties"]["claim_no"].pop("maxLength"),
    "no pattern": lambda s: s["properties"]["claim_no"].pop("pattern"),
    "null allowed too": lambda s: s["properties"].update(kind={"anyOf": [s["properties"]["kind"], {"type": "null"}]}),
    "any number instead of whole ones": lambda s: s["properties"].update(fast_track={}),
    "another description": lambda s: s.update(description="other words"),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS.keys())
def test_a_harmless_change_is_not(change: Callable[[dict[str, Any]], object]) -> None:
    assert changed(change) == []


def test_a_break_deep_inside_a_list_is_found() -> None:
    name = "guanai.insurer.policy.issued.v1"
    new = copy.deepcopy(schema_of(name))
    new["$defs"]["Insured"]["required"].append("phone")
    new["$defs"]["Insured"]["properties"]["phone"] = {"type": "string"}
    assert breaks(schema_of(name), new) == ["data.insured[].phone: newly required"]


def test_whole_numbers_may_become_numbers_but_not_the_other_way_round() -> None:
    whole, number = {"type": "integer"}, {"type": "number"}
    assert breaks(whole, number) == []
    assert breaks(number, whole) == ["the event: type number became integer"]
