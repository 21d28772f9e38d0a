"""From news to the notice it deserves; the same news always makes the same notice."""

from collections.abc import Mapping
from typing import Any

from services.notify.rules.news import News, day_of, kind_of, notice_id, rule_of
from services.notify.rules.wording import bulletins, milestones, statuses
from services.notify.rules.wording.letterhead import full_name
from shared.contracts.judgements import BulletinPublished, RegionMilestone, RegionStatus


def notice_of(news: News, names: Mapping[str, str]) -> dict[str, Any]:
    """The notice without what only the moment of writing knows; `names` are those of the region and all above it."""
    key = notice_id(news)
    title, text = _title_and_text(news, key, names)
    lag = news if isinstance(news, RegionStatus) else None
    return {
        "id": key,
        "kind": kind_of(news),
        "rule": rule_of(news),
        "region": news.region,
        "region_name": _name_of(news, names),
        "programme_year": news.programme_year,
        "episode": lag and lag.episode,
        "severity": lag and lag.severity,
        "as_of": day_of(news),
        "title": title,
        "text": text,
        "data": _data_of(news),
    }


def _title_and_text(news: News, key: str, names: Mapping[str, str]) -> tuple[str, str]:
    match news:
        case RegionStatus():
            return statuses.title_and_text(news, key, names)
        case RegionMilestone():
            return milestones.title_and_text(news, key, names)
        case BulletinPublished():
            return bulletins.title_and_text(news, key, names)


def _name_of(news: News, names: Mapping[str, str]) -> str:
    own = names.get(news.region, news.region) if isinstance(news, BulletinPublished) else news.name
    return full_name(news.region, own, names)


def _data_of(news: News) -> dict[str, Any]:
    """The news itself, for programs; a bulletin's own kind stands aside for the notice's."""
    said = news.model_dump(mode="json")
    own = {"bulletin_kind": news.kind} if isinstance(news, BulletinPublished) else {}
    return {**said, **own, "kind": kind_of(news)}
