"""From a fact about a region to the notice it deserves; the same fact always makes the same notice."""

from collections.abc import Mapping
from typing import Any

from services.notify.rules.wording import full_name, title_and_text
from shared.contracts.judgements import RegionRecovered, RegionStatus


def kind_of(status: RegionStatus) -> str:
    """`lagging` or `recovered`."""
    return "recovered" if isinstance(status, RegionRecovered) else "lagging"


def notice_id(status: RegionStatus) -> str:
    """One a rule, region, year and episode: first warning, severe, recovered; readable, and safe in a path."""
    stage = "recovered" if isinstance(status, RegionRecovered) else status.severity
    return f"{status.rule}.{status.region}.{status.programme_year}.{status.episode}.{stage}"


def order_of(status: RegionStatus) -> tuple[Any, ...]:
    """As it happened: within a day a warning before it became severe, both before the recovery."""
    return status.as_of, status.region, status.rule, kind_of(status), status.severity != "warning"


def notice_of(status: RegionStatus, names: Mapping[str, str]) -> dict[str, Any]:
    """The notice without what only the moment of writing knows."""
    key = notice_id(status)
    title, text = title_and_text(status, key, names)
    return {
        "id": key,
        "kind": kind_of(status),
        "rule": status.rule,
        "region": status.region,
        "region_name": full_name(status, names),
        "programme_year": status.programme_year,
        "episode": status.episode,
        "severity": status.severity,
        "as_of": status.as_of,
        "title": title,
        "text": text,
        "data": {"kind": kind_of(status), **status.model_dump(mode="json")},
    }
