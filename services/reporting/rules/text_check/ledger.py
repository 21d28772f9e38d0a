"""What the data say, as plain values: readings of regions by identifier, of the day asked for and of other days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Reading:
    """A value (a ratio, a count, yuan) with the two numbers it is divided from; `of` says what the denominator is."""

    value: float
    numerator: float | None = None
    denominator: float | None = None
    of: str = ""


Readings = Mapping[str, Mapping[str, Reading]]
"""By region code, then by identifier; what is not available is missing."""


@dataclass(frozen=True)
class Ledger:
    """Everything that a text is held against; only regions of the caller's scope stand in it."""

    as_of: date
    readings: Readings
    names: Mapping[str, str]
    other_days: Mapping[date, Readings] = field(default_factory=dict)
    peers: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    """By (parent, level): all regions of the level, only where every one of them may be seen."""

    def reading(self, region: str, identifier: str) -> Reading | None:
        """What the data say on the day asked for."""
        return self.readings.get(region, {}).get(identifier)

    def name(self, region: str) -> str:
        """The region's name."""
        return self.names.get(region, region)
