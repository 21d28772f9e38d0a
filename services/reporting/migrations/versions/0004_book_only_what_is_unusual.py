"""Book only what is unusual"""

from collections import defaultdict
from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

MEASURES = (
    'policies', 'units', 'persons', 'self_paid_fen', 'fiscal_fen', 'donated_fen', 'units_fiscal', 'units_donated',
    'claims_reported', 'claims_settled', 'claims_paid', 'claims_rejected', 'settled_fen', 'paid_fen',
    'outstanding_fen', 'feedback_answers', 'feedback_satisfied', 'claims_open', 'claims_overdue',
)  # fmt: skip
COMMENTS = {
    'covers': 'premium by its days of cover, if they are not the usual ones of its day, and off those',
    'households': 'how many more distinct households than policies a day brought to a region',
}
USUAL = sa.table(
    'usual_covers', sa.column('booked_on', sa.Date), sa.column('starts_on', sa.Date), sa.column('ends_on', sa.Date)
)
ONE_DAY = timedelta(days=1)


def upgrade() -> None:
    for suffix in ('', '_next'):
        with op.batch_alter_table(f'cells{suffix}', schema=None) as batch_op:
            for measure in MEASURES:
                batch_op.alter_column(
                    measure, existing_type=sa.BigInteger(), existing_nullable=False, server_default='0'
                )
        _take_off_usual_covers(suffix)
        _take_off_policies(suffix)
        _take_off_todays_policies(suffix)
        op.execute(f'DELETE FROM covers{suffix} WHERE premium_fen = 0')
        op.execute(f'DELETE FROM households{suffix} WHERE households = 0')
        if op.get_bind().dialect.name == 'postgresql':
            for table, comment in COMMENTS.items():
                op.create_table_comment(f'{table}{suffix}', comment)


def _take_off_usual_covers(suffix: str) -> None:
    days = op.get_bind().execute(
        sa.select(sa.column('booked_on', sa.Date)).select_from(sa.table(f'cells{suffix}')).distinct()
    )
    op.execute('CREATE TEMPORARY TABLE usual_covers (booked_on DATE PRIMARY KEY, starts_on DATE, ends_on DATE)')
    op.bulk_insert(USUAL, [_usual_cover(day) for (day,) in days])
    op.execute(
        f'INSERT INTO covers{suffix} (region, ends_on, starts_on, booked_on, product, premium_fen) '
        'SELECT region, ends_on, starts_on, cells.booked_on, product, -SUM(self_paid_fen + fiscal_fen + donated_fen) '
        f'FROM cells{suffix} AS cells JOIN usual_covers ON usual_covers.booked_on = cells.booked_on '
        'WHERE self_paid_fen <> 0 OR fiscal_fen <> 0 OR donated_fen <> 0 '
        'GROUP BY region, ends_on, starts_on, cells.booked_on, product '
        'ON CONFLICT (region, ends_on, starts_on, booked_on, product) '
        f'DO UPDATE SET premium_fen = covers{suffix}.premium_fen + excluded.premium_fen'
    )
    op.execute('DROP TABLE usual_covers')


def _usual_cover(day: date) -> dict[str, date]:
    first = day + ONE_DAY
    on_leap_day = (first.month, first.day) == (2, 29)
    again = date(first.year + 1, 3, 1) if on_leap_day else first.replace(year=first.year + 1)
    return {'booked_on': day, 'starts_on': first, 'ends_on': again - ONE_DAY}


def _take_off_policies(suffix: str) -> None:
    op.execute(
        f'INSERT INTO households{suffix} (region, today, year, booked_on, households) '
        f'SELECT region, FALSE, year, booked_on, -SUM(policies) FROM cells{suffix} WHERE policies <> 0 '
        'GROUP BY region, year, booked_on ON CONFLICT (region, today, year, booked_on) '
        f'DO UPDATE SET households = households{suffix}.households + excluded.households'
    )


def _take_off_todays_policies(suffix: str) -> None:
    """Where codes have changed, what households are held against are policies by today's codes: out of timelines."""
    connection = op.get_bind()
    kept = sa.table(
        f'households{suffix}', sa.column('region'), sa.column('today', sa.Boolean), sa.column('year'),
        sa.column('booked_on', sa.Date), sa.column('households'),
    )  # fmt: skip
    regions = set(connection.scalars(sa.select(kept.c.region).where(kept.c.today)))
    if not regions:
        return
    successors = _successors()
    policies: defaultdict[tuple[str, int, date], int] = defaultdict(int)
    for year, timeline in connection.execute(sa.text(f'SELECT year, timeline FROM household_timelines{suffix}')):
        for entry in timeline.split(';')[:-1]:
            day, where, difference = entry.split(':')
            today = _today_of(where, successors)
            for region in {today[:digits] for digits in (2, 4, 6, 9, 12)} & regions:
                policies[region, year, date.fromordinal(int(day))] += int(difference)
    for (region, year, booked_on), number in policies.items():
        row = {'region': region, 'today': True, 'year': year, 'booked_on': booked_on}
        same = sa.and_(*(kept.c[name] == value for name, value in row.items()))
        found = connection.execute(sa.update(kept).where(same).values(households=kept.c.households - number))
        if not found.rowcount:
            connection.execute(sa.insert(kept).values(households=-number, **row))


def _successors() -> dict[str, str]:
    """By code that was replaced the one that it is today."""
    rows = op.get_bind().execute(
        sa.text(
            'SELECT code, successor FROM region_changes WHERE successor IS NOT NULL AND successor <> code '
            'ORDER BY effective_on'
        )
    )
    direct = {code: successor for code, successor in rows}
    return {code: _last(code, direct) for code in direct}


def _last(code: str, direct: dict[str, str]) -> str:
    seen = {code}
    while (successor := direct.get(code)) is not None and successor not in seen:
        seen.add(successor)
        code = successor
    return code


def _today_of(code: str, successors: dict[str, str]) -> str:
    for digits in (12, 9, 6, 4, 2):
        above = code[:digits]
        if len(above) == digits and (successor := successors.get(above)) is not None:
            return successor + code[digits:] if len(successor) == digits else successor
    return code


def downgrade() -> None:
    raise RuntimeError('older books cannot be made from newer ones: rebuild them instead')
