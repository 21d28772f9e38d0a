"""The books: all that facts have come to. Twice: a rebuild fills the second set while the first is read."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, String, Table

from services.reporting.rules.measures import SUMS
from services.reporting.tables.metadata import metadata
from shared.messaging.tables import Moment


@dataclass(frozen=True)
class Books:
    """One set of books."""

    cells: Table
    households: Table
    timelines: Table
    covers: Table
    payment_days: Table
    feeds: Table
    traces: Table

    @property
    def all(self) -> tuple[Table, ...]:
        """Every table of the set, in the same order for each set."""
        return (self.cells, self.households, self.timelines, self.covers, self.payment_days, self.feeds, self.traces)


def _books(suffix: str) -> Books:
    return Books(
        cells=_cells(f"cells{suffix}"),
        households=_households(f"households{suffix}"),
        timelines=_timelines(f"household_timelines{suffix}"),
        covers=_covers(f"covers{suffix}"),
        payment_days=_payment_days(f"payment_days{suffix}"),
        feeds=_feeds(f"feeds{suffix}"),
        traces=_traces(f"traces{suffix}"),
    )


def _cells(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("region", String, primary_key=True),
        Column("year", Integer, primary_key=True),
        Column("booked_on", Date, primary_key=True),
        Column("product", String, primary_key=True),
        Column("renewed", Boolean, primary_key=True, comment="of policies; claims are never"),
        *(Column(measure, BigInteger, nullable=False, server_default="0") for measure in SUMS),
        comment="signed sums of what was booked on a region or below it",
        postgresql_with={"fillfactor": 80},  # room for the next version of a row: no new entry in the index
    )


def _households(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("region", String, primary_key=True),
        Column("today", Boolean, primary_key=True, comment="by today's codes; only where they make a difference"),
        Column("year", Integer, primary_key=True),
        Column("booked_on", Date, primary_key=True),
        Column("households", BigInteger, nullable=False),
        comment="how many more distinct households than policies a day brought to a region",
    )


def _timelines(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("year", Integer, primary_key=True),
        Column("household", String, primary_key=True),
        Column("timeline", String, nullable=False, comment="day:region:difference; of every change, as it arrived"),
    )


def _covers(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("region", String, primary_key=True),
        Column("ends_on", Date, primary_key=True),
        Column("starts_on", Date, primary_key=True),
        Column("booked_on", Date, primary_key=True),
        Column("product", String, primary_key=True),
        Column("premium_fen", BigInteger, nullable=False),
        comment="premium by its days of cover, if they are not the usual ones of its day, and off those",
    )


def _payment_days(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("region", String, primary_key=True),
        Column("year", Integer, primary_key=True),
        Column("booked_on", Date, primary_key=True),
        Column("product", String, primary_key=True),
        Column("days", Integer, primary_key=True, autoincrement=False),
        Column("claims", BigInteger, nullable=False),
        comment="claims paid by the days that they waited for their first payment",
    )


def _feeds(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("city", String, primary_key=True),
        Column("year", Integer, primary_key=True),
        Column("policy_facts", BigInteger, nullable=False),
        Column("facts", BigInteger, nullable=False),
        Column("fresh_to", Moment, nullable=False, comment="when the newest fact was told"),
    )


def _traces(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("region", String, primary_key=True),
        Column("booked_on", Date, primary_key=True),
        Column("event_id", String, primary_key=True),
        Column("product", String, primary_key=True),
        Column("year", Integer, nullable=False),
        Column("type", String, nullable=False),
        Column("insurer", String, nullable=False),
        Column("number", String, nullable=False, comment="of the policy or claim"),
        Column("changes", String, nullable=False, comment="JSON: amount by measure, money in fen"),
        comment="which fact booked what on the very region it names",
    )


LIVE = _books("")
NEXT = _books("_next")
