"""Which fact goes to which handler."""

from collections.abc import Mapping, Sequence
from functools import partial

from services.reporting.handlers.book_facts import book_facts
from services.reporting.handlers.take_agents import take_agents
from shared.contracts import facts as f
from shared.messaging.happenings import Route, on
from shared.runtime.settings import Settings

_BOOKED = (
    f.PolicyIssued,
    f.PolicyEndorsed,
    f.PolicyCancelled,
    f.ClaimReported,
    f.ClaimSettled,
    f.ClaimPaid,
    f.ClaimRejected,
    f.ClaimReopened,
    f.ClaimRecovered,
    f.ClaimAnswered,
    f.ClaimCorrected,
)


def listens_to(settings: Settings) -> Mapping[str, Sequence[Route]]:
    """The table of contents, by queue."""
    book = partial(book_facts, settings.programme_start_month)
    return {"reporting.facts": [*(on(fact, book) for fact in _BOOKED), on(f.AgentChanged, take_agents)]}
