"""What most teams would write: a FastStream subscriber and the SQLAlchemy ORM, one transaction a message."""

import asyncio
import time
from typing import Any

import uvloop
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitQueue
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from shared.contracts.envelope import Event
from shared.contracts.submissions import SubmittedPolicyIssued
from shared.contracts.values import with_ancestors
from tests.bench.peer_tables import PeerPolicy, PeerTables, RegionTotal
from tests.bench.publisher import Publisher, Target
from tests.bench.servers import Servers
from tests.bench.workload import Workload

QUEUE = "peer.policies"
PREFETCH = 10
"""Enough to keep the database busy: the province's row lets only one transaction through at a time."""
MOST_SECONDS = 300.0


def peer_rate(servers: Servers, name: str, policies: int) -> float:
    """Policies a second, from the first delivery to the last commit; the queue is full before."""
    database_url = servers.database.create(name).replace("postgresql:", "postgresql+asyncpg:")
    return uvloop.run(_rate(servers.broker.create_vhost(name), database_url, policies))


async def _rate(amqp_url: str, database_url: str, policies: int) -> float:
    engine = create_async_engine(database_url, pool_size=PREFETCH)
    async with engine.begin() as connection:
        await connection.run_sync(PeerTables.metadata.create_all)
    broker = RabbitBroker(amqp_url, default_channel=Channel(prefetch_count=PREFETCH), logger=None)
    await _fill(amqp_url, policies)
    try:
        async with asyncio.timeout(MOST_SECONDS):
            return await Peer(broker, engine, policies).run()
    finally:
        await engine.dispose()


async def _fill(amqp_url: str, policies: int) -> None:
    async with RabbitBroker(amqp_url, logger=None) as broker:
        await broker.declare_queue(RabbitQueue(QUEUE, QueueType.QUORUM, durable=True))
    target = Target("", QUEUE, "application/octet-stream")
    with Publisher(amqp_url, target, Workload(policies, 1)) as publisher:
        await asyncio.to_thread(publisher.totals)
        await asyncio.to_thread(publisher.start)
        await asyncio.to_thread(publisher.finish)


class Peer:
    """The subscriber, with a count of what it has committed."""

    def __init__(self, broker: RabbitBroker, engine: Any, policies: int) -> None:
        self._broker, self._left = broker, policies
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)
        self._all = asyncio.Event()
        self._policies, self._began = policies, 0.0

    async def run(self) -> float:
        """Take every policy; policies a second."""
        self._broker.subscriber(RabbitQueue(QUEUE, QueueType.QUORUM, durable=True))(self._take)
        async with self._broker:
            await self._broker.start()
            await self._all.wait()
        return self._policies / (time.monotonic() - self._began)

    async def _take(self, body: bytes) -> None:
        self._began = self._began or time.monotonic()
        event = Event[SubmittedPolicyIssued].model_validate_json(body)
        async with self._sessions() as session, session.begin():
            session.add(PeerPolicy.of(event.source, event.data))
            await session.flush()
            await add_to_regions(session, event.data)
        self._left -= 1
        if not self._left:
            self._all.set()


async def add_to_regions(session: AsyncSession, policy: SubmittedPolicyIssued) -> None:
    """Village, township, county, city and province in one statement, always in the same order."""
    rows = [RegionTotal.values_of(region, policy) for region in with_ancestors(policy.region)]
    statement = insert(RegionTotal).values(rows)
    added = {name: getattr(RegionTotal, name) + statement.excluded[name] for name in rows[0] if name != "region"}
    await session.execute(statement.on_conflict_do_update(index_elements=["region"], set_=added))
