"""Which parts make the reporting service."""

from functools import partial

from services.reporting.api import routers
from services.reporting.errands import beside_web, errands
from services.reporting.handlers import take_reference
from services.reporting.handlers.draft_bulletins import draft_due_bulletins
from services.reporting.handlers.judge_regions import Programme, judge_regions
from services.reporting.handlers.note_touches import forget_touches
from services.reporting.handlers.reconcile import reconcile_when_due
from services.reporting.queries import rebuilds
from services.reporting.settings import ReportingSettings
from services.reporting.subscriptions import listens_to
from services.reporting.tables import metadata
from shared.runtime.service import Job, Service
from shared.runtime.settings import Settings


def jobs(settings: Settings) -> list[Job]:
    """What the passing of time brings about."""
    own = ReportingSettings()
    programme = Programme(settings.programme_start_month, own.goal, own.stale_after_days)
    return [
        Job("judge_regions", 2.0, partial(judge_regions, programme)),
        Job("forget_touches", 60.0, forget_touches),
        Job("reconcile", 60.0, reconcile_when_due),
        Job("draft_due_bulletins", 60.0, partial(draft_due_bulletins, programme.start_month, own.bulletin_weekday)),
    ]


SERVICE = Service(
    name="reporting",
    title="The numbers of every region, current and right",
    port=8003,
    tables=metadata,
    routers=routers,
    listens_to=listens_to,
    jobs=jobs,
    errands=errands,
    beside_web=beside_web,
    stores={
        "regions": take_reference.store_regions,
        "changes": take_reference.store_changes,
        "populations": take_reference.store_populations,
        "targets": take_reference.load_targets,
        "products": take_reference.store_products,
    },
    advice={"books": rebuilds.advice},
)
