"""What enrollment does about submissions: new policies in one go, changes one revision after the other."""

from collections.abc import Sequence
from typing import Any

from services.enrollment.handlers.change_policies import change_policies
from services.enrollment.handlers.issue_policies import issue_policies
from services.enrollment.queries.reference import KnownRegions, catalogue_now
from services.enrollment.rules.admission import Admission
from services.enrollment.rules.personal_data import Vault
from shared.contracts.envelope import Event
from shared.contracts.submissions import SubmittedPolicyCancelled, SubmittedPolicyIssued
from shared.messaging.happenings import Happening
from shared.messaging.transaction import Transaction


async def take_policies(
    vault: Vault, known: KnownRegions, submitted: Sequence[Event[Any]], tx: Transaction
) -> Sequence[Happening]:
    """Issues first, so that a change in the same batch finds its policy."""
    admission = await _admission(known, submitted, tx)
    issues = [event for event in submitted if type(event.data) is SubmittedPolicyIssued]
    happened = await issue_policies(vault, admission, issues, tx) if issues else []
    if len(issues) < len(submitted):
        changes = [event for event in submitted if type(event.data) is not SubmittedPolicyIssued]
        happened += await change_policies(vault, admission, changes, tx)
    return happened


async def _admission(known: KnownRegions, submitted: Sequence[Event[Any]], tx: Transaction) -> Admission:
    catalogue = await catalogue_now(tx)
    named = {event.data.region for event in submitted if type(event.data) is not SubmittedPolicyCancelled}
    return Admission(catalogue, await known.with_those_of(tx, named), tx.today)
