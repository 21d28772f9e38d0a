"""Keep no provinces"""

from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A province is the sum of its cities; it keeps only by how many fewer its households are than theirs."""
    for suffix in ('', '_next'):
        for table in ('cells', 'covers', 'payment_days'):
            op.execute(f'DELETE FROM {table}{suffix} WHERE length(region) = 2')
        op.execute(
            f'INSERT INTO households{suffix} (region, today, year, booked_on, households) '
            'SELECT substr(region, 1, 2), today, year, booked_on, -sum(households) '
            f'FROM households{suffix} WHERE length(region) = 4 AND NOT today GROUP BY 1, 2, 3, 4 '
            'ON CONFLICT (region, today, year, booked_on) '
            f'DO UPDATE SET households = households{suffix}.households + excluded.households'
        )
        op.execute(f'DELETE FROM households{suffix} WHERE households = 0')


def downgrade() -> None:
    raise RuntimeError('older books cannot be made from newer ones: rebuild them instead')
