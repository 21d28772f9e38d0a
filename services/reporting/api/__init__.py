"""What people may ask reporting."""

from fastapi import APIRouter

from services.reporting.api.bulletin_files import bulletin_files
from services.reporting.api.bulletin_publication import publication
from services.reporting.api.bulletins import bulletins
from services.reporting.api.indicators import indicators
from services.reporting.api.lag_rules import rules
from services.reporting.api.lags import lags
from services.reporting.api.page import page_of_ranking
from services.reporting.api.proposals import proposals
from services.reporting.api.rebuilds import rebuilds
from services.reporting.api.series import series
from services.reporting.api.standings import standings
from services.reporting.api.stream import stream
from services.reporting.api.targets import targets
from services.reporting.api.text_checks import text_checks
from services.reporting.api.traces import traces
from services.reporting.api.trust import trust
from services.reporting.api.why import why
from services.reporting.api.yardsticks import populations, tree
from shared.runtime.settings import Settings


def routers(settings: Settings) -> list[APIRouter]:
    """Everything under `/reporting/v1`, and the plain page."""
    month = settings.programme_start_month
    return [
        indicators(),
        standings(),
        series(),
        why(),
        traces(),
        lags(),
        rules(),
        tree(),
        text_checks(settings),
        trust(),
        rebuilds(),
        targets(month),
        proposals(month),
        populations(),
        stream(),
        bulletin_files(month),
        bulletins(month),
        publication(month),
        page_of_ranking(month),
    ]
