"""Where enrolment agents work."""

from sqlalchemy import Boolean, Column, Integer, String, Table

from services.reporting.tables.metadata import metadata
from shared.messaging.tables import Moment

agents = Table(
    "agents",
    metadata,
    Column("agent_no", String, primary_key=True),
    Column("region", String, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("told_at", Moment, nullable=False, comment="of the newest fact, which alone counts"),
    Column("event_id", String, nullable=False),
    Column("facts", Integer, nullable=False, comment="how many of them changed it"),
)

agent_villages = Table(
    "agent_villages",
    metadata,
    Column("village", String, primary_key=True),
    Column("agent_no", String, primary_key=True),
    comment="of active agents",
)

agent_counties = Table(
    "agent_counties",
    metadata,
    Column("county", String, primary_key=True),
    comment="from which an agent was ever told of: elsewhere nothing is known",
)
