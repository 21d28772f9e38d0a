"""Whom a notice addresses, and what keeps it from being sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.notify.rules.news import News, rule_of
from shared.contracts.judgements import RegionRecovered, RegionStatus

Place = tuple[str, str]
"""(channel, address)"""


@dataclass(frozen=True, slots=True)
class Contact:
    """A role's mailbox or robot; it answers for its own region alone."""

    email: str
    robot_url: str
    valid_from: date
    valid_to: date | None

    def is_in_office(self, on: date) -> bool:
        """The last day counts."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def places(self) -> list[Place]:
        return [(channel, to) for channel, to in (("mail", self.email), ("wecom", self.robot_url)) if to]


@dataclass(frozen=True, slots=True)
class Route:
    """A further destination for a region and everything below it."""

    region: str
    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing is sent about these regions and this rule or milestone (*: any news) until the day has passed."""

    id: str
    region: str
    rule: str
    until: date

    def covers(self, news: News, on: date) -> bool:
        return news.region.startswith(self.region) and self.rule in ("*", rule_of(news)) and on <= self.until


@dataclass(frozen=True)
class Told:
    """What has been said of an episode already."""

    recovered: bool = False
    severe: bool = False


Episode = tuple[str, str, int, int]


@dataclass(frozen=True)
class Surroundings:
    """What is known when news comes in: who listens, what is silenced, how regions are called, what was said."""

    contacts: Mapping[str, Sequence[Contact]] = field(default_factory=dict)
    routes: Sequence[Route] = ()
    silences: Sequence[Silence] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[Episode, Told] = field(default_factory=dict)


def episode_of(status: RegionStatus) -> Episode:
    """What belongs together: one rule, one region, one stretch of a year."""
    return status.rule, status.region, status.programme_year, status.episode


def has_listeners(region: str, around: Surroundings, on: date) -> bool:
    """Whether anybody answers for the region or listens to it; a contact without an address reads the list."""
    listens = any(region.startswith(route.region) for route in around.routes)
    return listens or bool(_contacts(region, around, on))


def places_for(region: str, around: Surroundings, on: date) -> list[Place]:
    """Every place once, in a fixed order."""
    own = [place for contact in _contacts(region, around, on) for place in contact.places()]
    routed = [(route.channel, route.address) for route in around.routes if region.startswith(route.region)]
    return sorted({*own, *routed})


def _contacts(region: str, around: Surroundings, on: date) -> list[Contact]:
    return [contact for contact in around.contacts.get(region, ()) if contact.is_in_office(on)]


def reason_to_mute(news: News, around: Surroundings, on: date) -> str | None:
    """A silence, or news that is older than what was said already: nobody who has recovered is told to hurry."""
    silence = _first(silence for silence in around.silences if silence.covers(news, on))
    if silence is not None:
        return f"silenced until {silence.until.isoformat()} ({silence.id})"
    if isinstance(news, RegionRecovered) or not isinstance(news, RegionStatus):
        return None
    return _overtaken(news, around)


def _overtaken(status: RegionStatus, around: Surroundings) -> str | None:
    told = around.told.get(episode_of(status), Told())
    if told.recovered:
        return "came late: the region has recovered"
    return "came late: it is severe by now" if told.severe and status.severity != "severe" else None


def _first(silences: Iterable[Silence]) -> Silence | None:
    return next(iter(silences), None)
