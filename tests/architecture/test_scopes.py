"""Every route, asked by every role about every kind of region: what lies outside the scope is not there."""

import random
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from services.cli.services import SERVICES
from shared.runtime import principals
from shared.runtime.principals import Principal
from shared.runtime.service import Running, prepare
from tests.architecture.doors import DOORS, About, Door, OneThing, Whole, Within
from tests.architecture.test_security import KEY, browser, house
from tests.handlers.books import reporting as books
from tests.handlers.books import set_population, set_targets
from tests.handlers.worlds import END, a_world, furnish, take_in

SCOPES = {"county": "450102", "analyst": "4501", "operator": "4501", "auditor": "450102", "insurer": "4501"}
CODES = ("45", "4501", "450102", "450102001", "450101", "4502", "450201")
"""For a county: above, above, own, below, beside, elsewhere, elsewhere; for a city: above, own, below, …, elsewhere."""
REFUSED, HIDDEN = 403, 404
Clients = dict[str, httpx2.AsyncClient]


async def clients_of(running: Running) -> Clients:
    made = {}
    async with running.desk.begin() as tx:
        for role, region in SCOPES.items():
            key_id, key = principals.new_key()
            insurer = "demo-life" if role == "insurer" else None
            whoever = Principal(role, frozenset({role}), region, insurer, key_id)
            await principals.add(tx, whoever, principals.hash_of(key))
            made[role] = browser(running, key)
    return made


@pytest.fixture(params=SERVICES, ids=lambda service: service.name)
async def running(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Running]:
    """Reporting with a world in its books, the others empty."""
    if request.param.name != "reporting":
        async for made in house(request.param, tmp_path):
            yield made
        return
    chance = random.Random("scopes")
    world, arrivals = a_world(chance)
    async with books(None, tmp_path, END) as made:
        await furnish(made, world)
        await take_in(made, chance, arrivals)
        for code in CODES:
            await set_targets(made, **{f"r{code}": 100})
            await set_population(made, code, 1_000)
        yield made


def routes_of(running: Running) -> Iterator[str]:
    for path, methods in running.app().openapi()["paths"].items():
        yield from (f"{method.upper()} {path}" for method in methods)


def doors_of(running: Running, kind: type[Door]) -> Iterator[tuple[str, str, Any]]:
    for route in routes_of(running):
        method, path = route.split(" ", 1)
        if isinstance(door := DOORS[route], kind):
            yield method, path, door


def sees(role: str, code: str) -> bool:
    return code.startswith(SCOPES[role])


def told_of(answer: httpx2.Response) -> set[str]:
    """The region codes that stand in an answer, but for a former one of 450102, which has its numbers."""
    return set(re.findall(r'"(45(?:\d{2}|\d{4}|\d{7}|\d{10})?)(?=["/])', answer.text.replace("450109", "450102")))


def place(path: str, **values: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: values.get(name[1], "none"), path)


def test_every_route_has_its_place_in_the_matrix(tmp_path: Path) -> None:
    from shared.messaging.local import Local
    from shared.runtime.settings import Settings

    known = set()
    for service in SERVICES:
        known |= set(routes_of(prepare(service, Settings(data_dir=tmp_path), Local(tmp_path / "broker.sqlite"))))
    assert known - DOORS.keys() == set(), "a new route says in doors.py who may ask it about what"
    assert DOORS.keys() - known == set()


async def test_a_region_outside_the_scope_is_not_there(running: Running) -> None:
    clients = await clients_of(running)
    for method, path, door in doors_of(running, About):
        for role, client in clients.items():
            for code in CODES:
                answer = await about(client, method, path, door.asking(code))
                case = (method, path, role, code, answer.text[:300])
                if role not in door.roles:
                    assert answer.status_code == REFUSED, case
                elif sees(role, code):
                    assert answer.status_code not in (REFUSED, HIDDEN), case
                    assert answer.status_code < 500, case
                elif path.endswith("/standings") and SCOPES[role].startswith(code):
                    assert {c for c in told_of(answer) if not sees(role, c)} <= {code}, case
                else:
                    assert answer.status_code == door.hidden, case


