"""What reporting remembers: the tree and its yardsticks, the books, and who lags."""

from services.reporting.tables.agents import agent_counties, agent_villages, agents
from services.reporting.tables.books import LIVE, NEXT, Books
from services.reporting.tables.judgement import (
    acknowledgements,
    judged,
    judged_cities,
    lag_episodes,
    lag_rules,
    milestones,
)
from services.reporting.tables.metadata import metadata
from services.reporting.tables.yardsticks import populations, products, region_changes, regions, targets

__all__ = [
    "LIVE",
    "NEXT",
    "Books",
    "acknowledgements",
    "agent_counties",
    "agent_villages",
    "agents",
    "judged",
    "judged_cities",
    "lag_episodes",
    "lag_rules",
    "metadata",
    "milestones",
    "populations",
    "products",
    "region_changes",
    "regions",
    "targets",
]
