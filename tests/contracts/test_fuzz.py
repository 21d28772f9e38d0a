"""Nothing that comes in gets more out of the door than an answer: never an exception of another kind, never a 5xx."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from shared.contracts.registry import CLAIM_SUBMISSIONS, FACTS, POLICY_SUBMISSIONS
from shared.messaging.door import ANYONE, Arrival, facts_in, submission_lines_in, submissions_in
from shared.messaging.outcomes import Undecodable
from tests.conftest import _SEED
from tests.contracts.samples import all_samples
from tests.contracts.town import EVENTS, enrollment, insurer, policy

POLICIES, CLAIMS = frozenset(POLICY_SUBMISSIONS), frozenset(CLAIM_SUBMISSIONS)
SAMPLES = [sample for _, sample in all_samples()]
SENDERS = st.sampled_from(["demo-life", ANYONE, "x", ""])

text = st.text(st.characters(exclude_categories=()), max_size=20)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | text | st.sampled_from(["\x00", "\ud800", 10**40])
anything = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(text, inner), max_leaves=8)


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A good event in which a few places are replaced, removed or doubled."""
    event = json.loads(json.dumps(draw(st.sampled_from(SAMPLES))))
    for _ in range(draw(st.integers(1, 4))):
        mutate(draw, event)
    return event


def mutate(draw: st.DrawFn, part: Any) -> None:
    if not isinstance(part, dict | list) or not part:
        return
    key = draw(st.sampled_from(sorted(part) if isinstance(part, dict) else range(len(part))))
    deeper = draw(st.booleans()) and isinstance(part[key], dict | list)
    if deeper:
        mutate(draw, part[key])
    elif draw(st.integers(0, 3)) == 0:
        del part[key]
    else:
        part[key] = draw(anything)


@st.composite
def spoilt_bytes(draw: st.DrawFn) -> bytes:
    """A good body in which a few bytes are other bytes."""
    body = bytearray(json.dumps(draw(st.sampled_from(SAMPLES)), ensure_ascii=draw(st.booleans())).encode())
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.integers(0, len(body) - 1))
        body[place : place + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(body)


def written(value: Any) -> bytes:
    return json.dumps(value).encode()


bodies = (
    st.binary(max_size=200) | spoilt_bytes() | (mutated() | st.lists(mutated(), max_size=4) | anything).map(written)
)
thorough = settings(max_examples=400, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def let_in(read: Any, body: bytes, *rest: Any) -> list[Arrival]:
    try:
        arrivals: list[Arrival] = read(body, *rest)
    except Undecodable:
        return []
    return arrivals


@seeded(_SEED)
@thorough
@given(bodies, SENDERS)
def test_the_door_lets_in_what_is_good_and_says_what_is_wrong_with_the_rest(body: bytes, sender: str) -> None:
    for read in (submissions_in, submission_lines_in):
        for types in (POLICIES, CLAIMS):
            for arrival in let_in(read, body, types, sender):
                assert (arrival.event is None) == bool(arrival.errors)
                assert arrival.source.startswith("urn:guanai:insurer:")
                assert all(problem.code and problem.message for problem in arrival.errors)
                assert is_storable(arrival)


@seeded(_SEED)
@thorough
@given(bodies)
def test_a_fact_is_a_fact_or_undecodable(body: bytes) -> None:
    for arrival in let_in(facts_in, body, frozenset(FACTS)):
        assert arrival.event is not None


@seeded(_SEED)
@thorough
@given(st.lists(mutated(), min_size=1, max_size=3))
def test_a_good_event_comes_through_whatever_stands_beside_it(strange: list[Any]) -> None:
    good = policy("GOOD", "good")
    body = written([*strange, good])
    arrivals = let_in(submissions_in, body, POLICIES, ANYONE)
    assert not arrivals or "good" in {a.event_id for a in arrivals if a.event is not None}


def is_storable(arrival: Arrival) -> bool:
    """Any database keeps it: no NUL, nothing that UTF-8 cannot say, not too long."""
    texts = [text for text in (arrival.source, arrival.event_id, arrival.subject) if text is not None]
    return all("\x00" not in text and len(text.encode()) <= 1_000 for text in texts)


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Caller"]:
    with asyncio.Runner() as runner:
        made = Caller(runner, tmp_path_factory.mktemp("enrollment"))
        yield made
        made.close()


class Caller:
    """One running service for many calls of a test that is not asynchronous itself."""

    def __init__(self, runner: asyncio.Runner, directory: Path) -> None:
        self._runner, self._opened = runner, enrollment(directory)
        running = runner.run(self._opened.__aenter__())
        self._client = insurer(running)

    def post(self, body: bytes, content_type: str) -> httpx2.Response:
        return self._runner.run(self._client.post(EVENTS, content=body, headers={"Content-Type": content_type}))

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.run(self._opened.__aexit__(None, None, None))


@seeded(_SEED)
@settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(body=bodies, content_type=st.sampled_from(["application/json", "application/x-ndjson"]))
def test_no_body_is_answered_by_an_error_of_ours(caller: "Caller", body: bytes, content_type: str) -> None:
    answer = caller.post(body, content_type)
    assert answer.status_code in (200, 400, 413)
    if answer.status_code == 200:
        counts = answer.json()
        receipts = counts.pop("receipts")
        assert sum(counts.values()) == len(receipts)
        assert all(receipt["errors"] for receipt in receipts if receipt["status"] == "rejected")
