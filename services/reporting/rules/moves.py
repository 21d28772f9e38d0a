"""Where a code of an earlier edition lies today: merged, split off or renamed regions take their numbers along."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from shared.contracts.values import with_ancestors

Signed = tuple[str, int]
"""(code as booked, +1 or -1)"""


@dataclass(frozen=True)
class Moves:
    """Successors by code; `today_of` follows the longest changed prefix."""

    successors: Mapping[str, str] = field(default_factory=dict)

    def today_of(self, code: str) -> str:
        """The code under which a booked code is found today."""
        for above in reversed(with_ancestors(code)):
            if (successor := self.successors.get(above)) is not None:
                return successor + code[len(above) :] if len(successor) == len(above) else successor
        return code

    def booked_under(self, region: str) -> tuple[Signed, ...]:
        """The booked codes whose sum is the region as it is today: itself, what came to it, less what went away."""
        if not self.is_affected(region):
            return ((region, 1),)
        level = outermost(code for code in self._roots(region) if self.today_of(code).startswith(region))
        parts, sign = list[Signed](), 1
        while level:
            parts += [(code, sign) for code in sorted(level)]
            level, sign = self._exceptions(level, region, there=sign < 0), -sign
        return tuple(parts)

    def _exceptions(self, within: Iterable[str], region: str, there: bool) -> set[str]:
        """Changed codes inside others that, unlike them, lie in the region today (`there`), or do not."""
        inside = {code for code in self.successors if any(code != w and code.startswith(w) for w in within)}
        return outermost(code for code in inside if self.today_of(code).startswith(region) == there)

    def _roots(self, region: str) -> Iterator[str]:
        yield region
        for changed, successor in self.successors.items():
            if successor.startswith(region):
                yield changed
            elif region.startswith(successor):
                yield changed + region[len(successor) :]

    def is_affected(self, region: str) -> bool:
        """Whether today's view differs from what was booked on the code."""
        return any(
            (successor.startswith(region) or region.startswith(successor)) != changed.startswith(region)
            or region.startswith(changed)
            for changed, successor in self.successors.items()
        )


def moves_from(changes: Iterable[tuple[str, str]]) -> Moves:
    """Moves of (code, successor) pairs; a successor that was itself replaced is followed to the last one."""
    direct = dict(changes)
    return Moves({code: _last(code, direct) for code in direct})


def _last(code: str, direct: Mapping[str, str]) -> str:
    seen = {code}
    while (successor := direct.get(code)) is not None and successor not in seen:
        seen.add(successor)
        code = successor
    return code


def outermost(codes: Iterable[str]) -> set[str]:
    """Those of the codes that lie inside no other of them."""
    known = set(codes)
    return {code for code in known if not any(above in known for above in with_ancestors(code)[:-1])}
