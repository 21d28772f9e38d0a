"""Alembic's entrance to the enrollment schema."""

from services.enrollment.tables import metadata
from shared.runtime.migrations import run

run(metadata)
