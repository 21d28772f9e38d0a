"""What people may ask reporting."""

from fastapi import APIRouter

from services.reporting.api.bulletin_files import bulletin_files
from services.reporting.api.bulletin_publication import publication
from services.reporting.api.bulletins import bulletins
from services.reporting.api.lags import lags
from services.reporting.api.numbers import numbers
from services.reporting.api.page import page_of_ranking
from services.reporting.api.yardsticks import targets_and_populations, tree
from shared.runtime.settings import Settings


def routers(settings: Settings) -> list[APIRouter]:
    """Everything under `/reporting/v1`, and the plain page."""
    month = settings.programme_start_month
    return [
        numbers(month),
        lags(month),
        tree(),
        targets_and_populations(),
        bulletin_files(month),
        bulletins(month),
        publication(month),
        page_of_ranking(month),
    ]
