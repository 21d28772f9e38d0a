"""Whom a notice addresses, what keeps it back, and when a letter is tried again."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.notify.gateways import NO_MAIL_SERVER, SPOKEN_ENOUGH, SWITCHED_OFF, GivenUp, Sent, TryAgain
from services.notify.rules.audience import (
    Contact,
    Route,
    Silence,
    Surroundings,
    Told,
    has_listeners,
    places_for,
    reason_to_mute,
)
from services.notify.rules.retries import PAUSES, Again, Settled, verdict_on
from shared.contracts.judgements import Evidence, RegionLagging, RegionRecovered

TODAY = date(2021, 8, 31)
NOW = datetime(2021, 8, 31, 1, 0, tzinfo=UTC)
SINCE, UNTIL = date(2019, 9, 1), date(2021, 8, 31)
EPISODE = ("behind_pace", "450103", 2021, 1)


def status(kind: type[Any] = RegionLagging, **more: Any) -> Any:
    said = {
        "region": "450103",
        "name": "青秀区",
        "level": "county",
        "rule": "behind_pace",
        "programme_year": 2021,
        "episode": 1,
        "as_of": TODAY,
        "severity": "warning",
        "evidence": Evidence(numerator=1, threshold=1),
        "since": TODAY,
    }
    return kind(**{**said, **more})


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "is_told"),
    [
        (SINCE, None, True),
        (SINCE, UNTIL, True),
        (SINCE, date(2021, 8, 30), False),
        (TODAY, None, True),
        (date(2021, 9, 1), None, False),
    ],
)
def test_contacts_are_told_while_they_are_in_office(valid_from: date, valid_to: date | None, is_told: bool) -> None:
    around = Surroundings(contacts={"450103": [Contact("a@b.example", "", valid_from, valid_to)]})
    assert has_listeners("450103", around, TODAY) is is_told
    assert places_for("450103", around, TODAY) == ([("mail", "a@b.example")] if is_told else [])


def test_a_contact_answers_for_its_own_region_alone() -> None:
    around = Surroundings(contacts={"4501": [Contact("a@b.example", "", SINCE, None)]})
    assert not has_listeners("450103", around, TODAY)


@pytest.mark.parametrize(("scope", "hears"), [("", True), ("4501", True), ("450103", True), ("450104", False)])
def test_a_route_hears_of_everything_below_its_region(scope: str, hears: bool) -> None:
    assert has_listeners("450103", Surroundings(routes=[Route(scope, "wecom", "key")]), TODAY) is hears


def test_every_place_is_addressed_once() -> None:
    contact = Contact("a@b.example", "https://robot", SINCE, None)
    routes = [
        Route("", "mail", "a@b.example"),
        Route("45", "webhook", "https://hook"),
        Route("46", "mail", "x@y.example"),
    ]
    places = places_for("450103", Surroundings(contacts={"450103": [contact, contact]}, routes=routes), TODAY)
    assert places == [("mail", "a@b.example"), ("webhook", "https://hook"), ("wecom", "https://robot")]


@pytest.mark.parametrize(
    ("region", "rule", "until", "is_muted"),
    [
        ("", "*", TODAY, True),
        ("4501", "behind_pace", TODAY, True),
        ("4501", "negative_growth", TODAY, False),
        ("4502", "*", TODAY, False),
        ("4501", "*", date(2021, 8, 30), False),
    ],
)
def test_a_silence_covers_its_regions_and_rule_until_its_day_is_over(
    region: str, rule: str, until: date, is_muted: bool
) -> None:
    around = Surroundings(silences=[Silence("s1", region, rule, until)])
    for kind in (RegionLagging, RegionRecovered):
        assert (reason_to_mute(status(kind), around, TODAY) is not None) is is_muted


@pytest.mark.parametrize(
    ("told", "severity", "is_muted"),
    [
        (Told(), "warning", False),
        (Told(recovered=True), "severe", True),
        (Told(severe=True), "warning", True),
        (Told(severe=True), "severe", False),
    ],
)
def test_news_that_was_overtaken_presses_nobody(told: Told, severity: str, is_muted: bool) -> None:
    around = Surroundings(told={EPISODE: told})
    assert (reason_to_mute(status(severity=severity), around, TODAY) is not None) is is_muted
    assert reason_to_mute(status(RegionRecovered), around, TODAY) is None
    assert reason_to_mute(status(episode=2), around, TODAY) is None


def test_what_was_sent_or_refused_for_good_is_settled() -> None:
    assert verdict_on(Sent("250"), 1, NOW, 0.5) == Settled()
    assert verdict_on(GivenUp("HTTP 404"), 1, NOW, 0.5) == Settled("HTTP 404")
    assert verdict_on(GivenUp(SWITCHED_OFF), 1, NOW, 0.5) == Settled(SWITCHED_OFF, switched_off=True)


def test_retries_come_ever_later_for_three_days() -> None:
    verdicts = [verdict_on(TryAgain("HTTP 500"), attempt, NOW, 0.5) for attempt in range(1, len(PAUSES) + 2)]
    again = [verdict for verdict in verdicts if isinstance(verdict, Again)]
    pauses = [(verdict.due_at - NOW).total_seconds() for verdict in again]
    assert pauses == [30, 120, 600, 1800, 7200, 21600, *[43200] * 5]
    assert timedelta(days=2.5) < timedelta(seconds=sum(pauses)) < timedelta(days=3.1)
    assert verdicts[-1] == Settled("tried 12 times, the last time: HTTP 500")


def test_luck_spreads_retries_by_a_fifth() -> None:
    early, late = (verdict_on(TryAgain("HTTP 500"), 2, NOW, luck) for luck in (0.0, 1.0))
    assert isinstance(early, Again)
    assert isinstance(late, Again)
    assert (early.due_at - NOW, late.due_at - NOW) == (timedelta(seconds=96), timedelta(seconds=144))


@pytest.mark.parametrize(("asked", "seconds"), [(3600.0, 3600), (7.0, 30), (None, 30)])
def test_a_receiver_is_not_tried_sooner_than_it_asked_for(asked: float | None, seconds: int) -> None:
    verdict = verdict_on(TryAgain("HTTP 429", asked), 1, NOW, 0.5)
    assert verdict == Again(NOW + timedelta(seconds=seconds), "HTTP 429")


@pytest.mark.parametrize(("detail", "wait"), [(NO_MAIL_SERVER, None), (SPOKEN_ENOUGH, 43.0)])
def test_what_never_left_the_house_uses_up_no_attempt(detail: str, wait: float | None) -> None:
    verdict = verdict_on(TryAgain(detail, wait), 1000, NOW, 0.5)
    assert verdict == Again(NOW + timedelta(seconds=wait or 30), detail, counts=False)
