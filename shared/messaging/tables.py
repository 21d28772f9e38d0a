"""What every service remembers of its messages: inbox, what was heard, outbox, what waits, what is told again."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import JSON

metadata = MetaData()

Position = BigInteger().with_variant(Integer, "sqlite")


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC by both dialects."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        moment: datetime | None = value
        return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


inbox = Table(
    "inbox",
    metadata,
    Column("source", String, primary_key=True),
    Column("event_id", String, primary_key=True),
    Column("digest", LargeBinary, comment="of a submission's content; null for a fact"),
    Column("status", String, comment="the last receipt of a submission; null for a fact"),
    Column("subject", String),
    Column("details", JSON, comment="errors and warnings of the last receipt"),
    Column("answered_at", Moment, nullable=False),
)
Index("inbox_receipts", inbox.c.source, inbox.c.answered_at, postgresql_where=inbox.c.status.is_not(None))


def book_of_messages(name: str, of: MetaData, comment: str) -> Table:
    """A table of messages of our own services that were heard; see `heard`."""
    return Table(
        name,
        of,
        Column("source", String, primary_key=True),
        Column("writer", String, primary_key=True, comment="who numbered the message: a process of the source"),
        Column("number", BigInteger, primary_key=True, autoincrement=False),
        Column("events", Integer, nullable=False, comment="how many of its events were heard"),
        Column("which", LargeBinary, comment="those events as bits, the first event's lowest; null for all"),
        Column("heard_at", Moment, nullable=False),
        comment=comment,
    )


heard = book_of_messages("heard", metadata, "messages of our own services that were taken in, in whole or in part")

heard_ranges = Table(
    "heard_ranges",
    metadata,
    Column("source", String, primary_key=True),
    Column("writer", String, primary_key=True),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("events", BigInteger, nullable=False, comment="of all these messages together"),
    CheckConstraint("first <= last"),
    comment="messages that were heard in whole long ago: every number from the first to the last",
)

outbox = Table(
    "outbox",
    metadata,
    Column("position", Position, primary_key=True, autoincrement=True),
    Column("exchange", String, nullable=False),
    Column("routing_key", String, nullable=False),
    Column("message_id", String, nullable=False),
    Column("content_type", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("written_at", Moment, nullable=False),
    Column("sent_at", Moment),
    sqlite_autoincrement=True,
)
Index(
    "outbox_unsent",
    outbox.c.position,
    postgresql_where=outbox.c.sent_at.is_(None),
    sqlite_where=outbox.c.sent_at.is_(None),
)

parked = Table(
    "parked",
    metadata,
    Column("id", String, primary_key=True),
    Column("source", String, nullable=False),
    Column("event_id", String, nullable=False),
    Column("type", String, nullable=False),
    Column("subject", String),
    Column("waits_for", String, comment="key whose arrival has it judged again; null for a conflict"),
    Column("reason", String, nullable=False),
    Column("body", LargeBinary, nullable=False, comment="the event, sealed by the service"),
    Column("parked_at", Moment, nullable=False),
    Column("checked_at", Moment, nullable=False),
)
Index("parked_waits_for", parked.c.waits_for)
Index("parked_checked", parked.c.checked_at)

replays = Table(
    "replays",
    metadata,
    Column("id", String, primary_key=True),
    Column("queue", String, nullable=False, comment="where the log is told again"),
    Column("through_position", BigInteger, nullable=False, comment="of the outbox, as it was at the start"),
    Column("position", BigInteger, nullable=False, comment="everything up to here is confirmed"),
    Column("total_messages", BigInteger, nullable=False),
    Column("messages", BigInteger, nullable=False),
    Column("events", BigInteger, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("done_at", Moment),
)
