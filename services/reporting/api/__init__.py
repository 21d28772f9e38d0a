"""What people may ask reporting."""

from fastapi import APIRouter

from services.reporting.api.indicators import indicators
from services.reporting.api.lag_rules import rules
from services.reporting.api.lags import lags
from services.reporting.api.page import page_of_ranking
from services.reporting.api.standings import standings
from services.reporting.api.yardsticks import targets_and_populations, tree
from shared.runtime.settings import Settings


def routers(settings: Settings) -> list[APIRouter]:
    """Everything under `/reporting/v1`, and the plain page."""
    month = settings.programme_start_month
    return [
        indicators(),
        standings(),
        lags(),
        rules(),
        tree(),
        targets_and_populations(),
        page_of_ranking(month),
    ]
