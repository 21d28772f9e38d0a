"""Correct a published bulletin by numbered errata, from today's books as of the same day."""

from typing import Any

from services.reporting.handlers.draft_bulletins import material_of
from services.reporting.queries import bulletins as queries
from services.reporting.queries.bulletins import Bulletin
from services.reporting.rules.bulletins.figures import Change, Figure, changes_since
from services.reporting.rules.bulletins.life import as_corrected, numbered_errata
from shared.messaging.transaction import Transaction

Rows = list[dict[str, Any]]


async def standing_figures(tx: Transaction, bulletin: Bulletin, issued: Rows | None = None) -> dict[str, Figure]:
    """What the bulletin states by now: as frozen, or as its errata have it."""
    rows = await queries.errata_of(tx, bulletin.id) if issued is None else issued
    return as_corrected(bulletin.figures or {}, [Figure.model_validate(row["new"]) for row in rows])


async def changes_now(tx: Transaction, bulletin: Bulletin, start_month: int) -> list[Change]:
    """What the books would state differently today, as of its day; nothing of a draft that follows them."""
    if bulletin.figures is None:
        return []
    return changes_since(await standing_figures(tx, bulletin), await material_of(tx, bulletin, start_month))


async def issue_errata(tx: Transaction, bulletin: Bulletin, changes: list[Change], cause: str, by: str) -> Rows:
    """A numbered erratum for every change; the caller has locked the bulletin."""
    issued = await queries.errata_of(tx, bulletin.id)
    frozen = await standing_figures(tx, bulletin, issued)
    told = {"bulletin": bulletin.id, "issued_at": tx.now, "issued_on": tx.today, "issued_by": by, "cause": cause}
    rows = numbered_errata(frozen, changes, len(issued) + 1, told)
    await queries.keep_errata(tx, rows)
    return rows
