"""Events as they go over the wire, with as little in them as a test has to say."""

import json
from datetime import date
from typing import Any

from shared.contracts.envelope import ONE, Event
from shared.contracts.facts import PolicyIssued, PolicyState
from shared.contracts.registry import event_of, type_of
from shared.contracts.values import Premium
from shared.messaging.topology import FACTS
from shared.messaging.transport import Message

VILLAGE = "450722001001"
KEY = "policy.issued.4507"
DAY = date(2021, 3, 1)
YEAR_LATER = date(2022, 2, 28)
MONEY = {"self_paid": "128.88", "fiscal": "0.00", "donated": "0.00"}
PERSON = {"name": "李雷", "id_number": "450722198001011234", "relation": "self"}


def issued(policy_no: str, units: int = 1, event_id: str | None = None) -> Event[PolicyIssued]:
    """The fact that a policy was issued; its id follows from its number unless one is given."""
    state = PolicyState(
        product="family_care",
        region=VILLAGE,
        units=units,
        persons=1,
        premium=Premium(self_paid=12_888),
        household="h",
        effective_from=DAY,
        effective_to=YEAR_LATER,
    )
    data = PolicyIssued(
        insurer="demo-life", policy_no=policy_no, revision=1, sold_on=DAY, booked_on=DAY, before=None, after=state
    )
    name = type_of(PolicyIssued)
    return event_of(name)(type=name, id=event_id or f"e-{policy_no}", source="urn:guanai:enrollment", data=data)


def body_of(*events: Event[Any]) -> bytes:
    """One event, or an array of them."""
    texts = [event.model_dump_json() for event in events]
    return (texts[0] if len(texts) == 1 else f"[{','.join(texts)}]").encode()


def message(body: bytes | Event[Any], message_id: str = "m", routing_key: str = KEY) -> Message:
    """A message for the platform's facts."""
    return Message(FACTS, routing_key, body if isinstance(body, bytes) else body_of(body), message_id, ONE)


def policy(policy_no: str, event_id: str | None = None, insurer: str = "demo-life", **changes: Any) -> dict[str, Any]:
    """A policy as an insurer submits it; `changes` replace fields of `data`."""
    data = {
        "policy_no": policy_no,
        "product": "family_care",
        "region": VILLAGE,
        "units": 3,
        "premium": MONEY,
        "household_no": "HH-1",
        "policyholder": {"name": "李雷", "id_number": "450722198001011234"},
        "insured": [PERSON],
        "sold_on": "2021-03-01",
        "effective_from": "2021-03-02",
        "effective_to": "2022-03-01",
        **changes,
    }
    return submission("policy.issued", event_id or f"s-{policy_no}", data, insurer)


def submission(what: str, event_id: str, data: dict[str, Any], insurer: str = "demo-life") -> dict[str, Any]:
    """An event of an insurer: `claim.settled` is `guanai.insurer.claim.settled.v1`."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": f"urn:guanai:insurer:{insurer}",
        "type": f"guanai.insurer.{what}.v1",
        "time": "2021-03-01T10:00:00+08:00",
        "data": data,
    }


def json_of(*events: dict[str, Any]) -> bytes:
    """One event, or an array of them, as an insurer writes it."""
    return json.dumps(events[0] if len(events) == 1 else events, ensure_ascii=False).encode()
