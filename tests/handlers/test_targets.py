"""Targets come as tables and stay as versions; the tree shows what was handed down; a proposal can be loaded again."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from services.reporting.tables import agents, targets
from shared.contracts.reference import BadFile, TargetRow, rows_in
from shared.runtime.service import Running
from tests.handlers.books import reporting, set_population
from tests.handlers.callers import client_for
from tests.handlers.sales import sell

TODAY = date(2021, 8, 31)
HEAD = "region,year,kind,units,effective_on,document,line\n"
PUT = "/reporting/v1/targets"
CSV = {"Content-Type": "text/csv"}


@pytest.fixture(params=["sqlite", "postgresql"])
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Running]:
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with reporting(url, tmp_path, TODAY) as running:
        yield running


@pytest.fixture
async def planner(office: Running) -> AsyncIterator[httpx2.AsyncClient]:
    async with await client_for(office, "analyst") as client:
        yield client


async def load(client: httpx2.AsyncClient, *lines: str) -> httpx2.Response:
    return await client.put(PUT, content=(HEAD + "\n".join(lines)).encode(), headers=CSV)


async def ask(client: httpx2.AsyncClient, path: str, **parameters: Any) -> Any:
    answer = await client.get(f"/reporting/v1/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_goal_raised_during_the_year_stays_visible_beside_the_guideline(planner: httpx2.AsyncClient) -> None:
    told = await load(
        planner,
        "45,2021,guideline,2530000,2020-09-01,桂计生协〔2020〕1号,",
        "45,2021,stretch,3000000,2021-04-29,会议纪要,",
        "45,2021,guideline,200000,2020-09-01,,elder",
    )
    assert told.json() == {"rows": 3, "new_versions": 3, "unchanged": 0}
    told = await load(
        planner, "45,2021,guideline,2530000,2020-09-01,桂计生协〔2020〕1号,", "45,2021,stretch,3100000,2021-06-01,,"
    )
    assert told.json() == {"rows": 2, "new_versions": 1, "unchanged": 1}

    before = await ask(planner, "targets", region="45", year=2021, as_of="2021-04-28")
    assert {(v["kind"], v["line"]) for v in before["items"] if v["in_force"]} == {
        ("guideline", ""),
        ("guideline", "elder"),
    }
    now = await ask(planner, "targets", region="45", year=2021)
    assert now["as_of"] == "2021-08-31"
    shown = [(v["kind"], v["line"], v["units"], v["effective_on"], v["in_force"]) for v in now["items"]]
    assert shown == [
        ("stretch", "", 3_100_000, "2021-06-01", True),
        ("guideline", "elder", 200_000, "2020-09-01", True),
        ("stretch", "", 3_000_000, "2021-04-29", False),
        ("guideline", "", 2_530_000, "2020-09-01", True),
    ]
    assert now["items"][-1]["document"] == "桂计生协〔2020〕1号"
    assert all(v["loaded_at"] for v in now["items"])


async def test_one_row_that_cannot_be_meant_refuses_the_whole_table_and_is_named(
    office: Running, planner: httpx2.AsyncClient
) -> None:
    told = await load(
        planner,
        "4501,2021,guideline,100,2020-09-01,,",
        "4599,2021,guideline,100,2020-09-01,,",
        "4502,2021,guideline,100,2020-09-01,,marine",
        "450101,2021,guideline,60,2018-09-01,,",
        "450102,2021,guideline,60,2020-09-01,,",
        "450102,2021,guideline,61,2020-09-01,,",
    )
    assert (told.status_code, told.headers["content-type"]) == (422, "application/problem+json")
    said = told.json()["detail"].splitlines()
    assert said[0] == "Nothing was changed:"
    assert [line.partition(":")[0] for line in said[1:]] == ["line 3", "line 4", "line 5", "line 6", "line 7"]
    assert all(part in told.text for part in ("4599", "marine", "2018-09-01", "stands more than once"))

    unread = await load(planner, "4501,2021,guideline,many,2020-09-01,,", "4501,2021,Guide line,1,2020-09-31,,")
    assert unread.status_code == 422
    assert all(part in unread.json()["detail"] for part in ("line 2: units", "line 3: kind", "line 3: effective_on"))
    async with office.database.read() as tx:
        assert await tx.rows(select(targets)) == []


async def test_rows_of_json_are_called_by_their_place(planner: httpx2.AsyncClient) -> None:
    good = {"region": "4501", "year": 2021, "kind": "guideline", "units": 5, "effective_on": "2020-09-01"}
    assert (await planner.put(PUT, json=[good])).json() == {"rows": 1, "new_versions": 1, "unchanged": 0}
    told = await planner.put(PUT, json=[good, {**good, "region": "4599"}])
    assert told.status_code == 422
    assert "line 2: 4599" in told.json()["detail"]
    for body in (b"", b"{}", b'{"rows": []}', b"[1]", b"\xff", b"region,year\n4501,2021\n"):
        answer = await planner.put(PUT, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422), body
    for text in ("", "x", "region\n" + "9" * 200_000):
        assert (await planner.put(PUT, content=text.encode(), headers=CSV)).status_code == 422, text[:9]


async def test_nobody_sets_targets_beyond_the_own_scope_or_without_the_role(office: Running) -> None:
    async with await client_for(office, "analyst", "4501") as city:
        assert (await load(city, "450101,2021,guideline,60,2020-09-01,,")).status_code == 200
        told = await load(city, "450101,2021,guideline,70,2020-09-01,,", "4502,2021,guideline,60,2020-09-01,,")
        assert told.status_code == 422
        assert "line 3: 4502 is no region that you may set" in told.json()["detail"]
        assert (await city.get("/reporting/v1/targets/cascade?region=4502&year=2021")).status_code == 404
        assert (await city.post(f"{PUT}/proposals", json=wanted("4502", "last_year"))).status_code == 404
        found = await ask(city, "targets", region="450101", year=2021)
        assert [version["units"] for version in found["items"]] == [60]
    async with await client_for(office, "county", "4501") as county:
        assert (await load(county, "450101,2021,guideline,60,2020-09-01,,")).status_code == 403


async def test_a_file_loaded_by_the_command_is_checked_the_same_way(office: Running) -> None:
    rows = rows_in("targets", HEAD + "4501,2021,guideline,5,2020-09-01,,\n4599,2021,guideline,5,2020-09-01,,\n")
    with pytest.raises(BadFile, match=r"line 3: 4599 is no region"):
        async with office.desk.begin() as tx:
            await office.service.stores["targets"](tx, rows)


async def test_the_cascade_shows_what_is_not_handed_down_yet_and_what_is_too_much(planner: httpx2.AsyncClient) -> None:
    await load(
        planner,
        "45,2021,guideline,1000,2020-09-01,,",
        "4501,2021,guideline,600,2020-09-01,,",
        "4502,2021,guideline,300,2020-09-01,,",
        "450101,2021,guideline,650,2020-09-01,,",
        "450101001001,2021,guideline,9,2020-09-01,,",
        "4501,2021,guideline,700,2021-10-01,,",
        "4501,2021,guideline,77,2020-09-01,,elder",
        "4502,2021,guideline,999,2020-09-01,,elder",
    )
    top = await ask(planner, "targets/cascade", region="45", year=2021)
    assert (top["target"], top["handed_down"], top["unassigned"]) == (1000, 900, 100)
    assert [(c["region"]["code"], c["target"], c["children"]) for c in top["children"]] == [
        ("4501", 600, None),
        ("4502", 300, None),
    ]
    deep = await ask(planner, "targets/cascade", region="45", year=2021, depth=4)
    city = deep["children"][0]
    assert (city["handed_down"], city["unassigned"]) == (650, -50)
    assert [(c["region"]["code"], c["target"]) for c in city["children"]] == [("450101", 650), ("450102", None)]
    township = city["children"][0]["children"][0]
    assert (township["region"]["level"], township["target"], township["unassigned"]) == ("township", None, None)
    assert [village["target"] for village in township["children"]] == [9, None]

    later = await ask(planner, "targets/cascade", region="45", year=2021, as_of="2021-10-01")
    assert later["unassigned"] == 0
    elder = await ask(planner, "targets/cascade", region="45", year=2021, line="elder")
    assert (elder["target"], elder["handed_down"], elder["unassigned"]) == (None, 1076, None)
    for odd in ("depth=0", "depth=5", "kind=A%20B", "line=%00", "year=1"):
        assert (await planner.get(f"/reporting/v1/targets/cascade?region=45&year=2021&{odd}")).status_code == 422
    assert (await planner.get("/reporting/v1/targets/cascade?region=99&year=2021")).status_code == 404


def wanted(region: str, method: str, **more: Any) -> dict[str, Any]:
    return {"region": region, "year": 2021, "method": method, **more}


async def propose(client: httpx2.AsyncClient, body: dict[str, Any], **headers: str) -> httpx2.Response:
    return await client.post(f"{PUT}/proposals", json=body, headers=headers)


async def test_a_proposal_by_population_adds_up_and_its_file_can_be_loaded(
    office: Running, planner: httpx2.AsyncClient, tmp_path: Path
) -> None:
    await load(planner, "45,2021,guideline,1000,2020-09-01,,", "4501,2021,guideline,500,2020-09-01,,")
    await set_population(office, "4501", 2_000_000)
    missing = await propose(planner, wanted("45", "population"))
    assert missing.status_code == 422
    assert "4502 区4502" in missing.json()["detail"]
    assert "last_year" in missing.json()["detail"]

    await set_population(office, "4502", 1_000_000)
    proposal = (await propose(planner, wanted("45", "population"))).json()
    assert (proposal["units"], proposal["effective_on"]) == (1000, "2021-08-31")
    assert proposal["rows"] == [
        {"region": "4501", "name": "区4501", "basis": 2_000_000, "share": 2 / 3, "units": 667, "current": 500},
        {"region": "4502", "name": "区4502", "basis": 1_000_000, "share": 1 / 3, "units": 333, "current": None},
    ]
    file = await propose(planner, wanted("45", "population"), Accept="text/csv")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.content.startswith(b"\xef\xbb\xbfregion,name,")
    rows: list[TargetRow] = rows_in("targets", file.content.decode("utf-8-sig"))
    assert [(row.region, row.units, row.kind) for row in rows] == [
        ("4501", 667, "guideline"),
        ("4502", 333, "guideline"),
    ]
    assert (await planner.put(PUT, content=file.content, headers=CSV)).json()["new_versions"] == 2
    cascade = await ask(planner, "targets/cascade", region="45", year=2021)
    assert cascade["unassigned"] == 0


async def test_a_proposal_by_last_year_takes_its_units_of_the_line_that_is_asked_for(
    office: Running, planner: httpx2.AsyncClient
) -> None:
    nothing = await propose(planner, wanted("4501", "last_year", units=10))
    assert nothing.status_code == 422
    assert "population" in nothing.json()["detail"]
    for village, product, units in (
        ("450101001001", "family_care", 30),
        ("450102001001", "family_care", 10),
        ("450102001001", "elder_care_a", 5),
        ("450101001001", "love", 500),
    ):
        await sell(office, village, units, date(2020, 3, 1), product)
    by_all = (await propose(planner, wanted("4501", "last_year", units=10))).json()["rows"]
    assert [(r["region"], r["basis"], r["units"]) for r in by_all] == [("450101", 30, 7), ("450102", 15, 3)]
    elder = (await propose(planner, wanted("4501", "last_year", units=10, line="elder"))).json()["rows"]
    assert [(r["basis"], r["units"]) for r in elder] == [(0, 0), (5, 10)]
    heavier = wanted("4501", "last_year", units=10, weights={"450102": "4"})
    assert [r["units"] for r in (await propose(planner, heavier)).json()["rows"]] == [3, 7]
    assert (await propose(planner, wanted("4501", "last_year", units=10, weights={"4502": 1}))).status_code == 422
    none_left = wanted("4501", "last_year", units=10, line="elder", weights={"450102": 0})
    assert (await propose(planner, none_left)).status_code == 422


async def test_a_proposal_by_capacity_counts_active_agents_down_to_the_village(
    office: Running, planner: httpx2.AsyncClient
) -> None:
    nobody = await propose(planner, wanted("4501", "capacity", units=10))
    assert nobody.status_code == 422
    assert "agents" in nobody.json()["detail"]
    async with office.desk.begin() as tx:
        known = [
            ("a", "450101001", ["450101001001", "450101001002"], True),
            ("b", "450101001", ["450101001001"], True),
            ("c", "450101002", ["450101002001"], False),
            ("d", "450102001", [], True),
            ("e", "450201001", ["450201001001"], True),
        ]
        await tx.insert(
            agents,
            [
                {
                    "agent_no": no,
                    "region": region,
                    "villages": villages,
                    "active": active,
                    "told_at": tx.now,
                    "event_id": no,
                }
                for no, region, villages, active in known
            ],
        )
    for region, basis in (("45", [3, 1]), ("4501", [2, 1]), ("450101", [2, 0]), ("450101001", [2, 1])):
        proposal = (await propose(planner, wanted(region, "capacity", units=12))).json()
        assert [row["basis"] for row in proposal["rows"]] == basis, region
        assert sum(row["units"] for row in proposal["rows"]) == 12
    village = await propose(planner, wanted("450101001001", "capacity", units=12))
    assert (village.status_code, "no child regions" in village.json()["detail"]) == (422, True)


async def test_without_units_and_without_a_target_a_proposal_says_what_is_missing(planner: httpx2.AsyncClient) -> None:
    told = await propose(planner, wanted("45", "population"))
    assert told.status_code == 422
    assert "units" in told.json()["detail"]


async def test_a_year_to_come_is_planned_with_the_targets_that_are_set_for_it(planner: httpx2.AsyncClient) -> None:
    await load(
        planner,
        "45,2022,guideline,2540000,2021-09-28,,",
        "4501,2022,guideline,1000000,2021-09-28,,",
        "4502,2022,guideline,1500000,2021-09-28,,",
    )
    ahead = await ask(planner, "targets/cascade", region="45", year=2022)
    assert (ahead["as_of"], ahead["target"], ahead["unassigned"]) == ("2022-08-31", 2_540_000, 40_000)
    assert (await ask(planner, "targets/cascade", region="45", year=2022, as_of="2021-09-27"))["target"] is None
    body = wanted("45", "last_year") | {"year": 2022}
    assert "are known here" in (await propose(planner, body)).json()["detail"]


async def test_what_a_proposal_for_a_year_to_come_says_is_in_force_once_it_is_loaded(
    office: Running, planner: httpx2.AsyncClient
) -> None:
    await load(planner, "45,2022,guideline,9,2021-09-28,,", "4501,2022,guideline,7,2021-09-28,,")
    await set_population(office, "4501", 2)
    await set_population(office, "4502", 1)
    body = wanted("45", "population") | {"year": 2022}
    proposal = (await propose(planner, body)).json()
    assert (proposal["units"], proposal["effective_on"]) == (9, "2021-09-28")
    assert [(row["units"], row["current"]) for row in proposal["rows"]] == [(6, 7), (3, None)]
    file = await propose(planner, body, Accept="text/csv")
    assert (await planner.put(PUT, content=file.content, headers=CSV)).status_code == 200
    handed = await ask(planner, "targets/cascade", region="45", year=2022)
    assert [child["target"] for child in handed["children"]] == [6, 3]
    assert handed["unassigned"] == 0
