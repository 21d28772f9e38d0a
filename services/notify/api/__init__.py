"""What people may ask notify: notices and what became of them, whom to tell, and to answer with a pledge."""

from fastapi import APIRouter

from services.notify.api.destinations import destinations
from services.notify.api.notices import notices
from services.notify.api.routes import routes
from services.notify.settings import NotifySettings
from shared.runtime.settings import Settings


def routers(_: Settings) -> list[APIRouter]:
    """Everything under `/notify/v1`."""
    return [notices(), destinations(), routes(NotifySettings())]
