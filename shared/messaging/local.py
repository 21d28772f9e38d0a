"""The transport inside one process: queues durable in a SQLite file, for a newcomer who has nothing but Python."""

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiosqlite

from shared.messaging.topology import TOPOLOGY, Topology
from shared.messaging.transport import ATTEMPTS, REASON, SENDER, BrokerAway, DeadLetter, Delivery, Depth, Message

_TABLE = """
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, body BLOB NOT NULL, message_id TEXT NOT NULL,
    content_type TEXT NOT NULL, headers TEXT NOT NULL, ready_at REAL NOT NULL, holder TEXT, deliveries INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_ready ON messages (queue, id);
"""
_TAKE = """
UPDATE messages SET holder = :holder, deliveries = deliveries + 1 WHERE id IN (
    SELECT id FROM messages WHERE queue = :queue AND ready_at <= :now AND holder IS NULL
    ORDER BY id LIMIT :most)
RETURNING id, body, message_id, content_type, headers, deliveries
"""
_POLL_SECONDS = 0.5
_MOST_MESSAGES = 20


class Local:
    """See `Transport`. A queue's rows belong to the subscription that holds them until they are deleted."""

    name = "local"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: aiosqlite.Connection | None = None
        self._lock = asyncio.Lock()
        self._arrivals: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._subscribed = Counter[str]()
        self._topology = TOPOLOGY

    async def _open(self) -> aiosqlite.Connection:
        if self._db is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._db = await aiosqlite.connect(self._path, isolation_level=None)
            await self._db.execute("PRAGMA journal_mode = WAL")
            await self._db.execute("PRAGMA synchronous = NORMAL")
            await self._db.executescript(_TABLE)
            await self._db.execute("UPDATE messages SET holder = NULL")
        return self._db

    async def _run(self, sql: str, parameters: Iterable[Any] | dict[str, Any] = ()) -> list[Any]:
        async with self._lock:
            return list(await (await self._open()).execute_fetchall(sql, parameters))

    async def declare(self, topology: Topology) -> None:
        self._topology = topology
        async with self._lock:
            await self._open()

    async def publish(self, messages: Sequence[Message]) -> list[Exception | None]:
        rows, failures = [], list[Exception | None]()
        for message in messages:
            queues = self._topology.heard_by(message.exchange, message.routing_key)
            rows += [_row(queue, message) for queue in queues]
            unheard = message.mandatory and not queues
            failures.append(BrokerAway(f"nobody hears {message.routing_key}") if unheard else None)
        await self._insert(rows)
        for row in rows:
            self._arrivals[row["queue"]].set()
        return failures

    async def _insert(self, rows: Sequence[dict[str, Any]]) -> None:
        columns = "queue, body, message_id, content_type, headers, ready_at, deliveries"
        marks = ", ".join(f":{name}" for name in columns.split(", "))
        await self._write(f"INSERT INTO messages ({columns}) VALUES ({marks})", rows)  # noqa: S608

    async def _write(self, sql: str, rows: Iterable[Any]) -> None:
        """Many rows in one transaction, which ends even when it is cancelled half-way."""
        async with self._lock:
            db = await self._open()
            try:
                await db.execute("BEGIN IMMEDIATE")
                await db.executemany(sql, rows)
                await db.execute("COMMIT")
            except BaseException:
                with suppress(aiosqlite.OperationalError):
                    await db.execute("ROLLBACK")
                raise

    @asynccontextmanager
    async def subscribe(self, queue: str, prefetch: int) -> AsyncIterator["LocalSubscription"]:
        subscription = LocalSubscription(self, queue)
        self._subscribed[queue] += 1
        try:
            yield subscription
        finally:
            self._subscribed[queue] -= 1
            await self._run("UPDATE messages SET holder = NULL WHERE holder = ?", (subscription.holder,))
            self._arrivals[queue].set()

    async def take(self, holder: str, queue: str, most: int) -> list[Delivery]:
        """Up to `most` ready messages, held by `holder` from now on."""
        rows = await self._run(_TAKE, {"holder": holder, "queue": queue, "now": time.time(), "most": most})
        return [_delivery(queue, row) for row in sorted(rows)]

    async def wait(self, queue: str) -> None:
        """Until something may have arrived."""
        event = self._arrivals[queue]
        try:
            async with asyncio.timeout(_POLL_SECONDS):
                await event.wait()
        except TimeoutError:
            return
        event.clear()

    async def delete(self, tags: Sequence[int]) -> None:
        """Forget messages for good."""
        await self._write("DELETE FROM messages WHERE id = ?", [(tag,) for tag in tags])

    async def dead_letters(self, queue: str, most: int) -> list[DeadLetter]:
        rows = await self._run(
            "SELECT message_id, body, headers, content_type FROM messages WHERE queue = ? ORDER BY id LIMIT ?",
            (f"{queue}.dead", most),
        )
        return [_shown(queue, *row) for row in rows]

    async def requeue(self, queue: str, dead_letter_id: str) -> bool:
        moved = await self._run(
            "UPDATE messages SET queue = ?, holder = NULL, deliveries = 0, headers = json_remove(headers, ?, ?) "
            "WHERE id = (SELECT id FROM messages WHERE queue = ? AND message_id = ? LIMIT 1) RETURNING id",
            (queue, f'$."{ATTEMPTS}"', f'$."{REASON}"', f"{queue}.dead", dead_letter_id),
        )
        self._arrivals[queue].set()
        return bool(moved)

    async def depths(self, *queues: str) -> list[Depth]:
        """Inside one process every queue is there, and none has shards."""
        free = "SELECT count(*) FROM messages WHERE queue = ? AND holder IS NULL"
        counted = [(queue, await self._run(free, (queue,))) for queue in queues]
        return [Depth(queue, int(rows[0][0]), self._subscribed[queue]) for queue, rows in counted]

    async def waiting(self) -> int:
        """Messages that are on their way to a handler."""
        rows = await self._run("SELECT count(*) FROM messages WHERE queue NOT LIKE '%.dead'")
        return int(rows[0][0])

    async def check(self) -> None:
        await self._run("SELECT 1")

    async def close(self) -> None:
        if self._db is not None:
            await self._db.close()
            self._db = None


