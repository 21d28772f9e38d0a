"""What a text claims: every number with its region and the indicators it may mean, before anything is looked up."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.reporting.rules.text_check.meanings import YEARS, Meaning, meaning_of, ranked_by
from services.reporting.rules.text_check.numerals import Token, plain, tokens_in
from services.reporting.rules.text_check.places import GROUP, NONE, Gazetteer
from services.reporting.rules.text_check.sentences import Sentences
from services.reporting.rules.text_check.subjects import Subjects
from services.reporting.rules.text_check.tallies import Condition, condition_in
from services.reporting.rules.text_check.vocabulary import Tag, Vocabulary
from services.reporting.rules.text_check.written import Written
from shared.contracts.values import LEVELS, parent_of

MOST_FIGURES = 2_000
_DIGITS = {level: digits for digits, level in LEVELS.items()}
_ASIDE = re.compile(r"\([^()]*\)")
_JOINED = re.compile(r"[、(]")
_OPENS = frozenset("：:（(")


class TooManyFigures(Exception):
    """The text holds more numbers than are checked at once."""


@dataclass(frozen=True)
class Claim:
    """`region` is empty out of sight, `*` for several together; `peers` (parent, level) for ranks and tallies."""

    written: Written
    sentence: str
    region: str
    meaning: Meaning
    kind: str = "amount"
    peers: tuple[str, str] | None = None
    condition: Condition | None = None
    whole: str = ""
    """The region asked for, where the sentence names none and `region` is taken over from the one before."""


def claims_in(text: str, places: Gazetteer, year: int) -> list[Claim]:
    """Everything that the text claims in numbers. Raises TooManyFigures."""
    tidy = plain(text)
    tokens = tokens_in(tidy)
    if len(tokens) > MOST_FIGURES:
        raise TooManyFigures
    return list(_Reader(text, tidy, places, year).claims(tokens))


class _Reader:
    """One text with its sentences, words and places."""

    def __init__(self, text: str, tidy: str, places: Gazetteer, year: int) -> None:
        self._text, self._tidy, self._places = text, tidy, places
        self._sentences = Sentences(tidy)
        self._words = Vocabulary(tidy, year)
        self._mentions = places.mentions_in(tidy)
        self._subjects = Subjects(tidy, self._mentions, self._sentences, places.asked)

    def claims(self, tokens: Sequence[Token]) -> Iterator[Claim]:
        regions = self._subjects.of_all(tokens)
        ends = [0, *(token.written.end for token in tokens)]
        starts = [*(token.written.start for token in tokens[1:]), len(self._tidy)]
        said, last = "", None
        for token, region, before, after in zip(tokens, regions, ends, starts, strict=False):
            claim = self._claim(token, region, before, after)
            if last and self._is_of_a_list(last, claim):
                claim = replace(claim, meaning=last.meaning)
            if token.kind in ("place", "among", "back"):
                claim = self._ranked(claim, token, said if self._same_sentence(before, token) else "")
            if claim.written.unit == "days" and not claim.meaning.identifiers:
                continue
            said, last = claim.meaning.identifiers[0] if claim.meaning.identifiers else "", claim
            yield claim

    def _is_of_a_list(self, last: Claim, claim: Claim) -> bool:
        """玉林市28037份、钦州市26528份, or 19.2万余份（192350份）: nothing between the two but regions."""
        start, end = last.written.end, claim.written.start
        names = [m for m in self._mentions if start <= m.start and m.end <= end]
        between = (
            self._tidy[start : names[0].start] + self._tidy[names[-1].end : end] if names else self._tidy[start:end]
        )
        alike = last.kind == claim.kind == "amount" and last.written.unit == claim.written.unit
        return alike and _JOINED.fullmatch(between) is not None

    def _same_sentence(self, place: int, token: Token) -> bool:
        return place > self._sentences.at(token.written.start).start

    def _claim(self, token: Token, region: str, before: int, after: int) -> Claim:
        written = token.written
        own = self._text[written.start : written.end]
        written = Written(**{**written.__dict__, "text": own})
        sentence = self._sentences.excerpt(written.start, written.end)
        if token.kind == "tally":
            return self._tally(written, sentence, token)
        near, earlier = self._tags(written, before, after)
        meaning = meaning_of(written.unit, near, earlier, written.start)
        whole = self._places.asked if region != self._places.asked and self._subjects.goes_on(token) else ""
        return Claim(written, sentence, region, meaning, token.kind, whole=whole)

    def _tags(self, written: Written, before: int, after: int) -> tuple[list[Tag], list[Tag]]:
        """Of the number's own clause (or of the list it goes on with, or of what follows it), and of the sentence."""
        sentence, clause = self._sentences.at(written.start), self._sentences.clause_from(written.start)
        since = max(clause, before)
        near = [*self._per(written), *self._words.between(since, written.start)]
        earlier = [tag for tag in self._words.between(sentence.start, since) if not self._is_aside(tag, written)]
        if not near and (before > clause or self._tidy[clause - 1 : clause] in _OPENS):
            return earlier[:1], earlier[1:]
        return near or self._following(written, after), earlier

    def _is_aside(self, tag: Tag, written: Written) -> bool:
        """A year inside brackets that have closed says nothing about what follows them."""
        if tag.name not in YEARS:
            return False
        between = self._tidy[tag.end : written.start]
        return between.count(")") > between.count("(")

    def _per(self, written: Written) -> list[Tag]:
        """元/份 right behind the number."""
        behind = self._words.between(written.end - 1, written.end + 3)
        return [tag for tag in behind if tag.name.startswith("per_") and tag.start <= written.end]

    def _following(self, written: Written, after: int) -> list[Tag]:
        ends = self._sentences.clause_to(written.end)
        return self._words.between(written.end, min(ends, written.end + 12)) if ends <= after else []

    def _ranked(self, claim: Claim, token: Token, said: str) -> Claim:
        since = self._sentences.clause_from(claim.written.start)
        identifier = ranked_by(self._words.between(since, claim.written.start)) or said
        meaning = Meaning((identifier,) if identifier else (), "rank")
        region = self._subjects.named_behind(token.written.end) or claim.region
        return Claim(claim.written, claim.sentence, region, meaning, token.kind, self._peers(region, token))

    def _peers(self, region: str, token: Token) -> tuple[str, str] | None:
        """Among whom a region is ranked: its level inside 全区, else its siblings."""
        if region in (NONE, GROUP) or len(region) not in LEVELS:
            return None
        framed = [m.code for m in self._places.mentions_in(token.frame) if region.startswith(m.code) and m.code]
        parent = framed[0] if framed and framed[0] != region else parent_of(region)
        return (parent, LEVELS[len(region)]) if parent else None

    def _tally(self, written: Written, sentence: str, token: Token) -> Claim:
        whole = self._subjects.whole_of(token, _DIGITS[token.level])
        condition = condition_in(self._after(written), self._before(written))
        meaning = Meaning((condition.identifier,) if condition else (), "regions")
        peers = (whole, token.level) if whole else None
        return Claim(written, sentence, whole, meaning, "tally", peers, condition)

    def _after(self, written: Written) -> str:
        ends = min(self._sentences.clause_to(written.end), written.end + 40)
        return re.sub(r"\d[^、，]*$", "", self._tidy[written.end : ends])

    def _before(self, written: Written) -> str:
        """The words of its clause, read on through an aside such as 高于全区平均水平（6.11%）的有."""
        since = self._sentences.clause_from(written.start)
        if self._tidy[since - 1 : since] == "(":
            since = self._sentences.clause_from(since - 1)
        return _ASIDE.sub("", self._tidy[max(since, written.start - 60) : written.start])


def places_of(claims: Sequence[Claim]) -> tuple[set[str], set[tuple[str, str]]]:
    """The regions to look up, and the sets of peers to list."""
    regions = {claim.region for claim in claims} - {NONE, GROUP}
    return regions, {claim.peers for claim in claims if claim.peers}
