"""News about regions becomes notices: once an episode, for whoever answers or listens, unless it is silenced."""

import random
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from services.notify.tables import deliveries, metadata, notices, routes, silences
from shared.contracts.judgements import RegionLagging, RegionRecovered
from shared.runtime.migrations import difference
from tests.handlers.notify_house import TODAY, House, house_at, lagging, recovered

SECRETARY = {"region": "4501", "email": "secretary@city.example"}
EARLIER = TODAY - timedelta(days=9)


@pytest.fixture(params=["sqlite", "postgresql"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with house_at(url, tmp_path) as made:
        yield made


async def stages(house: House) -> list[str]:
    return sorted(row["id"] for row in await house.rows(notices))


async def muted(house: House) -> dict[str, str]:
    return {row["id"]: row["muted_because"] for row in await house.rows(notices) if row["muted_because"]}


async def test_the_migrated_schema_is_the_one_in_the_code(house: House) -> None:
    assert await difference(house.running.database, metadata) == []


async def test_one_notice_an_episode_however_often_and_in_whatever_order_facts_come(house: House, seed: int) -> None:
    await house.know(SECRETARY)
    news: list[RegionLagging | RegionRecovered] = [
        lagging(as_of=EARLIER),
        lagging(severity="severe", as_of=EARLIER + timedelta(days=3)),
        recovered(),
        lagging(episode=2, as_of=TODAY + timedelta(days=9)),
    ] * 3
    random.Random(seed).shuffle(news)
    for at in range(0, len(news), 5):
        await house.tell(*news[at : at + 5])
    ids = ["1.recovered", "1.severe", "1.warning", "2.warning"]
    assert await stages(house) == [f"behind_pace.4501.2021.{stage}" for stage in ids]
    sent = [row["notice_id"] for row in await house.rows(deliveries)]
    assert len(sent) == len(set(sent))
    assert {*sent, *await muted(house)} == {*await stages(house)}
    assert {f"behind_pace.4501.2021.{stage}" for stage in ("1.recovered", "2.warning")} <= {*sent}


async def test_a_batch_is_told_in_the_order_it_happened(house: House) -> None:
    await house.know(SECRETARY)
    await house.tell(recovered(), lagging(severity="severe", as_of=EARLIER), lagging(as_of=EARLIER))
    told = [row["id"].rpartition(".")[2] for row in await house.rows(notices)]
    assert told == ["warning", "severe", "recovered"]
    assert await muted(house) == {}


async def test_nobody_who_has_recovered_is_told_to_hurry(house: House) -> None:
    await house.know(SECRETARY)
    await house.tell(recovered())
    await house.tell(lagging(as_of=EARLIER))
    assert await muted(house) == {"behind_pace.4501.2021.1.warning": "came late: the region has recovered"}
    assert [row["notice_id"] for row in await house.rows(deliveries)] == ["behind_pace.4501.2021.1.recovered"]


async def test_a_notice_is_due_for_every_contact_and_route(house: House) -> None:
    robot = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc"
    await house.know(
        {**SECRETARY, "robot_url": robot},
        {"region": "4501", "email": "manager@insurer.example", "role": "insurer_manager", "chain": "insurer"},
        {"region": "4501", "email": "gone@city.example", "valid_to": date(2021, 8, 30)},
        {"region": "4502", "email": "other@city.example"},
    )
    at = {"created_at": house.clock.now(), "secret": None, "disabled_because": None}
    hook = {**at, "id": "1", "region": "45", "channel": "webhook", "address": "https://hook.example/1", "secret": "s"}
    gone = {**hook, "id": "2", "address": "https://gone.example", "disabled_because": "endpoint is gone"}
    await house.write(routes, hook, gone, {**hook, "id": "3", "region": "4502", "address": "https://hook.example/2"})
    await house.tell(lagging())
    found = {(row["channel"], row["address"]) for row in await house.rows(deliveries)}
    assert found == {
        ("mail", "secretary@city.example"),
        ("mail", "manager@insurer.example"),
        ("wecom", robot),
        ("webhook", "https://hook.example/1"),
    }


async def test_without_anybody_to_tell_there_is_no_notice_but_a_line_in_the_log(house: House) -> None:
    await house.know(SECRETARY)
    with capture_logs() as logs:
        await house.tell(lagging("450103", "青秀区"), lagging())
    assert await stages(house) == ["behind_pace.4501.2021.1.warning"]
    (line,) = [line for line in logs if line["event"] == "nobody_to_tell"]
    assert (line["notices"], line["some"]) == (1, ["behind_pace.450103.2021.1.warning"])


async def test_a_contact_without_an_address_reads_the_list(house: House) -> None:
    await house.know({"region": "4501"})
    await house.tell(lagging())
    assert len(await house.rows(notices)) == 1
    assert await house.rows(deliveries) == []


@pytest.mark.parametrize("rule", ["*", "behind_pace"])
async def test_a_silenced_notice_is_written_and_says_so_but_is_not_sent(house: House, rule: str) -> None:
    await house.know(SECRETARY)
    silence = {"id": "s1", "region": "45", "rule": rule, "until": TODAY, "reason": "换届", "by": "op"}
    await house.write(silences, {**silence, "created_at": house.clock.now()})
    await house.tell(lagging())
    assert await muted(house) == {"behind_pace.4501.2021.1.warning": "silenced until 2021-08-31 (s1)"}
    assert await house.rows(deliveries) == []
    house.clock.turn(days=1)
    await house.tell(recovered())
    assert [row["notice_id"] for row in await house.rows(deliveries)] == ["behind_pace.4501.2021.1.recovered"]


async def test_news_that_is_known_reaches_nobody_who_came_later(house: House) -> None:
    await house.know(SECRETARY)
    await house.tell(lagging())
    await house.know({"region": "4501", "email": "newcomer@city.example", "id": "4501-000009"})
    await house.tell(lagging())
    assert [row["address"] for row in await house.rows(deliveries)] == ["secretary@city.example"]


async def test_two_replicas_that_hear_the_same_write_one_notice(house: House) -> None:
    await house.know(SECRETARY)
    news: list[RegionLagging | RegionRecovered] = [lagging(f"4501{n:02d}", f"县{n}") for n in range(1, 30)]
    await house.know(*[{"region": one.region, "email": f"{one.region}@county.example"} for one in news])
    await house.tell(*news)
    await house.tell(*news[::-1])
    assert len(await house.rows(notices)) == len(await house.rows(deliveries)) == len(news)
