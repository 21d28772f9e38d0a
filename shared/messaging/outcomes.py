"""What can become of a delivery: values, settled in one place (`consume.settle`)."""

from dataclasses import dataclass


class Unavailable(Exception):
    """Our trouble: the database is away or busy. Nothing is known to have happened; try the same again."""


class Undecodable(Exception):
    """Its trouble: the body is no event of a known type. Trying again cannot help."""


@dataclass(frozen=True, slots=True)
class Applied:
    """In effect, in this transaction."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """In effect already; nothing changed."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Failed for a reason that may pass: comes again after a pause."""

    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Dead:
    """Cannot be applied: kept in `<queue>.dead` with its reason for a person."""

    reason: str


Outcome = Applied | Duplicate | Retry | Dead
