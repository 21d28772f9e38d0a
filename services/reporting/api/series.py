"""A measure over time, with the curve that is expected and last year beside it."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from services.reporting.api.asking import Asking, region_asked
from services.reporting.queries.series import Course, course_of
from services.reporting.rules.amounts import COUNTS, MONEY
from services.reporting.rules.calendar import Grain, Running, Span, spans_of
from services.reporting.rules.pace import year_before
from shared.contracts.values import yuan_from_fen
from shared.runtime.security import Reader
from shared.runtime.web import Reading

_ONE = timedelta(days=1)


def series() -> APIRouter:
    """`/series`."""
    router = APIRouter(prefix="/reporting/v1", tags=["numbers"])

    @router.get("/series")
    async def over_time(  # noqa: PLR0913, PLR0917
        tx: Reading,
        caller: Reader,
        about: Asking,
        region: str,
        measure: Annotated[str, Query(description="any measure; money comes in yuan")] = "units",
        grain: Grain = "day",
        cumulative: bool = True,
    ) -> dict[str, Any]:
        """Day by day, week by week or month by month; after the as-of day there is only what is expected."""
        found = await region_asked(tx, caller, region, about.view)
        try:
            course = await course_of(tx, about.asked([found.code]), measure, about.day)
        except KeyError:
            raise HTTPException(422, f"`measure` is one of: {', '.join((*COUNTS, *MONEY))}") from None
        line = _Line(about.day, measure, cumulative, course)
        head = {"region": found.shown(), "measure": measure, "year": about.year, "as_of": about.day}
        target = asdict(course.target) if course.target and measure == "units" else None
        points = [line.point(span) for span in spans_of(about.year, about.start_month, grain)]
        return {**head, "grain": grain, "cumulative": cumulative, "target": target, "items": points, "next": None}

    return router


class _Line:
    """One measure, ready to be read at any span of days."""

    def __init__(self, as_of: date, measure: str, cumulative: bool, course: Course) -> None:
        self._as_of, self._cumulative, self._course = as_of, cumulative, course
        self._is_money, self._target = measure in MONEY, course.target if measure == "units" else None

    def point(self, span: Span) -> dict[str, Any]:
        now, last = self._course.now, self._course.last
        begun = (span[0], min(span[1], self._as_of))
        return {
            "from": span[0],
            "to": span[1],
            "value": self._amount(now, begun[0] - _ONE, begun[1]) if begun[0] <= begun[1] else None,
            "last_year": self._amount(last, year_before(span[0] - _ONE), year_before(span[1])) if last else None,
            "expected": self._expected(span),
        }

    def _amount(self, running: Running, before: date, end: date) -> int | str:
        amount = running.up_to(end) - (0 if self._cumulative else running.up_to(before))
        return yuan_from_fen(amount) if self._is_money else amount

    def _expected(self, span: Span) -> float | None:
        if self._target is None:
            return None
        share = self._course.curve.share_on
        return self._target.units * (share(span[1]) - (0 if self._cumulative else share(span[0] - _ONE)))
