"""Remember messages of our own services by one row each, and compress the log cheaply"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

LZ4 = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        EXECUTE 'ALTER TABLE outbox ALTER COLUMN body SET COMPRESSION lz4';
    END IF;
END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        op.execute(LZ4)  # a quarter of pglz's work; a server may be built without it
    op.create_table('next_heard',
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('writer', sa.String(), nullable=False, comment='who numbered the message: a process of the source'),
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('events', sa.Integer(), nullable=False, comment='how many of its events were heard'),
    sa.Column('which', sa.LargeBinary(), nullable=True, comment="those events as bits, the first event's lowest; null for all"),
    sa.Column('heard_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('source', 'writer', 'number'),
    comment='messages whose facts the next set of books holds'
    )
    op.create_table('replayed_heard',
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('writer', sa.String(), nullable=False, comment='who numbered the message: a process of the source'),
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('events', sa.Integer(), nullable=False, comment='how many of its events were heard'),
    sa.Column('which', sa.LargeBinary(), nullable=True, comment="those events as bits, the first event's lowest; null for all"),
    sa.Column('heard_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('source', 'writer', 'number'),
    comment='those of them that have come over reporting.rebuild'
    )
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
    with op.batch_alter_table('control_totals', schema=None) as batch_op:
        batch_op.add_column(sa.Column('told_at', sa.DateTime(timezone=True), nullable=False, comment='when the source began to tell the newest totals', server_default='1970-01-01 00:00:00.000000'))
    with op.batch_alter_table('control_totals', schema=None) as batch_op:
        batch_op.alter_column('told_at', server_default=None)
        batch_op.alter_column('event_id', comment='of the newest totals')


def downgrade() -> None:
    with op.batch_alter_table('control_totals', schema=None) as batch_op:
        batch_op.drop_column('told_at')

    op.drop_table('heard')
    op.drop_table('replayed_heard')
    op.drop_table('next_heard')
