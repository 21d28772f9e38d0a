"""What became of an attempt: written down with the fact it is, unless somebody else has the letter by now."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, update

from services.notify.errands.claims import Errand
from services.notify.gateways import GivenUp, Outcome, Sent
from services.notify.gateways.webhook import ENDPOINT_IS_GONE
from services.notify.rules.retries import Again, Settled, verdict_on
from services.notify.tables import OPEN, attempts, deliveries, routes
from shared.contracts.judgements import NoticeDelivered, NoticeFailed
from shared.messaging.happenings import Fact
from shared.messaging.transaction import Transaction


async def record(tx: Transaction, errand: Errand, outcome: Outcome, luck: float) -> Sequence[Fact]:
    """Settle the delivery or set its next time; returns what everyone may know."""
    verdict = verdict_on(outcome, errand.attempt, tx.now, luck)
    await _note(tx, errand, outcome, verdict)
    if not await _still_ours(tx, errand, _values(verdict, tx)):
        return []
    if outcome == GivenUp(ENDPOINT_IS_GONE):
        await _disable_routes_to(tx, errand.address)
    return _facts(errand, verdict)


async def _note(tx: Transaction, errand: Errand, outcome: Outcome, verdict: Settled | Again) -> None:
    mine = (attempts.c.delivery_id == errand.id, attempts.c.number == errand.attempt)
    if isinstance(verdict, Again) and not verdict.counts:
        await tx.connection.execute(delete(attempts).where(*mine))
        return
    became = "sent" if isinstance(outcome, Sent) else "given_up" if isinstance(outcome, GivenUp) else "try_again"
    await tx.connection.execute(update(attempts).where(*mine).values(outcome=became, detail=outcome.detail))


async def _still_ours(tx: Transaction, errand: Errand, values: dict[str, Any]) -> bool:
    """The moment of the lease is the fencing token: a replica that slept through its lease changes nothing."""
    mine = (deliveries.c.id == errand.id, deliveries.c.leased_until == errand.leased_until, OPEN)
    result = await tx.connection.execute(update(deliveries).where(*mine).values(leased_until=None, **values))
    return bool(result.rowcount)


def _values(verdict: Settled | Again, tx: Transaction) -> dict[str, Any]:
    if isinstance(verdict, Again):
        uncounted = {} if verdict.counts else {"attempts": deliveries.c.attempts - 1}
        return {"due_at": verdict.due_at, "waits_because": verdict.because, **uncounted}
    if verdict.given_up_because is None:
        return {"delivered_at": tx.now, "waits_because": None}
    reason = {"given_up_because": verdict.given_up_because, "switched_off": verdict.switched_off}
    return {**reason, "waits_because": None}


async def _disable_routes_to(tx: Transaction, address: str) -> None:
    """An endpoint that says it is gone gets no further notices; the route shows why."""
    same = (routes.c.channel == "webhook", routes.c.address == address)
    await tx.connection.execute(update(routes).where(*same).values(disabled_because=ENDPOINT_IS_GONE))


def _facts(errand: Errand, verdict: Settled | Again) -> list[Fact]:
    if isinstance(verdict, Again) or verdict.switched_off:
        return []
    said = {
        "notice_id": errand.letter.notice_id,
        "region": errand.region,
        "channel": errand.channel,
        "attempts": errand.attempt,
    }
    reason = verdict.given_up_because
    outcome = NoticeDelivered(**said) if reason is None else NoticeFailed(**said, reason=reason)
    return [Fact(outcome, errand.region, errand.letter.notice_id)]
