"""Who enrols families where: the agents that enrollment has told of, and the villages they serve."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, String, Table

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

agent_villages = Table(
    "agent_villages",
    metadata,
    Column("village", String, primary_key=True, comment="by today's codes"),
    Column("agent_no", String, primary_key=True),
    comment="of active agents",
)

agent_counties = Table(
    "agent_counties",
    metadata,
    Column("county", String, primary_key=True),
    Column("facts", BigInteger, nullable=False),
    comment="from which an agent was ever told of: elsewhere nothing is known",
)
