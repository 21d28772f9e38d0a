"""The four services by name, in the order in which facts flow."""

from services.claims.__main__ import SERVICE as CLAIMS
from services.enrollment.__main__ import SERVICE as ENROLLMENT
from services.notify.__main__ import SERVICE as NOTIFY
from services.reporting.__main__ import SERVICE as REPORTING
from shared.runtime.service import Service

SERVICES: tuple[Service, ...] = (ENROLLMENT, CLAIMS, REPORTING, NOTIFY)
BY_NAME = {service.name: service for service in SERVICES}
