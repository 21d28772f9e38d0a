"""Tell of feeds that have fallen silent, once, and that they are heard again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.reporting.handlers.tell_of_regions import fact_of
from services.reporting.queries import standing_lags
from services.reporting.queries.yardsticks import regions_of
from services.reporting.rules.lag import Episode, episode_after
from services.reporting.rules.lag_rules import DATA_STALE
from services.reporting.rules.staleness import Silence, evidence_of_silence, silence_now, to_be_told
from shared.contracts.judgements import Evidence
from shared.contracts.values import parent_of
from shared.messaging.happenings import Fact
from shared.messaging.transaction import Transaction


@dataclass(frozen=True)
class Feeds:
    """The day of the newest fact of every fed city, those that are silent, and the days that are allowed."""

    newest: Mapping[str, date]
    stale: Mapping[str, Silence]
    allowed: int


async def tell_silence(tx: Transaction, year: int, feeds: Feeds) -> list[Fact]:
    """`data_stale` for every silent city, or for its province alone; and what is over."""
    last = await standing_lags.episodes_of_silence(tx, year)
    told = to_be_told(feeds.stale, feeds.newest)
    regions = await regions_of(tx, {*feeds.newest, *told, *last})
    names = {code: region.name for code, region in regions.items()}

    def evidence(silence: Silence) -> Evidence:
        return evidence_of_silence(silence, feeds.allowed, names)

    begun = [
        _begun(s, year, tx.today, evidence(s), last.get(s.region)) for s in told.values() if _is_news(s, last, tx.today)
    ]
    known = {**feeds.stale, **told}
    after = [
        episode_after(
            episode,
            None if region in known else "cleared",
            tx.today,
            evidence(known.get(region) or silence_now(region, feeds.newest, tx.today)),
        )
        for region, episode in last.items()
        if episode.is_standing
    ]
    await standing_lags.store_episodes(tx, [*begun, *after])
    over = [episode for episode in after if not episode.is_standing]
    return [fact_of(regions[episode.region], episode) for episode in (*begun, *over) if episode.region in regions]


def _is_news(silence: Silence, last: Mapping[str, Episode], today: date) -> bool:
    """On the day on which a province is heard again its other cities have until tomorrow."""
    own, above = last.get(silence.region), last.get(parent_of(silence.region) or "")
    return not (own and own.is_standing) and not (above and (above.is_standing or above.cleared_on == today))


def _begun(silence: Silence, year: int, today: date, evidence: Evidence, last: Episode | None) -> Episode:
    return Episode(
        rule=DATA_STALE,
        region=silence.region,
        year=year,
        episode=1 + (last.episode if last and last.year == year else 0),
        fired_on=today,
        as_of=today,
        indicator="days_silent",
        version=0,
        fired_evidence=evidence,
        evidence=evidence,
    )
