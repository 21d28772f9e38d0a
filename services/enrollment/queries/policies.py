"""Policies with their revisions, as a list and one by one; personal data masked unless it may be revealed."""

import json
from datetime import date
from typing import Any

from sqlalchemy import select

from services.enrollment.rules.personal_data import Vault, masked_name, masked_number
from services.enrollment.tables import policy_revisions
from shared.contracts.values import last_inside, yuan_from_fen
from shared.messaging.transaction import Transaction

_PERSONAL = ("household_no", "policyholder", "insured", "consent", "reason")
_HIDDEN = ("holder_index", "sealed", "digest", "household", "latest")


async def revisions_of_policy(tx: Transaction, insurer: str, policy_no: str) -> list[dict[str, Any]]:
    """All revisions, the newest first."""
    columns = policy_revisions.c
    wanted = select(policy_revisions).where(columns.policy_no == policy_no, columns.insurer == insurer)
    return [dict(row._mapping) for row in await tx.rows(wanted.order_by(columns.revision.desc()))]


async def policies_in_region(
    tx: Transaction, region: str, filters: dict[str, Any], after: str, most: int
) -> list[dict[str, Any]]:
    """Policies booked in a region or below it, by policy number."""
    columns = policy_revisions.c
    wanted = select(policy_revisions).where(columns.latest, columns.policy_no > after)
    if region:
        wanted = wanted.where(columns.region.between(region, last_inside(region)))
    for name in ("insurer", "product"):
        if filters.get(name) is not None:
            wanted = wanted.where(columns[name] == filters[name])
    wanted = _sold(wanted, filters.get("sold_from"), filters.get("sold_to"))
    return [shown(dict(row._mapping)) for row in await tx.rows(wanted.order_by(columns.policy_no).limit(most))]


def _sold(wanted: Any, sold_from: date | None, sold_to: date | None) -> Any:
    if sold_from is not None:
        wanted = wanted.where(policy_revisions.c.sold_on >= sold_from)
    return wanted if sold_to is None else wanted.where(policy_revisions.c.sold_on <= sold_to)


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A revision without anything personal; money as in the contract."""
    payers = ("self_paid", "fiscal", "donated")
    premium = {payer: yuan_from_fen(row[f"{payer}_fen"]) for payer in payers}
    plain = {k: v for k, v in row.items() if k not in _HIDDEN and not k.endswith("_fen")}
    return {**plain, "premium": {**premium, "total": yuan_from_fen(sum(row[f"{p}_fen"] for p in payers))}}


def persons_in(vault: Vault, row: dict[str, Any], place: str, reveal: bool) -> dict[str, Any]:
    """The personal part of a revision, masked unless it may be revealed."""
    content: dict[str, Any] = json.loads(vault.open(row["sealed"], place))
    document = {name: content[name] for name in _PERSONAL if name in content}
    if reveal:
        return document
    insured = [_masked(person) for person in document.get("insured", ())]
    holder = document.get("policyholder")
    return {"policyholder": _masked(holder) if holder else None, "insured": insured}


def _masked(person: dict[str, Any]) -> dict[str, Any]:
    numbers = {k: masked_number(person[k]) for k in ("id_number", "phone") if person.get(k)}
    return {**person, **numbers, "name": masked_name(person["name"])}
