"""Who lags by the books, and how far has been judged."""

from sqlalchemy import JSON, Column, Date, Integer, String, Table

from services.reporting.tables.metadata import metadata

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
