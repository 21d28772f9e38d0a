"""What messaging tells whoever counts: the runtime's metrics, or nobody."""

from typing import Protocol


class Watch(Protocol):
    """Counts by name and labels; the names are in the runtime's one list of metrics."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""

    def note(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge, or observe a duration in seconds."""


class Nobody:
    """Counts nothing."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Let it pass."""

    def note(self, name: str, value: float, **labels: str) -> None:
        """Let it pass."""
