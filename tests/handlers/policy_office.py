"""An enrollment service of a test: submissions go in as insurers write them, what it said comes out again."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
from pydantic import SecretStr
from sqlalchemy import select

from services.enrollment.__main__ import SERVICE
from services.enrollment.queries import reference
from shared.contracts.reference import RegionRow
from shared.contracts.registry import POLICY_SUBMISSIONS
from shared.contracts.values import LEVELS, parent_of
from shared.messaging.apply import apply
from shared.messaging.door import submissions_in
from shared.messaging.local import Local
from shared.messaging.tables import outbox
from shared.messaging.topology import FACTS
from shared.runtime import principals
from shared.runtime.migrations import migrate
from shared.runtime.principals import Principal
from shared.runtime.service import Running, prepare
from shared.runtime.settings import Settings
from tests.contracts.town import PRODUCT

TODAY = date(2021, 8, 31)
ADMIN_KEY = "the key of the test"
VILLAGES = (
    "450722001001", "450722001002", "450722002001", "450721001001", "450102001001", "450102001002", "450102002001",
)  # fmt: skip
Json = dict[str, Any]


class Office:
    """The service with its real handlers and database; the outbox is read instead of sent."""

    def __init__(self, running: Running) -> None:
        self.running = running

    async def take(self, *events: Json) -> list[str]:
        """Submit events together; what each was answered last."""
        arrivals = submissions_in(json.dumps(events).encode(), frozenset(POLICY_SUBMISSIONS), "demo-life")
        answers = (await apply(self.running.desk, arrivals)).answers
        said = {answer.receipt.event_id: answer.receipt.status for answer in answers}
        return [said[event["id"]] for event in events]

    async def facts(self, kind: str) -> list[Json]:
        """Every fact of a kind (`policy`, `enrollment.totals`) ever written, in order, with its routing key."""
        written = select(outbox.c.routing_key, outbox.c.body).where(outbox.c.exchange == FACTS)
        async with self.running.database.read() as tx:
            rows = await tx.rows(written.where(outbox.c.routing_key.like(f"{kind}.%")).order_by(outbox.c.position))
        return [{**event, "key": row.routing_key} for row in rows for event in _events(row.body)]

    @asynccontextmanager
    async def client(self, key: str = ADMIN_KEY) -> AsyncIterator[httpx2.AsyncClient]:
        """Somebody who asks over HTTP."""
        headers = {"Authorization": f"Bearer {key}"}
        transport = httpx2.ASGITransport(self.running.app())
        base_url = "http://guanai.test/enrollment/v1"
        async with httpx2.AsyncClient(transport=transport, base_url=base_url, headers=headers) as client:
            yield client

    async def key_for(self, role: str, region: str = "") -> str:
        """A new key of this role and scope."""
        key_id, key = principals.new_key()
        async with self.running.desk.begin() as tx:
            made = Principal(role, frozenset({role}), region, None, key_id)
            await principals.add(tx, made, principals.hash_of(key))
        return key


def _events(body: bytes) -> list[Json]:
    parsed = json.loads(body)
    return parsed if isinstance(parsed, list) else [parsed]


@asynccontextmanager
async def office_in(
    directory: Path, database_url: str | None, start_month: int = 9, villages: Sequence[str] = VILLAGES
) -> AsyncIterator[Office]:
    """A migrated enrollment service that knows these villages and all above them, and sells two products."""
    settings = Settings(
        database_url=database_url, data_dir=directory, today=TODAY, admin_key=SecretStr(ADMIN_KEY), amqp_url=None,
        pii_key=SecretStr("00" * 32), programme_start_month=start_month,
    )  # fmt: skip
    running = prepare(SERVICE, settings, Local(directory / "broker.sqlite"))
    try:
        await migrate(running.database)
        await _load(running, villages)
        yield Office(running)
    finally:
        await running.database.close()
        await running.transport.close()


async def _load(running: Running, villages: Sequence[str]) -> None:
    codes = sorted({village[:digits] for village in villages for digits in LEVELS})
    rows = [RegionRow(code=c, name=f"区{c}", level=LEVELS[len(c)], parent=parent_of(c) or "") for c in codes]
    other = PRODUCT.model_copy(update={"code": "love", "line": "special", "counts_to_target": False})
    async with running.desk.begin() as tx:
        await reference.store_regions(tx, rows)
        await reference.store_products(tx, [PRODUCT, other])
