"""What reporting remembers: the tree and its yardsticks, the cells, household timelines, and who lags."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Integer, MetaData, String, Table
from sqlalchemy import CheckConstraint as Check

from services.reporting.rules.measures import MEASURES
from shared.messaging.tables import Moment, Position

metadata = MetaData()

regions = Table(
    "regions",
    metadata,
    Column("code", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("level", String, nullable=False),
    Column("parent", String, nullable=False, index=True),
)

region_changes = Table(
    "region_changes",
    metadata,
    Column("code", String, primary_key=True),
    Column("effective_on", Date, primary_key=True),
    Column("change", String, nullable=False),
    Column("name_from", String, nullable=False),
    Column("successor", String),
)

populations = Table(
    "populations",
    metadata,
    Column("region", String, primary_key=True),
    Column("vintage", String, primary_key=True),
    Column("residents", BigInteger, nullable=False),
)

targets = Table(
    "targets",
    metadata,
    Column("version", Position, primary_key=True, autoincrement=True),
    Column("region", String, nullable=False, index=True),
    Column("year", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("document", String, nullable=False),
    Column("loaded_at", Moment, nullable=False),
    Check("units >= 0"),
    sqlite_autoincrement=True,
)

products = Table(
    "products",
    metadata,
    Column("code", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("line", String, nullable=False),
    Column("counts_to_target", Boolean, nullable=False),
)

cells = Table(
    "cells",
    metadata,
    Column("region", String, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("booked_on", Date, primary_key=True),
    Column("product", String, primary_key=True, comment="empty for households, which belong to no product"),
    *(Column(name, BigInteger, nullable=False) for name in MEASURES),
)

household_timelines = Table(
    "household_timelines",
    metadata,
    Column("year", Integer, primary_key=True),
    Column("household", String, primary_key=True),
    Column("timeline", String, nullable=False, comment="day:region:difference; of every change, in order of arrival"),
)

feeds = Table(
    "feeds",
    metadata,
    Column("city", String, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("policy_facts", BigInteger, nullable=False),
    Column("fresh_to", Moment, nullable=False),
)

lag_states = Table(
    "lag_states",
    metadata,
    Column("rule", String, primary_key=True),
    Column("region", String, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("episode", Integer, nullable=False),
    Column("severity", String, comment="null while the rule is not firing"),
    Column("since", Date, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("evidence", JSON, nullable=False),
)

judged = Table(
    "judged",
    metadata,
    Column("year", Integer, primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("basis", String, nullable=False, comment="newest booking and target version that were judged"),
)
