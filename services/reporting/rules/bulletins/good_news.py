"""What went well since the earlier day: targets reached, places gained, most new units."""

from services.reporting.rules.bulletins.children import IN_FRONT
from services.reporting.rules.bulletins.figures import Ledger
from services.reporting.rules.bulletins.material import Subject
from services.reporting.rules.bulletins.measures import reached
from services.reporting.rules.bulletins.phrases import highest, in_turn, listed, named_with, names_of, parts, where
from services.reporting.rules.bulletins.tables import movements

_REACHED = {"guideline": "完成年度指导任务", "stretch": "达到力争目标"}


def good_news(ledger: Ledger) -> tuple[str, ...]:
    """A paragraph each; none in a week without."""
    said = (*[_milestones(ledger, kind) for kind in _REACHED], _busiest(ledger), _climbers(ledger))
    return tuple(paragraph for paragraph in said if paragraph)


def _milestones(ledger: Ledger, kind: str) -> str:
    new = where(ledger.material.fed, lambda child: has_just_reached(child, kind))
    return f"{names_of(new)}本期{_REACHED[kind]}。" if new else ""


def has_just_reached(child: Subject, kind: str) -> bool:
    """Whether the target was reached between the earlier day and the day."""
    reading = child.readings_before.get(f"completion_{kind}")
    return reading is not None and reading.value is not None and reading.value < 1 and reached(child, kind)


def _busiest(ledger: Ledger) -> str:
    ranked = [s for s in highest(ledger, ledger.material.fed, "new_units") if (ledger.value(s, "new_units") or 0) > 0]
    if not ranked:
        return ""
    first = named_with(ledger, ranked[:IN_FRONT], "new_units", "units")
    return f"本期新增承保居前的{parts(ledger.material.region)}{in_turn(ranked[:IN_FRONT])}{first}。"


def _climbers(ledger: Ledger) -> str:
    by_code = {child.code: child for child in ledger.material.fed}
    risen = sorted(((-places, code) for code, places in movements(ledger).items() if places > 0))[:IN_FRONT]
    said = listed([f"{by_code[code].name}上升{-places}位" for places, code in risen])
    return f"名次上升较多的{parts(ledger.material.region)}：{said}。" if risen else ""
