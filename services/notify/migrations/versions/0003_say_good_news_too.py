"""Say good news too"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

LOOSE: dict[str, tuple[sa.types.TypeEngine[Any], str]] = {
    'rule': (sa.String(), 'the rule that spoke, or the milestone reached; a bulletin has none'),
    'episode': (sa.Integer(), 'of lagging and recovered alone'),
    'severity': (sa.String(), 'of lagging and recovered alone'),
}
ONLY_LAGS = {'notices_kind_check': "kind IN ('lagging', 'recovered')"}
ALL_NEWS = {
    'notices_kind': "kind IN ('lagging', 'recovered', 'milestone', 'bulletin')",
    'notices_rule': "(kind = 'bulletin') = (rule IS NULL)",
    'notices_lag_episode': "(kind IN ('lagging', 'recovered')) = (episode IS NOT NULL)",
    'notices_lag_severity': '(episode IS NULL) = (severity IS NULL)',
}
POINT_TO_NOTICES = ('deliveries', 'attempts', 'pledges')


def upgrade() -> None:
    _change(nullable=True, before=ONLY_LAGS, after=ALL_NEWS)


def downgrade() -> None:
    mine = "SELECT id FROM notices WHERE kind IN ('milestone', 'bulletin')"
    op.execute(f"DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE notice_id IN ({mine}))")
    op.execute(f"DELETE FROM deliveries WHERE notice_id IN ({mine})")
    op.execute("DELETE FROM notices WHERE kind IN ('milestone', 'bulletin')")
    _change(nullable=False, before=ALL_NEWS, after=ONLY_LAGS)


def _change(nullable: bool, before: dict[str, str], after: dict[str, str]) -> None:
    if op.get_bind().dialect.name == 'postgresql':
        for name in before:
            op.drop_constraint(name, 'notices', type_='check')
        for column, (kind, comment) in LOOSE.items():
            op.alter_column('notices', column, existing_type=kind, nullable=nullable, comment=comment if nullable else None)
        for name, condition in after.items():
            op.create_check_constraint(name, 'notices', condition)
    else:
        _make_anew(nullable, after)


def _make_anew(nullable: bool, checks: dict[str, str]) -> None:
    """SQLite can only copy the table; what points to it stands aside meanwhile."""
    for table in POINT_TO_NOTICES:
        op.execute(f'CREATE TEMPORARY TABLE kept_{table} AS SELECT * FROM {table}')
    for table in ('attempts', 'deliveries', 'pledges'):
        op.execute(f'DELETE FROM {table}')
    named = [check['name'] for check in sa.inspect(op.get_bind()).get_check_constraints('notices') if check['name']]
    constraints = tuple(sa.CheckConstraint(condition, name=name) for name, condition in checks.items())
    with op.batch_alter_table(
        'notices', recreate='always', table_args=constraints, table_kwargs={'sqlite_autoincrement': True}
    ) as batch_op:
        for name in named:
            batch_op.drop_constraint(name, type_='check')
        for column, (kind, _) in LOOSE.items():
            batch_op.alter_column(column, existing_type=kind, nullable=nullable)
    for table in POINT_TO_NOTICES:
        op.execute(f'INSERT INTO {table} SELECT * FROM kept_{table}')
        op.execute(f'DROP TABLE kept_{table}')
