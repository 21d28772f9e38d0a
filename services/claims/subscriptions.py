"""Which submission and which fact goes to which handler."""

from collections.abc import Mapping, Sequence

from services.claims.handlers import remember_policies, take_steps
from shared.contracts.facts import PolicyCancelled, PolicyEndorsed, PolicyIssued
from shared.contracts.registry import CLAIM_SUBMISSIONS
from shared.messaging.happenings import Route, on
from shared.runtime.settings import Settings


def listens_to(_: Settings) -> Mapping[str, Sequence[Route]]:
    """The table of contents, by queue."""
    return {
        "claims.intake": [on(submission, take_steps) for submission in CLAIM_SUBMISSIONS.values()],
        "claims.policies": [
            on(change, remember_policies) for change in (PolicyIssued, PolicyEndorsed, PolicyCancelled)
        ],
    }
