"""What claims knows of policies, and how they are held still while claims are decided."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select, text

from services.claims.rules.judgement import Revision
from services.claims.tables import policies
from shared.messaging.transaction import Transaction

Revisions = Mapping[tuple[str, str], list[Revision]]
_HELD_STILL = text("SELECT pg_advisory_xact_lock_shared(hashtext('claims.policies'))")
_FOR_UPDATE = text("SELECT pg_advisory_xact_lock(hashtext('claims.policies'))")


async def policies_held_still(tx: Transaction) -> None:
    """No revision comes in before this transaction ends: a claim cannot miss the move it would have to make."""
    if tx.is_postgres:
        await tx.rows(_HELD_STILL)


async def policies_for_update(tx: Transaction) -> None:
    """No new claim comes in before this transaction ends."""
    if tx.is_postgres:
        await tx.rows(_FOR_UPDATE)


async def revisions_of(tx: Transaction, policy_nos: Iterable[str]) -> Revisions:
    """Every known revision of these policies, by (number, insurer)."""
    columns = [policies.c[name] for name in ("policy_no", "insurer", *Revision._fields)]
    found: dict[tuple[str, str], list[Revision]] = {}
    for policy_no, insurer, *revision in await tx.rows(
        select(*columns).where(tx.any_of(policies.c.policy_no, policy_nos))
    ):
        found.setdefault((policy_no, insurer), []).append(Revision(*revision))
    return found
