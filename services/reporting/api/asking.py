"""What most questions have in common: which region, year, day, products and view, within the caller's scope."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Literal

import orjson
from fastapi import Depends, HTTPException, Query, Request, Response
from pydantic import Field

from services.reporting.queries.figures import Asked, rests_of
from services.reporting.queries.keeping import kept_one
from services.reporting.queries.yardsticks import Region, product_codes, region_named, region_replaced
from services.reporting.rules.indicators import A_TENTH_OF_THE_GUIDELINE, ElderGoal
from services.reporting.settings import ReportingSettings
from shared.contracts.values import programme_year_of
from shared.messaging.transaction import Transaction
from shared.runtime.principals import Principal
from shared.runtime.security import in_scope
from shared.runtime.web import Reading

Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]
"""A day that the calendar of programme years, and of the year before each, can hold."""
Year = Annotated[int | None, Query(ge=2000, le=2100)]
Products = Annotated[
    str, Query(pattern=r"^[a-z0-9_]{1,40}$", description="counted (to target), all, or a product code")
]
View = Annotated[
    Literal["today", "historical"],
    Query(description="by today's codes (what moved or merged takes its numbers along), or as it was booked"),
]


@dataclass(frozen=True)
class About:
    """The day, programme year, products and view that a question is about."""

    day: date
    year: int
    start_month: int
    products: str = "counted"
    view: str = "today"
    elder_goal: ElderGoal = A_TENTH_OF_THE_GUIDELINE

    def asked(self, codes: Sequence[str], details: frozenset[str] = frozenset()) -> Asked:
        """The same for some regions."""
        return Asked(codes, self.year, self.start_month, self.products, self.view, details, self.elder_goal)


async def _about(  # noqa: PLR0913, PLR0917
    request: Request,
    tx: Reading,
    year: Year = None,
    as_of: Day | None = None,
    products: Products = "counted",
    view: View = "today",
) -> About:
    month: int = request.app.state.running.settings.programme_start_month
    day = as_of or tx.today
    await _refuse_unknown(tx, products)
    return About(day, year or programme_year_of(day, month), month, products, view, _elder_goal())


@cache
def _elder_goal() -> ElderGoal:
    """What an operator has set does not change while the process runs."""
    return ReportingSettings().goal


async def _refuse_unknown(tx: Transaction, wanted: str) -> None:
    """A product that nobody knows has no numbers at all, not zeros."""
    if wanted in ("counted", "all"):
        return
    known = await product_codes(tx)
    if wanted not in known:
        raise HTTPException(422, f"`products` is counted, all, or one of the catalogue: {', '.join(known)}")


Asking = Annotated[About, Depends(_about)]


async def region_asked(tx: Transaction, caller: Principal, code: str, view: str = "today") -> Region:
    """A region that exists and that the caller may see, else 404; a former code by its successor, today."""
    in_scope(caller, code)
    region = await region_named(tx, code) or await region_replaced(tx, code, view)
    if region is None:
        raise HTTPException(404, "There is no such region, or it lies outside your scope")
    in_scope(caller, region.code)
    return region


async def written(
    tx: Transaction, about: About, days: Sequence[date], key: Hashable, make: Callable[[], Awaitable[dict[str, Any]]]
) -> bytes:
    """An answer about figures of some days in JSON, made once for all who ask the same as long as it holds."""

    async def anew() -> bytes:
        return orjson.dumps(await make())

    return await kept_one(tx, (about, key), rests_of(about.year, about.start_month, *days), anew)


def told(answer: bytes, fresh_to: datetime | None) -> Response:
    """A written answer with the moment up to which it goes, which may be newer than what it was made of."""
    return Response(b'{"fresh_to":' + orjson.dumps(fresh_to) + b"," + answer[1:], media_type="application/json")
