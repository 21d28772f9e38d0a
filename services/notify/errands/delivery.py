"""The delivery loop: claim, send outside any transaction, record; a few messages at once, each letter at least once."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from services.notify.errands.bundles import Bundle, bundles_of
from services.notify.errands.claims import Errand, claim_due
from services.notify.errands.ledger import record
from services.notify.gateways import Gateway, Letter, Outcome, Sent, TryAgain
from services.notify.handlers import NOBODY_TO_TELL
from services.notify.rules.digests import one_letter
from shared.messaging import outbox
from shared.messaging.apply import Desk
from shared.messaging.outcomes import Unavailable
from shared.messaging.watch import Watch

log = structlog.get_logger(__name__)
AT_ONCE = 8
POLL_SECONDS = 0.5
SEND_SECONDS = 90.0
GRACE_SECONDS = 15.0
_PAUSES = (0.2, 1.0, 3.0, 10.0)
Carrying = set[asyncio.Task[None]]


@dataclass(frozen=True)
class Office:
    """Where letters leave from; `secrets` are those of the webhooks under way, by address."""

    desk: Desk
    gateways: Mapping[str, Gateway]
    secrets: dict[str, Sequence[str]]
    watch: Watch


async def deliver(office: Office) -> None:
    """Carry out what is due, for ever. When stopped, letters under way are brought to their end first."""
    under_way: Carrying = set()
    try:
        while True:
            _count_unheard(office.watch)
            errands = await _claimed(office, AT_ONCE - len(under_way))
            under_way |= {asyncio.create_task(_carry(office, bundle)) for bundle in bundles_of(errands)}
            under_way -= await _done(under_way)
    finally:
        await _bring_home(under_way)


async def _claimed(office: Office, most: int) -> list[Errand]:
    if most <= 0:
        return []
    async with office.desk.begin() as tx:
        return await claim_due(tx, most)


async def _done(under_way: Carrying) -> Carrying:
    """Those that have ended within a poll; raises what went wrong with our own database."""
    if not under_way:
        await asyncio.sleep(POLL_SECONDS)
        return set()
    done, _ = await asyncio.wait(under_way, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    for trouble in [task.exception() for task in done]:
        if trouble is not None:
            raise trouble
    return done


async def _bring_home(under_way: Carrying) -> None:
    if under_way:
        await asyncio.wait(under_way, timeout=GRACE_SECONDS)
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)


async def _carry(office: Office, bundle: Bundle) -> None:
    letter = one_letter([errand.letter for errand in bundle])
    outcome = await _sent(office, bundle[0], letter)
    name = _name_of(outcome)
    office.watch.count("notices_sent", len(bundle), channel=bundle[0].channel, outcome=name)
    for errand in bundle:
        log.info(
            "letter_carried",
            notice_id=errand.letter.notice_id,
            within=letter.notice_id,
            channel=errand.channel,
            attempt=errand.attempt,
            outcome=name,
            detail=outcome.detail,
        )
    await _recorded(office, bundle, outcome)


async def _sent(office: Office, errand: Errand, letter: Letter) -> Outcome:
    """Try once, well within the lease; a fault of our own is tried again like anybody else's."""
    office.secrets[errand.address] = errand.secrets
    try:
        async with asyncio.timeout(SEND_SECONDS):
            return await office.gateways[errand.channel].send(errand.address, letter)
    except TimeoutError:
        return TryAgain("no answer in time")
    except Exception as error:
        trouble = type(error).__name__
        log.error("gateway_failed", channel=errand.channel, notice_id=letter.notice_id, exc_type=trouble)
        return TryAgain(f"our own trouble: {trouble}")


async def _recorded(office: Office, bundle: Bundle, outcome: Outcome) -> None:
    """A database that is away for a moment must not make the letter go out twice."""
    luck = random.random()  # noqa: S311
    for pause in _PAUSES:
        try:
            return await _record(office, bundle, outcome, luck)
        except Unavailable:
            await asyncio.sleep(pause)
    return await _record(office, bundle, outcome, luck)


async def _record(office: Office, bundle: Bundle, outcome: Outcome, luck: float) -> None:
    """Each letter by itself, with the outcome of the message that they shared."""
    async with office.desk.begin() as tx:
        facts = [fact for errand in bundle for fact in await record(tx, errand, outcome, luck)]
        await outbox.put(tx, office.desk.service, facts)
    office.desk.committed.set()


def _name_of(outcome: Outcome) -> str:
    return "sent" if isinstance(outcome, Sent) else "try_again" if isinstance(outcome, TryAgain) else "given_up"


def _count_unheard(watch: Watch) -> None:
    if unheard := NOBODY_TO_TELL.total():
        NOBODY_TO_TELL.clear()
        watch.count("notices_sent", unheard, channel="none", outcome="nobody_to_tell")
