"""What people may ask reporting."""

from fastapi import APIRouter

from services.reporting.api.lags import lags
from services.reporting.api.numbers import numbers
from services.reporting.api.page import page_of_ranking
from services.reporting.api.yardsticks import targets_and_populations, tree
from services.reporting.queries import yardsticks
from shared.runtime.reference import Store, reference
from shared.runtime.settings import Settings


def routers(settings: Settings) -> list[APIRouter]:
    """Everything under `/reporting/v1`, and the plain page."""
    stores: dict[str, Store] = {
        "regions": yardsticks.store_regions,
        "changes": yardsticks.store_changes,
        "populations": yardsticks.store_populations,
        "targets": yardsticks.store_targets,
        "products": yardsticks.store_products,
    }
    month = settings.programme_start_month
    return [
        numbers(month),
        lags(month),
        tree(),
        targets_and_populations(),
        reference("reporting", stores),
        page_of_ranking(month),
    ]
