"""What is told of an episode: that a region lags, or that it has recovered."""

from typing import Any

from services.reporting.queries.yardsticks import Region
from services.reporting.rules.lag import Episode
from shared.contracts.judgements import RegionLagging, RegionRecovered
from shared.messaging.happenings import Fact


def fact_of(region: Region, episode: Episode) -> Fact:
    """The fact of an episode that has begun, grown severe, or ended."""
    told: dict[str, Any] = {
        "region": region.code,
        "name": region.name,
        "level": region.level,
        "rule": episode.rule,
        "programme_year": episode.year,
        "episode": episode.episode,
        "as_of": episode.as_of,
        "severity": episode.severity,
        "evidence": episode.evidence,
    }
    data = RegionLagging(**told) if episode.is_standing else RegionRecovered(**told, since=episode.fired_on)
    return Fact(data, region.code, region.code)
