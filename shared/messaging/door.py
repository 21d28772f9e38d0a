"""Parse at the door: bytes become typed events, and what is wrong with the rest is said in a receipt's words."""

import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

from shared.contracts.envelope import INSURER_SOURCE, MOST_EVENTS, Event, insurer_of
from shared.contracts.receipts import Problem
from shared.contracts.registry import SUBMISSIONS, batch_of, event_of, one_of
from shared.messaging.outcomes import Undecodable

ANYONE = "*"
"""The sender of an administrator, who may submit for every insurer."""

_USABLE = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_CODES = {
    "missing": "missing_field",
    "too_short": "missing_field",
    "string_too_short": "missing_field",
    "not_money": "not_money",
    "not_positive": "not_positive",
    "greater_than_equal": "not_positive",
    "less_than_equal": "too_large",
    "date_type": "bad_date",
    "date_parsing": "bad_date",
    "date_from_datetime_parsing": "bad_date",
    "date_from_datetime_inexact": "bad_date",
    "datetime_parsing": "bad_date",
    "datetime_from_date_parsing": "bad_date",
    "timezone_aware": "bad_date",
    "string_too_long": "too_large",
    "too_long": "too_large",
}


class Arrival(NamedTuple):
    """One event at the door: either `event` is typed, or `errors` say why not."""

    source: str
    event_id: str | None
    subject: str | None
    digest: bytes | None
    event: Event[Any] | None = None
    errors: tuple[Problem, ...] = ()


def facts_in(body: bytes, types: frozenset[str]) -> list[Arrival]:
    """The facts of one message. Raises Undecodable when one of them is of no known type or form."""
    try:
        events = _all_of(body, types)
    except ValidationError as error:
        raise Undecodable(_first_reason(error)) from None
    return [Arrival(e.source, e.id, e.subject, None, e) for e in events]


def submissions_in(body: bytes, types: frozenset[str], sender: str) -> list[Arrival]:
    """The submitted events of one JSON body. Raises Undecodable when it cannot be split into events."""
    try:
        events = _all_of(body, types)
    except ValidationError:
        return [_judged(raw, types, sender) for raw in _split(body)]
    _refuse_too_many(events)
    return [_from_sender(e, sender) for e in events]


def submission_lines_in(body: bytes, types: frozenset[str], sender: str) -> list[Arrival]:
    """The same for NDJSON, one event a line; a broken line is refused alone."""
    lines = [line for line in body.splitlines() if line.strip()]
    _refuse_too_many(lines)
    arrivals: list[Arrival] = []
    for line in lines:
        arrivals += _line_in(line, types, sender)
        _refuse_too_many(arrivals)
    return arrivals


def refused(sender: str, code: str, message: str) -> Arrival:
    """A refusal of something that has no event id."""
    return Arrival(_own_source(sender), None, None, None, errors=(Problem(field="", code=code, message=message),))


def _line_in(line: bytes, types: frozenset[str], sender: str) -> list[Arrival]:
    try:
        return submissions_in(line, types, sender)
    except Undecodable:
        return [refused(sender, "invalid_json", "This line is not JSON in UTF-8")]


def _all_of(body: bytes, types: frozenset[str]) -> list[Event[Any]]:
    if body.lstrip()[:1] == b"[":
        return batch_of(types).validate_json(body)
    return [one_of(types).validate_json(body)]


def _split(body: bytes) -> list[Any]:
    try:
        raw = from_json(body)
    except ValueError:
        raise Undecodable("invalid_json") from None
    events = raw if isinstance(raw, list) else [raw]
    _refuse_too_many(events)
    return events


def _refuse_too_many(events: Iterable[Any]) -> None:
    if len(list(events)) > MOST_EVENTS:
        raise Undecodable("too_large")


def _judged(raw: Any, types: frozenset[str], sender: str) -> Arrival:
    """Parse one event alone; its errors become its receipt."""
    if not isinstance(raw, dict):
        return refused(sender, "bad_type", "An event is a JSON object")
    name = raw.get("type")
    if not isinstance(name, str) or name not in types:
        return _unreadable(raw, sender, (_wrong_type(name),))
    try:
        event = event_of(name).model_validate_json(to_json(raw, inf_nan_mode="constants"))
    except ValidationError as error:
        return _unreadable(raw, sender, problems_of(error))
    return _from_sender(event, sender)


def _from_sender(event: Event[Any], sender: str) -> Arrival:
    if (problem := _wrong_insurer(event.source, sender)) is not None:
        return Arrival(_own_source(sender), event.id, event.number, event.digest, errors=(problem,))
    return Arrival(event.source, event.id, event.number, event.digest, event)


def _unreadable(raw: dict[str, Any], sender: str, problems: tuple[Problem, ...]) -> Arrival:
    event_id, source, data = raw.get("id"), raw.get("source"), raw.get("data")
    wrong = _wrong_insurer(source, sender) if isinstance(source, str) else None
    own = source if isinstance(source, str) and wrong is None else _own_source(sender)
    numbers = [data.get("claim_no"), data.get("policy_no")] if isinstance(data, dict) else []
    number = next((number for number in map(_usable, numbers) if number is not None), None)
    digest = blake2b(to_json(data, inf_nan_mode="constants"), digest_size=16).digest()
    return Arrival(own, _usable(event_id), number, digest, errors=problems if wrong is None else (wrong,))


def _usable(name: Any) -> str | None:
    """A text that can be kept and shown as it is, such as an id; None for anything else."""
    return name if isinstance(name, str) and _USABLE.fullmatch(name) else None


def _own_source(sender: str) -> str:
    return f"{INSURER_SOURCE}{'unknown' if sender == ANYONE else sender}"


def _wrong_insurer(source: str, sender: str) -> Problem | None:
    insurer = insurer_of(source)
    if insurer is not None and (insurer == sender or (sender == ANYONE and _is_name(insurer))):
        return None
    message = "The source must be urn:guanai:insurer:<the insurer who sends it>"
    return Problem(field="source", code="wrong_insurer", message=message)


def _is_name(insurer: str) -> bool:
    return 3 <= len(insurer) <= 32 and all(c in "abcdefghijklmnopqrstuvwxyz0123456789-" for c in insurer)


def _wrong_type(name: Any) -> Problem:
    if name is None:
        return Problem(field="type", code="missing_field", message="Field required")
    if isinstance(name, str) and name in SUBMISSIONS:
        return Problem(field="type", code="wrong_service", message="This event type belongs to the other service")
    return Problem(field="type", code="bad_type", message="This is no event type that insurers send")


def problems_of(error: ValidationError) -> tuple[Problem, ...]:
    """pydantic's errors as (field, code, message), without the input."""
    return tuple(_problem(e) for e in error.errors(include_url=False, include_input=False, include_context=False))


def _problem(error: ErrorDetails) -> Problem:
    path = [str(part) for part in error["loc"]]
    field = ".".join(path[1:] if path[:1] == ["data"] and len(path) > 1 else path)
    return Problem(field=field, code=_CODES.get(error["type"], "bad_type"), message=error["msg"])


def _first_reason(error: ValidationError) -> str:
    problem = problems_of(error)[0]
    return f"{problem.code}: {problem.field}"[:200]
