"""Endorsements and cancellations: each revision on the one before it, each booked on its own day."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from services.enrollment.handlers.revisions import (
    Row,
    arrived,
    cancelled_row,
    fact_of,
    insurer_in,
    key_of,
    row_of,
    state_of,
)
from services.enrollment.rules.admission import (
    Admission,
    reasons_not_to_cancel,
    reasons_not_to_change,
    warnings_about,
)
from services.enrollment.rules.personal_data import Vault
from services.enrollment.tables import policy_revisions
from shared.contracts.envelope import Event
from shared.contracts.facts import PolicyCancelled, PolicyEndorsed
from shared.contracts.receipts import Problem
from shared.contracts.submissions import SubmittedPolicyCancelled
from shared.messaging.happenings import Happening, answer
from shared.messaging.transaction import Transaction

Key = tuple[str, str]
History = dict[int, Row]


async def change_policies(
    vault: Vault, admission: Admission, submitted: Sequence[Event[Any]], tx: Transaction
) -> list[Happening]:
    """Store every revision whose predecessor is here; what comes too early is parked."""
    book = _Book(vault, admission, await _histories(submitted, tx), tx)
    said: list[Happening] = []
    for event in sorted(submitted, key=lambda e: (e.data.policy_no, e.source, e.data.revision)):
        said += book.take(event)
    await book.store()
    return said


async def _histories(submitted: Sequence[Event[Any]], tx: Transaction) -> defaultdict[Key, History]:
    """Every stored revision of the policies in question, locked."""
    numbers = tx.any_of(policy_revisions.c.policy_no, [event.data.policy_no for event in submitted])
    in_order = (policy_revisions.c.policy_no, policy_revisions.c.insurer, policy_revisions.c.revision)
    rows = await tx.rows(tx.locked(select(policy_revisions).where(numbers).order_by(*in_order)))
    histories: defaultdict[Key, History] = defaultdict(dict)
    for row in rows:
        histories[row.policy_no, row.insurer][row.revision] = dict(row._mapping)
    return histories


class _Book:
    """The policies of one batch in memory: judged one by one, written in two statements."""

    def __init__(self, vault: Vault, admission: Admission, histories: dict[Key, History], tx: Transaction) -> None:
        self._vault, self._admission, self._histories, self._tx = vault, admission, histories, tx
        self._new: list[Row] = []

    def take(self, event: Event[Any]) -> list[Happening]:
        """What becomes of one change."""
        history = self._histories[event.data.policy_no, insurer_in(event)]
        if (known := history.get(event.data.revision)) is not None:
            return [answer(event, "duplicate" if known["digest"] == event.digest else "conflict")]
        if (before := history.get(event.data.revision - 1)) is None:
            return [answer(event, "parked", waits_for=key_of(event))]
        if reasons := self._reasons(event, before):
            return [answer(event, "rejected", reasons)]
        return self._changed(event, before, history)

    def _reasons(self, event: Event[Any], before: Row) -> list[Problem]:
        change = event.data
        if isinstance(change, SubmittedPolicyCancelled):
            return reasons_not_to_cancel(change, state_of(before), before["sold_on"], self._tx.today)
        content = self._admission.reasons_to_reject(change, change.endorsed_on)
        return [*content, *reasons_not_to_change(change, before["sold_on"])]

    def _changed(self, event: Event[Any], before: Row, history: History) -> list[Happening]:
        cancelled = isinstance(event.data, SubmittedPolicyCancelled)
        row = cancelled_row(self._vault, event, before) if cancelled else self._endorsed(event)
        before["latest"] = False
        history[row["revision"]] = row
        self._new.append(row)
        kind = PolicyCancelled if cancelled else PolicyEndorsed
        warnings = [] if cancelled else warnings_about(event.data)
        return [fact_of(kind, row, state_of(before), event), answer(event, "accepted", (), warnings), arrived(event)]

    def _endorsed(self, event: Event[Any]) -> Row:
        return row_of(self._vault, event, event.data.revision, event.data.endorsed_on)

    async def store(self) -> None:
        """Write the new revisions; the ones before them are no longer the latest."""
        columns = policy_revisions.c
        outdated = update(policy_revisions).where(
            columns.policy_no == bindparam("b_policy_no"),
            columns.insurer == bindparam("b_insurer"),
            columns.revision == bindparam("b_revision"),
        )
        past = [
            {f"b_{k}": row[k] for k in ("policy_no", "insurer")} | {"b_revision": row["revision"] - 1}
            for row in self._new
        ]
        await self._tx.insert(policy_revisions, self._new)
        await self._tx.write(outdated.values(latest=False), past)
