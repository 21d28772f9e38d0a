"""What reporting remembers: the tree and its yardsticks, agents, the books and their checks, and who lags."""

from services.reporting.tables.agents import agents
from services.reporting.tables.books import LIVE, NEXT, Books
from services.reporting.tables.bulletins import bulletin_files, bulletins, errata
from services.reporting.tables.judgement import judged, lag_states
from services.reporting.tables.metadata import metadata
from services.reporting.tables.trust import (
    control_totals,
    differences,
    rebuild_inbox,
    rebuilds,
    reconciliations,
    tellings,
)
from services.reporting.tables.yardsticks import populations, products, region_changes, regions, targets

__all__ = [
    "LIVE",
    "NEXT",
    "Books",
    "agents",
    "bulletin_files",
    "bulletins",
    "control_totals",
    "differences",
    "errata",
    "judged",
    "lag_states",
    "metadata",
    "populations",
    "products",
    "rebuild_inbox",
    "rebuilds",
    "reconciliations",
    "region_changes",
    "regions",
    "targets",
    "tellings",
]
