"""Remember messages of our own services by one row each"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('heard',
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('writer', sa.String(), nullable=False, comment='who numbered the message: a process of the source'),
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('events', sa.Integer(), nullable=False, comment='how many of its events were heard'),
    sa.Column('which', sa.LargeBinary(), nullable=True, comment="those events as bits, the first event's lowest; null for all"),
    sa.Column('heard_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('source', 'writer', 'number'),
    comment='messages of our own services that were taken in, in whole or in part'
    )


def downgrade() -> None:
    op.drop_table('heard')
