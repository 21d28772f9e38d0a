"""What insurers say of claims: judged claim by claim in memory, stored in three statements."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import IntegrityError

from services.claims.handlers.claim_files import ClaimFile, claims_for_update, write_down
from services.claims.handlers.forms import (
    FORMS,
    Form,
    Key,
    Row,
    claim_key,
    claim_row,
    fact_of,
    insurer_in,
    policy_key,
    step_in,
    step_row,
)
from services.claims.queries.policies import Revisions, policies_held_still, revisions_of
from services.claims.rules.judgement import (
    reasons_against_report,
    reasons_against_step,
    revision_for,
    warnings_about,
)
from services.claims.rules.sequence import JUDGED, WAITS_FOR, Step
from services.claims.tables import claim_steps, claims
from shared.contracts.envelope import Event
from shared.contracts.submissions import SubmittedClaimReported
from shared.messaging.happenings import Arrived, Happening, answer
from shared.messaging.outcomes import Unavailable
from shared.messaging.transaction import Transaction

_UNIQUE_VIOLATION = "23505"


async def take_steps(submitted: Sequence[Event[Any]], tx: Transaction) -> Sequence[Happening]:
    """Store every step whose predecessor is here or comes with it; what comes too early is parked."""
    policies = await _policies(submitted, tx)
    numbers = tx.any_of(claims.c.claim_no, [event.data.claim_no for event in submitted])
    docket = _Docket(await claims_for_update(tx, numbers), policies, tx)
    said: list[Happening] = []
    for event in sorted(submitted, key=_turn):
        said += docket.take(event)
    await docket.store()
    return [*said, *docket.arrived()]


async def _policies(submitted: Sequence[Event[Any]], tx: Transaction) -> Revisions:
    """The policies of all reports, which no late revision changes before these claims are stored."""
    numbers = [event.data.policy_no for event in submitted if isinstance(event.data, SubmittedClaimReported)]
    if not numbers:
        return {}
    await policies_held_still(tx)
    return await revisions_of(tx, numbers)


def _turn(event: Event[Any]) -> int:
    return JUDGED[FORMS[type(event.data)].kind]


class _Docket:
    """The claims of one batch in memory: judged one by one, written together."""

    def __init__(self, files: dict[Key, ClaimFile], policies: Revisions, tx: Transaction) -> None:
        self._files, self._policies, self._tx = files, policies, tx
        self._new: dict[Key, ClaimFile] = {}
        self._changed: dict[Key, ClaimFile] = {}
        self._steps: list[Row] = []

    def take(self, event: Event[Any]) -> list[Happening]:
        """What becomes of one submission."""
        form, key = FORMS[type(event.data)], (event.data.claim_no, insurer_in(event))
        if form.kind == "reported":
            return self._take_report(event, key, form)
        return self._take_step(event, key, form)

    def _take_report(self, event: Event[SubmittedClaimReported], key: Key, form: Form) -> list[Happening]:
        if (known := self._files.get(key)) is not None:
            return [answer(event, "duplicate" if known.row["digest"] == event.digest else "conflict")]
        if reasons := reasons_against_report(event.data, self._tx.today):
            return [answer(event, "rejected", reasons)]
        if not (revisions := self._policies.get((event.data.policy_no, key[1]))):
            return [answer(event, "parked", waits_for=policy_key(event.data.policy_no, key[1]))]
        policy = revision_for(revisions, event.data.reported_on)
        file = self._files[key] = self._new[key] = ClaimFile(claim_row(event, policy))
        accepted = answer(event, "accepted", warnings=warnings_about(event.data, policy))
        return [fact_of(form.fact, file.row, None, file.state, event.id), accepted]

    def _take_step(self, event: Event[Any], key: Key, form: Form) -> list[Happening]:
        file, step = self._files.get(key), step_in(event.data, form)
        if file is not None and (known := file.digest_of(step)) is not None:
            return [answer(event, "duplicate" if known == event.digest else "conflict")]
        reported_on = file.row["reported_on"] if file is not None else None
        if reasons := reasons_against_step(form.date_field, step.on, reported_on, self._tx.today):
            return [answer(event, "rejected", reasons)]
        if file is None or not file.has_any(WAITS_FOR[step.kind]):
            return [answer(event, "parked", waits_for=claim_key(key))]
        return self._accepted(event, file, step, form)

    def _accepted(self, event: Event[Any], file: ClaimFile, step: Step, form: Form) -> list[Happening]:
        before = file.state
        file.add(step, event.digest)
        self._changed[file.row["claim_no"], file.row["insurer"]] = file
        self._steps.append(step_row(event, step))
        return [fact_of(form.fact, file.row, before, file.state, event.id), answer(event, "accepted")]

    def arrived(self) -> list[Arrived]:
        """Every claim that came a step further."""
        return [Arrived(claim_key(key)) for key in self._new | self._changed]

    async def store(self) -> None:
        """New claims as they stand after this batch, all steps, and where the known claims stand now."""
        try:
            await self._tx.insert(claims, [self._new[key].row for key in sorted(self._new)])
        except IntegrityError as error:
            raise _lost_to_another_replica(error) from None
        await self._tx.insert(claim_steps, self._steps)
        moved_on = [file for key, file in self._changed.items() if key not in self._new]
        await write_down(self._tx, moved_on, "status", "open_since")


def _lost_to_another_replica(error: IntegrityError) -> Exception:
    """The same claim was reported twice at once: the second one finds it when it tries again."""
    if getattr(error.orig, "sqlstate", None) == _UNIQUE_VIOLATION:
        return Unavailable("another replica has just stored the same claim")
    return error
