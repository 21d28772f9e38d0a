"""Who lags by the books: episodes of rules, standing and past."""

from collections.abc import Collection, Iterable
from dataclasses import fields
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, tuple_

from services.reporting.rules.lag import Episode
from services.reporting.rules.lag_rules import DATA_STALE
from services.reporting.tables import lag_episodes, regions
from shared.contracts.judgements import Evidence
from shared.contracts.values import last_inside
from shared.messaging.transaction import Transaction

EpisodeKey = tuple[str, str]
"""(rule, region)"""
_KEY = ("rule", "region", "year", "episode")
_FIELDS = tuple(field.name for field in fields(Episode))


async def last_episodes(tx: Transaction, year: int, cities: Collection[str]) -> dict[EpisodeKey, Episode]:
    """The last episode of every rule and region inside some cities in a year."""
    found = await _last(tx, (lag_episodes.c.year == year) & (lag_episodes.c.rule != DATA_STALE))
    return {key: episode for key, episode in found.items() if episode.region[:4] in cities}


async def episodes_of_silence(tx: Transaction, year: int) -> dict[str, Episode]:
    """By region the standing `data_stale` episode of whatever year, or else the last one of this year."""
    where = (lag_episodes.c.rule == DATA_STALE) & or_(lag_episodes.c.year == year, lag_episodes.c.cleared_on.is_(None))
    return {region: episode for (_, region), episode in (await _last(tx, where)).items()}


async def _last(tx: Transaction, where: ColumnElement[bool]) -> dict[EpisodeKey, Episode]:
    columns = lag_episodes.c
    newest = select(columns.rule, columns.region, columns.year, func.max(columns.episode)).where(where)
    newest = newest.group_by(columns.rule, columns.region, columns.year)
    question = select(lag_episodes).where(
        tuple_(columns.rule, columns.region, columns.year, columns.episode).in_(newest)
    )
    rows = await tx.rows(tx.locked(question.order_by(columns.cleared_on.is_(None), columns.year)))
    return {(row.rule, row.region): _episode(row) for row in rows}


async def episode_standing(tx: Transaction, rule: str, region: str, year: int) -> Episode | None:
    """The episode of a rule that is firing for a region, held until the transaction ends."""
    columns = lag_episodes.c
    where = (columns.rule == rule, columns.region == region, columns.year == year, columns.cleared_on.is_(None))
    rows = await tx.rows(tx.locked(select(lag_episodes).where(*where)))
    return _episode(rows[0]) if rows else None


def _episode(row: Any) -> Episode:
    kept = {name: getattr(row, name) for name in _FIELDS}
    for name in ("fired_evidence", "evidence"):
        kept[name] = Evidence.model_validate(kept[name])
    return Episode(**kept)


async def store_episodes(tx: Transaction, episodes: Iterable[Episode]) -> None:
    """Write episodes, new or changed."""
    rows = [_row(episode) for episode in sorted(episodes, key=lambda e: (e.rule, e.region))]
    changing = [name for name in _FIELDS if name not in _KEY]
    await tx.insert(
        lag_episodes,
        rows,
        lambda i: i.on_conflict_do_update(index_elements=_KEY, set_={name: i.excluded[name] for name in changing}),
    )


def _row(episode: Episode) -> dict[str, Any]:
    evidence = {name: getattr(episode, name).model_dump(mode="json") for name in ("fired_evidence", "evidence")}
    return {**{name: getattr(episode, name) for name in _FIELDS}, **evidence}


async def firing(tx: Transaction, parent: str, year: int, as_of: date | None = None) -> list[dict[str, Any]]:
    """What was firing on a day (today) inside a region, itself included; evidence of that day where it is known."""
    columns, day = lag_episodes.c, as_of or tx.today
    question = (
        select(lag_episodes, regions.c.name, regions.c.level)
        .join(regions, regions.c.code == columns.region)
        .where(or_(columns.year == year, columns.rule == DATA_STALE), columns.fired_on <= day)
        .where(columns.region.between(parent, last_inside(parent)))
        .where(or_(columns.cleared_on.is_(None), columns.cleared_on > day))
    )
    rows = await tx.rows(question.order_by(columns.rule, columns.region))
    return [_shown(row, day) for row in rows]


def _shown(row: Any, day: date) -> dict[str, Any]:
    severe_on = row.severe_on if row.severe_on and row.severe_on <= day else None
    newest = row.as_of <= day
    return {
        "region": row.region,
        "name": row.name,
        "level": row.level,
        "rule": row.rule,
        "version": row.version,
        "year": row.year,
        "episode": row.episode,
        "severity": "severe" if severe_on else "warning",
        "since": row.fired_on,
        "severe_since": severe_on,
        "cleared_on": row.cleared_on,
        "indicator": row.indicator,
        "as_of": row.as_of if newest else row.fired_on,
        "evidence": row.evidence if newest else row.fired_evidence,
        "fired_evidence": row.fired_evidence,
    }
