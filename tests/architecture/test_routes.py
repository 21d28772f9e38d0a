"""Nobody listens to what never comes, and nothing comes to those who do not listen: routes and topology agree."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli.services import SERVICES
from shared.contracts.registry import EVENT_TYPES, SUBMISSIONS
from shared.contracts.schemas import channel_of, routing_key_of
from shared.messaging.topology import FACTS, TOPOLOGY
from shared.runtime.service import Service
from shared.runtime.settings import Settings

ROOT = Path(__file__).parents[2]
ALL = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)


def heard_by(queue: str) -> Iterator[str]:
    """The event types that reach a queue; one that is filled by replays hears what it replays."""
    told = {q.name: q.replays or q.name for q in TOPOLOGY.queues}[queue]
    for name in EVENT_TYPES:
        key = routing_key_of(name).replace("<insurer>", "demo-life").replace("<city>", "4507")
        if told in TOPOLOGY.heard_by(channel_of(name), key):
            yield name


def said_by_somebody() -> set[str]:
    """Submissions, and the facts whose name stands in a service's code: the others are only in the contract yet."""
    code = "".join(path.read_text() for path in (ROOT / "services").rglob("*.py"))
    return {name for name, data in EVENT_TYPES.items() if name in SUBMISSIONS or data.__name__ in code}


@ALL
def test_what_is_said_and_reaches_a_queue_has_a_handler_there(service: Service, tmp_path: Path) -> None:
    """A fact without a handler would be a dead letter."""
    for queue, routes in service.listens_to(Settings(data_dir=tmp_path)).items():
        assert said_by_somebody() & set(heard_by(queue)) - {route.type for route in routes} == set(), queue


@ALL
def test_what_has_a_handler_reaches_its_queue(service: Service, tmp_path: Path) -> None:
    for queue, routes in service.listens_to(Settings(data_dir=tmp_path)).items():
        assert {route.type for route in routes} - set(heard_by(queue)) == set(), queue


def test_every_queue_belongs_to_one_service_that_listens(tmp_path: Path) -> None:
    listened = [queue for service in SERVICES for queue in service.listens_to(Settings(data_dir=tmp_path))]
    assert sorted(listened) == sorted(queue.name for queue in TOPOLOGY.queues)
    assert all(
        queue.partition(".")[0] == service.name
        for service in SERVICES
        for queue in service.listens_to(Settings(data_dir=tmp_path))
    )


def test_a_queue_of_replays_hears_nothing_itself_and_replays_one_that_hears_facts() -> None:
    hearing = {queue.name for queue in TOPOLOGY.queues if queue.exchange == FACTS and queue.binds}
    for queue in TOPOLOGY.queues:
        assert bool(queue.binds) is (queue.replays is None), queue
        assert queue.replays is None or queue.replays in hearing, queue
