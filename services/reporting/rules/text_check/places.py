"""Which regions a text speaks of: names, short names, former names, and words such as 全区 and 我市."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.contracts.values import with_ancestors

_AUTONOMOUS = re.compile(r"^(.{2,3}?)(?:[一-鿿]{1,3}族)+自治[县州区旗]$")
_KINSHIP = re.compile(r"[全我本][省市区县州旗镇乡村]|全自治区")
_ELSEWHERE = ("全国",)
_BEFORE_SHORT = frozenset("和与及是在为中其区市县如有即由从对至到含")
_AFTER_SHORT = frozenset("累承参完保增减同达占突超分赔理财力等率则为和与及县市区位居排总共全由在以人年约近首第已一有")

NONE, GROUP = "", "*"
"""Codes of a place that must not be looked at, or is not to be told apart; and of several regions together."""


@dataclass(frozen=True)
class Alias:
    """Another name of a region; what it is called today, whoever may see it."""

    alias: str
    code: str
    name: str


@dataclass(frozen=True)
class Mention:
    """Where a region is named; `code` is empty for one outside the scope."""

    start: int
    end: int
    code: str
    role: Literal["name", "kinship"] = "name"


class Gazetteer:
    """The names of the regions in the caller's scope, and aliases of others only to know that they are others."""

    def __init__(self, names: Mapping[str, str], aliases: Iterable[Alias], asked: str, scope: str) -> None:
        self.asked, self.scope = asked, scope
        self.names = dict(names)
        aliases = list(aliases)
        self._all_names = {alias.code: alias.name for alias in aliases} | self.names
        self._codes: defaultdict[str, set[str]] = defaultdict(set)
        for code, name in self._all_names.items():
            for word in _words_for(code, name):
                self._codes[word].add(code)
        for alias in aliases:
            self._codes[alias.alias].add(alias.code)
        for word in _ELSEWHERE:
            self._codes[word] = {NONE}
        self._by_first: defaultdict[str, list[str]] = defaultdict(list)
        for word in sorted(self._codes, key=len, reverse=True):
            self._by_first[word[0]].append(word)

    def mentions_in(self, text: str) -> list[Mention]:
        """Every place named, in order; the longest name wins."""
        found: list[Mention] = []
        place = 0
        while place < len(text):
            mention = self._mention_at(text, place, found)
            if mention:
                found.append(mention)
            place = mention.end if mention else place + 1
        return found

    def _mention_at(self, text: str, place: int, before: list[Mention]) -> Mention | None:
        if (kinship := _KINSHIP.match(text, place)) is not None:
            return Mention(place, kinship.end(), self._kin(kinship[0], before), "kinship")
        for word in self._by_first.get(text[place], ()):
            if text.startswith(word, place) and self._stands_alone(text, place, word):
                return Mention(place, place + len(word), self._visible(self._one_of(self._codes[word], before)))
        return None

    def _stands_alone(self, text: str, start: int, word: str) -> bool:
        """A county's two-character short name is often a word of its own (资源): it needs a fitting neighbourhood."""
        codes = self._codes[word]
        if len(word) > 2 or word in self._all_names.values() or any(len(code) < 6 for code in codes):
            return True
        before, after = text[start - 1 : start], text[start + len(word) : start + len(word) + 1]
        return (not _is_chinese(before) or before in _BEFORE_SHORT) and (
            not _is_chinese(after) or after in _AFTER_SHORT
        )

    def _one_of(self, codes: set[str], before: list[Mention]) -> str:
        """Which of several regions of one name: the one inside the region named last, or asked for."""
        if len(codes) == 1:
            return next(iter(codes))
        contexts = [self.asked, *(code for m in reversed(before[-3:]) for code in reversed(with_ancestors(m.code)))]
        for context in (*contexts[1:], self.asked):
            inside = [code for code in codes if context and code.startswith(context)]
            if len(inside) == 1:
                return inside[0]
        return NONE

    def _kin(self, word: str, before: list[Mention]) -> str:
        """全市 of a county is its city, of a city itself; 全区 of a district is itself, of a city the whole region."""
        last = [mention.code for mention in before[-3:] if mention.code][-1:]
        for start in (self.asked, *last):
            for code in reversed(with_ancestors(start)):
                if self._all_names.get(code, "").endswith(word[-1]):
                    return self._visible(code)
        return NONE

    def _visible(self, code: str) -> str:
        return code if code in self.names else NONE


def _words_for(code: str, name: str) -> Iterator[str]:
    yield name
    if len(code) > 6:
        return
    if (autonomous := _AUTONOMOUS.match(name)) is not None:
        yield autonomous[1]
    elif len(name) > 2 and name[-1] in "省市县区旗":
        yield name[:-1]


def _is_chinese(character: str) -> bool:
    return "一" <= character <= "鿿"
