"""A revision between its three forms: what was submitted, the row that is kept, the state that a fact tells."""

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from services.enrollment.rules.personal_data import Vault
from shared.contracts.envelope import Event, insurer_of
from shared.contracts.facts import PolicyChange, PolicyState
from shared.contracts.submissions import PolicyContent, SubmittedPolicyCancelled
from shared.contracts.values import Premium, trusted
from shared.messaging.happenings import Arrived, Fact

Row = dict[str, Any]


def insurer_in(event: Event[Any]) -> str:
    """The insurer that the door has already vouched for."""
    return insurer_of(event.source) or ""


def row_of(vault: Vault, event: Event[PolicyContent], revision: int, booked_on: date) -> Row:
    """The row of an issue or an endorsement; persons and free text only in the sealed content."""
    policy, insurer = event.data, insurer_in(event)
    return {
        "policy_no": policy.policy_no,
        "insurer": insurer,
        "revision": revision,
        "latest": True,
        "in_force": True,
        "product": policy.product,
        "region": policy.region,
        "units": policy.units,
        "persons": len(policy.insured),
        "self_paid_fen": policy.premium.self_paid,
        "fiscal_fen": policy.premium.fiscal,
        "donated_fen": policy.premium.donated,
        "household": vault.index_of("household", f"{insurer}|{policy.household_no}")[:12].hex(),
        "sold_on": policy.sold_on,
        "booked_on": booked_on,
        "effective_from": policy.effective_from,
        "effective_to": policy.effective_to,
        "agent_no": policy.agent_no,
        "renews": policy.renews,
        "consented": policy.consent is not None,
        "holder_index": vault.index_of("id_number", policy.policyholder.id_number.upper()),
        "sealed": vault.seal(event.content, place_of(policy.policy_no, insurer, revision)),
        "digest": event.digest,
    }


def place_of(policy_no: str, insurer: str, revision: int) -> str:
    """What a sealed document is bound to."""
    return f"policy_revisions|sealed|{insurer}|{policy_no}|{revision}"


def cancelled_row(vault: Vault, event: Event[SubmittedPolicyCancelled], before: Mapping[str, Any]) -> Row:
    """The row of a cancellation: out of force, the premium lower by the refund."""
    cancelled = event.data
    reason = json.dumps({"reason": cancelled.reason}).encode()
    place = place_of(cancelled.policy_no, before["insurer"], cancelled.revision)
    refund = cancelled.refund
    return {
        **before,
        "revision": cancelled.revision,
        "latest": True,
        "in_force": False,
        "self_paid_fen": before["self_paid_fen"] - refund.self_paid,
        "fiscal_fen": before["fiscal_fen"] - refund.fiscal,
        "donated_fen": before["donated_fen"] - refund.donated,
        "booked_on": cancelled.cancelled_on,
        "sealed": vault.seal(reason, place),
        "digest": event.digest,
    }


def state_of(row: Mapping[str, Any]) -> PolicyState:
    """What everyone may know of a revision."""
    return trusted(
        PolicyState,
        product=row["product"],
        region=row["region"],
        in_force=row["in_force"],
        units=row["units"],
        persons=row["persons"],
        premium=_premium(row["self_paid_fen"], row["fiscal_fen"], row["donated_fen"]),
        household=row["household"],
        effective_from=row["effective_from"],
        effective_to=row["effective_to"],
        renewed=row["renews"] is not None,
    )


@lru_cache(maxsize=8_192)
def _premium(self_paid: int, fiscal: int, donated: int) -> Premium:
    """Built once: premiums are few prices times a few units."""
    return trusted(Premium, self_paid=self_paid, fiscal=fiscal, donated=donated)


def fact_of(kind: type[PolicyChange], row: Row, before: PolicyState | None, event: Event[Any]) -> Fact:
    """The fact that a stored revision is."""
    change = trusted(
        kind,
        insurer=row["insurer"],
        policy_no=row["policy_no"],
        revision=row["revision"],
        sold_on=row["sold_on"],
        booked_on=row["booked_on"],
        before=before,
        after=state_of(row),
    )
    return Fact(change, row["region"], row["policy_no"], event.id)


def key_of(event: Event[Any]) -> str:
    """What later revisions of this policy wait for."""
    return f"{insurer_in(event)}/{event.data.policy_no}"


def arrived(event: Event[Any]) -> Arrived:
    """This policy has a new revision."""
    return Arrived(key_of(event))
