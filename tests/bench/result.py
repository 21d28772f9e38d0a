"""What a benchmark found: the product beside what it is held against, and every bar that it must reach."""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

COMPARISONS = {"≥": operator.ge, "≤": operator.le, "<": operator.lt, "=": operator.eq}


class Wrong(Exception):
    """The product showed a number that cannot be: what was measured is worth nothing."""


@dataclass(frozen=True)
class Check:
    """A number and its bar: `Check("× the limit", 0.13, "≥", 0.12)`."""

    what: str
    value: float
    must_be: str
    bar: float
    unit: str = "×"

    @property
    def met(self) -> bool:
        return bool(COMPARISONS[self.must_be](self.value, self.bar))


@dataclass(frozen=True)
class Result:
    """`product`, `peer` and `limit` in `unit`, None where there is none; the first check is the bar of `ratio`.

    What the columns stand for is said in `notes`.
    """

    id: str
    work: str
    unit: str
    product: float | None
    peer: float | None = None
    limit: float | None = None
    ratio: float | None = None
    checks: Sequence[Check] = ()
    notes: str = ""
    full_size: bool = True
    failed: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def bar(self) -> float | None:
        return self.checks[0].bar if self.checks else None

    @property
    def met(self) -> bool:
        """Whether every bar is reached; a smaller size proves nothing."""
        return self.full_size and not self.failed and bool(self.checks) and all(check.met for check in self.checks)

    @property
    def verdict(self) -> str:
        """`yes`, `NO`, `failed`, or `trial` of a smaller size."""
        if self.failed:
            return "failed"
        return ("yes" if self.met else "NO") if self.full_size else "trial"


def failure(benchmark_id: str, work: str, error: Exception) -> Result:
    """The result of a benchmark that did not come to its end."""
    return Result(benchmark_id, work, "", None, failed=f"{type(error).__name__}: {error}")
