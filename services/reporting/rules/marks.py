"""How far somebody has heard the log of facts: up to a position, except what had not been written there yet."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

LOOK_BACK = 200
"""A position is given before its transaction commits, so a lower one may appear after a higher one, but soon."""
_WRITTEN = re.compile(r"\d{1,18}(~\d{1,18}(\.\d{1,4})?){0,250}", re.ASCII)


@dataclass(frozen=True)
class Mark:
    """Everything up to `position` was heard, except the `open` ones: of these so many facts were."""

    position: int
    open: Mapping[int, int] = field(default_factory=dict)

    def heard_of(self, position: int) -> int | None:
        """How many facts of the message at a position were heard; None for all of them."""
        return 0 if position > self.position else self.open.get(position)

    def after(self, position: int, facts: int | None = None) -> "Mark":
        """The mark of somebody who then heard this message, or only so many facts of it."""
        newest = max(self.position, position)
        passed = range(max(self.position + 1, newest - LOOK_BACK), newest)
        left = {place: n for place, n in self.open.items() if place >= newest - LOOK_BACK} | dict.fromkeys(passed, 0)
        left.pop(position, None)
        return Mark(newest, left if facts is None else left | {position: facts})

    def written(self) -> str:
        """As an event id: `120~118~117.2` heard all up to 120, nothing of 118 and two facts of 117."""
        return "~".join((str(self.position), *(f"{p}.{n}" if n else str(p) for p, n in sorted(self.open.items()))))


def mark_read(text: str) -> Mark | None:
    """The mark of an event id; None if it is none of ours."""
    if not _WRITTEN.fullmatch(text):
        return None
    position, *left = text.split("~")
    parts = (entry.partition(".") for entry in left)
    return Mark(int(position), {int(place): int(facts or 0) for place, _, facts in parts})


def mark_of(newest: Collection[int]) -> Mark:
    """Where the log ends, from its newest positions."""
    if not newest:
        return Mark(0)
    last = max(newest)
    missing = set(range(max(min(newest), last - LOOK_BACK), last)) - set(newest)
    return Mark(last, dict.fromkeys(missing, 0))


def name_of(fact: str) -> str:
    """What the stream calls a fact: `region.lagging` is `lagging`, `bulletin.published` is `bulletin`."""
    _, subject, happened, _ = fact.split(".")
    return happened if subject == "region" else subject


def changed_in(region: str, cities: Iterable[str]) -> list[str]:
    """The changed cities as one may see them whose scope is `region`: within a city there is only the own region."""
    return sorted(city for city in cities if city.startswith(region)) or [region] * bool(region)
