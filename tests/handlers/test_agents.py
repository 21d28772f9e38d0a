"""Agents are set by operators within their scope, told without personal data, and uncovered villages are found."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from services.enrollment.tables import agents
from shared.contracts.registry import EVENT_TYPES
from shared.messaging.tables import outbox
from tests.handlers.policy_office import Json, Office, office_in

NAME, PHONE = "欧阳金丝雀", "13977700042"
HERE = "450722001"
FIRST, SECOND = "450722001001", "450722001002"


@pytest.fixture(params=["postgresql", "sqlite"])
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with office_in(tmp_path, url) as office:
        yield office


def agent(number: str = "A1", **changes: Any) -> Json:
    return {"agent_no": number, "region": HERE, "villages": [FIRST], "name": NAME, "phone": PHONE, **changes}


async def post(office: Office, *rows: Json, key: str | None = None) -> httpx2.Response:
    async with office.client(*([key] if key else [])) as client:
        return await client.post("/agents", json=list(rows))


async def get(office: Office, path: str, key: str | None = None) -> httpx2.Response:
    async with office.client(*([key] if key else [])) as client:
        return await client.get(f"/agents{path}")


async def told(office: Office) -> list[tuple[str, str, Any, Any]]:
    """(key, agent, before, after) of each fact, in order."""
    facts = await office.facts("agent.changed")
    for fact in facts:
        EVENT_TYPES[fact["type"]].model_validate(fact["data"])
    return [(f["key"], f["subject"], f["data"]["before"], f["data"]["after"]) for f in facts]


async def listed(office: Office, query: str = "", key: str | None = None) -> list[Json]:
    answer = await get(office, query, key)
    assert answer.status_code == 200, answer.text
    items: list[Json] = answer.json()["items"]
    return items


async def test_each_change_is_told_with_what_was_before_and_the_same_again_is_nothing(office: Office) -> None:
    assert (await post(office, agent())).json() == {"agents": 1, "told": 1}
    assert (await post(office, agent())).json() == {"agents": 1, "told": 0}
    await post(office, agent(villages=[SECOND, FIRST, FIRST]), agent("A2", active=False))
    await post(office, agent(region="450102001", villages=["450102001001"]))
    one, two = {"villages": [FIRST], "active": True}, {"villages": [FIRST, SECOND], "active": True}
    assert await told(office) == [
        ("agent.changed.4507", "A1", None, one),
        ("agent.changed.4507", "A1", one, two),
        ("agent.changed.4507", "A2", None, {"villages": [FIRST], "active": False}),
        ("agent.changed.4501", "A1", two, {"villages": ["450102001001"], "active": True}),
    ]


async def test_a_new_name_is_stored_and_concerns_nobody_else(office: Office) -> None:
    await post(office, agent())
    assert (await post(office, agent(name="韩梅梅", phone=None))).json() == {"agents": 1, "told": 0}
    shown = await listed(office, "?reveal=true")
    assert [(item["name"], item["phone"]) for item in shown] == [("韩梅梅", None)]


async def test_names_and_phones_are_sealed_masked_and_told_to_nobody(office: Office) -> None:
    await post(office, agent())
    (item,) = await listed(office)
    assert item == {**agent(), "active": True, "name": "欧****", "phone": "139****0042"}
    async with office.running.database.read() as tx:
        kept = [bytes(row.sealed) for row in await tx.rows(select(agents.c.sealed))]
        said = [bytes(row.body) for row in await tx.rows(select(outbox.c.body))]
    assert not any(word.encode() in text for word in (NAME, PHONE) for text in kept + said)
    assert not any(json.dumps(NAME).strip('"').encode() in text for text in kept + said)


async def test_only_an_auditor_reveals_and_it_is_written_down(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    await post(office, agent())
    for role in ("operator", "analyst", "county"):
        assert (await get(office, "?reveal=true", await office.key_for(role))).status_code == 403, role
    (item,) = await listed(office, "?reveal=true", await office.key_for("auditor"))
    assert (item["name"], item["phone"]) == (NAME, PHONE)
    written = "".join(capsys.readouterr())
    assert ("personal_data_revealed" in written, NAME in written) == (True, False)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"region": "450722009", "villages": []}, "450722009"),
        ({"villages": [FIRST, "450722001999"]}, "450722001999"),
        ({"villages": ["450722002001"]}, "450722002001 does not lie in 450722001"),
        ({"agent_no": "A0"}, "A0 stands twice"),
    ],
)
async def test_what_cannot_be_is_named_and_nothing_changes(office: Office, change: Json, named: str) -> None:
    answer = await post(office, agent("A0"), agent("A1", **change))
    assert (answer.status_code, named in answer.json()["detail"]) == (422, True)
    assert (await listed(office), await told(office)) == ([], [])


@pytest.mark.parametrize(
    "row",
    [
        {},
        agent(region="4507220010"),
        agent(region=f"{HERE}\n"),
        agent(villages=["45072200100１"]),
        agent(name=""),
        agent(name="a\x00b"),
        agent(agent_no="x" * 65),
        agent(villages=[FIRST] * 501),
        agent(active="perhaps"),
    ],
)
async def test_an_odd_agent_is_refused_without_being_repeated(office: Office, row: Json) -> None:
    answer = await post(office, row)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert NAME not in answer.text
    assert await listed(office) == []


async def test_an_operator_of_a_county_sets_its_own_agents_only(office: Office) -> None:
    key = await office.key_for("operator", "450722")
    assert (await post(office, agent(), key=key)).status_code == 200
    elsewhere = agent("B1", region="450102001", villages=["450102001001"])
    refused = await post(office, elsewhere, key=key)
    assert (refused.status_code, "450102001" in refused.json()["detail"]) == (422, True)
    await post(office, elsewhere)
    taken_over = await post(office, agent("B1"), key=key)
    assert (taken_over.status_code, "B1" in taken_over.json()["detail"]) == (422, True)
    assert [item["agent_no"] for item in await listed(office, "", key)] == ["A1"]
    assert (await get(office, "?region=4501", key)).status_code == 404
    assert (await get(office, "/coverage?region=4501", key)).status_code == 404


async def test_other_roles_set_no_agents(office: Office) -> None:
    for role in ("analyst", "county", "auditor", "insurer"):
        key = await office.key_for(role)
        assert (await post(office, agent(), key=key)).status_code == 403, role
        assert (await get(office, "", key)).status_code == (403 if role == "insurer" else 200)


async def test_agents_are_listed_by_region_page_by_page(office: Office) -> None:
    await post(office, *(agent(f"A{n}") for n in range(5)))
    await post(office, agent("Z", region="450102001", villages=[]))
    assert len(await listed(office, "?region=4507")) == 5
    assert [item["agent_no"] for item in await listed(office, "?region=4501")] == ["Z"]
    seen, cursor = list[str](), ""
    while cursor is not None:
        answer = (await get(office, f"?limit=2&cursor={cursor}")).json()
        seen += [item["agent_no"] for item in answer["items"]]
        cursor = answer["next"]
    assert seen == ["A0", "A1", "A2", "A3", "A4", "Z"]


async def test_the_villages_without_an_active_agent_are_named_township_by_township(office: Office) -> None:
    await post(office, agent(), agent("A2"), agent("A3", villages=[SECOND], active=False))
    await post(office, agent("B", region="450102001", villages=["450102001001", "450102001002"]))
    assert await listed(office, "/coverage?region=450722") == [
        {"region": HERE, "name": f"区{HERE}", "villages": 2, "covered": 1,
         "uncovered": [{"code": SECOND, "name": f"区{SECOND}"}]},
        {"region": "450722002", "name": "区450722002", "villages": 1, "covered": 0,
         "uncovered": [{"code": "450722002001", "name": "区450722002001"}]},
    ]  # fmt: skip
    everything = [(i["region"], i["villages"], i["covered"]) for i in await listed(office, "/coverage?region=45")]
    assert everything == [
        ("450102001", 2, 2), ("450102002", 1, 0), ("450721001", 1, 0), (HERE, 2, 1), ("450722002", 1, 0),
    ]  # fmt: skip
    assert [i["region"] for i in await listed(office, "/coverage?region=4507")] == ["450721001", HERE, "450722002"]
    assert [i["covered"] for i in await listed(office, f"/coverage?region={HERE}")] == [1]
    assert [(i["villages"], i["covered"]) for i in await listed(office, f"/coverage?region={SECOND}")] == [(1, 0)]
    assert await listed(office, "/coverage?region=46") == []
    pages = [await listed(office, f"/coverage?limit=2&cursor={c}") for c in ("", "450102002", HERE)]
    assert [[i["region"] for i in items] for items in pages] == [
        ["450102001", "450102002"], ["450721001", HERE], ["450722002"],
    ]  # fmt: skip
    assert all(u["code"][:9] == i["region"] for items in pages for i in items for u in i["uncovered"])


async def test_two_operators_at_once_leave_an_unbroken_chain(office: Office) -> None:
    turns = [[FIRST], [SECOND], [FIRST, SECOND], []] * 3
    answers = await asyncio.gather(*(post(office, agent(villages=villages)) for villages in turns))
    assert {answer.status_code for answer in answers} == {200}
    states = [None, *(after for _, _, _, after in await told(office))]
    assert [before for _, _, before, _ in await told(office)] == states[:-1]
