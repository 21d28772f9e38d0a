"""What the books are checked against, what was found, and how far a rebuild of them is."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Index, Integer, String, Table
from sqlalchemy import CheckConstraint as Check

from services.reporting.rules.measures import CONTROLLED
from services.reporting.tables.metadata import metadata
from shared.messaging.tables import Moment, book_of_messages

control_totals = Table(
    "control_totals",
    metadata,
    Column("source", String, primary_key=True, comment="enrollment or claims"),
    Column("region", String, primary_key=True, comment="the county"),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("booked_on", Date, primary_key=True),
    *(Column(name, BigInteger, nullable=False) for measures in CONTROLLED.values() for name in measures),
    Column("told_at", Moment, nullable=False, comment="when the source began to tell the newest totals"),
    Column("event_id", String, nullable=False, comment="of the newest totals"),
    comment="what the sources' own tables hold, as they told it last",
)

tellings = Table(
    "tellings",
    metadata,
    Column("source", String, primary_key=True),
    Column("told_at", Moment, primary_key=True, comment="when the source began to tell its totals"),
    Column("told", Integer, nullable=False, comment="so many county-days were told together"),
    Column("heard", Integer, nullable=False),
)

differences = Table(
    "differences",
    metadata,
    Column("source", String, primary_key=True),
    Column("region", String, primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("booked_on", Date, primary_key=True),
    Column("measure", String, primary_key=True),
    Column("booked", BigInteger, nullable=False),
    Column("told", BigInteger, nullable=False),
    Column("since", Moment, nullable=False, comment="the first of the looks that all saw exactly this"),
    Column("stands", Boolean, nullable=False),
    Column("reconciliation", String, nullable=False, comment="the last look"),
    comment="where the books differ from the control totals as of the last look",
)

reconciliations = Table(
    "reconciliations",
    metadata,
    Column("id", String, primary_key=True),
    Column("looked_at", Moment, nullable=False),
    Column("compared", BigInteger, nullable=False, comment="county-days"),
    Column("differences", BigInteger, nullable=False, comment="that stand"),
    Column("unsettled", BigInteger, nullable=False, comment="that may still come right by themselves"),
    Column("items", JSON, nullable=False, comment="the first of them"),
)

rebuilds = Table(
    "rebuilds",
    metadata,
    Column("id", String, primary_key=True),
    Column("state", String, nullable=False, comment="running, switched, given up; or needed: written by a migration"),
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("replays", JSON, nullable=False, comment="by source: the id of its replay, its events once it is done"),
    Column("compared_at", Moment),
    Column("differing_rows", BigInteger),
    Column("differing", JSON, comment="the first of them"),
    Check("(state = 'running') = (ended_at IS NULL)"),
    Check("(compared_at IS NULL) = (differing_rows IS NULL)"),
)
Index(
    "rebuilds_running",
    rebuilds.c.state,
    unique=True,
    postgresql_where=rebuilds.c.state == "running",
    sqlite_where=rebuilds.c.state == "running",
)

rebuild_inbox = Table(
    "rebuild_inbox",
    metadata,
    Column("source", String, primary_key=True),
    Column("event_id", String, primary_key=True),
    Column("live", Boolean, nullable=False, comment="came over reporting.facts first"),
    Column("replayed", Boolean, nullable=False, comment="has come over reporting.rebuild"),
    comment="which facts the next set of books holds",
)

next_heard = book_of_messages("next_heard", metadata, "messages whose facts the next set of books holds")
replayed_heard = book_of_messages("replayed_heard", metadata, "those of them that have come over reporting.rebuild")
