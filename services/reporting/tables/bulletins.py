"""Bulletins: drafts, what was published and never changes again, and its numbered corrections."""

from sqlalchemy import JSON, Column, Date, ForeignKey, Integer, LargeBinary, String, Table
from sqlalchemy import CheckConstraint as Check

from services.reporting.tables.metadata import metadata
from shared.messaging.tables import Moment

_JSON = JSON(none_as_null=True)

bulletins = Table(
    "bulletins",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("region", String, nullable=False, index=True),
    Column("year", Integer, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("since", Date, comment="day that movement is counted from"),
    Column("title", String, nullable=False),
    Column("scheduled_as", String, unique=True, comment="null for what a person asked for"),
    Column("created_at", Moment, nullable=False),
    Column("created_by", String, nullable=False),
    Column("document", _JSON, comment="null while a scheduled draft follows the books"),
    Column("figures", _JSON, comment="every figure that the document states, by its id"),
    Column("edited_at", Moment),
    Column("edited_by", String),
    Column("published_at", Moment),
    Column("published_by", String),
    Column("publish_reason", String, comment="why it was published although the books differ from the sources"),
    Check("(document IS NULL) = (figures IS NULL)"),
    Check("published_at IS NULL OR (published_by IS NOT NULL AND document IS NOT NULL)"),
)

bulletin_files = Table(
    "bulletin_files",
    metadata,
    Column("bulletin", String, ForeignKey("bulletins.id"), primary_key=True),
    Column("format", String, primary_key=True),
    Column("media_type", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("bytes", LargeBinary, nullable=False),
    comment="written when a bulletin is published, so that it is the same ever after",
)

errata = Table(
    "errata",
    metadata,
    Column("bulletin", String, ForeignKey("bulletins.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("issued_at", Moment, nullable=False),
    Column("issued_on", Date, nullable=False, comment="the date that counts"),
    Column("issued_by", String, nullable=False),
    Column("figure", String, nullable=False),
    Column("old", JSON, nullable=False),
    Column("new", JSON, nullable=False),
    Column("cause", String, nullable=False),
    Column("ranks", JSON, nullable=False, comment="whose place changed, in words"),
    Check("number > 0"),
)
