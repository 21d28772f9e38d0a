"""The envelope of every message: CloudEvents 1.0 in JSON, one event or an array of them."""

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import to_json

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
MOST_EVENTS = 1_000
MOST_BYTES = 1_048_576
INSURER_SOURCE = "urn:guanai:insurer:"

MadeT = TypeVar("MadeT")
DataT = TypeVar("DataT", bound=BaseModel, covariant=True)
Short = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]

_UNSET: Any = Field(default=None, exclude_if=lambda value: value is None)
"""What is not set is left out: null is allowed by the letter, but many readers stumble over it."""


class _Once(Generic[MadeT]):
    """Made of an event when it is first asked for; `cached_property` would take a lock for each."""

    def __init__(self, made_from: Callable[[Any], MadeT]) -> None:
        self._made_from, self._name = made_from, made_from.__name__

    def __get__(self, event: Any, _: type) -> MadeT:
        made = vars(event)[self._name] = self._made_from(event)
        return made


class Event(BaseModel, Generic[DataT]):
    """A CloudEvent with typed `data`; `type` is fixed by the registry for each kind of data."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, ignored_types=(_Once,))

    specversion: Literal["1.0"] = "1.0"
    id: Short
    source: Short
    type: str
    subject: Annotated[str, StringConstraints(max_length=200)] | None = _UNSET
    time: AwareDatetime | None = _UNSET
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: Annotated[str, StringConstraints(max_length=200)] | None = _UNSET
    causationid: Annotated[str, StringConstraints(max_length=200)] | None = _UNSET
    data: DataT

    @_Once
    def content(self) -> bytes:
        """The data as one JSON text, the same for equal data, whatever the spelling it came in."""
        return to_json(self.data)

    @_Once
    def digest(self) -> bytes:
        """16 bytes that are equal for equal content; kept for ever, so the form of `content` may not change."""
        return blake2b(self.content, digest_size=16).digest()

    @_Once
    def number(self) -> str | None:
        """The policy or claim number this is about."""
        told = vars(self.data)
        return told.get("claim_no") or told.get("policy_no") or self.subject


@lru_cache(maxsize=1_024)
def insurer_of(source: str) -> str | None:
    """`urn:guanai:insurer:demo-life` -> `demo-life`; None for any other source."""
    return source.removeprefix(INSURER_SOURCE) if source.startswith(INSURER_SOURCE) else None


def source_of_service(service: str) -> str:
    """`enrollment` -> `urn:guanai:enrollment`."""
    return f"urn:guanai:{service}"
