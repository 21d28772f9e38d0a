"""What enrollment says of policies: kept as a slim copy, and claims move when a revision comes late."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from sqlalchemy.exc import IntegrityError

from services.claims.handlers.claim_files import ClaimFile, claims_for_update, write_down
from services.claims.handlers.forms import Key, fact_of, policy_key
from services.claims.queries.policies import policies_for_update, revisions_of
from services.claims.rules.judgement import revision_for
from services.claims.tables import claims, policies
from shared.contracts.envelope import Event
from shared.contracts.facts import ClaimCorrected, PolicyChange
from shared.messaging.happenings import Arrived, Fact, Happening
from shared.messaging.transaction import Columns, Transaction, if_new

_MANY = 200
"""Fewer revisions cost no more when each is held against those that are there."""


async def remember_policies(changes: Sequence[Event[PolicyChange]], tx: Transaction) -> Sequence[Happening]:
    """Keep every revision; the claims that waited for its policy are let in, those that it concerns move."""
    await policies_for_update(tx)
    await _keep(sorted((event.data for event in changes), key=_place), tx)
    causes = {(event.data.policy_no, event.data.insurer): event.id for event in changes}
    return [*await _moved_claims(causes, tx), *(Arrived(policy_key(*key)) for key in causes)]


def _place(change: PolicyChange) -> tuple[str, str, int]:
    return change.policy_no, change.insurer, change.revision


async def _keep(changes: Sequence[PolicyChange], tx: Transaction) -> None:
    """Mostly every revision is new, and then they are stored at half the cost."""
    columns = _columns(changes)
    if len(changes) >= _MANY:
        with suppress(IntegrityError):
            async with tx.connection.begin_nested():
                await tx.insert(policies, columns)
            return
    await tx.insert(policies, columns, if_new)


def _columns(changes: Sequence[PolicyChange]) -> Columns:
    states = [change.after for change in changes]
    return {
        "policy_no": [change.policy_no for change in changes],
        "insurer": [change.insurer for change in changes],
        "revision": [change.revision for change in changes],
        "booked_on": [change.booked_on for change in changes],
        "product": [state.product for state in states],
        "region": [state.region for state in states],
        "effective_from": [state.effective_from for state in states],
        "effective_to": [state.effective_to for state in states],
        "in_force": [state.in_force for state in states],
    }


async def _moved_claims(causes: Mapping[Key, str], tx: Transaction) -> list[Fact]:
    """Every claim goes where its policy's revisions now say; most stay."""
    numbers = [policy_no for policy_no, _ in causes]
    files = (await claims_for_update(tx, tx.any_of(claims.c.policy_no, numbers))).values()
    concerned = [file for file in files if _policy_of(file) in causes]
    revisions = await revisions_of(tx, [file.row["policy_no"] for file in concerned]) if concerned else {}
    facts, moved = list[Fact](), list[ClaimFile]()
    for file in concerned:
        policy = revision_for(revisions[_policy_of(file)], file.row["reported_on"])
        if (policy.region, policy.product) != (file.row["region"], file.row["product"]):
            facts.append(_move(file, policy.region, policy.product, causes[_policy_of(file)]))
            moved.append(file)
    await write_down(tx, moved, "region", "product")
    return facts


def _policy_of(file: ClaimFile) -> Key:
    return file.row["policy_no"], file.row["insurer"]


def _move(file: ClaimFile, region: str, product: str, caused_by: str) -> Fact:
    before = file.state
    file.move(region, product)
    return fact_of(ClaimCorrected, file.row, before, file.state, caused_by)
