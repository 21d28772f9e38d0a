"""The tree, and what numbers are held against: targets, populations, the catalogue."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, String, Table
from sqlalchemy import CheckConstraint as Check

from services.reporting.tables.metadata import metadata
from shared.messaging.tables import Moment, Position

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
    Column("eligible_households", BigInteger, comment="null where nobody has counted them"),
)

targets = Table(
    "targets",
    metadata,
    Column("version", Position, primary_key=True, autoincrement=True),
    Column("region", String, nullable=False, index=True),
    Column("year", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("line", String, nullable=False, comment="product line; empty for all that count to target"),
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