async def about(client: httpx2.AsyncClient, method: str, path: str, asked: dict[str, Any]) -> httpx2.Response:
    return await client.request(method, place(path, **{n: v for n, v in asked.items() if n == "code"}), **{
        name: value for name, value in asked.items() if name != "code"
    })  # fmt: skip


async def test_no_answer_names_a_region_outside_the_scope(running: Running) -> None:
    clients = await clients_of(running)
    for method, path, door in doors_of(running, Within):
        for role, client in clients.items():
            answer = await client.request(method, place(path))
            assert answer.status_code == (200 if role in door.roles else REFUSED), (path, role)
            assert {code for code in told_of(answer) if not sees(role, code)} == set(), (path, role)
    for method, path, door in doors_of(running, About):
        for role in door.roles & SCOPES.keys():
            answer = await about(clients[role], method, path, door.asking(SCOPES[role]))
            assert {code for code in told_of(answer) if not sees(role, code)} == set(), (method, path, role)


async def test_what_concerns_every_region_is_not_for_whoever_sees_only_some(running: Running) -> None:
    clients = await clients_of(running)
    for method, path, _ in doors_of(running, Whole):
        for role, client in clients.items():
            assert (await client.request(method, place(path))).status_code in (REFUSED, 422), (method, path, role)
            body: dict[str, Any] = {"json": {}} if method in ("POST", "PUT") else {}
            assert (await client.request(method, place(path), **body)).status_code in (REFUSED, 422), (path, role)


async def test_a_thing_of_another_region_is_not_there_either(running: Running) -> None:
    clients = await clients_of(running)
    bulletins = await one_in_every_region(running)
    for method, path, door in doors_of(running, OneThing):
        for role, client in clients.items():
            for code in CODES if door.kind else ("",):
                body = {} if door.body is None else {"json": door.body}
                where = place(path, bulletin_id=bulletins.get(code, "none"))
                if role in door.roles and sees(role, code) and path.endswith((".pdf", ".png", ".docx", "publish")):
                    continue
                status = (await client.request(method, where, **body)).status_code
                hidden = not door.kind or not sees(role, code)
                expected = REFUSED if role not in door.roles else HIDDEN if hidden else None
                assert status == expected or (expected is None and status in (200, 201, 409)), (
                    where,
                    role,
                    code,
                    status,
                )


async def one_in_every_region(running: Running) -> dict[str, str]:
    if running.service.name != "reporting":
        return {}
    key_id, key = principals.new_key()
    async with running.desk.begin() as tx:
        await principals.add(tx, Principal("all", frozenset({"analyst"}), id=key_id), principals.hash_of(key))
    wanted = {"kind": "annual", "year": 2021, "as_of": "2021-08-31"}
    async with browser(running, key) as client:
        answers = {c: await client.post("/reporting/v1/bulletins", json={**wanted, "region": c}) for c in CODES}
        return {code: str(answer.json()["id"]) for code, answer in answers.items()}


async def test_an_insurer_without_a_name_sees_nothing(running: Running) -> None:
    """Such a key may have been made for an identity provider's user without the claim."""
    lists = {"enrollment": "policies", "claims": "claims"}
    if (what := lists.get(running.service.name)) is None:
        return
    async with running.desk.begin() as tx:
        key_id, key = principals.new_key()
        await principals.add(tx, Principal("x", frozenset({"insurer"}), id=key_id), principals.hash_of(key))
    async with browser(running, key) as client, browser(running, KEY) as admin:
        assert (await client.get(f"/{running.service.name}/v1/{what}?insurer=demo-life")).json()["items"] == []
        made = await admin.post(f"/{running.service.name}/v1/principals", json={"name": "x", "role": "insurer"})
        assert made.status_code == 422
