"""Hold the lag rules against the books: whenever numbers change, and for every day that has passed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from services.reporting.queries import standing_lags
from services.reporting.queries.figures import Asked, Known, known_on, known_on_days
from services.reporting.queries.yardsticks import Region, children_of
from services.reporting.rules.lag import (
    LONGEST,
    Gap,
    Verdict,
    gap_of,
    gap_units,
    needed_per_day,
    reading_of,
    verdicts_on,
)
from shared.contracts.judgements import Contribution, Evidence, RegionLagging, RegionRecovered
from shared.contracts.values import programme_year_of
from shared.messaging.happenings import Fact, Happening
from shared.messaging.transaction import Transaction

State = dict[str, Any]


async def judge_regions(start_month: int, tx: Transaction) -> Sequence[Happening]:
    """Judge today if anything changed, and before that every day that was missed."""
    year = programme_year_of(tx.today, start_month)
    basis = await standing_lags.basis_now(tx, year)
    last = await standing_lags.judged_until(tx, year)
    if last == (tx.today, basis):
        return ()
    happened: list[Happening] = []
    for day in _days(last[0] if last else None, tx.today):
        happened += await _judge_day(tx, Asked((), year, start_month), day)
    await standing_lags.note_judged(tx, year, tx.today, basis)
    return happened


def _days(judged_until: date | None, today: date) -> list[date]:
    first = today if judged_until is None else min(judged_until + timedelta(days=1), today)
    return [first + timedelta(days=n) for n in range((today - first).days + 1)]


async def _judge_day(tx: Transaction, asked: Asked, day: date) -> list[Happening]:
    regions = await standing_lags.regions_to_judge(tx, asked.year)
    if not regions:
        return []
    asked = replace(asked, codes=[region.code for region in regions])
    days = [day - timedelta(days=back) for back in reversed(range(LONGEST))]
    history = await known_on_days(tx, asked, days)
    states = await standing_lags.states_of(tx, asked.year)
    changed: list[State] = []
    happened: list[Happening] = []
    for region in regions:
        figures = [history[past][region.code].figures for past in days]
        for verdict in verdicts_on(region.level, figures):
            news = _news(verdict, states.get((verdict.rule.name, region.code)))
            if news is not None:
                evidence = await evidence_of(tx, asked, region, verdict)
                state = _state(region, verdict, evidence, news)
                changed.append(state)
                happened += _fact(region, verdict, evidence, state, states.get((verdict.rule.name, region.code)))
    await standing_lags.store_states(tx, changed)
    return happened


def _news(verdict: Verdict, state: State | None) -> State | None:
    """What changes: episode and severity of the new state; None when nothing does."""
    firing = state is not None and state["severity"] is not None
    if not firing:
        episode = (state["episode"] if state else 0) + 1
        return {"episode": episode, "severity": verdict.severity} if verdict.fires else None
    assert state is not None
    if verdict.clears:
        return {"episode": state["episode"], "severity": None}
    worse = verdict.severity == "severe" and state["severity"] == "warning"
    return {"episode": state["episode"], "severity": "severe"} if worse else None


def _state(region: Region, verdict: Verdict, evidence: Evidence, news: State) -> State:
    figures = verdict.figures
    return {
        **news,
        "rule": verdict.rule.name,
        "region": region.code,
        "year": figures.year,
        "since": figures.as_of,
        "as_of": figures.as_of,
        "evidence": evidence.model_dump(mode="json"),
    }


def _fact(region: Region, verdict: Verdict, evidence: Evidence, state: State, before: State | None) -> list[Fact]:
    told: dict[str, Any] = {
        "region": region.code,
        "name": region.name,
        "level": region.level,
        "rule": verdict.rule.name,
        "programme_year": verdict.figures.year,
        "episode": state["episode"],
        "as_of": verdict.figures.as_of,
        "severity": state["severity"] or verdict.severity,
        "evidence": evidence,
    }
    if state["severity"] is not None:
        return [Fact(RegionLagging(**told), region.code, region.code)]
    since = before["since"] if before else verdict.figures.as_of
    return [Fact(RegionRecovered(**told, since=since), region.code, region.code)]


async def evidence_of(tx: Transaction, asked: Asked, region: Region, verdict: Verdict) -> Evidence:
    """The fraction, the threshold, what is missing, and the three child regions that miss most."""
    rule, figures = verdict.rule, verdict.figures
    gap = gap_of(rule, figures)
    children = await children_of(tx, region.code)
    known = await known_on(tx, replace(asked, codes=[c.code for c in children]), figures.as_of) if children else {}
    return Evidence(
        numerator=gap.numerator,
        denominator=gap.denominator,
        value=reading_of(rule, figures),
        threshold=rule.fires,
        gap_units=gap_units(rule, gap),
        needed_per_day=needed_per_day(rule, gap, figures),
        children=_contributions(verdict, children, known),
    )


def _contributions(verdict: Verdict, children: Sequence[Region], known: dict[str, Known]) -> tuple[Contribution, ...]:
    gaps: list[tuple[Region, Gap]] = [(c, gap_of(verdict.rule, known[c.code].figures)) for c in children]
    largest = sorted((pair for pair in gaps if pair[1].amount > 0), key=lambda pair: (-pair[1].amount, pair[0].code))
    return tuple(Contribution(region=c.code, name=c.name, gap=gap.amount) for c, gap in largest[:3])
