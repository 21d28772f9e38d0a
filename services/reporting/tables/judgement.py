"""Rules, who lags by the books, good news, and how far has been judged."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Index, Integer, String, Table

from services.reporting.tables.metadata import metadata
from shared.messaging.tables import Moment, Position

lag_rules = Table(
    "lag_rules",
    metadata,
    Column("version", Position, primary_key=True, autoincrement=True),
    Column("name", String, nullable=False, index=True),
    Column("levels", String, nullable=False, comment="with commas"),
    Column("fires", String, nullable=False),
    Column("severe", String),
    Column("clears", String, comment="null: an episode ends when somebody has acknowledged it"),
    Column("days", Integer, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("set_at", Moment, nullable=False),
    Column("set_by", String, nullable=False),
    sqlite_autoincrement=True,
    comment="every version that people have set; the newest of a name counts",
)

lag_episodes = Table(
    "lag_episodes",
    metadata,
    Column("rule", String, primary_key=True),
    Column("region", String, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("episode", Integer, primary_key=True, autoincrement=False),
    Column("fired_on", Date, nullable=False),
    Column("severe_on", Date),
    Column("cleared_on", Date, comment="null while the rule is firing"),
    Column("as_of", Date, nullable=False, comment="the day of `evidence`"),
    Column("indicator", String, nullable=False, comment="what was found too low or too high"),
    Column("version", BigInteger, nullable=False, comment="of the rule when it fired; 0 is the default"),
    Column("fired_evidence", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
)
Index("lag_episodes_of_year", lag_episodes.c.year, lag_episodes.c.region)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("rule", String, primary_key=True),
    Column("region", String, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("episode", Integer, primary_key=True, autoincrement=False),
    Column("reason", String, nullable=False),
    Column("acknowledged_by", String, nullable=False),
    Column("acknowledged_at", Moment, nullable=False),
)

milestones = Table(
    "milestones",
    metadata,
    Column("region", String, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("milestone", String, primary_key=True),
    Column("reached_on", Date, nullable=False),
    Column("value", BigInteger, nullable=False, comment="units, elder units for goal_elder"),
    Column("told_on", Date, nullable=False),
)

judged = Table(
    "judged",
    metadata,
    Column("year", Integer, primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("basis", String, nullable=False, comment="newest booking and target version that were judged"),
    Column("goals", String, comment="newest policy and target by which milestones were told"),
)

judged_cities = Table(
    "judged_cities",
    metadata,
    Column("city", String, primary_key=True),
    Column("as_of", Date, nullable=False),
    comment="a city whose feed is stale waits here for the days that it misses",
)
