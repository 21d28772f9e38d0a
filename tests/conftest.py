"""What any test may ask for: a broker and a database (started by the first test that asks), and a seed."""

import os
import random
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TypeVar
from uuid import uuid4

import pytest

from tests.nodes.binaries import MissingProgramError
from tests.nodes.external import AMQP_URL, DATABASE_URL, ExternalPostgreSQL, ExternalRabbitMQ, divides_by_hash
from tests.nodes.postgresql import PostgreSQL, private_postgresql
from tests.nodes.rabbitmq import RabbitMQ, private_rabbitmq
from tests.nodes.unavailable import unavailable

_SEED = int(os.environ.get("GUANAI_SEED") or random.SystemRandom().randrange(2**32))
Node = TypeVar("Node")


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitMQ]:
    """A private broker that a test may kill, freeze and stop; the next `amqp_url` starts it again."""
    with _private(private_rabbitmq(), AMQP_URL) as broker:
        yield broker


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A private cluster that a test may kill, freeze and stop; the next `pg_url` starts it again."""
    with _private(private_postgresql(), DATABASE_URL) as database:
        yield database


@pytest.fixture
def amqp_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a fresh vhost of this test alone."""
    yield from _vhost(request)


@pytest.fixture
def hashing(amqp_url: str) -> None:
    """A broker with the consistent-hash exchange that it brings along; private ones have it switched on."""
    if not divides_by_hash(amqp_url):
        unavailable(f"{AMQP_URL}: run `rabbitmq-plugins enable rabbitmq_consistent_hash_exchange` there")


@pytest.fixture
def second_amqp_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Another one, for a test that compares two platforms."""
    yield from _vhost(request)


@pytest.fixture
def pg_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a fresh, empty database of this test alone: postgresql://user@host:port/name."""
    yield from _fresh_database(request)


@pytest.fixture
def second_pg_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Another one, for a test that compares two platforms."""
    yield from _fresh_database(request)


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed for everything random in this test; GUANAI_SEED repeats the one that a failure report shows."""
    request.node.add_report_section("setup", "seed", f"GUANAI_SEED={_SEED}")
    return _SEED


def _vhost(request: pytest.FixtureRequest) -> Iterator[str]:
    name, broker = _fresh_name(), _broker(request)
    yield broker.create_vhost(name)
    _broker(request).drop_vhost(name)


def _fresh_database(request: pytest.FixtureRequest) -> Iterator[str]:
    name, database = _fresh_name(), _database(request)
    yield database.create(name)
    _database(request).drop(name)


def _broker(request: pytest.FixtureRequest) -> RabbitMQ | ExternalRabbitMQ:
    if url := os.environ.get(AMQP_URL):
        return ExternalRabbitMQ(url)
    broker: RabbitMQ = request.getfixturevalue("rabbitmq")
    broker.start()
    return broker


def _database(request: pytest.FixtureRequest) -> PostgreSQL | ExternalPostgreSQL:
    if url := os.environ.get(DATABASE_URL):
        return ExternalPostgreSQL(url)
    database: PostgreSQL = request.getfixturevalue("postgresql")
    database.start()
    return database


@contextmanager
def _private(node: AbstractContextManager[Node], address: str) -> Iterator[Node]:
    if os.environ.get(address):
        unavailable(f"{address} names a server that tests must not kill")
    with ExitStack() as stack:
        yield _entered(stack, node)


def _entered(stack: ExitStack, node: AbstractContextManager[Node]) -> Node:
    try:
        return stack.enter_context(node)
    except MissingProgramError as error:
        reason = str(error)
    return unavailable(reason)


def _fresh_name() -> str:
    return f"test-{uuid4().hex[:12]}"
