"""Fold what was heard long ago into ranges"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('heard_ranges',
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('writer', sa.String(), nullable=False),
    sa.Column('first', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('last', sa.BigInteger(), nullable=False),
    sa.Column('events', sa.BigInteger(), nullable=False, comment='of all these messages together'),
    sa.CheckConstraint('first <= last'),
    sa.PrimaryKeyConstraint('source', 'writer', 'first'),
    comment='messages that were heard in whole long ago: every number from the first to the last'
    )


def downgrade() -> None:
    op.drop_table('heard_ranges')
