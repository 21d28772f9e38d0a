"""An enrollment service with a small catalogue, as a web app that tests call without a network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import func, select

from services.enrollment.__main__ import SERVICE
from services.enrollment.queries import reference
from services.enrollment.rules.id_numbers import check_digit_of
from services.enrollment.tables import policy_revisions
from shared.contracts.reference import ProductRow, RegionRow
from shared.messaging.local import Local
from shared.messaging.tables import outbox, parked
from shared.messaging.topology import FACTS
from shared.runtime.migrations import migrate
from shared.runtime.service import Running, prepare
from shared.runtime.settings import Settings
from tests.messaging import events

KEY = "the-admin-key"
TODAY = date(2021, 8, 31)
EVENTS = "/enrollment/v1/events"
ID_NUMBER = "45072219800101123" + check_digit_of("45072219800101123")


def person(**changes: Any) -> dict[str, Any]:
    return {"name": "李雷", "id_number": ID_NUMBER, "relation": "self", **changes}


def policy(policy_no: str, event_id: str | None = None, **changes: Any) -> dict[str, Any]:
    """A policy that is right in every respect but for the changes."""
    holder = {"name": "李雷", "id_number": ID_NUMBER}
    return events.policy(policy_no, event_id, **{"policyholder": holder, "insured": [person()], **changes})


@asynccontextmanager
async def enrollment(directory: Path, database_url: str | None = None) -> AsyncIterator[Running]:
    """Migrated, with one product and two regions on its books."""
    settings = Settings(
        data_dir=directory, admin_key=KEY, today=TODAY, database_url=database_url, pii_key="00" * 32
    )  # fmt: skip
    running = prepare(SERVICE, settings, Local(directory / "broker.sqlite"))
    try:
        await migrate(running.database)
        async with running.desk.begin() as tx:
            await reference.store_regions(tx, [_region("450722001", "township"), _region("450722001001", "village")])
            await reference.store_products(tx, [PRODUCT])
        yield running
    finally:
        await running.database.close()
        await running.transport.close()


def _region(code: str, level: Any) -> RegionRow:
    return RegionRow(code=code, name=code, level=level, parent="")


PRODUCT = ProductRow(
    code="family_care", name="全家福", line="family", counted_in="units", unit_price=None, min_age_days=28,
    min_age_years=None, max_age_years=60, counts_to_target=True, on_sale_from=date(2015, 1, 1), on_sale_to=None,
)  # fmt: skip


def insurer(running: Running, key: str = KEY) -> httpx2.AsyncClient:
    """Whoever submits; with the admin's key for every insurer."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    transport = httpx2.ASGITransport(running.app())
    return httpx2.AsyncClient(transport=transport, base_url="http://guanai.test", headers=headers)


async def books_of(running: Running) -> dict[str, Any]:
    """Which policies are stored, how many events are parked, how many facts were told."""
    async with running.database.read() as tx:
        numbers = [row.policy_no for row in await tx.rows(select(policy_revisions.c.policy_no).order_by("policy_no"))]
        waiting = (await tx.rows(select(func.count()).select_from(parked)))[0][0]
        bodies = await tx.rows(select(outbox.c.body).where(outbox.c.exchange == FACTS))
    return {"policies": numbers, "parked": waiting, "facts": sum(row.body.count(b'"specversion"') for row in bodies)}
