"""Why an indicator changed between two days: by child region, product, payer, and new or renewed."""

from datetime import date
from fractions import Fraction
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from services.reporting.api.asking import About, Asking, Day, region_asked
from services.reporting.queries.figures import known_on
from services.reporting.queries.parts import DIRECT, SEVERAL, earned_parts, household_parts, parts_of
from services.reporting.queries.yardsticks import regions_of
from services.reporting.rules.pace import year_before
from services.reporting.rules.split import (
    DIMENSIONS,
    Formula,
    Key,
    Side,
    contributions,
    dimensions_of,
    formula_of,
    value_on,
)
from shared.contracts.values import programme_year_of
from shared.messaging.transaction import Transaction
from shared.runtime.security import Reader
from shared.runtime.web import Reading


def why() -> APIRouter:
    """`/why`."""
    router = APIRouter(prefix="/reporting/v1", tags=["numbers"])

    @router.get("/why")
    async def split(  # noqa: PLR0913, PLR0917
        tx: Reading,
        caller: Reader,
        about: Asking,
        region: str,
        since: Annotated[Day, Query(alias="from")],
        until: Annotated[Day, Query(alias="to")],
        indicator: str = "units",
        by: Annotated[str, Query(description="child, product, payer, renewal; several with commas")] = "child",
    ) -> dict[str, Any]:
        """The change split into parts that add up exactly; each day counts in its own programme year.

        `missing_on` names the days on which the indicator has no value, such as a target that was not yet set.
        """
        found = await region_asked(tx, caller, region, about.view)
        formula, dimensions = _formula(indicator), tuple(name.strip() for name in by.split(","))
        _check(formula, dimensions, indicator)
        sides = [await _side(tx, _on(about, day), found.code, formula, dimensions) for day in (since, until)]
        parts = contributions(formula, *sides)
        names = await regions_of(tx, [place for key in parts for place in key])
        values = [value_on(formula, side) for side in sides]
        head: dict[str, Any] = {"region": found.shown(), "indicator": indicator, "by": dimensions}
        head |= {"from": since, "to": until}
        head["missing_on"] = [day for day, value in zip((since, until), values, strict=True) if value is None]
        return {**head, **_change(*values), "items": _items(parts, dimensions, {c: r.name for c, r in names.items()})}

    return router


def _formula(indicator: str) -> Formula:
    try:
        return formula_of(indicator)
    except KeyError:
        raise HTTPException(
            422, f"{indicator} is no sum or ratio of sums that could be split; try units, premium or penetration"
        ) from None


def _check(formula: Formula, dimensions: tuple[str, ...], indicator: str) -> None:
    possible = dimensions_of(formula)
    wrong = [name for name in dimensions if name not in possible]
    if wrong or len(set(dimensions)) != len(dimensions):
        known = ", ".join(name for name in DIMENSIONS if name in possible)
        raise HTTPException(422, f"{indicator} can be split by: {known}; each once")


def _on(about: About, day: date) -> About:
    return About(day, programme_year_of(day, about.start_month), about.start_month, about.products, about.view)


async def _side(tx: Transaction, about: About, code: str, formula: Formula, dimensions: tuple[str, ...]) -> Side:
    figures = (await known_on(tx, about.asked([code]), about.day))[code].figures
    expected = figures.targets.get("guideline", 0) * Fraction(figures.expected_share).limit_denominator(10**9)
    outside: dict[str, Fraction | None] = {
        "residents": _whole(figures.residents),
        "eligible_households": _whole(figures.eligible_households),
        "expected_to_date": expected,
        "expected_share": Fraction(figures.expected_share).limit_denominator(10**9),
        **{f"target_{kind}": Fraction(units) for kind, units in figures.targets.items()},
    }
    if "households" in formula.amounts:
        return Side(await household_parts(tx, about.asked([code]), about.day), outside)
    parts = await parts_of(tx, about.asked([code]), about.day, dimensions)
    if formula.denominator == "earned":
        for key, amounts in (await earned_parts(tx, about.asked([code]), about.day, dimensions)).items():
            parts.setdefault(key, {}).update(amounts)
    if formula.against_last_year:
        before = _on(about, year_before(about.day))
        for key, amounts in (await parts_of(tx, before.asked([code]), before.day, dimensions)).items():
            own = parts.setdefault(key, {})
            own["units"] = own.get("units", 0) - amounts["units"]
    return Side(parts, outside, is_known=not formula.against_last_year or figures.last is not None)


def _whole(number: int | None) -> Fraction | None:
    return None if number is None else Fraction(number)


def _change(before: Fraction | None, after: Fraction | None) -> dict[str, Any]:
    change = None if before is None or after is None else after - before
    return {"before": _number(before), "after": _number(after), "change": _number(change)}


def _number(value: Fraction | None) -> float | int | None:
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else float(value)


def _items(parts: dict[Key, Fraction], dimensions: tuple[str, ...], names: dict[str, str]) -> list[dict[str, Any]]:
    total = sum(parts.values())
    moved = sorted((item for item in parts.items() if item[1]), key=lambda item: (-abs(item[1]), item[0]))
    return [
        {
            **_places(key, dimensions, names),
            "contribution": _number(part),
            "share": float(part / total) if total else None,
        }
        for key, part in moved
    ]


def _places(key: Key, dimensions: tuple[str, ...], names: dict[str, str]) -> dict[str, Any]:
    if key == ("denominator",):
        return {"outside": "denominator"}
    places: dict[str, Any] = dict(zip(dimensions, key, strict=True))
    if (child := places.get("child")) is not None and child not in (DIRECT, SEVERAL):
        places["name"] = names.get(child)
    return places
