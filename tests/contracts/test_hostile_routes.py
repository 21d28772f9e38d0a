"""Whatever stands in a path, question or body of any route of any service, the answer is never an error of ours."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from services.cli.services import SERVICES
from shared.runtime.service import Running, Service
from tests.architecture.doors import DOORS, About, Beside
from tests.architecture.test_security import KEY, house
from tests.handlers.books import reporting
from tests.handlers.callers import key_for
from tests.handlers.worlds import END

WORDS = (
    "", "\x00", "x\x00y", "\ud7ff\u202e\ufeff", "9" * 400, "-1", "1e999", "NaN", "0001-01-01", "9999-12-31",
    "0000-00-00", "2100", "2000", "%", "_", "'; --", "../../etc/passwd", "=1+1", "😀" * 500, "/////",
    "45" + "\u0660" * 2, "0/0/0/0001-01-01/0", "2000-01-01", "2100-12-31",
    "units", "4501", "45", "{" * 3_000,
)  # fmt: skip
BODIES = (
    b"", b"null", b"[]", b"{}", b"[null]", b"[[]]", b"\"x\"", b"0", b"-1e400", b"[" * 20_000, b'{"a":' * 20_000,
    b"\xff\xfe", b'{"a": NaN}', b"{\"\\ud800\": 1}", b"[" + b"0," * 200_000 + b"0]",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, -1, 2**63, 10**30, 1.5, [], {}, [[]], "", "\x00", "\ud7ff\u202e\ufeff", "9" * 400, "0001-01-01",
    "9999-12-31", "=1+1", "x" * 6_000, ["\x00"], {"45": "1e999"}, "45", "4501",
)  # fmt: skip
SOUND: dict[str, Any] = {
    "PATCH /reporting/v1/bulletins/{bulletin_id}": {"title": "通报", "opening": ["文"], "sections": [], "notes": []},
    "POST /reporting/v1/bulletins/{bulletin_id}/publish": {"reason": "x"},
    "POST /reporting/v1/bulletins/{bulletin_id}/errata": {"cause": "x", "figure": "y"},
    "PUT /reporting/v1/rules": [{"name": "mine", "levels": ["city"], "fires": "pace < 0.9", "clears": "pace > 1"}],
    "POST /reporting/v1/text-checks": {"text": "南宁市承保100份", "region": "45", "year": 2021, "as_of": "2021-08-31"},
    "PUT /reporting/v1/rebuilds/{rebuild_id}/replays/{source}": {"id": "x", "events": 1},
}


@pytest.fixture(params=SERVICES, ids=lambda service: service.name)
async def running(request: pytest.FixtureRequest, tmp_path: Path, pg_url: str) -> AsyncIterator[Running]:
    """Reporting on PostgreSQL, which refuses what SQLite would keep; the others on SQLite."""
    service: Service = request.param
    if service.name == "reporting":
        async with reporting(pg_url, tmp_path, END) as made:
            yield made
        return
    async for made in house(service, tmp_path):
        yield made


@pytest.fixture
async def client(running: Running) -> AsyncIterator[httpx2.AsyncClient]:
    key = await key_for(running, "admin") if running.service.name == "reporting" else KEY
    transport = httpx2.ASGITransport(running.app(), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://guanai.test", headers=headers) as made:
        yield made


def routes(running: Running) -> Iterator[tuple[str, str, list[str], dict[str, Any]]]:
    """(method, path, parameters of the query, one sound request) of every route, the live stream apart."""
    for path, methods in running.app().openapi()["paths"].items():
        for method, said in methods.items():
            key = f"{method.upper()} {path}"
            if not path.endswith("/stream"):
                named = [p["name"] for p in said.get("parameters", ()) if p["in"] == "query"]
                yield method.upper(), path, named, sound(key)


def sound(key: str) -> dict[str, Any]:
    door = DOORS[key]
    asked = dict(door.asking("4501")) if isinstance(door, About) else {}
    if key in SOUND:
        asked["json"] = SOUND[key]
    return asked


def well(answer: httpx2.Response) -> bool:
    return answer.status_code < 500 or (answer.status_code == 503 and "readyz" in str(answer.url))


async def place_in(client: httpx2.AsyncClient, path: str, word: str = "4501") -> str:
    """A path, with a bulletin that exists where it wants one."""
    if "{bulletin_id}" in path and word == "4501":
        new = {"kind": "weekly", "region": "4501", "year": 2021, "as_of": "2021-08-31"}
        made = (await client.post("/reporting/v1/bulletins", json=new)).json()
        path = path.replace("{bulletin_id}", str(made["id"]))
    while "{" in path:
        path = path[: path.index("{")] + quote(word, safe="") + path[path.index("}") + 1 :]
    return path


async def test_no_word_in_a_path_or_question_makes_an_error_of_ours(
    running: Running, client: httpx2.AsyncClient
) -> None:
    failed = []
    for method, path, named, asked in routes(running):
        for word in WORDS:
            places = [await place_in(client, path, word)] if "{" in path and word else []
            questions: list[dict[str, Any]] = [{**asked.get("params", {}), name: word} for name in named]
            for place, params in [(p, {}) for p in places] + [(path, q) for q in questions if "{" not in path]:
                answer = await client.request(method, place, params=params, json=asked.get("json"))
                if not well(answer):
                    failed.append((method, path, params, word[:20], answer.status_code))
    assert failed == []


async def test_no_body_makes_an_error_of_ours(running: Running, client: httpx2.AsyncClient) -> None:
    failed = []
    for method, path, _, _ in routes(running):
        if method in ("GET", "DELETE"):
            continue
        for body in BODIES:
            for kind in ("application/json", "text/csv"):
                place = await place_in(client, path, "4501")
                answer = await client.request(method, place, content=body, headers={"Content-Type": kind})
                if not well(answer):
                    failed.append((method, path, body[:20], kind, answer.status_code))
    assert failed == []


async def test_no_value_in_a_sound_body_makes_an_error_of_ours(running: Running, client: httpx2.AsyncClient) -> None:
    failed = []
    for method, path, _, asked in routes(running):
        if not (given := asked.get("json")):
            continue
        place = await place_in(client, path)
        form = given[0] if isinstance(given, list) else given
        for name in form:
            for value in VALUES:
                changed = {**form, name: value}
                body = [changed] if isinstance(given, list) else changed
                answer = await client.request(method, place, json=body)
                if not well(answer):
                    failed.append((method, path, name, str(value)[:20], answer.status_code))
    assert failed == []


async def test_a_body_is_counted_while_it_comes(running: Running, client: httpx2.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'{"text": "'
        for _ in range(400):
            yield b"9" * 100_000

    for method, path, _, _ in routes(running):
        if method in ("POST", "PATCH", "PUT") and not isinstance(DOORS[f"{method} {path}"], Beside):
            place = await place_in(client, path)
            headers = {"Content-Type": "application/json"}
            answer = await client.request(method, place, content=endless(), headers=headers)
            assert answer.status_code in (200, 201, 202, 404, 409, 413), (method, path, answer.status_code)
