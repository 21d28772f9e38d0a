"""Whose number it is: the nearest region before it, lists and 分别 included."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from services.reporting.rules.text_check.numerals import Token
from services.reporting.rules.text_check.places import GROUP, Mention
from services.reporting.rules.text_check.sentences import Sentence, Sentences

_AND = re.compile(r"(?:、|和|与|及|以及)")
_TOGETHER = re.compile(r"等|(?:\d{1,2}|[两三四五六七八九十]{1,2})个?(?:设区)?[市县区镇乡]|[两三四五六七八九]地")
_COMPARED = re.compile(r"(?:占|(?<!占)比|较|居)$")
_RESPECTIVELY = "分别"
_IS = re.compile(r"的?(?:分别)?(?:是|为|:|：)|的")


class Subjects:
    """The regions that the numbers of a text belong to."""

    def __init__(self, text: str, mentions: Sequence[Mention], sentences: Sentences, asked: str) -> None:
        self._text, self._sentences, self._asked = text, sentences, asked
        self._chains = _chains(text, [m for m in mentions if not _COMPARED.search(text[max(m.start - 2, 0) : m.start])])
        self._ends = [chain[-1].end for chain in self._chains]
        self._starts = [chain[0].start for chain in self._chains]

    def of_all(self, tokens: Sequence[Token]) -> list[str]:
        """The region code of every number: empty for a place out of sight, `*` for several regions together."""
        found = [self._of(token) for token in tokens]
        for first, codes in self._respectively(tokens):
            found[first : first + len(codes)] = codes
        return found

    def whole_of(self, token: Token, digits_below: int) -> str:
        """The region that counted regions lie in: the nearest named one of a higher level, else the one asked for."""
        sentence = self._sentences.at(token.written.start)
        for chain in reversed(self._inside(sentence, token.written.start)):
            if len(chain) == 1 and 0 < len(chain[0].code) < digits_below:
                return chain[0].code
        return self._asked if len(self._asked) < digits_below else ""

    def named_behind(self, place: int) -> str:
        """增量居第一位的是百色: the region that follows, empty if none does."""
        link = _IS.match(self._text, place)
        found = bisect_left(self._starts, link.end()) if link else len(self._starts)
        follows = link and found < len(self._chains) and self._starts[found] == link.end()
        return self._meant_by(self._chains[found]) if follows else ""

    def goes_on(self, token: Token) -> bool:
        """Whether the number's own sentence names no region before it, so that an earlier one is taken over."""
        return not self._inside(self._sentences.at(token.written.start), token.written.start)

    def _of(self, token: Token) -> str:
        sentence = self._sentences.at(token.written.start)
        inside = self._inside(sentence, token.written.start)
        if inside:
            return self._meant_by(inside[-1])
        before = self._sentences.before(sentence)
        return self._topic_of(self._inside(before, before.end)) if before else self._asked

    def _inside(self, sentence: Sentence, end: int) -> list[list[Mention]]:
        last = bisect_left(self._ends, end + 1)
        first = bisect_left(self._ends, sentence.start + 1)
        return [chain for chain in self._chains[max(first, last - 8) : last] if chain[0].start >= sentence.start]

    def _meant_by(self, chain: Sequence[Mention]) -> str:
        together = len(chain) > 1 or _TOGETHER.match(self._text, chain[-1].end)
        return GROUP if together else chain[0].code

    def _topic_of(self, chains: Sequence[Sequence[Mention]]) -> str:
        """What a sentence was about: its only region, or the one that all others lie in."""
        codes = {mention.code for chain in chains for mention in chain}
        if len(codes) == 1:
            return next(iter(codes))
        first = chains[0][0].code if chains else ""
        return first if first and all(code.startswith(first) for code in codes) else self._asked

    def _respectively(self, tokens: Sequence[Token]) -> list[tuple[int, list[str]]]:
        """百色、玉林、贵港分别增加6.8万、6.4万、5.9万份: each its own."""
        starts = [token.written.start for token in tokens]
        found: list[tuple[int, list[str]]] = []
        for chain in self._chains:
            place = self._text.find(_RESPECTIVELY, chain[-1].end, chain[-1].end + 12)
            first = bisect_left(starts, place)
            if len(chain) > 1 and place >= 0 and self._are_a_list(tokens[first : first + len(chain)], chain):
                found.append((first, [mention.code for mention in chain]))
        return found

    def _are_a_list(self, tokens: Sequence[Token], chain: Sequence[Mention]) -> bool:
        pairs = pairwise(tokens)
        listed = all(_AND.match(self._text, a.written.end) and b.written.start - a.written.end < 8 for a, b in pairs)
        return len(tokens) == len(chain) and listed


def _chains(text: str, mentions: Sequence[Mention]) -> list[list[Mention]]:
    """Regions named one after the other with nothing but 、or 和 between them."""
    chains: list[list[Mention]] = []
    for mention in mentions:
        between = _AND.fullmatch(text, chains[-1][-1].end, mention.start) if chains else None
        if between and mention.role == "name":
            chains[-1].append(mention)
        else:
            chains.append([mention])
    return chains
