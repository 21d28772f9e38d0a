"""What enrollment says of policies: kept as a slim copy, and claims move when a revision comes late."""

from collections.abc import Mapping, Sequence

from services.claims.handlers.claim_files import ClaimFile, claims_for_update, write_down
from services.claims.handlers.forms import Key, Row, fact_of, policy_key
from services.claims.queries.policies import policies_for_update, revisions_of
from services.claims.rules.judgement import revision_for
from services.claims.tables import claims, policies
from shared.contracts.envelope import Event
from shared.contracts.facts import ClaimCorrected, PolicyChange
from shared.messaging.happenings import Arrived, Fact, Happening
from shared.messaging.transaction import Transaction


async def remember_policies(changes: Sequence[Event[PolicyChange]], tx: Transaction) -> Sequence[Happening]:
    """Keep every revision; the claims that waited for its policy are let in, those that it concerns move."""
    await policies_for_update(tx)
    rows = [_row(event.data) for event in changes]
    rows.sort(key=lambda row: (row["policy_no"], row["insurer"], row["revision"]))
    await tx.insert(policies, rows, lambda insert: insert.on_conflict_do_nothing())
    causes = {(event.data.policy_no, event.data.insurer): event.id for event in changes}
    return [*await _moved_claims(causes, tx), *(Arrived(policy_key(*key)) for key in causes)]


def _row(change: PolicyChange) -> Row:
    return {
        "policy_no": change.policy_no,
        "insurer": change.insurer,
        "revision": change.revision,
        "booked_on": change.booked_on,
        "product": change.after.product,
        "region": change.after.region,
        "effective_from": change.after.effective_from,
        "effective_to": change.after.effective_to,
        "in_force": change.after.in_force,
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
