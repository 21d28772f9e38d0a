"""Where sentences and clauses begin and end."""

import re
from bisect import bisect_right
from dataclasses import dataclass

LONGEST_EXCERPT = 160
_END = re.compile(r"[。！？!?\n]")
_CLAUSE = re.compile(r"[，,；;：:。！？!?\n]|[(（](?![^\d()（）]{1,8}[)）])")
"""A short aside in words, as in 县（市、区）, begins no clause."""


@dataclass(frozen=True)
class Sentence:
    """Half-open place in the text, and where its paragraph begins."""

    start: int
    end: int
    paragraph: int


class Sentences:
    """The sentences and clauses of one text, found by place."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._all, start, paragraph = list[Sentence](), 0, 0
        for match in _END.finditer(text):
            self._all.append(Sentence(start, match.end(), paragraph))
            start = match.end()
            paragraph = start if match[0] == "\n" else paragraph
        self._all.append(Sentence(start, len(text), paragraph))
        self._starts = [sentence.start for sentence in self._all]
        self._clauses = [0, *(match.end() for match in _CLAUSE.finditer(text) if not _inside_number(match, text))]

    def at(self, place: int) -> Sentence:
        """The sentence that a place lies in."""
        return self._all[bisect_right(self._starts, place) - 1]

    def before(self, sentence: Sentence) -> Sentence | None:
        """The sentence before it in the same paragraph."""
        index = bisect_right(self._starts, sentence.start) - 2
        found = self._all[index] if index >= 0 else None
        return found if found and found.paragraph == sentence.paragraph else None

    def clause_from(self, place: int) -> int:
        """Where the clause of a place begins."""
        return self._clauses[bisect_right(self._clauses, place) - 1]

    def clause_to(self, place: int) -> int:
        """Where the clause of a place ends."""
        index = bisect_right(self._clauses, place)
        return self._clauses[index] - 1 if index < len(self._clauses) else len(self._text)

    def excerpt(self, start: int, end: int) -> str:
        """The sentence around a number, cut where it is very long."""
        sentence = self.at(start)
        first, last = max(sentence.start, start - LONGEST_EXCERPT), min(sentence.end, end + LONGEST_EXCERPT)
        return self._text[first:last].strip()


def _inside_number(match: re.Match[str], text: str) -> bool:
    around = text[match.start() - 1 : match.start()] + text[match.end() : match.end() + 1]
    return match[0] == "," and len(around) == 2 and around.isdigit()
