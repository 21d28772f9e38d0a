"""What people may ask reporting."""

from fastapi import APIRouter

from services.reporting.api.lags import lags
from services.reporting.api.numbers import numbers
from services.reporting.api.page import page_of_ranking
from services.reporting.api.proposals import proposals
from services.reporting.api.stream import stream
from services.reporting.api.targets import targets
from services.reporting.api.yardsticks import populations, tree
from shared.runtime.settings import Settings


def routers(settings: Settings) -> list[APIRouter]:
    """Everything under `/reporting/v1`, and the plain page."""
    month = settings.programme_start_month
    return [
        numbers(month),
        lags(month),
        tree(),
        targets(),
        proposals(month),
        populations(),
        stream(),
        page_of_ranking(month),
    ]
