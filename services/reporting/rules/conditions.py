"""The language of lag rules: comparisons joined by `and` and `or`, such as `penetration < 0.6 * parent.penetration`."""

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Lookup = Callable[[str], float | None]
"""What a name stands for; None where that is not known."""
COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
MOST_CHARACTERS = 300
_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<number>-?\d{1,12}(?:\.\d{1,9})?(?![\w.]))|(?P<name>(?:parent\.)?[a-z][a-z0-9_]*(?![\w.]))"
    r"|(?P<compare>[<>]=?(?!=))|(?P<times>\*)",
    re.ASCII,
)
_END = ("end", "")
_LINE = "the line is a number such as 0.90 (not 90%), a name, or number * name"


class BadCondition(ValueError):
    """What is wrong with a condition, where, and how to write it."""


@dataclass(frozen=True)
class Term:
    """A number, or a multiple of what a name stands for."""

    factor: float
    name: str | None = None

    def value(self, lookup: Lookup) -> float | None:
        if self.name is None:
            return self.factor
        known = lookup(self.name)
        return None if known is None else self.factor * known


@dataclass(frozen=True)
class Comparison:
    """What is measured, held against a line."""

    name: str
    operator: str
    line: Term

    @property
    def is_below(self) -> bool:
        """Whether it holds for too little rather than for too much."""
        return self.operator in ("<", "<=")

    def holds(self, lookup: Lookup) -> bool | None:
        """None where one of the two sides is not known."""
        value, line = lookup(self.name), self.line.value(lookup)
        return None if value is None or line is None else COMPARE[self.operator](value, line)


Alternative = tuple[Comparison, ...]
"""Comparisons that have to hold together."""


@dataclass(frozen=True)
class Condition:
    """Alternatives, one of which has to hold; `and` binds more tightly than `or`."""

    text: str
    alternatives: tuple[Alternative, ...]

    def holds(self, lookup: Lookup) -> bool:
        """A comparison with something unknown does not hold."""
        return self.first_held(lookup) is not None

    def first_held(self, lookup: Lookup) -> Comparison | None:
        """The leading comparison of the first alternative that holds."""
        for comparisons in self.alternatives:
            if all(comparison.holds(lookup) for comparison in comparisons):
                return comparisons[0]
        return None

    def is_met(self, lookup: Lookup) -> bool:
        """Whether what fired is over: one of several parts that can no longer be measured holds nobody back."""
        return any(_met(comparisons, lookup) for comparisons in self.alternatives)

    def comparisons(self) -> Iterator[Comparison]:
        for comparisons in self.alternatives:
            yield from comparisons

    def names(self) -> Iterator[str]:
        """Every name that it speaks of."""
        for comparison in self.comparisons():
            yield comparison.name
            if comparison.line.name is not None:
                yield comparison.line.name


def _met(comparisons: Alternative, lookup: Lookup) -> bool:
    known = [held for comparison in comparisons if (held := comparison.holds(lookup)) is not None]
    return all(known) and (bool(known) or len(comparisons) > 1)


def condition(text: str) -> Condition:
    """The meaning of a text. Raises BadCondition."""
    if len(text) > MOST_CHARACTERS:
        raise BadCondition(f"The condition is longer than {MOST_CHARACTERS} characters: split the rule in two")
    words = _Words(text)
    alternatives = [_alternative(words)]
    while words.next_is("or"):
        alternatives.append(_alternative(words))
    if words.kind != "end":
        words.refuse("after a comparison only `and` or `or` can follow")
    return Condition(text, tuple(alternatives))


def problem_with(text: str) -> str | None:
    """Why a text is no condition, None if it is one."""
    try:
        condition(text)
    except BadCondition as problem:
        return str(problem)
    return None


def _alternative(words: "_Words") -> Alternative:
    comparisons = [_comparison(words)]
    while words.next_is("and"):
        comparisons.append(_comparison(words))
    return tuple(comparisons)


def _comparison(words: "_Words") -> Comparison:
    name = words.take("name", "a comparison begins with what is measured, such as `pace < 0.90`")
    compared = words.take("compare", "here one of <, <=, > and >= is needed")
    return Comparison(name, compared, _line(words))


def _line(words: "_Words") -> Term:
    if words.kind == "name":
        return Term(1.0, words.take("name", _LINE))
    number = float(words.take("number", _LINE))
    if words.kind != "times":
        return Term(number)
    if number <= 0:
        words.refuse("a multiple needs a factor of more than 0")
    words.take("times", "")
    return Term(number, words.take("name", "after * a name is needed, such as `0.6 * parent.penetration`"))


class _Words:
    """The words of a text, one after another."""

    def __init__(self, text: str) -> None:
        self._text, self._place, self._ahead = text, 0, 0
        self.kind, self.word = _END
        self._advance()

    def next_is(self, word: str) -> bool:
        """Passes over the word if it stands here."""
        if found := self.word == word:
            self._advance()
        return found

    def take(self, kind: str, hint: str) -> str:
        if self.kind != kind or self.word in ("and", "or"):
            self.refuse(hint)
        word = self.word
        self._advance()
        return word

    def refuse(self, hint: str) -> None:
        found = f"“{self.word}” is out of place" if self.word else "something is missing"
        raise BadCondition(f"At character {self._place + 1} {found}: {hint}")

    def _advance(self) -> None:
        self._place = self._ahead
        if self._place == len(self._text):
            self.kind, self.word = _END
            return
        found = _TOKEN.match(self._text, self._place)
        if found is None:
            self.kind, self.word = "strange", self._text[self._place]
            return
        self._ahead = found.end()
        self.kind, self.word = str(found.lastgroup), found.group()
        if self.kind == "space":
            self._advance()
