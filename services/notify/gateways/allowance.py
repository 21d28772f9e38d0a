"""How many messages may go out within a time: every token comes back a fixed while after it was spent."""

from collections import deque
from collections.abc import Callable


class Allowance:
    """At most `tokens` in ANY stretch of `seconds`; a bucket refilled drop by drop lets through nearly twice that."""

    def __init__(self, tokens: int, seconds: float, clock: Callable[[], float]) -> None:
        self.tokens = tokens
        self._seconds = seconds
        self._clock = clock
        self._spent: deque[float] = deque()

    def seconds_until(self, wanted: int) -> float:
        """How long until `wanted` tokens (at most `tokens`) are there together; 0 means now."""
        now = self._clock()
        while self._spent and self._spent[0] + self._seconds <= now:
            self._spent.popleft()
        missing = wanted - (self.tokens - len(self._spent))
        return self._spent[missing - 1] + self._seconds - now if missing > 0 else 0.0

    def spend(self, wanted: int) -> None:
        """Take the tokens; whoever asked `seconds_until` without waiting in between finds them there."""
        self._spent.extend([self._clock()] * wanted)
