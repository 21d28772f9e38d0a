"""Everything that is known around a batch of news, in five questions whatever its size."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select

from services.notify.rules.audience import Contact, Episode, Route, Silence, Surroundings, Told
from services.notify.rules.news import News
from services.notify.tables import contacts, notices, regions, routes, silences
from shared.contracts.judgements import RegionStatus
from shared.contracts.values import with_ancestors
from shared.messaging.transaction import Transaction

_EPISODE = [notices.c[n] for n in ("rule", "region", "programme_year", "episode", "kind", "severity")]


async def surroundings_of(tx: Transaction, news: Sequence[News]) -> Surroundings:
    """Contacts of these regions, routes and silences in use, names, and what was said of these episodes."""
    codes = {one.region for one in news}
    return Surroundings(
        contacts=await _contacts_of(tx, codes),
        routes=await _routes_in_use(tx),
        silences=await _silences_on(tx),
        names=await _names_of(tx, codes),
        told=await _told_of(tx, [one for one in news if isinstance(one, RegionStatus)]),
    )


async def _contacts_of(tx: Transaction, codes: Iterable[str]) -> Mapping[str, list[Contact]]:
    by_region: defaultdict[str, list[Contact]] = defaultdict(list)
    for row in await tx.rows(select(contacts).where(tx.any_of(contacts.c.region, codes))):
        by_region[row.region].append(Contact(row.email, row.robot_url, row.valid_from, row.valid_to))
    return by_region


async def _routes_in_use(tx: Transaction) -> list[Route]:
    columns = [routes.c[name] for name in Route.__slots__]
    rows = await tx.rows(select(*columns).where(routes.c.disabled_because.is_(None)))
    return [Route(**row._mapping) for row in rows]


async def _silences_on(tx: Transaction) -> list[Silence]:
    columns = [silences.c[name] for name in Silence.__slots__]
    rows = await tx.rows(select(*columns).where(silences.c.until >= tx.today).order_by(silences.c.id))
    return [Silence(**row._mapping) for row in rows]


async def _names_of(tx: Transaction, codes: Iterable[str]) -> dict[str, str]:
    wanted = {above for code in codes for above in with_ancestors(code)}
    return {row.code: row.name for row in await tx.rows(select(regions).where(tx.any_of(regions.c.code, wanted)))}


async def _told_of(tx: Transaction, statuses: Sequence[RegionStatus]) -> Mapping[Episode, Told]:
    columns = notices.c
    wanted = select(*_EPISODE).where(tx.any_of(columns.region, {status.region for status in statuses}))
    by_episode: defaultdict[Episode, list[Row[Any]]] = defaultdict(list)
    for row in await tx.rows(wanted.where(tx.any_of(columns.rule, {status.rule for status in statuses}))):
        by_episode[row.rule, row.region, row.programme_year, row.episode].append(row)
    return {episode: _told(rows) for episode, rows in by_episode.items()}


def _told(rows: Sequence[Row[Any]]) -> Told:
    recovered = any(row.kind == "recovered" for row in rows)
    return Told(recovered, severe=any(row.kind == "lagging" and row.severity == "severe" for row in rows))
