"""Which parts make the enrollment service."""

from services.enrollment import queries
from services.enrollment.api import routers
from services.enrollment.settings import vault_of
from services.enrollment.subscriptions import listens_to
from services.enrollment.tables import metadata
from shared.messaging.parking import Seal
from shared.runtime.service import Service
from shared.runtime.settings import Settings


def seal(settings: Settings) -> Seal:
    """Parked submissions carry personal data: they are kept sealed too."""
    vault = vault_of(settings)
    return Seal(vault.seal, vault.open)


SERVICE = Service(
    name="enrollment",
    title="Policies of all insurers, with their history",
    port=8001,
    tables=metadata,
    routers=routers,
    listens_to=listens_to,
    stores={
        "regions": queries.store_regions,
        "changes": queries.store_changes,
        "products": queries.store_products,
    },
    seal=seal,
)
