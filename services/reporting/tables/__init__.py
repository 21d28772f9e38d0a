"""What reporting remembers: the tree and its yardsticks, the books, and who lags."""

from services.reporting.tables.books import LIVE, NEXT, Books
from services.reporting.tables.bulletins import bulletin_files, bulletins, errata
from services.reporting.tables.judgement import judged, lag_states
from services.reporting.tables.metadata import metadata
from services.reporting.tables.yardsticks import populations, products, region_changes, regions, targets

__all__ = [
    "LIVE",
    "NEXT",
    "Books",
    "bulletin_files",
    "bulletins",
    "errata",
    "judged",
    "lag_states",
    "metadata",
    "populations",
    "products",
    "region_changes",
    "regions",
    "targets",
]
