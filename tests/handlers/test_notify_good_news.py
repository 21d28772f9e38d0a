"""Milestones and bulletins are told to the same people by the same ways, once, and they press nobody."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy.exc import IntegrityError

from services.notify.rules.news import News
from services.notify.tables import attempts, deliveries, notices, silences
from shared.contracts.registry import event_of, type_of
from shared.messaging.topology import FACTS, TOPOLOGY
from shared.messaging.transport import Message
from shared.runtime import migrations
from tests.handlers.notify_house import TODAY, House, Row, bulletin, house_at, lagging, milestone, recovered, until

SECRETARY = {"region": "4501", "email": "secretary@city.example"}
REACHED, BULLETIN = "guideline_reached.4501.2021.reached", "bulletin.0190ab"


@pytest.fixture(params=["sqlite", "postgresql"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with house_at(url, tmp_path) as made:
        await made.know(SECRETARY)
        yield made


async def ids(house: House) -> list[str]:
    return sorted(row["id"] for row in await house.rows(notices))


async def test_a_milestone_is_told_once_a_region_and_year_however_often_it_is_reached(house: House) -> None:
    await house.tell(milestone(), milestone())
    await house.tell(milestone(value=450020.0, reached_on=date(2021, 6, 1)))
    assert await ids(house) == [REACHED]
    assert (await house.delivery())["address"] == "secretary@city.example"
    (row,) = await house.rows(notices)
    assert (row["as_of"], row["rule"]) == (date(2021, 5, 3), "guideline_reached")
    await house.tell(milestone(programme_year=2022), milestone(milestone="stretch_reached"))
    assert len(await ids(house)) == len(await house.rows(deliveries)) == 3


async def test_a_bulletin_published_again_is_told_once(house: House) -> None:
    for _ in range(2):
        await house.tell(bulletin(), bulletin(title="改过的标题"))
    assert await ids(house) == [BULLETIN]
    assert (await house.delivery())["notice_id"] == BULLETIN


async def test_all_kinds_of_news_come_in_one_batch(house: House) -> None:
    await house.tell(bulletin(), milestone(), recovered(), lagging())
    kinds = [row["kind"] for row in await house.rows(notices)]
    assert kinds == ["milestone", "bulletin", "lagging", "recovered"]
    assert len(await house.rows(deliveries)) == 4


@pytest.mark.parametrize(
    ("rule", "muted"),
    [("*", {REACHED, BULLETIN}), ("guideline_reached", {REACHED}), ("behind_pace", set())],
)
async def test_silences_keep_back_good_news_too(house: House, rule: str, muted: set[str]) -> None:
    silence = {"id": "s1", "region": "45", "rule": rule, "until": TODAY, "reason": "换届", "by": "op"}
    await house.write(silences, {**silence, "created_at": house.clock.now()})
    await house.tell(milestone(), bulletin())
    assert {row["id"] for row in await house.rows(notices) if row["muted_because"]} == muted
    assert {row["notice_id"] for row in await house.rows(deliveries)} == {REACHED, BULLETIN} - muted


async def test_good_news_for_nobody_is_no_notice(house: House) -> None:
    await house.tell(milestone("4502", "柳州市"), bulletin("45"))
    assert await ids(house) == []


async def test_people_read_good_news_and_are_not_asked_for_a_pledge(house: House) -> None:
    await house.tell(milestone(), bulletin(), recovered())
    promise = {"due_on": "2021-09-14", "text": "两周内补齐。"}
    async with house.client(await house.key_of("county", "4501")) as client:
        listed = (await client.get("/notices")).json()["items"]
        assert {(item["kind"], item["rule"], item["episode"]) for item in listed} == {
            ("milestone", "guideline_reached", None),
            ("bulletin", None, None),
            ("recovered", "behind_pace", 1),
        }
        (filtered,) = (await client.get("/notices", params={"rule": "guideline_reached"})).json()["items"]
        assert filtered["title"] == "【好消息】南宁市于2021年5月3日完成年度指导任务"
        shown = (await client.get(f"/notices/{BULLETIN}")).json()
        assert (shown["data"]["bulletin_kind"], len(shown["deliveries"])) == ("weekly", 1)
        assert len((await client.get("/deliveries")).json()["items"]) == 3
        for item, sentence in (
            (REACHED, "This is good news and asks for nothing"),
            (BULLETIN, "A bulletin is to be read, not answered"),
            ("behind_pace.4501.2021.1.recovered", "The region has recovered"),
        ):
            refused = await client.post(f"/notices/{item}/pledge", json=promise)
            assert (refused.status_code, sentence in refused.text) == (409, True), refused.text


@pytest.mark.parametrize(
    ("news", "key", "written"),
    [(milestone(), "region.milestone", REACHED), (bulletin(), "bulletin.published", BULLETIN)],
)
async def test_good_news_on_the_broker_becomes_a_notice(house: House, news: News, key: str, written: str) -> None:
    await house.running.transport.declare(TOPOLOGY)
    kind = type_of(type(news))
    event = event_of(kind)(id="e1", source="urn:guanai:reporting", type=kind, data=news)
    body = event.model_dump_json().encode()
    sent = Message(FACTS, f"{key}.4501", body, "m1", "application/cloudevents+json", {})
    tasks = [asyncio.ensure_future(run()) for _, run in house.running.loops()]
    try:
        await house.running.transport.publish([sent, sent])
        await until(lambda: ids(house))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert await ids(house) == [written]


def notice(house: House, **more: Any) -> Row:
    """A row by hand, as the first version of the schema would take it."""
    said = {"id": "n1", "kind": "lagging", "rule": "stalled", "region": "4501", "region_name": "南宁市"}
    when = {"programme_year": 2021, "episode": 1, "severity": "warning", "as_of": TODAY}
    words: Row = {"title": "题", "text": "文", "data": {}, "muted_because": None, "created_at": house.clock.now()}
    return {**said, **when, **words, **more}


@pytest.mark.parametrize(
    "odd",
    [
        {"kind": "rumour"},
        {"kind": "bulletin", "episode": None, "severity": None},
        {"rule": None},
        {"episode": None},
        {"severity": None},
        {"kind": "milestone"},
    ],
)
async def test_a_notice_that_cannot_be_cannot_be_written(house: House, odd: Row) -> None:
    with pytest.raises(IntegrityError):
        await house.write(notices, notice(house, **odd))
    await house.write(notices, notice(house))


async def test_what_was_said_and_sent_before_good_news_could_be_told_is_still_there(house: House) -> None:
    await migrate_to(house, "0001")
    await house.write(notices, notice(house))
    at = {"due_at": house.clock.now(), "attempts": 1, "switched_off": False}
    await house.write(deliveries, {"notice_id": "n1", "channel": "mail", "address": "a@b.example", **at})
    await house.write(
        attempts, {"delivery_id": 1, "number": 1, "at": house.clock.now(), "outcome": "begun", "detail": ""}
    )
    tables = (notices, deliveries, attempts)
    before = [await house.rows(table) for table in tables]
    await migrate_to(house, "head")
    assert [await house.rows(table) for table in tables] == before
    await house.tell(milestone())
    assert [row["id"] for row in await house.rows(notices)] == ["n1", REACHED]
    assert [row["id"] for row in await house.rows(deliveries)] == [1, 2]
    await migrate_to(house, "0001")
    assert await ids(house) == ["n1"]


async def migrate_to(house: House, version: str) -> None:
    step = command.upgrade if version == "head" else command.downgrade
    config = migrations._config
    async with house.running.database.engine.begin() as connection:
        await connection.run_sync(lambda c: step(config("notify", c), version))
