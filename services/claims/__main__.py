"""Which parts make the claims service."""

from services.claims.api import routers
from services.claims.subscriptions import listens_to
from services.claims.tables import metadata
from shared.runtime.service import Service

SERVICE = Service(
    name="claims",
    title="Claims from report to payment",
    port=8002,
    tables=metadata,
    routers=routers,
    listens_to=listens_to,
)
