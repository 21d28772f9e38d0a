"""A person's own text held against the data: every number with what it means and whether it is right."""

import asyncio
import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from services.reporting.api.asking import region_asked
from services.reporting.queries.figures import EVERYTHING, Asked
from services.reporting.queries.readings import Peers, ledger_of, names_inside, peers_inside
from services.reporting.queries.yardsticks import children_of
from services.reporting.rules.pace import last_day_of
from services.reporting.rules.text_check.claims import MOST_FIGURES, Claim, TooManyFigures, claims_in, places_of
from services.reporting.rules.text_check.dates import days_in
from services.reporting.rules.text_check.judging import findings_of
from services.reporting.rules.text_check.ledger import Ledger
from services.reporting.rules.text_check.places import Alias, Gazetteer
from shared.contracts.reference import text_of
from shared.contracts.values import RegionCode, programme_year_of
from shared.messaging.transaction import Transaction
from shared.runtime.principals import Principal
from shared.runtime.security import only
from shared.runtime.settings import Settings
from shared.runtime.web import Reading

LONGEST_TEXT, MOST_REGIONS, MOST_PEERS, MOST_DAYS = 50_000, 500, 200, 4
SHIPPED = Path(__file__).parents[1] / "reference"
Clerk = Annotated[Principal, Depends(only("analyst", "operator", "county"))]


class TextCheck(BaseModel):
    """A text, and the year, day and region that its numbers are about."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    text: Annotated[str, Field(max_length=LONGEST_TEXT)]
    region: RegionCode
    year: Annotated[int | None, Field(ge=2001, le=2100)] = None
    as_of: Annotated[date | None, Field(ge=date(2001, 1, 1), le=date(2100, 12, 31))] = None


def text_checks(settings: Settings) -> APIRouter:
    """`/text-checks`."""
    router = APIRouter(prefix="/reporting/v1", tags=["text checks"])
    month, directory = settings.programme_start_month, settings.reference_dir or SHIPPED

    @router.post("/text-checks")
    async def check(tx: Reading, caller: Clerk, asked: TextCheck) -> dict[str, Any]:
        """Hold every number of a text against the data; nothing is stored."""
        region = (await region_asked(tx, caller, asked.region)).code
        day = asked.as_of or tx.today
        year = asked.year or programme_year_of(day, month)
        names = await names_inside(tx, caller.region, region)
        places = Gazetteer(names, _aliases(directory), region, caller.region)
        claims = await asyncio.to_thread(_claims, asked.text, places, year)
        days = [day, *_other_days(asked.text, day, last_day_of(year, month))]
        ledger = await _ledger(tx, Asked([region], year, month, details=EVERYTHING), days, places, claims)
        return _answer(await asyncio.to_thread(findings_of, claims, ledger))

    return router


def _claims(text: str, places: Gazetteer, year: int) -> list[Claim]:
    try:
        return claims_in(text, places, year)
    except TooManyFigures:
        raise HTTPException(
            422, f"The text holds more than {MOST_FIGURES} numbers: check it in several parts"
        ) from None


def _other_days(text: str, day: date, last_day: date) -> list[date]:
    """Days that the numbers may be of: those the text names, the year's last, a week before."""
    wanted = [*days_in(text), last_day, day - timedelta(days=7)]
    return [other for other in dict.fromkeys(wanted) if other != day][:MOST_DAYS]


async def _ledger(
    tx: Transaction, asked: Asked, days: Sequence[date], places: Gazetteer, claims: Sequence[Claim]
) -> Ledger:
    own = asked.codes[0]
    named, wanted = places_of(claims)
    peers: Peers = await peers_inside(tx, wanted, places.scope)
    children = [child.code for child in await children_of(tx, own)]
    beside = [code for level in peers.values() if len(level) <= MOST_PEERS for code in level]
    codes = {own, *named, *children, *beside} & places.names.keys()
    if len(codes) > MOST_REGIONS:
        raise HTTPException(422, f"The text needs more than {MOST_REGIONS} regions: check it in several parts")
    return await ledger_of(tx, replace(asked, codes=sorted(codes)), days, places.names, peers)


def _answer(findings: list[dict[str, Any]]) -> dict[str, Any]:
    count = Counter(found["verdict"] for found in findings)
    agree = count["agrees"] + count["agrees_rounded"]
    summary = {"agree": agree, "differ": len(findings) - agree - count["unknown"], "unknown": count["unknown"]}
    return {"items": findings, "next": None, "summary": summary}


@lru_cache(maxsize=2)
def _aliases(directory: Path) -> tuple[Alias, ...]:
    """The other names of a reference directory's regions; none where it has no such file."""
    path = directory / "region_aliases.csv"
    rows = csv.DictReader(io.StringIO(text_of(path))) if path.is_file() else ()
    return tuple(Alias(row["alias"], row["code"], row["name"]) for row in rows)
