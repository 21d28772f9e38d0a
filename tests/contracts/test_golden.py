"""Messages of any age stay readable: every golden sample parses, and says the same after a round trip."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.registry import EVENT_TYPES, SUBMISSIONS, batch_of, one_of
from tests.contracts.samples import GOLDEN, all_samples, samples_of
from tests.nodes.unavailable import unavailable

ROOT = Path(__file__).parents[2]
SAMPLES = pytest.mark.parametrize(("name", "sample"), all_samples(), ids=[sample["id"] for _, sample in all_samples()])
FUTURE = ("x_future", "xextension")
"""Fields of a version yet to come: ignored, not kept."""


def test_every_event_type_has_samples_and_no_other() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(EVENT_TYPES)


@SAMPLES
def test_a_sample_parses_and_is_the_same_after_a_round_trip(name: str, sample: dict[str, Any]) -> None:
    reader = one_of(frozenset({name}))
    event = reader.validate_json(json.dumps(sample))
    written = event.model_dump_json()
    assert reader.validate_json(written) == event
    assert lost(sample, json.loads(written)) == []


@SAMPLES
def test_a_sample_is_known_among_all_other_types(name: str, sample: dict[str, Any]) -> None:
    assert one_of(frozenset(EVENT_TYPES)).validate_json(json.dumps(sample)).type == name


DIGESTS = {
    "guanai.insurer.policy.issued.v1": "8924297f580dac7e5895b845d73f2a69",
    "guanai.insurer.policy.endorsed.v1": "de01ed661502e6e828719ce44d1ec0f7",
    "guanai.insurer.policy.cancelled.v1": "a052b6252d278b768e3f0e7ca5900364",
    "guanai.insurer.claim.reported.v1": "0ea39ff40c6f7d7f564de978a8d6cf61",
    "guanai.insurer.claim.settled.v1": "c27d86a6a16f2a6d2affcb292c35e743",
    "guanai.insurer.claim.paid.v1": "8db7d1b8d5bcc4ac4611360773e59650",
    "guanai.insurer.claim.rejected.v1": "9df238328922ced9fd2a48aa7bdb6c6a",
    "guanai.insurer.claim.reopened.v1": "4fb5ad4474a280ff4d76d20f8836f99d",
    "guanai.insurer.claim.recovered.v1": "6abf0f09ffb824b0e666dad70af6dcbb",
    "guanai.insurer.claim.answered.v1": "2543c209f9dfe43256be62bce2ac0071",
}
"""Of each type's first sample: databases are full of them."""


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_a_digest_stays_what_it_was_or_every_resend_would_be_a_conflict(name: str) -> None:
    event = one_of(frozenset({name})).validate_json(json.dumps(samples_of(name)[0]))
    assert event.digest.hex() == DIGESTS[name]


def test_all_samples_travel_in_one_batch() -> None:
    samples = [sample for _, sample in all_samples()]
    events = batch_of(frozenset(EVENT_TYPES)).validate_json(json.dumps(samples))
    assert [event.id for event in events] == [sample["id"] for sample in samples]


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_samples_are_only_ever_added(name: str) -> None:
    command = ["git", "show", f"HEAD:tests/contracts/golden/{name}.json"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if b"not a git repository" in shown.stderr:
        unavailable("samples can only be compared in a git checkout")
    before = json.loads(shown.stdout) if shown.returncode == 0 else []
    assert samples_of(name)[: len(before)] == before


def lost(sample: Any, written: Any, place: str = "") -> list[str]:
    """Where `written` says less or other than `sample`; numbers and money by value, moments by what they mean."""
    if isinstance(sample, dict):
        return [
            found
            for key, value in sample.items()
            if key not in FUTURE
            for found in (lost(value, written[key], f"{place}.{key}") if key in written else [f"{place}.{key} is gone"])
        ]
    if isinstance(sample, list) and len(sample) == len(written):
        return [found for i, value in enumerate(sample) for found in lost(value, written[i], f"{place}.{i}")]
    return [] if same(sample, written) else [f"{place}: {sample!r} became {written!r}"]


def same(one: Any, other: Any) -> bool:
    if one == other:
        return True
    try:
        return float(one) == float(other)
    except (TypeError, ValueError):
        return False


def test_the_comparison_finds_what_is_lost() -> None:
    sample = {"a": "1.50", "b": [{"c": 1}], "x_future": 1}
    assert lost(sample, {"a": "1.5", "b": [{"c": 1}]}) == []
    assert lost(sample, {"a": "1.51", "b": [{}]}) == [".a: '1.50' became '1.51'", ".b.0.c is gone"]
