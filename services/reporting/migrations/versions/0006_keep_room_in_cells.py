"""Keep room in cells for the next version of their rows"""

from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        for table in ('cells', 'cells_next'):
            op.execute(f'ALTER TABLE {table} SET (fillfactor = 80)')
