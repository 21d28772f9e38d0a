"""The life of a bulletin over HTTP: drafted, edited, published for ever, corrected by errata, drafted on schedule."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2
import pytest
from sqlalchemy import select, update

from services.reporting.gateways.documents import FORMATS
from services.reporting.handlers.draft_bulletins import draft_due_bulletins
from services.reporting.tables import bulletin_files, bulletins, differences
from shared.contracts.facts import PolicyIssued, PolicyState
from shared.contracts.values import Premium
from shared.messaging.tables import outbox
from shared.runtime import principals
from shared.runtime.clock import Clock
from shared.runtime.principals import Principal
from shared.runtime.service import Running
from tests.handlers.books import book, fact, reporting, set_population, set_targets

DAY = date(2021, 8, 31)
PLACE = "/reporting/v1/bulletins"


@pytest.fixture(params=["sqlite", "postgresql"])
async def books(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Running]:
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with reporting(url, tmp_path, DAY) as running:
        await set_targets(running, r45=3_000, r4501=1_000, r4502=2_000)
        await set_population(running, "45", 100_000)
        await sell(running, 900, "450101001001", date(2020, 3, 1))
        await sell(running, 1_200, "450101001001")
        await sell(running, 1_000, "450201001001")
        yield running


async def sell(books: Running, units: int, village: str, on: date = date(2021, 3, 1)) -> None:
    """One policy."""
    state = PolicyState(
        product="family_care", region=village, units=units, persons=1, premium=Premium(self_paid=4_000 * units),
        household="H", effective_from=on, effective_to=on + timedelta(days=364),
    )  # fmt: skip
    number = f"{village}-{on}-{units}"
    told = PolicyIssued(
        insurer="ins-a", policy_no=number, revision=1, sold_on=on, booked_on=on, before=None, after=state
    )
    await book(books, [fact(told, number)])


async def desk(books: Running, role: str = "analyst", region: str = "") -> httpx2.AsyncClient:
    """Somebody with a key."""
    key_id, key = principals.new_key()
    async with books.desk.begin() as tx:
        someone = Principal(f"{role} {region}".strip(), frozenset({role}), region, None, key_id)
        await principals.add(tx, someone, principals.hash_of(key))
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(books.app()),
        base_url="http://guanai.test",
        headers={"Authorization": f"Bearer {key}"},
    )


async def drafted(client: httpx2.AsyncClient, region: str = "45", kind: str = "annual", **more: Any) -> str:
    answer = await client.post(PLACE, json={"kind": kind, "region": region, "year": 2021, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def published(client: httpx2.AsyncClient, region: str = "45") -> str:
    made = await drafted(client, region)
    assert (await client.post(f"{PLACE}/{made}/publish")).status_code == 200
    return made


async def told(books: Running) -> list[dict[str, Any]]:
    """Every `bulletin.published` that was said."""
    async with books.database.read() as tx:
        rows = await tx.rows(select(outbox.c.body).where(outbox.c.routing_key.like("bulletin.published%")))
    return [json.loads(row.body)["data"] for row in rows]


async def test_a_draft_renders_in_every_format_under_a_chinese_name(books: Running) -> None:
    async with await desk(books) as analyst:
        made = await drafted(analyst)
        for form in FORMATS:
            answer = await analyst.get(f"{PLACE}/{made}.{form}")
            assert answer.status_code == 200, form
            assert answer.headers["content-type"].split(";")[0] == FORMATS[form].media_type.split(";")[0], form
            name = unquote(answer.headers["content-disposition"].partition("UTF-8''")[2])
            assert name == f"关于区452021年度关爱保险工作情况的通报（截至2021年8月31日）.{form}"
        text = (await analyst.get(f"{PLACE}/{made}.txt")).text
        assert "累计承保关爱保险2200份，完成年度指导任务3000份的73%，占常住人口的2.20%。" in text
        assert "草稿" in text
        assert (await analyst.get(f"{PLACE}/{made}.doc")).status_code == 404


async def test_a_person_edits_a_draft_and_new_drafts_leave_it_alone(books: Running) -> None:
    async with await desk(books) as analyst:
        made = await drafted(analyst)
        words = {
            "title": "关于全区关爱保险工作的通报",
            "reference": "桂计生协〔2021〕12号",
            "sections": [{"heading": "总体情况", "paragraphs": ["<b>全区</b>承保2200份。"]}],
        }
        edited = await analyst.patch(f"{PLACE}/{made}", json=words)
        assert edited.status_code == 200, edited.text
        await drafted(analyst)
        found = (await analyst.get(f"{PLACE}/{made}")).json()
        assert (found["title"], found["state"], found["edited_by"]) == (words["title"], "draft", "analyst")
        assert found["document"]["reference"] == words["reference"]
        assert found["document"]["opening"][0].startswith("现将2021年度")
        page = (await analyst.get(f"{PLACE}/{made}.html")).text
        assert "&lt;b&gt;全区&lt;/b&gt;承保2200份" in page
        refused: list[dict[str, Any]] = [
            {"is_draft": False},
            {"title": ""},
            {"opening": ["长" * 5_001]},
            {"figures": []},
        ]
        for bad in refused:
            assert (await analyst.patch(f"{PLACE}/{made}", json=bad)).status_code == 422, bad


async def test_what_is_published_stays_the_same_bytes_whatever_happens_later(books: Running) -> None:
    async with await desk(books) as analyst:
        made = await published(analyst)
        files = {form: (await analyst.get(f"{PLACE}/{made}.{form}")).content for form in FORMATS}
        await sell(books, 500, "450201001001", DAY)
        await set_targets(books, r45=9_000)
        found = (await analyst.get(f"{PLACE}/{made}")).json()
        for form, content in files.items():
            assert (await analyst.get(f"{PLACE}/{made}.{form}")).content == content, form
            assert found["files"][form]["sha256"] == sha256(content).hexdigest(), form
        assert "草稿" not in files["txt"].decode()
        refused = await analyst.patch(f"{PLACE}/{made}", json={"title": "另一个标题"})
        assert refused.status_code == 409
        assert "errata" in refused.json()["detail"]


async def test_what_was_printed_is_served_and_no_writer_is_asked_again(books: Running) -> None:
    async with await desk(books) as analyst:
        made = await published(analyst)
        async with books.desk.begin() as tx:
            kept = update(bulletin_files).where(bulletin_files.c.bulletin == made, bulletin_files.c.format == "txt")
            await tx.connection.execute(kept.values(bytes="去年的字体".encode()))
        assert (await analyst.get(f"{PLACE}/{made}.txt")).text == "去年的字体"


async def test_words_written_while_it_is_being_printed_are_not_lost(books: Running) -> None:
    async with await desk(books) as analyst:
        made = await drafted(analyst)
        publishing = asyncio.create_task(analyst.post(f"{PLACE}/{made}/publish"))
        await asyncio.sleep(0.05)
        edited = await analyst.patch(f"{PLACE}/{made}", json={"title": "改过的标题"})
        answer = await publishing
        if edited.status_code == 200 and answer.status_code == 200:
            assert answer.json()["title"] == "改过的标题"
        assert {edited.status_code, answer.status_code} <= {200, 409}


async def test_publishing_twice_says_it_once_and_answers_the_same(books: Running) -> None:
    async with await desk(books) as analyst:
        made = await drafted(analyst)
        first = await analyst.post(f"{PLACE}/{made}/publish")
        second = await analyst.post(f"{PLACE}/{made}/publish", json={"reason": "再发一次"})
        assert (first.status_code, second.json()) == (200, first.json())
        assert [(said["bulletin_id"], said["kind"], said["region"]) for said in await told(books)] == [
            (made, "annual", "45")
        ]


async def test_two_people_who_publish_at_once_publish_once(books: Running) -> None:
    async with await desk(books) as analyst:
        made = await drafted(analyst)
        answers = await asyncio.gather(*(analyst.post(f"{PLACE}/{made}/publish") for _ in range(2)))
        assert [answer.status_code for answer in answers] == [200, 200]
        assert len(await told(books)) == 1


async def test_a_late_sale_shows_as_since_publication(books: Running) -> None:
    async with await desk(books) as analyst:
        made = await published(analyst)
        assert (await analyst.get(f"{PLACE}/{made}")).json()["since_publication"] == []
        await sell(books, 300, "450201001001", DAY)
        changed = {c["figure"]: c for c in (await analyst.get(f"{PLACE}/{made}")).json()["since_publication"]}
        assert (changed["45.units"]["old"], changed["45.units"]["new"]) == ("2200份", "2500份")
        assert (changed["4502.units"]["old_value"], changed["4502.units"]["new_value"]) == (1_000, 1_300)
        assert "4501.units" not in changed
        page = (await analyst.get(f"{PLACE}/{made}.txt", params={"errata": True})).text
        assert "区4502承保份数：1000份 → 1300份" in page


async def test_errata_name_old_and_new_the_cause_and_whose_rank_changed(books: Running) -> None:
    async with await desk(books) as analyst:
        made = await published(analyst)
        place = f"{PLACE}/{made}/errata"
        nothing = await analyst.post(place, json={"cause": "迟到的保单"})
        assert nothing.status_code == 409
        await sell(books, 300, "450201001001", DAY)
        assert (await analyst.post(place, json={"cause": "x", "figure": "45.luck"})).status_code == 422
        one = await analyst.post(place, json={"cause": "保险公司迟报300份", "figure": "4502.units"})
        assert one.status_code == 201, one.text
        (first,) = one.json()["items"]
        assert (first["number"], first["title"], first["old"], first["new"]) == (
            1, "区4502承保份数", "1000份", "1300份",
        )  # fmt: skip
        assert first["cause"] == "保险公司迟报300份"
        assert first["ranks"] == ["区4501由第1位变为第2位", "区4502由第2位变为第1位"]
        rest = (await analyst.post(place, json={"cause": "同上"})).json()["items"]
        assert [row["number"] for row in rest] == list(range(2, len(rest) + 2))
        assert "4502.units" not in {row["figure"] for row in rest}
        assert (await analyst.post(place, json={"cause": "同上"})).status_code == 409
        found = (await analyst.get(f"{PLACE}/{made}")).json()
        assert (len(found["errata"]), found["since_publication"]) == (len(rest) + 1, [])
        original, corrected = [
            (await analyst.get(f"{PLACE}/{made}.txt", params={"errata": e})).text for e in (False, True)
        ]
        assert "更正" not in original
        assert "第1号（2021年8月31日）：区4502承保份数由1000份更正为1300份。原因：保险公司迟报300份" in corrected


async def test_a_draft_has_no_errata(books: Running) -> None:
    async with await desk(books) as analyst:
        made = await drafted(analyst)
        assert (await analyst.post(f"{PLACE}/{made}/errata", json={"cause": "x"})).status_code == 409


A_LOST_BOOKING = {
    "source": "enrollment", "region": "450101", "year": 2021, "booked_on": date(2021, 3, 1), "measure": "units",
    "booked": 93, "told": 100, "since": datetime(2021, 3, 2, tzinfo=UTC), "stands": True, "reconciliation": "look",
}  # fmt: skip


async def test_it_is_not_published_over_differences_unless_told_why(books: Running) -> None:
    async with books.desk.begin() as tx:
        await tx.insert(differences, [A_LOST_BOOKING])
    async with await desk(books) as analyst:
        made = await drafted(analyst)
        refused = await analyst.post(f"{PLACE}/{made}/publish")
        assert refused.status_code == 409
        assert "区4501012021年3月1日承保份数账面为93，承保系统的合计为100" in refused.json()["detail"]
        assert (await analyst.get(f"{PLACE}/{made}")).json()["state"] == "draft"
        assert await told(books) == []
        done = await analyst.post(f"{PLACE}/{made}/publish", json={"reason": "大会今日召开"})
        assert (done.status_code, done.json()["publish_reason"]) == (200, "大会今日召开")
        assert "经研究仍予发布，理由：大会今日召开" in (await analyst.get(f"{PLACE}/{made}.txt")).text
        assert (await analyst.post(f"{PLACE}/{made}/publish", json={"reason": "  "})).status_code == 422


async def test_what_lies_outside_the_scope_is_not_there(books: Running) -> None:
    async with (
        await desk(books) as everywhere,
        await desk(books, "analyst", "4501") as city,
        await desk(books, "county", "450101") as county,
    ):
        whole, own = await published(everywhere), await drafted(city, "4501", "weekly", as_of="2021-08-29")
        below = await drafted(city, "450101", "weekly")
        for path in (whole, f"{whole}.docx", f"{whole}.txt?errata=true"):
            assert (await city.get(f"{PLACE}/{path}")).status_code == 404, path
        for method, path in (("PATCH", whole), ("POST", f"{whole}/publish"), ("POST", f"{whole}/errata")):
            answer = await city.request(method, f"{PLACE}/{path}", json={"cause": "x"} if "errata" in path else {})
            assert answer.status_code == 404, path
        assert (await city.post(PLACE, json={"kind": "annual", "region": "4502", "year": 2021})).status_code == 404
        assert {item["id"] for item in (await city.get(PLACE)).json()["items"]} == {own, below}
        assert {item["id"] for item in (await county.get(PLACE)).json()["items"]} == {below}
        assert (await county.get(f"{PLACE}/{below}.html")).status_code == 200
        assert (await county.get(f"{PLACE}/{own}")).status_code == 404
        assert (await county.post(f"{PLACE}/{below}/publish")).status_code == 403
        assert (await county.get(PLACE, params={"region": "4501"})).status_code == 404


async def test_lists_are_paged_and_filtered_newest_first(books: Running) -> None:
    async with await desk(books) as analyst:
        made = [await drafted(analyst, region, kind) for region in ("45", "4501") for kind in ("annual", "quarterly")]
        first = (await analyst.get(PLACE, params={"limit": 3})).json()
        rest = (await analyst.get(PLACE, params={"limit": 3, "cursor": first["next"]})).json()
        assert [item["id"] for item in first["items"] + rest["items"]] == made[::-1]
        assert rest["next"] is None
        annual = (await analyst.get(PLACE, params={"kind": "annual", "region": "4501", "year": 2021})).json()
        assert [item["id"] for item in annual["items"]] == [made[2]]


async def test_a_weekly_counts_movement_from_the_last_published_one(books: Running) -> None:
    await sell(books, 40, "450201001001", date(2021, 8, 12))
    async with await desk(books) as analyst:
        alone = await drafted(analyst, "45", "weekly", as_of="2021-08-22")
        assert "没有新增承保" in (await analyst.get(f"{PLACE}/{alone}.txt")).text
        earlier = await drafted(analyst, "45", "weekly", as_of="2021-08-08")
        await analyst.post(f"{PLACE}/{earlier}/publish")
        after = await drafted(analyst, "45", "weekly", as_of="2021-08-22")
        text = (await analyst.get(f"{PLACE}/{after}.txt")).text
        assert "周通报（2021年8月9日至22日）" in text
        assert "本期区45新增承保40份。" in text


async def due(books: Running) -> list[tuple[str, str, str]]:
    async with books.database.read() as tx:
        rows = await tx.rows(select(bulletins).order_by(bulletins.c.kind, bulletins.c.region, bulletins.c.as_of))
    return [(row.kind, row.region, row.as_of.isoformat()) for row in rows]


async def run_schedule(books: Running) -> None:
    async with books.desk.begin() as tx:
        assert await partial(draft_due_bulletins, 9, 1)(tx) == ()


async def test_the_schedule_drafts_the_latest_of_each_kind_once_for_provinces_and_cities_with_a_feed(
    books: Running,
) -> None:
    await asyncio.gather(run_schedule(books), run_schedule(books))
    await run_schedule(books)
    regions = ("45", "4501", "4502")
    assert await due(books) == [
        ("annual", "45", "2020-08-31"),
        ("annual", "4501", "2020-08-31"),
        *[("quarterly", region, "2021-05-31") for region in regions],
        *[("weekly", region, "2021-08-29") for region in regions],
    ]
    books.database.clock = Clock(date(2021, 11, 15))
    await run_schedule(books)
    assert [day for kind, region, day in await due(books) if kind != "weekly" and region == "4502"] == [
        "2021-08-31", "2021-05-31", "2021-08-31",
    ]  # fmt: skip
    assert len(await due(books)) == 8 + 6, "after eleven weeks away: one annual and one quarterly more, no old weeks"


async def test_a_scheduled_draft_follows_the_books_until_somebody_edits_it(books: Running) -> None:
    await run_schedule(books)
    await sell(books, 300, "450201001001", date(2021, 5, 3))
    async with await desk(books) as analyst:
        listed = (await analyst.get(PLACE, params={"kind": "quarterly", "region": "45"})).json()["items"]
        (draft,) = [item for item in listed if item["region"] == "45"]
        assert (draft["created_by"], draft["title"]) == ("schedule", "关于区452021年度第三季度关爱保险工作情况的通报")
        place = f"{PLACE}/{draft['id']}"
        assert "承保关爱保险2500份" in (await analyst.get(f"{place}.txt")).text
        await analyst.patch(place, json={"reference": "〔2021〕3号"})
        await sell(books, 100, "450201001001", date(2021, 5, 4))
        assert "承保关爱保险2500份" in (await analyst.get(f"{place}.txt")).text
        found = (await analyst.get(place)).json()
        assert ("45.units", "2500份", "2600份") in [(c["figure"], c["old"], c["new"]) for c in found["since_drafted"]]
        assert (await analyst.post(f"{place}/publish")).json()["state"] == "published"


async def test_a_region_nobody_reports_from_says_so_in_every_format(books: Running) -> None:
    async with await desk(books) as analyst:
        made = await drafted(analyst, "450102001", "weekly", year=2019, as_of="2019-01-06")
        assert "尚无数据上报" in (await analyst.get(f"{PLACE}/{made}.txt")).text
        for form in FORMATS:
            assert (await analyst.get(f"{PLACE}/{made}.{form}")).status_code == 200, form
        assert (await analyst.post(PLACE, json={"kind": "daily", "region": "45", "year": 2021})).status_code == 422
        for day in ("0001-01-01", "2020-08-31", "2021-09-01", "9999-12-31"):
            odd = await analyst.post(PLACE, json={"kind": "weekly", "region": "45", "year": 2021, "as_of": day})
            assert odd.status_code == 422, day
            assert day in odd.json()["detail"]
        ahead = await analyst.post(PLACE, json={"kind": "annual", "region": "45", "year": 2022})
        assert "begins on 2021-09-01" in ahead.json()["detail"]


async def test_places_are_compared_with_those_of_the_last_published_bulletin(books: Running) -> None:
    async with await desk(books) as analyst:
        asked: dict[str, Any] = {"parent": "45", "by": "units", "year": 2021, "since": "bulletin"}
        place = "/reporting/v1/standings"
        week_before = str(DAY - timedelta(days=7))
        assert (await analyst.get(place, params={**asked, "as_of": str(DAY)})).json()["since"] == week_before
        earlier = DAY - timedelta(days=20)
        made = await drafted(analyst, "45", "quarterly", as_of=str(earlier))
        assert (await analyst.post(f"{PLACE}/{made}/publish")).status_code == 200
        assert (await analyst.get(place, params={**asked, "as_of": str(DAY)})).json()["since"] == str(earlier)
