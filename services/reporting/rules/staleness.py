"""Which cities' numbers have gone stale: nothing is judged by them, and their silence is told instead."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from shared.contracts.judgements import Contribution, Evidence
from shared.contracts.values import parent_of


@dataclass(frozen=True)
class Silence:
    """For how many days nothing has come from a region; `parts` are the silent cities of a province."""

    region: str
    days: int
    parts: tuple[tuple[str, int], ...] = ()


def silences(newest: Mapping[str, date], today: date, allowed: int) -> dict[str, Silence]:
    """Every city that has been silent for longer than is allowed, by the day of its newest fact."""
    found = (silence_now(city, newest, today) for city in sorted(newest))
    return {silence.region: silence for silence in found if silence.days > allowed}


def silence_now(region: str, newest: Mapping[str, date], today: date) -> Silence:
    """Days since the newest fact of a city, or of any city of a province."""
    inside = [on for city, on in newest.items() if city.startswith(region)]
    return Silence(region, max((today - max(inside)).days, 0) if inside else 0)


def to_be_told(stale: Mapping[str, Silence], fed: Iterable[str]) -> dict[str, Silence]:
    """Silences to tell: a province alone where all of its fed cities are silent."""
    cities: defaultdict[str, set[str]] = defaultdict(set)
    for city in fed:
        cities[parent_of(city) or ""].add(city)
    told = dict(stale)
    for province, inside in sorted(cities.items()):
        if inside <= stale.keys():
            parts = sorted(((city, told.pop(city).days) for city in inside), key=lambda part: (-part[1], part[0]))
            told[province] = Silence(province, min(days for _, days in parts), tuple(parts))
    return told


def evidence_of_silence(silence: Silence, allowed: int, names: Mapping[str, str]) -> Evidence:
    """Days silent against days allowed, and the cities that have been silent longest."""
    longest = silence.parts[:3]
    return Evidence(
        numerator=silence.days,
        value=silence.days,
        threshold=allowed,
        children=tuple(Contribution(region=code, name=names.get(code, code), gap=days) for code, days in longest),
    )
