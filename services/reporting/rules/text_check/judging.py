"""Whether a claim agrees with the data, and if not, which other definition, day or region it would agree with."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from services.reporting.rules.ranking import ranks_of
from services.reporting.rules.text_check import wording
from services.reporting.rules.text_check.claims import Claim
from services.reporting.rules.text_check.definitions import definition_of, siblings_of
from services.reporting.rules.text_check.ledger import Ledger, Reading
from services.reporting.rules.text_check.places import GROUP, NONE
from services.reporting.rules.text_check.tallies import meeting
from services.reporting.rules.text_check.written import Fit, fit_of, shown

FEWEST_TELLING_DIGITS = 3
_AGREES: dict[Fit, str] = {"exact": "agrees", "loose": "agrees_rounded"}


@dataclass(frozen=True)
class Verdict:
    """What came out for one claim; `reading` is what the data say about the indicator that was meant."""

    verdict: str
    explanation: str
    indicator: str | None = None
    reading: Reading | None = None
    shown: str | None = None


def findings_of(claims: list[Claim], ledger: Ledger) -> list[dict[str, Any]]:
    """One finding a number, in the order of the text."""
    meant = [_of_the_whole(claim, ledger) for claim in claims]
    return [_finding(claim, ledger, verdict_of(claim, ledger)) for claim in meant]


def _of_the_whole(claim: Claim, ledger: Ledger) -> Claim:
    """A sentence that names no region goes on with the one before it, unless it is true of the region asked for."""
    whole = replace(claim, region=claim.whole)
    return whole if claim.whole and not _agrees(claim, ledger) and _agrees(whole, ledger) else claim


def _agrees(claim: Claim, ledger: Ledger) -> bool:
    return claim.kind == "amount" and verdict_of(claim, ledger).verdict in _AGREES.values()


def _finding(claim: Claim, ledger: Ledger, found: Verdict) -> dict[str, Any]:
    written, reading = claim.written, found.reading
    said = -written.amount if claim.meaning.falling else written.amount
    seen = claim.region in ledger.names
    basis = reading and reading.denominator is not None
    return {
        "text": written.text,
        "start": written.start,
        "end": written.end,
        "sentence": claim.sentence,
        "region": {"code": claim.region, "name": ledger.name(claim.region)} if seen else None,
        "indicator": found.indicator,
        "said": int(said) if said == int(said) else float(said),
        "unit": claim.meaning.unit or written.unit,
        "known": reading.value if reading else None,
        "shown": found.shown,
        "verdict": found.verdict,
        "explanation": found.explanation,
        "basis": _basis(reading) if reading and basis else None,
    }


def _basis(reading: Reading) -> dict[str, Any]:
    return {"numerator": reading.numerator, "denominator": reading.denominator, "of": reading.of}


def verdict_of(claim: Claim, ledger: Ledger) -> Verdict:
    """The judgement on one claim."""
    if claim.region == GROUP:
        return Verdict("unknown", wording.several_regions())
    if claim.region == NONE or claim.region not in ledger.names:
        return Verdict("unknown", wording.out_of_sight())
    if claim.meaning.other_year:
        return Verdict("unknown", wording.other_year())
    if claim.kind == "tally":
        return _tallied(claim, ledger)
    if claim.kind in ("place", "among", "back"):
        return _ranked(claim, ledger)
    return _amount(claim, ledger)


def _amount(claim: Claim, ledger: Ledger) -> Verdict:
    if not claim.meaning.identifiers:
        return _guessed(claim, ledger)
    for identifier in claim.meaning.identifiers:
        own = ledger.reading(claim.region, identifier)
        if own and (fit := _fit(claim, own)):
            return _agreed(claim, ledger, identifier, own, fit)
    return _not_agreed(claim, ledger, claim.meaning.identifiers[0])


def _agreed(claim: Claim, ledger: Ledger, identifier: str, reading: Reading, fit: Fit) -> Verdict:
    words = wording.agreement(claim, ledger, identifier, reading, fit)
    return Verdict(_AGREES[fit], words, identifier, reading, shown(reading.value, claim.written, fit == "loose"))


def _not_agreed(claim: Claim, ledger: Ledger, expected: str) -> Verdict:
    if claim.meaning.unsure:
        return Verdict("unknown", wording.no_indicator())
    reading = ledger.reading(claim.region, expected)
    verdict, words = next(_otherwise(claim, ledger, expected), ("", ""))
    if reading is None:
        return Verdict(verdict or "unknown", words or wording.no_data(claim, ledger, expected), expected)
    told = shown(reading.value, claim.written, more_decimals=True)
    return Verdict(
        verdict or "differs", words or wording.difference(claim, ledger, expected, reading), expected, reading, told
    )


def _fit(claim: Claim, reading: Reading | None) -> Fit | None:
    return fit_of(claim.written, reading.value, claim.meaning.falling) if reading else None


def _otherwise(claim: Claim, ledger: Ledger, expected: str) -> Iterator[tuple[str, str]]:
    """What would make it agree: another definition, another day, another region."""
    if claim.written.digits < 2:
        return
    for sibling in siblings_of(expected):
        if (reading := ledger.reading(claim.region, sibling)) and _fit(claim, reading):
            yield "other_definition", wording.other_definition(claim, ledger, expected, sibling)
    for day in sorted(ledger.other_days, reverse=True):
        if _fit(claim, ledger.other_days[day].get(claim.region, {}).get(expected)):
            yield "other_day", wording.other_day(claim, ledger, expected, day)
    elsewhere = list(_regions_with(claim, ledger, expected))
    if len(elsewhere) == 1 and claim.written.digits >= FEWEST_TELLING_DIGITS:
        yield "other_region", wording.other_region(claim, ledger, expected, elsewhere[0])


def _regions_with(claim: Claim, ledger: Ledger, identifier: str) -> Iterator[str]:
    for region in ledger.readings:
        if region != claim.region and _fit(claim, ledger.reading(region, identifier)) == "exact":
            yield region


def _guessed(claim: Claim, ledger: Ledger) -> Verdict:
    """A number whose words say nothing: the one indicator of its unit that has this very value, if it is telling."""
    own = ledger.readings.get(claim.region, {})
    fits = [
        name for name in own if definition_of(name).unit == claim.meaning.unit and _fit(claim, own[name]) == "exact"
    ]
    if len(fits) == 1 and claim.written.digits >= FEWEST_TELLING_DIGITS and claim.meaning.unit:
        return _agreed(claim, ledger, fits[0], own[fits[0]], "exact")
    return Verdict("unknown", wording.no_indicator())


def _ranked(claim: Claim, ledger: Ledger) -> Verdict:
    peers = ledger.peers.get(claim.peers) if claim.peers else None
    if not claim.meaning.identifiers or not peers:
        return Verdict("unknown", wording.no_peers() if claim.meaning.identifiers else wording.no_indicator())
    identifier = claim.meaning.identifiers[0]
    values = {peer: reading.value for peer in peers if (reading := ledger.reading(peer, identifier))}
    if claim.region not in values or len(values) < len(peers):
        return Verdict("unknown", wording.no_data_of_all(identifier), identifier)
    falling = claim.kind == "back"
    place = ranks_of({peer: -value if falling else value for peer, value in values.items()})[claim.region]
    said = int(claim.written.amount)
    agrees = place <= said if claim.kind == "among" else place == said
    words = wording.rank(claim, ledger, identifier, place)
    reading = Reading(place, place, len(peers), f"{len(peers)}个地区")
    return Verdict("agrees" if agrees else "differs", words, identifier, reading, wording.place_shown(place, falling))


def _tallied(claim: Claim, ledger: Ledger) -> Verdict:
    peers = ledger.peers.get(claim.peers) if claim.peers else None
    if not peers:
        return Verdict("unknown", wording.no_peers())
    if claim.condition is None:
        return _all_of_them(claim, ledger, len(peers))
    found = meeting(claim.condition, peers, claim.region, ledger.readings)
    identifier = claim.condition.identifier
    if found is None:
        return Verdict("unknown", wording.no_data_of_all(identifier), identifier)
    agrees = fit_of(claim.written, len(found)) == "exact"
    reading = Reading(len(found), len(found), len(peers), f"{len(peers)}个地区")
    words = wording.tally(claim, ledger, found)
    return Verdict("agrees" if agrees else "differs", words, identifier, reading, f"{len(found)}个")


def _all_of_them(claim: Claim, ledger: Ledger, number: int) -> Verdict:
    """A bare count agrees when it is the number of all; else it may count anything."""
    if int(claim.written.amount) != number:
        return Verdict("unknown", wording.no_indicator())
    return Verdict("agrees", wording.all_regions(claim, ledger, number), None, Reading(number), f"{number}个")
