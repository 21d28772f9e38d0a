"""What people see of claims over HTTP: lists, timelines and clocks within their scope, free text only by right."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from shared.runtime import principals
from shared.runtime.principals import Principal, Role
from tests.handlers.claims_office import ADMIN_KEY, ELSEWHERE, VILLAGE, Json, Office, office_in, policy, reported, step

LATE = {"incident_on": "2021-07-31", "reported_on": "2021-07-31"}
IN_TIME = {"incident_on": "2021-08-01", "reported_on": "2021-08-01"}
FAST: Json = {"incident_on": "2021-08-20", "reported_on": "2021-08-20", "fast_track": True}


@pytest.fixture(params=["postgresql", "sqlite"])
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    """Four claims here, one elsewhere, one of another insurer."""
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with office_in(tmp_path, url) as office:
        await office.hear(policy(), policy("P2", region=ELSEWHERE), policy(insurer="other-life"))
        await office.take(
            reported("late", description="fell from the ladder", **LATE),
            reported("in time", **IN_TIME),
            reported("fast/1", **FAST),
            reported("done", **LATE),
            step("settled", "2021-08-01", "done", amount="400.00"),
            step("paid", "2021-08-02", "done", amount="300.00", payment_no="77"),
            step("answered", "2021-08-03", "done", satisfied=True, comment="kind people"),
            reported("elsewhere", policy_no="P2", **LATE),
        )
        await office.take(reported("late", "theirs", "other-life", **LATE), sender="other-life")
        yield office


class Desk:
    """Asks the service as somebody."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._transport = httpx2.ASGITransport(app=office.running.app())

    async def key(self, role: Role, region: str = "", insurer: str | None = None) -> str:
        key_id, key = principals.new_key()
        async with self._office.running.database.begin() as tx:
            await principals.add(
                tx, Principal(role, frozenset({role}), region, insurer, key_id), principals.hash_of(key)
            )
        return key

    async def get(self, path: str, key: str = ADMIN_KEY) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(transport=self._transport, base_url="http://claims") as client:
            return await client.get(f"/claims/v1/claims{path}", headers=headers)

    async def listed(self, query: str = "", key: str = ADMIN_KEY) -> list[str]:
        return [item["id"] for item in (await self.get(query, key)).json()["items"]]

    async def seen(self, path: str, key: str = ADMIN_KEY) -> Json:
        answer = await self.get(path, key)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(office)


HERE = ["demo-life/done", "demo-life/fast/1", "demo-life/in time", "demo-life/late", "other-life/late"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [HERE[0], "demo-life/elsewhere", *HERE[1:]]),
        ("?region=4507", HERE),
        ("?region=450722001001", HERE),
        ("?region=4501", ["demo-life/elsewhere"]),
        ("?region=4507&status=paid", HERE[:1]),
        ("?region=4507&overdue=true", [HERE[1], *HERE[3:]]),
        ("?region=4507&overdue=false", [HERE[0], HERE[2]]),
        ("?insurer=other-life", HERE[4:]),
    ],
)
async def test_claims_are_listed_by_region_status_and_clock(desk: Desk, query: str, expected: list[str]) -> None:
    assert await desk.listed(query) == expected


async def test_a_list_is_read_page_by_page(desk: Desk) -> None:
    read, cursor = list[str](), ""
    while True:
        page = await desk.seen(f"?region=4507&limit=1&cursor={cursor}")
        read += [item["id"] for item in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert read == HERE


async def test_a_county_sees_its_own_region_only(desk: Desk) -> None:
    key = await desk.key("county", "4501")
    assert await desk.listed("", key) == ["demo-life/elsewhere"]
    assert (await desk.get("?region=4507", key)).status_code == 404
    assert (await desk.get("/demo-life/late", key)).status_code == 404
    assert (await desk.get("/demo-life/elsewhere", key)).status_code == 200


async def test_an_insurer_sees_its_own_claims_only(desk: Desk) -> None:
    key = await desk.key("insurer", insurer="other-life")
    assert await desk.listed("?insurer=demo-life", key) == ["other-life/late"]
    assert (await desk.get("/demo-life/late", key)).status_code == 404
    assert (await desk.get("/other-life/late", key)).status_code == 200


async def test_nobody_sees_claims_without_a_key(desk: Desk) -> None:
    assert (await desk.get("", "gk_000000000000_wrong")).status_code == 401


async def test_a_claim_is_shown_with_its_timeline(desk: Desk) -> None:
    found = await desk.seen("/demo-life/done")
    assert (found["status"], found["reserve"], found["outstanding"], found["paid"]) == (
        "paid",
        "500.00",
        "100.00",
        "300.00",
    )
    assert found["clock"] == {"open_since": None, "due_on": None, "overdue": False}
    assert [(s["step"], s["on"], s["amount"], s["payment_no"], s["satisfied"]) for s in found["steps"]] == [
        ("reported", "2021-07-31", "500.00", None, None),
        ("settled", "2021-08-01", "400.00", None, None),
        ("paid", "2021-08-02", "300.00", "77", None),
        ("answered", "2021-08-03", None, None, True),
    ]


async def test_the_clock_of_an_open_claim_says_until_when_it_must_be_decided(desk: Desk) -> None:
    assert (await desk.seen("/demo-life/late"))["clock"] == {
        "open_since": "2021-07-31",
        "due_on": "2021-08-30",
        "overdue": True,
    }
    assert (await desk.seen("/demo-life/fast/1"))["clock"]["due_on"] == "2021-08-30"


async def test_free_text_is_for_its_insurer_and_for_an_auditor_who_asks(desk: Desk) -> None:
    county, auditor = await desk.key("county", VILLAGE[:4]), await desk.key("auditor")
    insurer = await desk.key("insurer", insurer="demo-life")
    words = [
        (await desk.seen(path, key))["description"]
        for path, key in [("/demo-life/late", county), ("/demo-life/late", auditor), ("/demo-life/late", insurer),
                          ("/demo-life/late?reveal=true", auditor)]
    ]  # fmt: skip
    assert words == [None, None, "fell from the ladder", "fell from the ladder"]
    assert (await desk.get("/demo-life/late?reveal=true", county)).status_code == 403
    assert (await desk.seen("/demo-life/done", insurer))["steps"][-1]["remark"] == "kind people"
    assert (await desk.seen("/demo-life/done", county))["steps"][-1]["remark"] is None
