"""Nobody learns by comparing, by cursors or by counts what lies outside the scope, and nothing asked for is endless."""

import time
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import insert

from services.reporting.errands import hub
from services.reporting.tables import differences
from shared.runtime.service import Running
from tests.handlers.books import reporting
from tests.handlers.callers import client_for, key_for
from tests.handlers.ears import connected, served

TODAY = date(2021, 8, 31)


@pytest.fixture(params=["sqlite", "postgresql"])
async def town(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Running]:
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with reporting(url, tmp_path, TODAY) as running:
        yield running


@pytest.mark.parametrize("more", ["&among=450101,450102", "&floor=100"])
async def test_a_county_cannot_single_out_its_siblings(town: Running, more: str) -> None:
    """The gap to the next of two would be the other's own figure."""
    ask = "/reporting/v1/standings?level=county&by=units&parent="
    async with await client_for(town, "county", "450101") as county, await client_for(town, "county", "4501") as city:
        assert (await county.get(f"{ask}4501")).status_code == 200
        assert (await county.get(f"{ask}4501{more}")).status_code == 422
        assert (await city.get(f"{ask}4501{more}")).status_code == 200
        for parent in ("", "4", "450", "4502"):
            assert (await county.get(f"{ask}{parent}")).status_code == 404


async def test_differences_elsewhere_are_neither_shown_nor_counted_nor_pointed_at(town: Running) -> None:
    async with town.desk.begin() as tx:
        for region in ("450101", "450201"):
            row = {"source": "enrollment", "region": region, "year": 2021, "booked_on": TODAY, "measure": "units"}
            found = {"booked": 1, "told": 2, "since": tx.now, "stands": False, "reconciliation": "x"}
            await tx.connection.execute(insert(differences).values(**row, **found))
    async with await client_for(town, "operator", "4502") as city:
        page = (await city.get("/reporting/v1/differences?limit=1")).json()
        assert [item["region"] for item in page["items"]] == ["450201"]
        assert "450201" in page["next"]
        assert (await city.post("/reporting/v1/reconciliations")).status_code == 403


async def test_words_that_no_document_can_hold_are_left_out_of_every_format(town: Running) -> None:
    odd = '甲\x01\u202e<script>alert(1)</script>=1+1#eval("1")$x$\\'
    async with await client_for(town, "analyst") as clerk:
        new = {"kind": "weekly", "region": "4501", "year": 2021, "as_of": "2021-08-31"}
        made = (await clerk.post("/reporting/v1/bulletins", json=new)).json()["id"]
        text = {"title": odd, "addressee": odd, "opening": [odd], "notes": [odd], "reference": odd}
        assert (await clerk.patch(f"/reporting/v1/bulletins/{made}", json=text)).status_code == 200
        published = await clerk.post(f"/reporting/v1/bulletins/{made}/publish", json={"reason": odd})
        assert published.status_code == 200, published.text
        for form in published.json()["files"]:
            file = await clerk.get(f"/reporting/v1/bulletins/{made}.{form}")
            assert file.status_code == 200
            assert file.headers["content-disposition"].isprintable()
            assert "%E2%80%AE" not in file.headers["content-disposition"]
        page = (await clerk.get(f"/reporting/v1/bulletins/{made}.html")).text
        assert "<script>" not in page
        assert not {"\x01", "\u202e"} & set(page)


@pytest.mark.parametrize(
    "bomb", ["1" * 50_000, "南宁市第一名，" * 7_000, "百分之" * 16_000, "2021年8月31日" * 5_000, "（" * 50_000]
)
async def test_a_text_full_of_traps_is_answered_soon(town: Running, bomb: str) -> None:
    async with await client_for(town, "analyst") as clerk:
        began = time.perf_counter()
        answer = await clerk.post("/reporting/v1/text-checks", json={"text": bomb[:50_000], "region": "45"})
        assert answer.status_code in (200, 422)
        assert time.perf_counter() - began < 15


async def test_a_principal_has_only_so_many_streams(town: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "MOST_OF_ONE", 2)
    mine, theirs = await key_for(town, "analyst"), await key_for(town, "analyst")
    async with served(town) as port:
        ears = []
        for key, status in ((mine, 200), (mine, 200), (mine, 429), (theirs, 200)):
            ears.append(await connected(port, key))
            assert ears[-1].status == status
        for ear in ears:
            await ear.close()
