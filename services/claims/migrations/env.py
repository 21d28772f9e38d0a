"""Alembic's entrance to the claims schema."""

from services.claims.tables import metadata
from shared.runtime.migrations import run

run(metadata)
