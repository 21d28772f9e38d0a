"""Which submission goes to which handler."""

from collections.abc import Mapping, Sequence
from functools import partial

from services.enrollment.handlers import take_policies
from services.enrollment.queries.reference import KnownRegions
from services.enrollment.settings import vault_of
from shared.contracts.submissions import SubmittedPolicyCancelled, SubmittedPolicyEndorsed, SubmittedPolicyIssued
from shared.messaging.happenings import Route, on
from shared.runtime.settings import Settings


def listens_to(settings: Settings) -> Mapping[str, Sequence[Route]]:
    """The table of contents, by queue."""
    take = partial(take_policies, vault_of(settings), KnownRegions())
    return {
        "enrollment.intake": [
            on(SubmittedPolicyIssued, take),
            on(SubmittedPolicyEndorsed, take),
            on(SubmittedPolicyCancelled, take),
        ]
    }
