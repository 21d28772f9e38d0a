"""A person's name, ID number and phone stand nowhere but sealed in enrollment: no table, log, metric or answer."""

import asyncio
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.cli.reference_data import SHIPPED
from services.cli.simulation import Plan, policy_events
from tests.journeys.platform import SERVICES, Platform, until

NAME, NUMBER, PHONE, WORDS = "欧阳金丝雀", "450722198803070018", "13977700042", "金丝雀的私事"
CANARIES = (NAME, NUMBER, PHONE, WORDS, NAME.encode("unicode_escape").decode())
Event = dict[str, Any]


@pytest.fixture
def platform(tmp_path: Path, amqp_url: str, pg_url: str) -> Iterator[Platform]:
    environment = {"GUANAI_AMQP_URL": amqp_url, "GUANAI_DATABASE_URL": pg_url, "GUANAI_TODAY": "2021-08-31"}
    made = Platform(tmp_path, environment)
    try:
        made.command("migrate")
        made.command("declare")
        made.start(*SERVICES)
        for kind, name in (
            ("regions", "regions.csv"),
            ("regions", "regions_villages.csv.gz"),
            ("products", "products.csv"),
        ):
            made.command("load", kind, str(SHIPPED / name))
        yield made
    finally:
        made.close()


def event_about(change: dict[str, Any], event_id: str, kind: str = "policy.issued") -> Event:
    """A submission full of canaries, changed in some way."""
    made = copy.deepcopy(next(policy_events(Plan(SHIPPED, 2021, 2_220))))
    made |= {"id": event_id, "type": f"guanai.insurer.{kind}.v1", "source": "urn:guanai:insurer:demo-life"}
    person = {"name": NAME, "id_number": with_check_digit(NUMBER)}
    made["data"] |= {"policyholder": {**person, "phone": PHONE}, "insured": [{**person, "relation": "self"}], **change}
    return made


def with_check_digit(number: str) -> str:
    from services.enrollment.rules.id_numbers import check_digit_of

    return number[:17] + check_digit_of(number[:17])


async def places_with(url: str, canaries: tuple[str, ...]) -> list[str]:
    """Every table whose rows show one of the canaries, as text or as plain bytes."""
    connection = await asyncpg.connect(url)
    tables = await connection.fetch(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY($1::text[])", list(SERVICES)
    )
    found = []
    for schema, table in tables:
        for canary in canaries:
            shown = [canary, canary.encode().hex()]
            rows = await connection.fetchval(
                f"SELECT count(*) FROM {schema}.{table} AS t WHERE t::text LIKE ANY($1::text[])",
                [f"%{text}%" for text in shown],
            )
            if rows:
                found.append(f"{schema}.{table}")
    await connection.close()
    return found


def spoken_of(platform: Platform) -> list[str]:
    """What is answered to forms that are not right and hold somebody's data in the wrong places."""
    wrong = {
        "name": NAME,
        "phone": [PHONE],
        "agent_no": "A-2",
        "region": PHONE,
        "villages": [NUMBER],
        "text": {"a": WORDS},
    }
    forms = [
        ("enrollment", "/enrollment/v1/agents", [wrong]),
        ("enrollment", "/enrollment/v1/agents", wrong),
        ("reporting", "/reporting/v1/text-checks", wrong),
        ("reporting", "/reporting/v1/bulletins", {**wrong, "kind": NAME}),
        ("reporting", "/reporting/v1/lagging/acknowledgements", wrong),
        ("notify", "/notify/v1/silences", {**wrong, "reason": [WORDS]}),
    ]
    answers = [platform.post(service, path, json=form) for service, path, form in forms]
    assert {answer.status_code for answer in answers} == {422}
    checked = {"text": f"{NAME}，{NUMBER}，{PHONE}，承保100份", "region": "45"}
    assert platform.post("reporting", "/reporting/v1/text-checks", json=checked).status_code == 200
    return [answer.text for answer in answers]


def test_no_canary_is_found_anywhere(platform: Platform, pg_url: str) -> None:
    number = with_check_digit(NUMBER)
    broken = {"policyholder": {"name": NAME, "id_number": NAME}, "units": NUMBER}
    wrong = {"name": NAME, "id_number": f"{number[:-1]}?", "relation": "self"}
    events = [
        event_about({}, "canary-1"),
        event_about({"policy_no": "P-2", "insured": [wrong]}, "canary-2"),
        event_about({"revision": 3, "endorsed_on": "2021-08-01", "reason": WORDS}, "canary-3", "policy.endorsed"),
        event_about({"units": 9}, "canary-4"),
        event_about(broken, "canary-5"),
    ]
    answer = platform.post("enrollment", "/enrollment/v1/events", json=events)
    statuses = [receipt["status"] for receipt in answer.json()["receipts"]]
    assert statuses == ["accepted", "rejected", "parked", "conflict", "rejected"]
    until(
        lambda: platform.get("reporting", "/reporting/v1/indicators", region="45").json()["measures"]["policies"] == 1
    )

    agent = {"agent_no": "A-1", "region": events[0]["data"]["region"][:9], "villages": [], "name": NAME, "phone": PHONE}
    assert platform.post("enrollment", "/enrollment/v1/agents", json=[agent]).json() == {"agents": 1, "told": 1}

    told = [*spoken_of(platform), platform.post("enrollment", "/enrollment/v1/replays", json={"queue": NAME}).text]

    canaries = (*CANARIES, number)
    assert asyncio.run(places_with(pg_url, canaries)) == []
    shown = [answer.text, *told, platform.get("enrollment", "/enrollment/v1/parked").text]
    shown += [platform.get("enrollment", "/enrollment/v1/receipts", insurer="demo-life").text]
    policy = events[0]["data"]["policy_no"]
    shown += [platform.get("enrollment", f"/enrollment/v1/policies/demo-life/{policy}").text]
    shown += [platform.get("enrollment", "/enrollment/v1/agents").text]
    shown += [platform.get(service, f"/{service}/metrics").text for service in SERVICES]
    shown += [platform.log_of(service) for service in SERVICES]
    assert [text for text in shown if any(canary in text for canary in canaries)] == []
    revealed = platform.get("enrollment", f"/enrollment/v1/policies/demo-life/{policy}", reveal=True)
    assert NAME in revealed.text, "sealed, not lost: an auditor can still read it"
    assert "personal_data_revealed" in platform.log_of("enrollment")
