"""What notify remembers: whom to tell, what was said, and every attempt to say it."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import JSON

from shared.messaging.tables import Moment, Position

metadata = MetaData()

regions = Table(
    "regions",
    metadata,
    Column("code", String, primary_key=True),
    Column("name", String, nullable=False),
)

contacts = Table(
    "contacts",
    metadata,
    Column("id", String, primary_key=True, comment="region and line of the file"),
    Column("region", String, nullable=False, index=True),
    Column("role", String, nullable=False),
    Column("chain", String, nullable=False),
    Column("name", String, nullable=False),
    Column("email", String, nullable=False),
    Column("robot_url", String, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, comment="the last day, inclusive"),
)

routes = Table(
    "routes",
    metadata,
    Column("id", String, primary_key=True),
    Column("region", String, nullable=False, comment="with everything below it; empty: everywhere"),
    Column("channel", String, nullable=False),
    Column("address", String, nullable=False),
    Column("secret", String, comment="signs webhooks (whsec_...); shown once, at creation"),
    Column("disabled_because", String, comment="null while the route is in use"),
    Column("created_at", Moment, nullable=False),
    CheckConstraint("channel IN ('mail', 'webhook', 'wecom')"),
    CheckConstraint("(channel = 'webhook') = (secret IS NOT NULL)"),
)

silences = Table(
    "silences",
    metadata,
    Column("id", String, primary_key=True),
    Column("region", String, nullable=False, comment="with everything below it; empty: everywhere"),
    Column("rule", String, nullable=False, comment="* means every rule"),
    Column("until", Date, nullable=False, comment="the last day, inclusive"),
    Column("reason", String, nullable=False),
    Column("by", String, nullable=False),
    Column("created_at", Moment, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("position", Position, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True, comment="the same for the same news, however often it comes"),
    Column("kind", String, nullable=False),
    Column("rule", String, comment="the rule that spoke, or the milestone reached; a bulletin has none"),
    Column("region", String, nullable=False),
    Column("region_name", String, nullable=False),
    Column("programme_year", Integer, nullable=False),
    Column("episode", Integer, comment="of lagging and recovered alone"),
    Column("severity", String, comment="of lagging and recovered alone"),
    Column("as_of", Date, nullable=False),
    Column("title", String, nullable=False),
    Column("text", String, nullable=False),
    Column("data", JSON, nullable=False),
    Column("muted_because", String, comment="null when it was to be sent"),
    Column("created_at", Moment, nullable=False),
    CheckConstraint("kind IN ('lagging', 'recovered', 'milestone', 'bulletin')", name="notices_kind"),
    CheckConstraint("(kind = 'bulletin') = (rule IS NULL)", name="notices_rule"),
    CheckConstraint("(kind IN ('lagging', 'recovered')) = (episode IS NOT NULL)", name="notices_lag_episode"),
    CheckConstraint("(episode IS NULL) = (severity IS NULL)", name="notices_lag_severity"),
    sqlite_autoincrement=True,
)
Index("notices_of_region", notices.c.region, notices.c.position)
Index("notices_of_episode", notices.c.rule, notices.c.region, notices.c.programme_year, notices.c.episode)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Position, primary_key=True, autoincrement=True),
    Column("notice_id", String, ForeignKey("notices.id"), nullable=False),
    Column("channel", String, nullable=False),
    Column("address", String, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("leased_until", Moment, comment="a replica is sending it; the moment itself tells the leases apart"),
    Column("attempts", Integer, nullable=False),
    Column("waits_because", String, comment="of what came of it last, while it is not settled"),
    Column("delivered_at", Moment),
    Column("given_up_because", String),
    Column("switched_off", Boolean, nullable=False, comment="given up without anybody's fault"),
    UniqueConstraint("notice_id", "channel", "address"),
    CheckConstraint("delivered_at IS NULL OR given_up_because IS NULL"),
    sqlite_autoincrement=True,
)
OPEN = text("delivered_at IS NULL AND given_up_because IS NULL")
Index("deliveries_due", deliveries.c.due_at, postgresql_where=OPEN, sqlite_where=OPEN)

attempts = Table(
    "attempts",
    metadata,
    Column("delivery_id", Position, ForeignKey("deliveries.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("outcome", String, nullable=False, comment="begun, until it is known what came of it"),
    Column("detail", String, nullable=False),
    CheckConstraint("outcome IN ('begun', 'sent', 'try_again', 'given_up')"),
)

pledges = Table(
    "pledges",
    metadata,
    Column("id", String, primary_key=True, comment="the same for the same pledge, however often it is sent"),
    Column("notice_id", String, ForeignKey("notices.id"), nullable=False, index=True),
    Column("region", String, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("text", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", Moment, nullable=False),
)
