"""Both transports, both databases, and the two ways in which they run together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from shared.messaging.local import Local
from shared.messaging.rabbitmq import RabbitMQ
from shared.messaging.transport import BrokerAway, Transport
from shared.runtime.database import Database
from tests.messaging.house import SMALL, House, build, eventually, metadata


@pytest.fixture(params=["postgresql", "sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return _database_url(request, request.param, tmp_path)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An empty house's database, on both dialects."""
    async with opened(database_url) as database:
        yield database


@pytest.fixture(params=["rabbitmq", "local"])
def transport_address(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    return _transport_address(request, request.param, tmp_path)


@pytest.fixture
async def transport(transport_address: str | Path) -> AsyncIterator[Transport]:
    """Either transport, with its queues declared."""
    async with connected(transport_address) as transport:
        yield transport


@pytest.fixture(params=["rabbitmq + postgresql", "local + sqlite"])
def surroundings(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str | Path]:
    """The two ways to run: (database url, transport address)."""
    broker, _, database = request.param.partition(" + ")
    return _database_url(request, database, tmp_path), _transport_address(request, broker, tmp_path)


@pytest.fixture
async def house(surroundings: tuple[str, str | Path]) -> AsyncIterator[House]:
    """A service that counts units, both ways to run."""
    database_url, address = surroundings
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(opened(database_url))
        yield House(database, await stack.enter_async_context(connected(address)))


def _database_url(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> str:
    url: str = request.getfixturevalue("pg_url") if kind == "postgresql" else f"sqlite:///{tmp_path}/house.sqlite"
    return url


def _transport_address(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> str | Path:
    address: str | Path = request.getfixturevalue("amqp_url") if kind == "rabbitmq" else tmp_path / "broker.sqlite"
    return address


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(url, "house")
    try:
        await build(database, metadata)
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def connected(address: str | Path) -> AsyncIterator[Transport]:
    transport = made(address)
    try:
        await eventually(lambda: is_declared(transport))
        yield transport
    finally:
        await transport.close()


async def is_declared(transport: Transport) -> bool:
    """A broker that has just been started may have to be asked twice."""
    try:
        await transport.declare(SMALL)
    except BrokerAway:
        return False
    return True


def made(address: str | Path) -> Transport:
    return Local(address) if isinstance(address, Path) else RabbitMQ(address)
