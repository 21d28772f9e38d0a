"""Who enrols families where: the agents that enrollment has told of."""

from sqlalchemy import JSON, Boolean, Column, String, Table

from services.reporting.tables.metadata import metadata
from shared.messaging.tables import Moment

agents = Table(
    "agents",
    metadata,
    Column("agent_no", String, primary_key=True),
    Column("region", String, nullable=False, index=True),
    Column("villages", JSON, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("told_at", Moment, nullable=False),
    Column("event_id", String, nullable=False),
)
