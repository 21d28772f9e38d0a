"""Policies as enrollment stores them: many at once or one by one, each once, and their persons only sealed."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from services.enrollment.handlers.revisions import place_of
from services.enrollment.queries import reference
from services.enrollment.settings import vault_of
from services.enrollment.tables import policy_revisions
from shared.contracts.reference import RegionRow
from tests.contracts.town import policy
from tests.handlers.policy_office import Json, Office, office_in

MANY = 250
"""So many that they are copied."""
NEW_VILLAGE = "450722001099"


@pytest.fixture(params=["postgresql", "sqlite"])
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with office_in(tmp_path, url) as office:
        yield office


async def told(office: Office) -> list[str]:
    """The numbers of all policies that facts were told of."""
    return sorted(fact["subject"] for fact in await office.facts("policy"))


async def test_many_new_policies_are_each_told_once(office: Office) -> None:
    assert set(await office.take(*(policy(f"P{number}") for number in range(MANY)))) == {"accepted"}
    assert await told(office) == sorted(f"P{number}" for number in range(MANY))


async def test_a_known_policy_among_many_new_ones_holds_up_none_of_them(office: Office) -> None:
    await office.take(policy("P7"), policy("P8"))
    again: dict[int, Json] = {7: {"event_id": "again"}, 8: {"event_id": "other", "units": 9}}
    crowd = [policy(f"P{number}", **again.get(number, {})) for number in range(MANY)]
    said = await office.take(*crowd)
    assert (said[7], said[8], set(said[:7] + said[9:])) == ("duplicate", "conflict", {"accepted"})
    assert await told(office) == sorted(f"P{number}" for number in range(MANY))


async def test_a_policy_twice_in_a_crowd_is_taken_once(office: Office) -> None:
    twice = [policy("P1"), policy("P1", "again"), policy("P1", "other", units=9)]
    said = await office.take(*twice, *(policy(f"P{number}") for number in range(2, MANY)))
    assert said[:3] == ["accepted", "duplicate", "conflict"]
    assert len(await told(office)) == MANY - 1


async def test_a_region_is_known_as_soon_as_it_is_loaded(office: Office) -> None:
    assert await office.take(policy("P1", region=NEW_VILLAGE), policy("P2")) == ["rejected", "accepted"]
    async with office.running.desk.begin() as tx:
        row = RegionRow(code=NEW_VILLAGE, name="新村", level="village", parent=NEW_VILLAGE[:9])
        await reference.store_regions(tx, [row])
    assert await office.take(policy("P3", region=NEW_VILLAGE), policy("P4")) == ["accepted", "accepted"]


async def revealed(office: Office, policy_no: str) -> Json:
    async with office.client(await office.key_for("auditor")) as client:
        answer = await client.get(f"/policies/demo-life/{policy_no}", params={"reveal": True})
    (revision,) = answer.json()["revisions"]
    return dict(revision)


async def test_an_auditor_reads_what_the_insurer_sent_and_everybody_else_as_it_is_stored(office: Office) -> None:
    sent = policy("P1", consent={"method": "signature", "given_on": "2021-03-01"})["data"]
    await office.take(policy("P1", consent=sent["consent"]))
    shown = await revealed(office, "P1")
    personal = ("household_no", "insured", "consent")
    assert {name: shown[name] for name in personal} == {name: sent[name] for name in personal}
    assert shown["policyholder"] == {**sent["policyholder"], "phone": None}
    assert (shown["booked_on"], shown["premium"]["total"]) == ("2021-03-01", "128.88")


async def test_a_document_that_was_sealed_with_the_persons_alone_still_opens(office: Office) -> None:
    await office.take(policy("P1"))
    now = await revealed(office, "P1")
    personal = {name: now[name] for name in ("household_no", "policyholder", "insured", "consent")}
    await seal_again(office, "P1", personal)
    assert await revealed(office, "P1") == now


async def seal_again(office: Office, policy_no: str, document: Any) -> None:
    vault = vault_of(office.running.settings)
    sealed = vault.seal(json.dumps(document).encode(), place_of(policy_no, "demo-life", 1))
    async with office.running.desk.begin() as tx:
        await tx.connection.execute(update(policy_revisions).values(sealed=sealed))


async def test_the_same_person_and_household_are_found_under_the_same_index_for_ever(office: Office) -> None:
    await office.take(policy("P1"), policy("P2"))
    columns = policy_revisions.c
    async with office.running.desk.begin() as tx:
        rows = await tx.rows(select(columns.household, columns.holder_index))
    found = {(row.household, row.holder_index.hex()) for row in rows}
    assert found == {("04cfe33a16c86fd03890b803", "319dda8a735375762ded5a8e09ce722b")}
