"""What enrollment remembers: the catalogue, the codes it knows, every revision of every policy, and the agents."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    text,
)
from sqlalchemy import CheckConstraint as Check

metadata = MetaData()

regions = Table(
    "regions",
    metadata,
    Column("code", String, primary_key=True),
    Column("name", String, nullable=False),
)

products = Table(
    "products",
    metadata,
    Column("code", String, primary_key=True),
    Column("on_sale_from", Date, primary_key=True),
    Column("on_sale_to", Date),
    Column("name", String, nullable=False),
    Column("line", String, nullable=False),
    Column("counted_in", String, nullable=False),
    Column("unit_price_fen", BigInteger),
    Column("min_age_days", Integer),
    Column("min_age_years", Integer),
    Column("max_age_years", Integer),
    Column("household_kinds", String, nullable=False),
    Column("counts_to_target", Boolean, nullable=False),
)

policy_revisions = Table(
    "policy_revisions",
    metadata,
    Column("policy_no", String, primary_key=True),
    Column("insurer", String, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("latest", Boolean, nullable=False),
    Column("in_force", Boolean, nullable=False),
    Column("product", String, nullable=False),
    Column("region", String, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("persons", Integer, nullable=False),
    Column("self_paid_fen", BigInteger, nullable=False),
    Column("fiscal_fen", BigInteger, nullable=False),
    Column("donated_fen", BigInteger, nullable=False),
    Column("household", String, nullable=False, comment="a pseudonym, the same within an insurer"),
    Column("sold_on", Date, nullable=False),
    Column("booked_on", Date, nullable=False),
    Column("effective_from", Date, nullable=False),
    Column("effective_to", Date, nullable=False),
    Column("agent_no", String),
    Column("renews", String),
    Column("consented", Boolean, nullable=False),
    Column("holder_index", LargeBinary, nullable=False, comment="blind index of the policyholder's ID number"),
    Column("sealed", LargeBinary, nullable=False, comment="persons and free text, AES-256-GCM"),
    Column("digest", LargeBinary, nullable=False, comment="of the submission"),
    Check("revision >= 1"),
    Check("effective_from <= effective_to"),
)
Index(
    "policy_revisions_listed",
    policy_revisions.c.region,
    policy_revisions.c.sold_on,
    postgresql_where=text("latest"),
    sqlite_where=text("latest"),
)
Index("policy_revisions_holder", policy_revisions.c.holder_index)

agents = Table(
    "agents",
    metadata,
    Column("agent_no", String, primary_key=True),
    Column("region", String, nullable=False, comment="the township"),
    Column("active", Boolean, nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="name and phone, AES-256-GCM"),
)
Index("agents_listed", agents.c.region, agents.c.agent_no)

agent_villages = Table(
    "agent_villages",
    metadata,
    Column("village", String, primary_key=True),
    Column("agent_no", String, ForeignKey(agents.c.agent_no), primary_key=True),
)
Index("agent_villages_of", agent_villages.c.agent_no)

told_totals = Table(
    "told_totals",
    metadata,
    Column("region", String, primary_key=True, comment="the county"),
    Column("programme_year", Integer, primary_key=True, autoincrement=False),
    Column("booked_on", Date, primary_key=True),
    Column("policies", BigInteger, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("persons", BigInteger, nullable=False),
    Column("self_paid_fen", BigInteger, nullable=False),
    Column("fiscal_fen", BigInteger, nullable=False),
    Column("donated_fen", BigInteger, nullable=False),
)
