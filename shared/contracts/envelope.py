"""The envelope of every message: CloudEvents 1.0 in JSON, one event or an array of them."""

from functools import cached_property
from hashlib import blake2b
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
MOST_EVENTS = 1_000
MOST_BYTES = 1_048_576
INSURER_SOURCE = "urn:guanai:insurer:"

DataT = TypeVar("DataT", bound=BaseModel, covariant=True)
Short = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]

_UNSET: Any = Field(default=None, exclude_if=lambda value: value is None)
"""What is not set is left out: null is allowed by the letter, but many readers stumble over it."""


class Event(BaseModel, Generic[DataT]):
    """A CloudEvent with typed `data`; `type` is fixed by the registry for each kind of data."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

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

    @cached_property
    def digest(self) -> bytes:
        """16 bytes that are equal for equal content, whatever the spelling of the JSON."""
        return blake2b(self.data.model_dump_json().encode(), digest_size=16).digest()

    @property
    def number(self) -> str | None:
        """The policy or claim number this is about."""
        told = vars(self.data)
        return told.get("claim_no") or told.get("policy_no") or self.subject


def insurer_of(source: str) -> str | None:
    """`urn:guanai:insurer:demo-life` -> `demo-life`; None for any other source."""
    return source.removeprefix(INSURER_SOURCE) if source.startswith(INSURER_SOURCE) else None


def source_of_service(service: str) -> str:
    """`enrollment` -> `urn:guanai:enrollment`."""
    return f"urn:guanai:{service}"
