"""Which parts make the claims service."""

from functools import partial

from services.claims.api import routers
from services.claims.handlers.tell_totals import tell_totals
from services.claims.subscriptions import listens_to
from services.claims.tables import metadata
from shared.runtime.service import Job, Service
from shared.runtime.settings import Settings


def jobs(settings: Settings) -> list[Job]:
    """What the passing of time brings about."""
    return [Job("tell_totals", 900.0, partial(tell_totals, settings.programme_start_month))]


SERVICE = Service(
    name="claims",
    title="Claims from report to payment",
    port=8002,
    tables=metadata,
    routers=routers,
    listens_to=listens_to,
    jobs=jobs,
)
