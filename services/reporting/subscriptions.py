"""Which fact goes to which handler."""

from collections.abc import Mapping, Sequence
from functools import partial

from services.reporting.handlers.book_facts import book_again, book_facts
from services.reporting.handlers.keep_totals import keep_claims_totals, keep_enrollment_totals
from services.reporting.handlers.remember_rebuilt import remember_live, remember_replayed
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
_NOT_BOOKED = (f.AgentChanged, f.EnrollmentTotals, f.ClaimsTotals)


def listens_to(settings: Settings) -> Mapping[str, Sequence[Route]]:
    """The table of contents, by queue."""
    month = settings.programme_start_month
    book, again = partial(book_facts, month), partial(book_again, month)
    return {
        "reporting.facts": [
            *(on(fact, book) for fact in _BOOKED),
            *(on(fact, remember_live) for fact in _NOT_BOOKED),
            on(f.AgentChanged, take_agents),
            on(f.EnrollmentTotals, keep_enrollment_totals),
            on(f.ClaimsTotals, keep_claims_totals),
        ],
        "reporting.rebuild": [
            *(on(fact, again) for fact in _BOOKED),
            *(on(fact, remember_replayed) for fact in _NOT_BOOKED),
        ],
    }
