"""A clerk asks whether a text is right: the answer comes from the books, and only from the clerk's own scope."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pytest

from services.cli.reference_data import SHIPPED
from services.reporting.__main__ import SERVICE
from services.reporting.queries.readings import names_inside, peers_inside
from shared.contracts.facts import ClaimPaid, ClaimState, ClaimStep, PolicyIssued, PolicyState
from shared.contracts.reference import text_of
from shared.contracts.values import Premium
from shared.messaging.local import Local
from shared.runtime.migrations import migrate
from shared.runtime.service import Running, prepare
from shared.runtime.settings import Settings
from tests.architecture.test_security import KEY, browser, key_for
from tests.handlers.books import book, fact

YEAR_END = date(2021, 8, 31)
PUBEI, LINGSHAN, HAICHENG = "450722001001", "450721001001", "450502001001"
SOLD = ((PUBEI, 206_011, 200_000), (LINGSHAN, 171_833, 180_000), (HAICHENG, 108_666, 100_000))
TARGETS = (("4507", 320_000), ("4505", 100_000), ("450722", 190_000))
ASK = "/reporting/v1/text-checks"
PROVINCE_TEXT = (
    "截至2021年8月31日，钦州市承保377844份，完成指导任务32万份的118.1%，占常住人口的11.44%；"
    "北海市承保108666份，完成任务的109%。浦北206011份、灵山171833份，灵山同比减少8167份。"
    "浦北承保份数居全区第一。有2个县负增长。钦州市保费3778.44万元，赔付377.84万元，赔付率12%。"
)


@pytest.fixture(params=["sqlite", "postgresql"])
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Running]:
    """The shipped tree with three villages that have sold, on the last day of 2021."""
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    settings = Settings(database_url=url, data_dir=tmp_path, today=YEAR_END, admin_key=KEY)
    transport = Local(tmp_path / "broker.sqlite")
    running = prepare(SERVICE, settings, transport)
    try:
        await migrate(running.database)
        await _load(running)
        await book(running, [fact(_policy(*row), f"{row[0]}-{row[2]}") for row in _sales()])
        await book(running, [fact(_claim(), "C1", "urn:guanai:claims")])
        yield running
    finally:
        await running.database.close()
        await transport.close()


async def _load(running: Running) -> None:
    async with browser(running, KEY) as admin:
        for kind, name in (("regions", "regions"), ("populations", "population"), ("products", "products")):
            text = text_of(SHIPPED / f"{name}.csv")
            assert (await admin.put(f"/reporting/v1/reference/{kind}", content=text.encode())).status_code == 200
        rows = [
            {"region": region, "year": 2021, "kind": "guideline", "units": units, "effective_on": "2020-09-01"}
            for region, units in TARGETS
        ]
        assert (await admin.put("/reporting/v1/targets", json=rows)).status_code == 200


def _sales() -> list[tuple[str, int, date]]:
    months = {HAICHENG: 6}
    this = [(village, units, date(2021, months.get(village, 3), 1)) for village, units, _ in SOLD]
    return this + [(village, units, date(2020, 3, 1)) for village, _, units in SOLD]


def _policy(village: str, units: int, day: date) -> PolicyIssued:
    state = PolicyState(
        product="family_care", region=village, units=units, persons=1, premium=Premium(self_paid=10_000 * units),
        household=village, effective_from=day, effective_to=day,
    )  # fmt: skip
    number = f"{village}-{day.year}"
    return PolicyIssued(insurer="i", policy_no=number, revision=1, sold_on=day, booked_on=day, before=None, after=state)


def _claim() -> ClaimPaid:
    day = date(2021, 4, 1)
    steps = (ClaimStep(step="reported", on=day), ClaimStep(step="paid", on=day, amount=377_844_000))
    state = ClaimState(product="family_care", region=PUBEI, kind="illness", reported_on=day, steps=steps)
    return ClaimPaid(insurer="i", claim_no="C1", policy_no=f"{PUBEI}-2021", before=None, after=state)


def asked(text: str, region: str = "45") -> dict[str, Any]:
    return {"text": text, "year": 2021, "as_of": "2021-08-31", "region": region}


async def check(client: httpx2.AsyncClient, text: str, region: str = "45") -> Any:
    answer = await client.post(ASK, json=asked(text, region))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_every_number_of_a_text_is_held_against_the_books(office: Running) -> None:
    async with browser(office, await key_for(office, "analyst")) as clerk:
        answer = await check(clerk, PROVINCE_TEXT)
    verdicts = {one["text"]: one["verdict"] for one in answer["items"]}
    wrong = {text: verdict for text, verdict in verdicts.items() if not verdict.startswith("agrees")}
    assert wrong == {"2个县": "differs", "12%": "differs"}
    assert answer["next"] is None
    assert answer["summary"] == {"agree": len(verdicts) - 2, "differ": 2, "unknown": 0}
    ratio = next(one for one in answer["items"] if one["text"] == "12%")
    assert (ratio["region"], ratio["shown"]) == ({"code": "4507", "name": "钦州市"}, "10.0%")
    assert ratio["basis"] == {"numerator": 3_778_440, "denominator": 37_784_400, "of": "承保保费"}
    count = next(one for one in answer["items"] if one["text"] == "2个县")
    assert count["explanation"].endswith("的有1个（灵山县）。")


async def test_a_number_of_another_day_or_year_is_recognised(office: Running) -> None:
    async with browser(office, await key_for(office, "operator")) as clerk:
        text = "截至2021年5月31日，全区承保377844份。去年全区承保48万份。全区承保480000份。"
        found = (await check(clerk, text))["items"]
        early = (await clerk.post(ASK, json={**asked(text), "as_of": "2021-05-31"})).json()["items"]
    assert [one["verdict"] for one in found] == ["other_day", "agrees", "other_definition"]
    assert "截至2021年5月31日" in found[0]["explanation"]
    assert "上年全年" in found[2]["explanation"]
    assert early[0]["verdict"] == "agrees"


async def test_a_count_of_very_many_regions_is_still_a_count(office: Running) -> None:
    townships = text_of(SHIPPED / "regions.csv").count(",township,")
    async with browser(office, KEY) as admin:
        found = (await check(admin, f"全区有{townships}个乡镇，{townships}个乡镇负增长，有19个乡镇。"))["items"]
    assert [one["verdict"] for one in found] == ["agrees", "unknown", "unknown"]


async def test_a_county_checks_its_own_text_and_learns_nothing_about_its_neighbours(office: Running) -> None:
    async with browser(office, await key_for(office, "county", "450722")) as clerk:
        answer = await check(
            clerk, "我县承保206011份，居全市第一，完成任务的108%。灵山171833份，全市377844份。", "450722"
        )
        for region in ("450721", "4507", "45", "999999"):
            assert (await clerk.post(ASK, json=asked("承保1份", region))).status_code == 404
    found = answer["items"]
    assert [one["verdict"] for one in found] == ["agrees", "unknown", "agrees", "unknown", "unknown"]
    assert {one["region"]["code"] for one in found if one["region"]} == {"450722"}
    told = [(one["known"], one["shown"], one["basis"]) for one in found if one["verdict"] == "unknown"]
    assert told == [(None, None, None)] * 3
    assert not any(name in one["explanation"] for one in found for name in ("灵山", "钦州", "广西"))
    assert "权限" in found[1]["explanation"]


@pytest.mark.parametrize(
    ("scope", "asked_for"), [("450722", "450722"), ("4507", "450722001"), ("450722001", "450722001")]
)
async def test_only_names_of_the_scope_are_looked_up(office: Running, scope: str, asked_for: str) -> None:
    async with office.database.read() as tx:
        names = await names_inside(tx, scope, asked_for)
        peers = await peers_inside(tx, {("45", "city"), ("450722", "township")}, scope)
    assert asked_for in names
    assert {code for code in names if not code.startswith(scope)} == set()
    assert ("45", "city") not in peers
    assert all(code in names for level in peers.values() for code in level)


async def test_a_number_of_a_neighbour_is_not_recognised_outside_the_scope(office: Running) -> None:
    async with browser(office, await key_for(office, "county", "450722")) as clerk:
        inside = (await check(clerk, "承保171833份。", "450722"))["items"][0]
    async with browser(office, await key_for(office, "county", "4507")) as clerk:
        above = (await check(clerk, "浦北承保171833份。", "4507"))["items"][0]
    assert (inside["verdict"], above["verdict"]) == ("differs", "other_region")
    assert "灵山县" in above["explanation"]


async def test_only_those_who_write_or_read_bulletins_may_ask(office: Running) -> None:
    roles = {"analyst": 200, "operator": 200, "county": 200, "admin": 200, "insurer": 403, "auditor": 403}
    async with browser(office) as client:
        for role, status in roles.items():
            headers = {"Authorization": f"Bearer {await key_for(office, role)}"}
            assert (await client.post(ASK, json=asked("承保1份"), headers=headers)).status_code == status, role
        assert (await client.post(ASK, json=asked("承保1份"))).status_code == 401


ODD: list[tuple[dict[str, Any], int]] = [
    ({"text": "", "region": "45"}, 200),
    ({"text": "承保\x00１份😀", "region": "45"}, 200),
    ({"text": "好" * 50_001, "region": "45"}, 422),
    ({"text": "1份，" * 2_001, "region": "45"}, 422),
    ({"text": "1份", "region": "45", "year": 1}, 422),
    ({"text": "1份", "region": "45", "as_of": "0001-01-01"}, 422),
    ({"text": "1份", "region": "45", "as_of": "9999-12-31"}, 422),
    ({"text": "1份", "region": "45'--"}, 422),
    ({"text": ["1份"], "region": "45"}, 422),
    ({"text": "1份", "region": "45", "scope": ""}, 422),
    ({"region": "45"}, 422),
]


async def test_an_odd_question_has_a_clear_answer(office: Running) -> None:
    async with browser(office, KEY) as admin:
        for body, status in ODD:
            answer = await admin.post(ASK, json=body)
            assert answer.status_code == status, (body, answer.text[:200])
            assert status == 200 or answer.headers["content-type"] == "application/problem+json"
        nothing = (await admin.post(ASK, json={"text": "", "region": "45"})).json()
        half = await admin.post(ASK, content=b'{"text": "\\ud800 1", "region": "45"}')
    assert nothing == {"items": [], "next": None, "summary": {"agree": 0, "differ": 0, "unknown": 0}}
    assert half.status_code in (200, 422)
