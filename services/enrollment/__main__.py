"""Which parts make the enrollment service."""

from functools import partial

from services.enrollment.api import routers
from services.enrollment.handlers.tell_totals import tell_totals
from services.enrollment.queries import reference
from services.enrollment.settings import vault_of
from services.enrollment.subscriptions import listens_to
from services.enrollment.tables import metadata
from shared.messaging.parking import Seal
from shared.runtime.service import Job, Service
from shared.runtime.settings import Settings


def seal(settings: Settings) -> Seal:
    """Parked submissions carry personal data: they are kept sealed too."""
    vault = vault_of(settings)
    return Seal(vault.seal, vault.open)


def jobs(settings: Settings) -> list[Job]:
    """What the passing of time brings about."""
    return [Job("tell_totals", 900.0, partial(tell_totals, settings.programme_start_month))]


SERVICE = Service(
    name="enrollment",
    title="Policies of all insurers, with their history",
    port=8001,
    tables=metadata,
    routers=routers,
    listens_to=listens_to,
    jobs=jobs,
    stores={
        "regions": reference.store_regions,
        "changes": reference.store_changes,
        "products": reference.store_products,
    },
    seal=seal,
)
