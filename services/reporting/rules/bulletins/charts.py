"""The charts of bulletins: completion by child region, and the year's course against expectation and last year."""

from collections.abc import Sequence

from services.reporting.rules.bulletins.document import Chart, Series
from services.reporting.rules.bulletins.figures import Ledger
from services.reporting.rules.bulletins.material import Subject
from services.reporting.rules.bulletins.phrases import highest, parts, whole


def charts_of(ledger: Ledger) -> tuple[Chart, ...]:
    """Those that have something to show."""
    return tuple(chart for chart in (_completion(ledger), _course(ledger)) if chart is not None)


def _completion(ledger: Ledger) -> Chart | None:
    ranked = highest(ledger, ledger.material.fed, "completion_guideline")
    if not ranked:
        return None
    series = [Series(name="指导任务完成率", values=_values(ledger, ranked, "completion_guideline"))]
    if any("stretch" in child.targets for child in ranked):
        series.append(Series(name="力争目标完成率", values=_values(ledger, ranked, "completion_stretch")))
    title = f"各{parts(ledger.material.region)}任务完成率"
    labels = tuple(child.name for child in ranked)
    return Chart(title=title, kind="bars", labels=labels, series=tuple(series), unit="%")


def _values(ledger: Ledger, children: Sequence[Subject], measure: str) -> tuple[float | None, ...]:
    return tuple(ledger.value(child, measure) for child in children)


def _course(ledger: Ledger) -> Chart | None:
    course = ledger.material.course
    if course is None:
        return None
    series = [Series(name="本年度", values=tuple(course.units))]
    if course.last_year is not None:
        series.append(Series(name="上年度", values=tuple(course.last_year)))
    if course.expected is not None:
        series.append(Series(name="应有进度", values=tuple(course.expected)))
    labels = tuple(f"{day.month}月{day.day}日" for day in course.days)
    title = f"{whole(ledger.material.region)}累计承保份数"
    return Chart(title=title, kind="lines", labels=labels, series=tuple(series))
