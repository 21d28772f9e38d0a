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
