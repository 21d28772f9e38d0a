"""What reporting remembers: the tree and its yardsticks, agents, the books and their checks, and who lags."""

from services.reporting.tables.agents import agent_counties, agent_villages, agents
from services.reporting.tables.books import LIVE, NEXT, Books
from services.reporting.tables.bulletins import bulletin_files, bulletins, errata
from services.reporting.tables.freshness import editions, touches
from services.reporting.tables.judgement import (
    acknowledgements,
    judged,
    judged_cities,
    lag_episodes,
    lag_rules,
    milestones,
)
from services.reporting.tables.metadata import metadata
from services.reporting.tables.trust import (
    control_totals,
    differences,
    next_heard,
    rebuild_inbox,
    rebuilds,
    reconciliations,
    replayed_heard,
    tellings,
)
from services.reporting.tables.yardsticks import populations, products, region_changes, regions, targets

__all__ = [
    "LIVE",
    "NEXT",
    "Books",
    "acknowledgements",
    "agent_counties",
    "agent_villages",
    "agents",
    "bulletin_files",
    "bulletins",
    "control_totals",
    "differences",
    "editions",
    "errata",
    "judged",
    "judged_cities",
    "lag_episodes",
    "lag_rules",
    "metadata",
    "milestones",
    "next_heard",
    "populations",
    "products",
    "rebuild_inbox",
    "rebuilds",
    "reconciliations",
    "region_changes",
    "regions",
    "replayed_heard",
    "targets",
    "tellings",
    "touches",
]
