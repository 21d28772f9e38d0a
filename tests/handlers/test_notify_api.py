"""What people see of notices and may do about them: their own regions only, addresses masked, secrets shown once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.notify.errands import delivery as loop
from services.notify.errands.claims import claim_due
from services.notify.errands.ledger import record
from services.notify.gateways import Sent
from services.notify.tables import contacts, deliveries, notices, pledges, regions, routes
from shared.contracts.registry import event_of
from shared.messaging.tables import outbox
from shared.messaging.topology import FACTS, TOPOLOGY
from shared.messaging.transport import Message
from tests.handlers.notify_house import TODAY, House, house_at, lagging, recovered, until
from tests.handlers.sinks import MailSink

WARNING = "behind_pace.450103.2021.1.warning"
CONTACTS = """region,role,chain,name,email,robot_url,valid_from,valid_to
4501,association_secretary,association,南宁市计生协值班信箱,secretary@city.example,,2019-09-01,
450103,association_secretary,association,青秀区计生协值班信箱,secretary@county.example,,2019-09-01,2030-01-01
450203,insurer_manager,insurer,鱼峰区保险公司值班信箱,manager@other.example,,2019-09-01,
"""
REGIONS = """code,name,level,parent
45,广西壮族自治区,province,
4501,南宁市,city,45
450103,青秀区,county,4501
"""


@pytest.fixture(params=["sqlite", "postgresql"])
async def house(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    monkeypatch.setenv("GUANAI_WEBHOOK_ALLOW_PRIVATE", "true")
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with house_at(url, tmp_path) as made:
        async with made.client() as admin:
            for kind, text in (("regions", REGIONS), ("contacts", CONTACTS)):
                loaded = await admin.put(f"/reference/{kind}", content=text.encode())
                assert (loaded.status_code, loaded.json()["lines"]) == (200, 3)
        yield made


@pytest.fixture
async def told(house: House) -> House:
    """Three regions lag; each has a contact."""
    await house.tell(lagging(), lagging("450103", "青秀区"), lagging("450203", "鱼峰区"))
    return house


async def items(house: House, key: str, path: str, **query: Any) -> list[dict[str, Any]]:
    async with house.client(key) as client:
        answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_a_county_sees_only_its_own(told: House) -> None:
    key = await told.key_of("county", "450103")
    for path in ("/notices", "/deliveries", "/contacts"):
        assert {item["region"] for item in await items(told, key, path)} == {"450103"}
    async with told.client(key) as client:
        assert (await client.get(f"/notices/{WARNING}")).status_code == 200
        for outside in ("/notices/behind_pace.4501.2021.1.warning", "/notices/none", "/notices?region=4501"):
            assert (await client.get(outside)).status_code == 404


@pytest.mark.parametrize("role", ["insurer", None])
async def test_others_see_nothing(told: House, role: Any) -> None:
    key = await told.key_of(role) if role else "wrong"
    async with told.client(key) as client:
        for path in ("/notices", f"/notices/{WARNING}", "/deliveries", "/contacts", "/routes", "/silences"):
            assert (await client.get(path)).status_code == (403 if role else 401)


@pytest.mark.parametrize("role", ["county", "analyst", "auditor"])
async def test_destinations_are_the_operators_affair(told: House, role: Any) -> None:
    async with told.client(await told.key_of(role, "4501")) as client:
        for answer in (
            await client.get("/routes"),
            await client.post("/routes", json={"channel": "mail", "address": "a@b.example"}),
            await client.delete("/routes/1"),
            await client.post("/silences", json={"until": "2030-01-01", "reason": "换届"}),
            await client.delete("/silences/1"),
        ):
            assert answer.status_code == 403


async def test_addresses_are_masked_for_those_who_need_not_know_them(told: House) -> None:
    for role, shown in (("operator", "secretary@county.example"), ("analyst", "s***@county.example")):
        key = await told.key_of(role)  # type: ignore[arg-type]
        (delivery,) = await items(told, key, "/deliveries", region="450103")
        (contact,) = await items(told, key, "/contacts", region="450103")
        async with told.client(key) as client:
            (detail,) = (await client.get(f"/notices/{WARNING}")).json()["deliveries"]
        assert {delivery["address"], contact["email"], detail["address"]} == {shown}


async def test_notices_come_newest_first_page_by_page(told: House) -> None:
    await told.tell(recovered("450103", "青秀区"), lagging(rule="stalled"))
    key = await told.key_of("analyst")
    whole = await items(told, key, "/notices")
    assert len(whole) == 5
    paged, cursor = [], ""
    async with told.client(key) as client:
        while cursor is not None:
            page = (await client.get("/notices", params={"limit": 2, "cursor": cursor})).json()
            paged += page["items"]
            cursor = page["next"]
        assert (await client.get("/notices", params={"cursor": "x"})).status_code == 422
    assert paged == whole
    assert {item["region"] for item in whole[:2]} == {"450103", "4501"}
    assert [item["rule"] for item in await items(told, key, "/notices", rule="stalled")] == ["stalled"]
    assert {item["region"] for item in await items(told, key, "/notices", region="4501")} == {"4501", "450103"}


async def test_a_notice_shows_its_words_and_every_attempt(told: House) -> None:
    async with told.running.database.begin() as tx:
        errands = await claim_due(tx, 8)
        for errand in errands:
            await record(tx, errand, Sent("250"), 0.5)
    key = await told.key_of("operator")
    async with told.client(key) as client:
        shown = (await client.get(f"/notices/{WARNING}")).json()
    assert shown["title"] == "【滞后提醒】南宁市青秀区关爱保险进度落后，为应达进度的86.6%"
    assert shown["data"]["evidence"]["gap_units"] == 38361
    (delivery,) = shown["deliveries"]
    assert (delivery["state"], delivery["attempts"][0]["outcome"]) == ("delivered", "sent")
    assert len(await items(told, key, "/deliveries", state="delivered")) == 3
    assert await items(told, key, "/deliveries", state="open") == []
    assert len(await items(told, key, "/deliveries", notice=WARNING)) == 1


async def test_a_webhook_secret_is_shown_once(house: House) -> None:
    async with house.client(await house.key_of("operator")) as client:
        made = await client.post(
            "/routes", json={"region": "4501", "channel": "webhook", "address": "http://127.0.0.1:9/hook"}
        )
        assert made.status_code == 201
        assert made.json()["secret"].startswith("whsec_")
        listed = await client.get("/routes")
        assert made.json()["id"] in listed.text
        assert "secret" not in listed.text
        assert made.json()["secret"] == (await house.rows(routes))[0]["secret"]


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("mail", "a@b.example"),
        ("wecom", "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"),
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc"),
        ("webhook", "http://127.0.0.1:9/hook"),
    ],
)
async def test_a_route_is_made_and_removed(house: House, channel: str, address: str) -> None:
    async with house.client(await house.key_of("operator")) as client:
        made = await client.post("/routes", json={"channel": channel, "address": address})
        assert made.status_code == 201, made.text
        await house.tell(lagging("450305", "七星区"))
        assert [row["address"] for row in await house.rows(deliveries)] == [address]
        assert (await client.delete(f"/routes/{made.json()['id']}")).status_code == 204
        assert (await client.delete(f"/routes/{made.json()['id']}")).status_code == 404
    reason = "the route was removed" if channel == "webhook" else None
    assert (await house.delivery())["given_up_because"] == reason


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("mail", "a@b.example, c@d.example"),
        ("mail", "not a mailbox"),
        ("wecom", "https://elsewhere.example/cgi-bin/webhook/send?key=abc"),
        ("webhook", "ftp://127.0.0.1/x"),
        ("webhook", "http://user:hunter2@127.0.0.1/x"),
        ("webhook", "http://hook.invalid/x"),
        ("pigeon", "roof"),
    ],
)
async def test_a_route_that_leads_nowhere_is_refused(house: House, channel: str, address: str) -> None:
    async with house.client(await house.key_of("operator")) as client:
        refused = await client.post("/routes", json={"channel": channel, "address": address})
    assert refused.status_code == 422
    assert "hunter2" not in refused.text
    assert await house.rows(routes) == []


async def test_without_permission_no_webhook_leads_into_our_own_house(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GUANAI_WEBHOOK_ALLOW_PRIVATE", raising=False)
    async with house_at(None, tmp_path) as house, house.client(await house.key_of("operator")) as client:
        for address in ("https://127.0.0.1/x", "http://169.254.169.254/", "https://[::1]/", "https://2130706433/"):
            refused = await client.post("/routes", json={"channel": "webhook", "address": address})
            assert (refused.status_code, "No webhook may lead there" in refused.text) == (422, True)


async def test_an_operator_of_a_city_rules_in_that_city_alone(house: House) -> None:
    city, everywhere = await house.key_of("operator", "4502"), await house.key_of("operator")
    route, silence = {"channel": "mail", "address": "a@b.example"}, {"until": "2030-01-01", "reason": "换届"}
    made = []
    async with house.client(everywhere) as client:
        made += [(await client.post(f"/{kind}", json=body)).json() for kind, body in _both(route, silence)]
    async with house.client(city) as client:
        for kind, body in _both(route, silence):
            assert (await client.post(f"/{kind}", json={**body, "region": "4501"})).status_code == 404
            assert (await client.post(f"/{kind}", json=body)).status_code == 404
            assert (await client.post(f"/{kind}", json={**body, "region": "450203"})).status_code == 201
            assert [item["region"] for item in (await client.get(f"/{kind}")).json()["items"]] == ["450203"]
        assert (await client.delete(f"/routes/{made[0]['id']}")).status_code == 404
        assert (await client.delete(f"/silences/{made[1]['id']}")).status_code == 404


def _both(route: dict[str, Any], silence: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [("routes", route), ("silences", silence)]


async def test_a_silence_is_made_seen_and_ended(house: House) -> None:
    async with house.client(await house.key_of("operator")) as client:
        body = {"region": "4501", "rule": "behind_pace", "until": TODAY.isoformat(), "reason": "换届"}
        made = await client.post("/silences", json=body)
        assert (made.status_code, made.json()["by"]) == (201, "operator ")
        await house.tell(lagging())
        assert (await client.delete(f"/silences/{made.json()['id']}")).status_code == 204
        await house.tell(lagging("450103", "青秀区"))
        shown = (await client.get("/notices/behind_pace.4501.2021.1.warning")).json()
    assert shown["muted_because"].startswith("silenced until 2021-08-31")
    assert [row["notice_id"] for row in await house.rows(deliveries)] == [WARNING]


async def test_a_county_answers_its_notice_with_a_pledge(told: House) -> None:
    promise = {"due_on": (TODAY + timedelta(days=14)).isoformat(), "text": "两周内补齐。"}
    async with told.client(await told.key_of("county", "450103")) as client:
        for _ in range(2):
            made = await client.post(f"/notices/{WARNING}/pledge", json=promise)
            assert made.status_code == 201, made.text
        (shown,) = (await client.get(f"/notices/{WARNING}")).json()["pledges"]
    assert (shown["text"], shown["due_on"], shown["made_by"]) == (*reversed(promise.values()), "county 450103")
    (row,) = await told.rows(outbox)
    fact = event_of("guanai.pledge.made.v1").model_validate_json(row["body"])
    assert (row["routing_key"], fact.subject) == ("pledge.made.4501", WARNING)
    assert fact.data.model_dump(mode="json") == {
        "notice_id": WARNING,
        "region": "450103",
        "due_on": promise["due_on"],
    }
    assert promise["text"].encode() not in row["body"]


async def test_a_pledge_that_cannot_be_is_refused(told: House) -> None:
    await told.tell(recovered("450103", "青秀区"))
    good = {"due_on": "2021-09-14", "text": "两周内补齐。"}
    async with told.client(await told.key_of("county", "450103")) as client:
        for notice, body, status in (
            (WARNING, {**good, "due_on": "2021-08-30"}, 422),
            (WARNING, {**good, "text": " "}, 422),
            (WARNING, {**good, "text": "\x00"}, 422),
            ("behind_pace.450103.2021.1.recovered", good, 409),
            ("behind_pace.4501.2021.1.warning", good, 404),
        ):
            assert (await client.post(f"/notices/{notice}/pledge", json=body)).status_code == status
    async with told.client(await told.key_of("analyst")) as client:
        assert (await client.post(f"/notices/{WARNING}/pledge", json=good)).status_code == 403
    assert await told.rows(pledges) == []


async def test_the_file_is_the_address_book(house: House) -> None:
    async with house.client() as admin:
        whole = "\n".join(CONTACTS.splitlines()[:2])
        assert (await admin.put("/reference/contacts", content=whole.encode())).status_code == 200
        bad = await admin.put("/reference/contacts", content=b"region,role\nx,y\n")
    assert bad.status_code == 422
    assert [row["region"] for row in await house.rows(contacts)] == ["4501"]
    assert [row["code"] for row in await house.rows(regions)] == ["45", "4501", "450103"]


async def test_every_path_is_documented_once(house: House) -> None:
    async with house.client() as client:
        documented = (await client.get("http://test/notify/openapi.json")).json()["paths"]
    assert {f"/notify/v1/{name}" for name in ("notices", "deliveries", "contacts", "routes", "silences")} < {
        *documented
    }


async def test_a_fact_on_the_broker_becomes_a_mail(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "POLL_SECONDS", 0.02)
    await house.running.transport.declare(TOPOLOGY)
    async with MailSink() as post_office:
        monkeypatch.setenv("GUANAI_SMTP_URL", f"smtp://127.0.0.1:{post_office.port}")
        work = [*house.running.loops(), *house.running.schedule()]
        tasks = [asyncio.ensure_future(run()) for _, run in work]
        fact = lagging()
        event = event_of("guanai.region.lagging.v1")(
            id="e1", source="urn:guanai:reporting", type="guanai.region.lagging.v1", data=fact
        )
        body = event.model_dump_json().encode()
        sent = Message(FACTS, "region.lagging.4501", body, "m1", "application/cloudevents+json", {})
        await house.running.transport.publish([sent, sent])

        async def mailed() -> bool:
            return bool(post_office.mails) and bool((await house.delivery())["delivered_at"])

        await until(mailed)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert post_office.recipients == ["secretary@city.example"]
    assert len(await house.rows(notices)) == 1
