"""What is kept in memory is told only as long as nothing under it has changed, whoever has changed it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from services.reporting.handlers import take_reference
from services.reporting.handlers.note_touches import REMEMBERED, forget_touches
from services.reporting.queries.figures import EVERYTHING, Asked, known_on
from services.reporting.tables import LIVE, touches
from shared.contracts.facts import ClaimPaid, ClaimReported, ClaimState, ClaimStep, PolicyIssued
from shared.contracts.reference import RegionChangeRow, RegionRow
from shared.messaging.transaction import Transaction
from tests.handlers.books import PRODUCTS, book, fact, product_row, reporting, set_population, set_targets
from tests.handlers.callers import client_for
from tests.handlers.kept_office import MIDDLE, TODAY, Office, process
from tests.handlers.rebuilding import CLAIMS, House
from tests.handlers.sales import a_policy, move, sell

VILLAGE, NEIGHBOUR, ELSEWHERE = "450101001001", "450102001001", "450201001001"


@pytest.fixture(params=["sqlite", "postgresql"])
async def office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    async with reporting(url, tmp_path, TODAY) as other, process(url, tmp_path) as asked:
        places = ((VILLAGE, MIDDLE), (NEIGHBOUR, MIDDLE), (ELSEWHERE, TODAY), (VILLAGE, date(2020, 3, 3)))
        sold = [await sell(other, village, 30, day) for village, day in places]
        await set_targets(other, r45=1000, r4501=500, r450101=100)
        async with await client_for(asked, "analyst") as http:
            yield Office(url, tmp_path, asked, other, http, sold)


async def test_the_same_again_is_one_question(office: Office) -> None:
    first = await office.answers()
    with office.listening() as said:
        assert await office.answers() == first
    asked = [words for words in said if words != "BEGIN" and "FROM principals" not in words]
    assert len(asked) == len(first)
    assert {"FROM editions" in words for words in asked} == {True}


async def test_a_booking_shows_at_once_and_has_only_what_it_touched_read_again(office: Office) -> None:
    await office.answers()
    await sell(office.other, VILLAGE, 7, TODAY)
    about: dict[str, Any] = {"parent": "45", "level": "county", "by": "units"}
    with office.listening() as said:
        ranked = await office.ask("standings", as_of=str(MIDDLE), **about)
        assert [row["units"] for row in ranked["rows"]] == [30, 30, 0]
        assert not [words for words in said if "FROM cells" in words]
        ranked = await office.ask("standings", as_of=str(TODAY), **about)
        assert [row["units"] for row in ranked["rows"]] == [37, 30, 30]
    assert {"booked_on IN" in words for words in said if "FROM cells" in words} == {True}


async def test_bookings_of_this_and_of_other_processes(office: Office) -> None:
    await office.tells_of(sell(office.other, VILLAGE, 7, TODAY))
    await office.tells_of(sell(office.asked, VILLAGE, 7, TODAY))
    await office.tells_of(sell(office.other, ELSEWHERE, 7, MIDDLE))
    await office.tells_of(sell(office.other, NEIGHBOUR, 7, date(2020, 5, 5)))
    await office.tells_of(sell(office.other, VILLAGE, 7, MIDDLE - timedelta(days=1), product="love"))


async def test_the_first_policy_that_a_city_reports_of_a_year_tells_of_a_feed_on_every_day(office: Office) -> None:
    about: dict[str, Any] = {"region": "4502", "year": 2020, "as_of": "2020-03-03"}
    assert (await office.ask("indicators", **about))["no_feed"]
    await sell(office.other, ELSEWHERE, 5, date(2020, 5, 5))
    assert not (await office.ask("indicators", **about))["no_feed"]


async def test_a_family_that_moves_takes_its_household_along(office: Office) -> None:
    issued = await sell(office.other, VILLAGE, 5, MIDDLE)
    await office.tells_of(move(office.other, issued, ELSEWHERE))


async def test_an_unusual_cover_changes_what_is_earned(office: Office) -> None:
    usual = a_policy(VILLAGE, 900, MIDDLE)
    short = usual.after.model_copy(update={"effective_to": MIDDLE + timedelta(days=10)})
    told = usual.model_dump() | {"after": short}
    await office.tells_of(book(office.other, [fact(PolicyIssued(**told), "short")]))


async def test_a_payment_changes_how_long_is_waited(office: Office) -> None:
    steps = tuple(
        ClaimStep(step=step, on=MIDDLE + timedelta(days=days), amount=500)
        for step, days in (("reported", 0), ("settled", 4), ("paid", 9))
    )
    states = [
        ClaimState(product="family_care", region=VILLAGE, kind="illness", reported_on=MIDDLE, fast_track=False,
                   clock_days=30, steps=steps[:end])
        for end in (1, 3)
    ]  # fmt: skip
    names = {"insurer": "ins-a", "claim_no": "C1", "policy_no": "P1"}
    await office.tells_of(
        book(office.other, [fact(ClaimReported(**names, before=None, after=states[0]), "c1", CLAIMS)])
    )
    await office.tells_of(
        book(office.other, [fact(ClaimPaid(**names, before=states[0], after=states[1]), "c2", CLAIMS)])
    )


async def test_another_target(office: Office) -> None:
    await office.tells_of(set_targets(office.other, r450101=77))


async def test_another_population(office: Office) -> None:
    await office.tells_of(set_population(office.other, "450101", 4_000))


async def test_a_product_that_no_longer_counts(office: Office) -> None:
    rows = [product_row(code, line, counts and code != "family_care") for code, line, counts in PRODUCTS]
    await office.tells_of(_change(office, lambda tx: take_reference.store_products(tx, rows)))


async def test_a_region_with_another_name(office: Office) -> None:
    row = RegionRow(code="450101", name="新名", level="county", parent="4501")
    await office.tells_of(_change(office, lambda tx: take_reference.store_regions(tx, [row])))


async def test_a_code_that_was_replaced(office: Office) -> None:
    row = RegionChangeRow(code="450102", level="county", change="removed", name_from="旧", name_to="",
                          successor="450101", effective_on=date(2021, 1, 1))  # fmt: skip
    await office.tells_of(_change(office, lambda tx: take_reference.store_changes(tx, [row])))


async def _change(office: Office, change: Callable[[Transaction], Awaitable[None]]) -> None:
    async with office.other.desk.begin() as tx:
        await change(tx)


async def test_other_books_in_the_place_of_these(office: Office) -> None:
    async with office.other.desk.begin() as tx:
        await tx.connection.execute(update(LIVE.cells).values(units=LIVE.cells.c.units + 1))
    facts = [fact(issued, issued.policy_no) for issued in office.sold]
    await office.tells_of(House(office.other, office.other).rebuild(facts))
    await office.tells_of(sell(office.other, VILLAGE, 7, TODAY))


async def test_another_day(office: Office) -> None:
    await sell(office.other, VILLAGE, 7, TODAY)
    before = await office.ask("indicators", region="45")
    async with (
        process(office.url, office.directory, TODAY - timedelta(days=1)) as running,
        await client_for(running, "analyst") as http,
    ):
        yesterday = await office.ask("indicators", http, region="45")
        office.asked.database.clock = running.database.clock
        assert await office.ask("indicators", region="45") == yesterday != before


async def test_what_was_touched_too_long_ago_to_be_remembered(office: Office) -> None:
    async def sell_and_forget() -> None:
        await sell(office.other, VILLAGE, 7, TODAY)
        async with office.other.desk.begin() as tx:
            await tx.connection.execute(update(touches).values(told_at=tx.now - 2 * REMEMBERED))
            await forget_touches(tx)
        await sell(office.other, ELSEWHERE, 7, TODAY)

    await office.tells_of(sell_and_forget())


async def test_what_is_taken_back_is_not_remembered(office: Office) -> None:
    before = await office.answers()
    asked = Asked(["45"], 2021, 9, details=EVERYTHING)
    with pytest.raises(ZeroDivisionError):
        async with office.asked.desk.begin() as tx:
            await tx.connection.execute(update(LIVE.cells).values(units=999))
            await tx.connection.execute(update(LIVE.feeds).values(facts=LIVE.feeds.c.facts + 1))
            assert (await known_on(tx, asked, TODAY))["45"].figures.now.units > 999
            raise ZeroDivisionError
    assert await office.answers() == before