class LocalSubscription:
    """One consumer of a queue of the same process."""

    def __init__(self, transport: Local, queue: str) -> None:
        self._transport, self._queue = transport, queue
        self.holder = f"{queue}/{id(self):x}"

    async def batch(self, most: int, linger_seconds: float) -> list[Delivery]:
        """See `Subscription`."""
        while True:
            if taken := await self._transport.take(self.holder, self._queue, min(most, _MOST_MESSAGES)):
                return taken
            await self._transport.wait(self._queue)

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        """See `Subscription`."""
        await self._transport.delete([delivery.tag for delivery in deliveries])


def _row(queue: str, message: Message) -> dict[str, Any]:
    base = queue.removesuffix(".retry") if message.delay_seconds else queue
    return {
        "queue": base,
        "body": message.body,
        "message_id": message.message_id,
        "content_type": message.content_type,
        "headers": json.dumps(dict(message.headers)),
        "ready_at": time.time() + (message.delay_seconds or 0),
        "deliveries": 0,
    }


def _delivery(queue: str, row: Any) -> Delivery:
    tag, body, message_id, content_type, headers, deliveries = row
    known = json.loads(headers)
    return Delivery(queue, tag, body, message_id, content_type, known.get(SENDER), deliveries > 1, known)


def _shown(queue: str, message_id: str, body: bytes, headers: str, content_type: str) -> DeadLetter:
    reason = json.loads(headers).get(REASON, "")
    return DeadLetter(message_id, queue, reason, len(body), sha256(body).hexdigest()[:16], content_type)
