"""Nobody gets in without a key, a role opens its own doors only, and a scope hides what lies outside it."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pytest

from services.cli.reference_data import SHIPPED
from services.cli.services import SERVICES
from services.reporting.handlers import take_reference
from shared.contracts.reference import rows_in, text_of
from shared.messaging.local import Local
from shared.runtime import principals
from shared.runtime.migrations import migrate
from shared.runtime.principals import Principal
from shared.runtime.service import Running, Service, prepare
from shared.runtime.settings import Settings

PUBLIC = {"healthz", "readyz", "metrics", "docs", "openapi.json", "oauth2-redirect"}
KEY = "the-admin-key"


@pytest.fixture(params=SERVICES, ids=lambda service: service.name)
async def running(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Running]:
    async for made in house(request.param, tmp_path):
        yield made


@pytest.fixture
async def reporting(tmp_path: Path) -> AsyncIterator[Running]:
    async for made in house(next(s for s in SERVICES if s.name == "reporting"), tmp_path):
        async with made.desk.begin() as tx:
            await take_reference.store_regions(tx, rows_in("regions", text_of(SHIPPED / "regions.csv")))
        yield made


async def house(service: Service, directory: Path) -> AsyncIterator[Running]:
    settings = Settings(data_dir=directory, admin_key=KEY, today=date(2021, 8, 31))
    made = prepare(service, settings, Local(directory / "broker.sqlite"))
    try:
        await migrate(made.database)
        yield made
    finally:
        await made.database.close()
        await made.transport.close()


def browser(running: Running, key: str | None = None, address: str = "127.0.0.1") -> httpx2.AsyncClient:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    transport = httpx2.ASGITransport(running.app(), client=(address, 4711))
    return httpx2.AsyncClient(transport=transport, base_url="http://guanai.test", headers=headers)


async def key_for(running: Running, role: str, region: str = "", insurer: str | None = None) -> str:
    key_id, key = principals.new_key()
    async with running.desk.begin() as tx:
        made = Principal(role, frozenset({role}), region, insurer, key_id)
        await principals.add(tx, made, principals.hash_of(key))
    return key


async def test_every_route_but_the_public_ones_asks_for_a_key(running: Running) -> None:
    paths = running.app().openapi()["paths"]
    routes = [(m.upper(), p) for p, methods in paths.items() for m in methods]
    asked = [(m, p) for m, p in routes if p.rsplit("/", 1)[-1] not in PUBLIC]
    assert len(asked) > 8
    async with browser(running) as nobody, browser(running, "gk_000000000000_wrong") as impostor:
        for method, path in asked:
            place = path.replace("{", "").replace("}", "")
            for client in (nobody, impostor):
                answer = await client.request(method, place)
                assert answer.status_code == 401, (method, path)
                assert answer.headers["content-type"] == "application/problem+json"


async def test_the_public_routes_need_no_key_and_metrics_only_from_here(running: Running) -> None:
    name = running.service.name
    async with browser(running) as here, browser(running, address="192.0.2.7") as elsewhere:
        for path in ("healthz", "docs", "openapi.json", "metrics"):
            assert (await here.get(f"/{name}/{path}")).status_code == 200, path
        assert (await elsewhere.get(f"/{name}/metrics")).status_code == 401
        assert (await elsewhere.get(f"/{name}/healthz")).status_code == 200
    async with browser(running, KEY, "192.0.2.7") as admin:
        assert (await admin.get(f"/{name}/metrics")).status_code == 200


async def test_a_key_opens_the_doors_of_its_role_only(running: Running) -> None:
    name = running.service.name
    keys = {role: await key_for(running, role) for role in ("analyst", "operator", "county", "insurer", "auditor")}
    async with browser(running) as client:
        for role, key in keys.items():
            as_role = {"Authorization": f"Bearer {key}"}
            principals_ = await client.get(f"/{name}/v1/principals", headers=as_role)
            parked = await client.get(f"/{name}/v1/parked", headers=as_role)
            assert principals_.status_code == 403, role
            assert parked.status_code == (200 if role == "operator" else 403), role
            load = await client.put(f"/{name}/v1/reference/regions", headers=as_role, content=b"code\n")
            assert load.status_code == 403, role


async def test_a_key_is_shown_once_kept_as_a_hash_and_can_be_taken_away(running: Running) -> None:
    name = running.service.name
    async with browser(running, KEY) as admin:
        made = (await admin.post(f"/{name}/v1/principals", json={"name": "clerk", "role": "operator"})).json()
        listed = await admin.get(f"/{name}/v1/principals")
        assert made["key"] not in listed.text
        assert "hash" not in listed.text
        as_clerk = {"Authorization": f"Bearer {made['key']}"}
        assert (await admin.get(f"/{name}/v1/parked", headers=as_clerk)).status_code == 200
        assert (await admin.delete(f"/{name}/v1/principals/{made['id']}")).status_code == 204
        assert (await admin.get(f"/{name}/v1/parked", headers=as_clerk)).status_code == 401


@pytest.mark.parametrize(
    ("region", "status"), [("450722", 200), ("450722001", 200), ("4507", 404), ("450721", 404), ("45", 404), ("9", 404)]
)
async def test_a_county_sees_itself_and_what_lies_inside_it(reporting: Running, region: str, status: int) -> None:
    key = await key_for(reporting, "county", "450722")
    async with browser(reporting, key) as client:
        for path in ("/reporting/v1/indicators?region=", "/reporting/v1/targets?year=2021&region="):
            assert (await client.get(path + region)).status_code == status
        assert (await client.get(f"/reporting/v1/regions/{region}")).status_code == status
        assert (await client.get(f"/reporting/v1/regions/{region}/children")).status_code == status


async def test_a_rank_counts_all_siblings_and_shows_only_the_own_row(reporting: Running) -> None:
    key = await key_for(reporting, "county", "450722")
    ask = "/reporting/v1/standings?parent=4507&level=county&by=units&year=2021"
    async with browser(reporting, key) as client:
        rows: list[Any] = (await client.get(ask)).json()["rows"]
        assert [row["region"]["code"] for row in rows] == ["450722"]
        assert (await client.get(ask.replace("4507", "4501"))).status_code == 404
    async with browser(reporting, KEY) as admin:
        assert len((await admin.get(ask)).json()["rows"]) > 1
