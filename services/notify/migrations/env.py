"""Alembic's entrance to the notify schema."""

from services.notify.tables import metadata
from shared.runtime.migrations import run

run(metadata)
