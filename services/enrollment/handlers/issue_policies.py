"""New policies: judged, sealed and stored in one statement, whatever their number."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from services.enrollment.handlers.revisions import Row, arrived, fact_of, insurer_in, row_of
from services.enrollment.rules.admission import Admission, warnings_about
from services.enrollment.rules.personal_data import Vault
from services.enrollment.tables import policy_revisions
from shared.contracts.envelope import Event
from shared.contracts.facts import PolicyIssued
from shared.contracts.submissions import SubmittedPolicyIssued
from shared.messaging.happenings import Answer, Happening, answer
from shared.messaging.transaction import Transaction, if_new

Issue = Event[SubmittedPolicyIssued]
Key = tuple[str, str]
_MANY = 200
"""Fewer policies cost no more when each is held against those that are there."""


async def issue_policies(
    vault: Vault, admission: Admission, submitted: Sequence[Issue], tx: Transaction
) -> list[Happening]:
    """Store revision 1 of every good policy; the same again is a duplicate, another content a conflict."""
    refused, good = _judged(admission, submitted)
    first: dict[Key, Issue] = {}
    again = [event for event in good if first.setdefault(_key(event), event) is not event]
    rows = {key: row_of(vault, first[key], 1, first[key].data.sold_on) for key in sorted(first)}
    new = await _stored(rows, tx)
    known = [event for key, event in first.items() if key not in new] + again
    return [*refused, *_said(rows, first, new), *await _known(known, tx)]


async def _stored(rows: Mapping[Key, Row], tx: Transaction) -> AbstractSet[Key]:
    """The keys that were not known before."""
    if len(rows) >= _MANY and await _all_stored(rows, tx):
        return rows.keys()
    stored = await tx.insert(
        policy_revisions,
        list(rows.values()),
        if_new,
        returning=(policy_revisions.c.policy_no, policy_revisions.c.insurer),
    )
    return {(policy_no, insurer) for policy_no, insurer in stored}


async def _all_stored(rows: Mapping[Key, Row], tx: Transaction) -> bool:
    """Mostly every policy is new, and then they are stored at two thirds of the cost; False if one is not."""
    try:
        async with tx.connection.begin_nested():
            await tx.insert(policy_revisions, list(rows.values()))
    except IntegrityError:
        return False
    return True


def _judged(admission: Admission, submitted: Sequence[Issue]) -> tuple[list[Answer], list[Issue]]:
    refused, good = [], []
    for event in submitted:
        if reasons := admission.reasons_to_reject(event.data, event.data.sold_on):
            refused.append(answer(event, "rejected", reasons))
        else:
            good.append(event)
    return refused, good


def _key(event: Issue) -> Key:
    return event.data.policy_no, insurer_in(event)


def _said(rows: Mapping[Key, Row], first: Mapping[Key, Issue], new: AbstractSet[Key]) -> list[Happening]:
    said: list[Happening] = []
    for key, row in rows.items():
        if key in new:
            event = first[key]
            said.append(fact_of(PolicyIssued, row, None, event))
            said.append(answer(event, "accepted", warnings=warnings_about(event.data)))
            said.append(arrived(event))
    return said


async def _known(events: Sequence[Issue], tx: Transaction) -> list[Answer]:
    if not events:
        return []
    columns = policy_revisions.c
    numbers = tx.any_of(columns.policy_no, [event.data.policy_no for event in events])
    found = await tx.rows(
        select(columns.policy_no, columns.insurer, columns.digest).where(numbers, columns.revision == 1)
    )
    digests: dict[Key, Any] = {(row.policy_no, row.insurer): row.digest for row in found}
    return [answer(e, "duplicate" if digests.get(_key(e)) == e.digest else "conflict") for e in events]
