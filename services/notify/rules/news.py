"""What notify hears: a region lags, has recovered or reached a milestone, a bulletin was published; and how to tell."""

from datetime import date
from typing import Any

from shared.contracts.judgements import BulletinPublished, RegionMilestone, RegionRecovered, RegionStatus

News = RegionStatus | RegionMilestone | BulletinPublished


def kind_of(news: News) -> str:
    """`lagging`, `recovered`, `milestone` or `bulletin`."""
    match news:
        case RegionRecovered():
            return "recovered"
        case RegionStatus():
            return "lagging"
        case RegionMilestone():
            return "milestone"
        case BulletinPublished():
            return "bulletin"


def rule_of(news: News) -> str | None:
    """The rule that spoke; a milestone is one that was met, and a bulletin has none."""
    if isinstance(news, BulletinPublished):
        return None
    return news.milestone if isinstance(news, RegionMilestone) else news.rule


def day_of(news: News) -> date:
    """The day that the news is about."""
    return news.reached_on if isinstance(news, RegionMilestone) else news.as_of


def notice_id(news: News) -> str:
    """The same for the same news, however often it comes; readable, and safe in a path.

    One a rule, region, year and episode for each of first warning, severe, recovered; one a milestone, region and year.
    """
    if isinstance(news, BulletinPublished):
        return f"bulletin.{news.bulletin_id}"
    where = f"{rule_of(news)}.{news.region}.{news.programme_year}"
    if isinstance(news, RegionMilestone):
        return f"{where}.reached"
    return f"{where}.{news.episode}.{'recovered' if isinstance(news, RegionRecovered) else news.severity}"


def order_of(news: News) -> tuple[Any, ...]:
    """As it happened: within a day a warning before it became severe, both before the recovery."""
    severe = isinstance(news, RegionStatus) and news.severity != "warning"
    return day_of(news), news.region, rule_of(news) or "", kind_of(news), severe
