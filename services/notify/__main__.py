"""Which parts make the notify service."""

from services.notify.api import routers
from services.notify.errands import errands
from services.notify.queries.reference import store_contacts, store_regions
from services.notify.subscriptions import listens_to
from services.notify.tables import metadata
from shared.runtime.service import Service

SERVICE = Service(
    name="notify",
    title="Notices to the contacts of a region, delivered at least once",
    port=8004,
    tables=metadata,
    routers=routers,
    listens_to=listens_to,
    errands=errands,
    stores={"regions": store_regions, "contacts": store_contacts},
)
