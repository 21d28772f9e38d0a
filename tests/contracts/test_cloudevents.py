"""Our events are CloudEvents by somebody else's reading: the `cloudevents` library parses ours, and we parse its."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings import rabbitmq
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from shared.contracts.envelope import ONE
from shared.contracts.facts import PolicyIssued
from shared.contracts.registry import one_of
from shared.messaging.door import submissions_in
from shared.messaging.happenings import Fact
from shared.messaging.outbox import put
from shared.messaging.topology import FACTS
from shared.runtime.database import Database
from tests.contracts.samples import all_samples
from tests.messaging.conftest import opened
from tests.messaging.events import VILLAGE, issued
from tests.messaging.house import House

SAMPLES = pytest.mark.parametrize(("name", "sample"), all_samples(), ids=[sample["id"] for _, sample in all_samples()])


@SAMPLES
def test_they_parse_what_we_write(name: str, sample: dict[str, Any]) -> None:
    ours = one_of(frozenset({name})).validate_json(json.dumps(sample))
    theirs = JSONFormat().read(CloudEvent, ours.model_dump_json())
    assert (theirs.get_id(), theirs.get_source(), theirs.get_type()) == (ours.id, ours.source, ours.type)
    assert (theirs.get_subject(), theirs.get_specversion()) == (ours.subject, "1.0")
    assert ours.time is None or theirs.get_time() == ours.time
    assert theirs.get_extension("causationid") == ours.causationid
    assert theirs.get_data() == json.loads(ours.data.model_dump_json())


@SAMPLES
def test_we_parse_what_they_write(name: str, sample: dict[str, Any]) -> None:
    attributes = {key: value for key, value in sample.items() if key != "data"}
    attributes["time"] = datetime(2021, 3, 1, 2, tzinfo=UTC)
    attributes.setdefault("datacontenttype", "application/json")
    written = rabbitmq.to_structured(CloudEvent(attributes, sample["data"]), JSONFormat())
    assert written.content_type == ONE
    ours = one_of(frozenset({name})).validate_json(written.body)
    assert (ours.id, ours.type, ours.time) == (sample["id"], name, attributes["time"])
    assert ours.data == one_of(frozenset({name})).validate_json(json.dumps(sample)).data


async def test_they_parse_what_leaves_the_outbox(tmp_path: Any) -> None:
    async with opened(f"sqlite:///{tmp_path}/house.sqlite") as database:
        await _tell(database)
        body = json.dumps((await House(database, None).said(FACTS))[0][1])  # type: ignore[arg-type]
    theirs = JSONFormat().read(CloudEvent, body)
    assert (theirs.get_type(), theirs.get_source()) == ("guanai.policy.issued.v1", "urn:guanai:house")
    assert theirs.get_subject() == "P1"
    moment = theirs.get_time()
    assert moment is not None
    assert moment.tzinfo is not None


async def _tell(database: Database) -> None:
    async with database.begin() as tx:
        await put(tx, "house", [Fact(issued("P1").data, VILLAGE, "P1")])


def test_a_submission_of_theirs_comes_through_the_door() -> None:
    name, sample = next((n, s) for n, s in all_samples() if n == "guanai.insurer.policy.issued.v1")
    attributes = {key: value for key, value in sample.items() if key not in ("data", "time")}
    body = JSONFormat().write(CloudEvent(attributes, sample["data"]))
    (arrival,) = submissions_in(body, frozenset({name}), "demo-life")
    assert (arrival.errors, arrival.event is not None) == ((), True)


def test_the_fact_that_is_used_here_is_the_one_on_the_wire() -> None:
    assert isinstance(issued("P1").data, PolicyIssued)
