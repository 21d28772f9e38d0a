"""By what a process that keeps figures in memory knows which of them still hold."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from services.reporting.tables.metadata import metadata
from shared.messaging.tables import Moment

editions = Table(
    "editions",
    metadata,
    Column("name", String, primary_key=True),
    Column("edition", BigInteger, nullable=False, comment="one more for every change"),
    comment="of all that figures are held against, and of the set of books",
)

touches = Table(
    "touches",
    metadata,
    Column("city", String, primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("facts", BigInteger, primary_key=True, autoincrement=False, comment="of the feed after a booking"),
    Column("before", BigInteger, nullable=False, comment="and before it: a gap tells that something is missing"),
    Column("told_at", Moment, nullable=False),
    Column("touched", String, nullable=False, comment="JSON: which cells and households, and since when the rest"),
    comment="what the bookings of the last minutes have changed",
)
