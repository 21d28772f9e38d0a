"""What the benchmarks of one run share: servers, the display, and what was made for one and is used by another."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import TypeVar

from tests.bench.progress import Display
from tests.bench.servers import Servers

Made = TypeVar("Made")


class Stand:
    """`policies` makes everything smaller, for trying; `kept` is closed at the end of the run."""

    def __init__(self, servers: Servers, display: Display, kept: ExitStack, policies: int | None = None) -> None:
        self.servers, self.display, self.kept = servers, display, kept
        self._policies = policies
        self._made: dict[str, object] = {}

    def size(self, full: int) -> int:
        """Full size, or the smaller one for trying."""
        return min(self._policies or full, full)

    def is_full(self, full: int) -> bool:
        return self.size(full) == full

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """What was made before under this name, else it is made now; a failure is not tried again."""
        if name not in self._made:
            try:
                self._made[name] = make()
            except Exception as error:
                self._made[name] = error
        made = self._made[name]
        if isinstance(made, Exception):
            raise made
        return made  # type: ignore[return-value]
