"""Alembic's entrance to the reporting schema."""

from services.reporting.tables import metadata
from shared.runtime.migrations import run

run(metadata)
