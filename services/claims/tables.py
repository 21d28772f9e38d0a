"""What claims remembers: a slim copy of the policies, every claim, each of its later steps, and the totals it told."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, LargeBinary, MetaData, String, Table, text
from sqlalchemy import CheckConstraint as Check

metadata = MetaData()

policies = Table(
    "policies",
    metadata,
    Column("policy_no", String, primary_key=True),
    Column("insurer", String, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("booked_on", Date, nullable=False),
    Column("product", String, nullable=False),
    Column("region", String, nullable=False),
    Column("effective_from", Date, nullable=False),
    Column("effective_to", Date, nullable=False),
    Column("in_force", Boolean, nullable=False),
)

claims = Table(
    "claims",
    metadata,
    Column("claim_no", String, primary_key=True),
    Column("insurer", String, primary_key=True),
    Column("policy_no", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("incident_on", Date, nullable=False),
    Column("reported_on", Date, nullable=False),
    Column("reserve_fen", BigInteger, nullable=False, comment="as reported; a reopening has its own"),
    Column("fast_track", Boolean, nullable=False),
    Column("region", String, nullable=False),
    Column("product", String, nullable=False),
    Column("status", String, nullable=False, comment="the last step that decides, a shadow of the steps"),
    Column("open_since", Date, comment="day of the report or reopening; null once decided"),
    Column("description", String, comment="free text, never leaves this table by a fact, log or receipt"),
    Column("digest", LargeBinary, nullable=False, comment="of the report"),
    Check("incident_on <= reported_on"),
    Check("reserve_fen >= 0"),
    Check("(open_since IS NOT NULL) = (status IN ('reported', 'reopened'))"),
)
Index("claims_of_policy", claims.c.policy_no, claims.c.insurer)
Index("claims_listed", claims.c.region, claims.c.claim_no)
Index(
    "claims_open",
    claims.c.open_since,
    postgresql_where=text("open_since IS NOT NULL"),
    sqlite_where=text("open_since IS NOT NULL"),
)

claim_steps = Table(
    "claim_steps",
    metadata,
    Column("claim_no", String, primary_key=True),
    Column("insurer", String, primary_key=True),
    Column("step", String, primary_key=True, comment="the report itself is the row in claims"),
    Column("on", Date, primary_key=True),
    Column("amount_fen", BigInteger, primary_key=True, autoincrement=False),
    Column("payment_no", String, primary_key=True, comment="empty when the insurer gave none"),
    Column("satisfied", Boolean),
    Column("remark", String, comment="reason or comment, free text like the description"),
    Column("digest", LargeBinary, nullable=False, comment="of the submission"),
    Check("step IN ('settled', 'paid', 'rejected', 'reopened', 'recovered', 'answered')"),
    Check("amount_fen >= 0"),
    Check("(satisfied IS NOT NULL) = (step = 'answered')"),
)

told_totals = Table(
    "told_totals",
    metadata,
    Column("region", String, primary_key=True, comment="the county"),
    Column("programme_year", Integer, primary_key=True, autoincrement=False),
    Column("booked_on", Date, primary_key=True),
    Column("claims_reported", BigInteger, nullable=False),
    Column("claims_settled", BigInteger, nullable=False),
    Column("claims_paid", BigInteger, nullable=False),
    Column("claims_rejected", BigInteger, nullable=False),
    Column("settled_fen", BigInteger, nullable=False),
    Column("paid_fen", BigInteger, nullable=False),
)
