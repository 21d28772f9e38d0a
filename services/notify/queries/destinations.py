"""Whom to tell: contacts, routes, silences."""

from typing import Any

from sqlalchemy import Column, Table, delete, select, update

from services.notify.tables import OPEN, contacts, deliveries, routes, silences
from shared.messaging.transaction import Transaction

Item = dict[str, Any]


async def contacts_in(tx: Transaction, region: str, after: str, most: int) -> list[Item]:
    """The address book of a region and everything below it, by id."""
    return await _listed(tx, contacts, list(contacts.c), region, after, most)


async def routes_in(tx: Transaction, region: str, after: str, most: int) -> list[Item]:
    """Routes of a region and everything below it, never their secrets."""
    return await _listed(tx, routes, [c for c in routes.c if c.name != "secret"], region, after, most)


async def silences_in(tx: Transaction, region: str, after: str, most: int) -> list[Item]:
    """Silences, those that are over included."""
    return await _listed(tx, silences, list(silences.c), region, after, most)


async def _listed(  # noqa: PLR0913, PLR0917
    tx: Transaction, table: Table, columns: list[Column[Any]], region: str, after: str, most: int
) -> list[Item]:
    question = select(*columns).where(table.c.id > after)
    if region:
        question = question.where(table.c.region.startswith(region, autoescape=True))
    return [dict(row._mapping) for row in await tx.rows(question.order_by(table.c.id).limit(most))]


async def region_of(tx: Transaction, table: Table, row_id: str) -> str | None:
    """The region of a route or silence, None if there is no such row."""
    rows = await tx.rows(select(table.c.region).where(table.c.id == row_id))
    return rows[0].region if rows else None


async def remove_silence(tx: Transaction, silence_id: str) -> None:
    """From now on notices are sent again; what was silenced stays unsent."""
    await tx.connection.execute(delete(silences).where(silences.c.id == silence_id))


async def remove_route(tx: Transaction, route_id: str) -> None:
    """Webhooks under way need its secret: with their last route gone, they are given up."""
    gone = (await tx.rows(delete(routes).where(routes.c.id == route_id).returning(routes.c.channel, routes.c.address)))[
        0
    ]
    left = await tx.rows(select(routes.c.id).where(routes.c.channel == gone.channel, routes.c.address == gone.address))
    if gone.channel == "webhook" and not left:
        waiting = update(deliveries).where(
            deliveries.c.channel == "webhook", deliveries.c.address == gone.address, OPEN
        )
        await tx.connection.execute(waiting.values(given_up_because="the route was removed", switched_off=True))
