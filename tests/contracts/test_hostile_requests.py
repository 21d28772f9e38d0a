"""Whatever stands in a path or a question, the answer is a clear one and never an error of ours."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.contracts.town import enrollment, insurer


@pytest.fixture
async def client(pg_url: str, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """On PostgreSQL, which refuses what SQLite would keep."""
    async with enrollment(tmp_path, pg_url) as running, insurer(running) as made:
        yield made


ODD = [
    "/enrollment/v1/policies/demo-life/%00",
    "/enrollment/v1/policies/demo-life/P%0a%0d",
    "/enrollment/v1/policies/%ed%a0%80/P1",
    "/enrollment/v1/policies/demo-life/" + "9" * 5_000,
    "/enrollment/v1/policies/..%2f..%2fetc/passwd",
    "/enrollment/v1/policies?region=45%00",
    "/enrollment/v1/policies?region=%F0%9F%98%80&product='%20OR%201=1--",
    "/enrollment/v1/policies?cursor=%00",
    "/enrollment/v1/policies?limit=0",
    "/enrollment/v1/policies?limit=" + "9" * 400,
    "/enrollment/v1/policies?sold_from=yesterday",
    "/enrollment/v1/policies?sold_from=0000-00-00",
    "/enrollment/v1/receipts?insurer=demo-life&event_id=%00",
    "/enrollment/v1/receipts?insurer=demo-life&since=2021-03-01",
    "/enrollment/v1/receipts?insurer=demo-life&since=9999-12-31T23:59:59-23:59",
    "/enrollment/v1/parked?cursor=%00%00",
    "/enrollment/v1/agents?cursor=%00",
    "/enrollment/v1/agents?region=%00&reveal=maybe",
    "/enrollment/v1/agents/coverage?region=4507%00&cursor=%F0%9F%98%80",
    "/enrollment/v1/replays/%00",
]


@pytest.mark.parametrize("path", ODD, ids=[path[:70] for path in ODD])
async def test_an_odd_question_has_a_clear_answer(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code in (200, 400, 404, 422), answer.text
    assert answer.status_code == 200 or answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "body", [{"name": "a\x00b", "role": "operator"}, {"name": "x", "role": "operator", "region": "4"}]
)
async def test_an_odd_principal_is_refused(client: httpx2.AsyncClient, body: dict[str, str]) -> None:
    answer = await client.post("/enrollment/v1/principals", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
