"""What enrollment does about submissions: new policies in one go, changes one revision after the other."""

from collections.abc import Sequence
from typing import Any

from services.enrollment.handlers.change_policies import change_policies
from services.enrollment.handlers.issue_policies import issue_policies
from services.enrollment.rules.personal_data import Vault
from shared.contracts.envelope import Event
from shared.contracts.submissions import SubmittedPolicyIssued
from shared.messaging.happenings import Happening
from shared.messaging.transaction import Transaction


async def take_policies(vault: Vault, submitted: Sequence[Event[Any]], tx: Transaction) -> Sequence[Happening]:
    """Issues first, so that a change in the same batch finds its policy."""
    issues = [event for event in submitted if isinstance(event.data, SubmittedPolicyIssued)]
    changes = [event for event in submitted if not isinstance(event.data, SubmittedPolicyIssued)]
    happened = [*await issue_policies(vault, issues, tx)] if issues else []
    return [*happened, *await change_policies(vault, changes, tx)] if changes else happened
