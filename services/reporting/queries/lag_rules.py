"""The lag rules in force, and their history."""

from typing import Any

from sqlalchemy import func, select

from services.reporting.rules.lag_rules import DEFAULTS, Rule, RuleText, rule_of
from services.reporting.tables import lag_rules
from shared.messaging.transaction import Transaction

StoredRule = tuple[RuleText, dict[str, Any]]
"""A rule, and who set it when."""
_NOBODY = {"set_at": None, "set_by": None}


async def rules_in_force(tx: Transaction) -> list[Rule]:
    """Every enabled rule."""
    return [rule for text, _ in await current_rules(tx) if (rule := rule_of(text)).enabled]


async def current_rules(tx: Transaction) -> list[StoredRule]:
    """The newest version of every rule, the defaults among them, by name."""
    newest = select(func.max(lag_rules.c.version)).group_by(lag_rules.c.name)
    rows = await tx.rows(select(lag_rules).where(lag_rules.c.version.in_(newest)))
    found: dict[str, StoredRule] = {rule.name: (rule, _NOBODY) for rule in DEFAULTS}
    return [rule for _, rule in sorted((found | {row.name: _read(row) for row in rows}).items())]


async def versions_of(tx: Transaction, name: str) -> list[StoredRule]:
    """Every version of one rule, the newest first."""
    rows = await tx.rows(select(lag_rules).where(lag_rules.c.name == name).order_by(lag_rules.c.version.desc()))
    return [*map(_read, rows), *((rule, _NOBODY) for rule in DEFAULTS if rule.name == name)]


def _read(row: Any) -> StoredRule:
    text = RuleText(
        row.name, tuple(row.levels.split(",")), row.fires, row.clears, row.severe, row.days, row.enabled, row.version
    )  # fmt: skip
    return text, {"set_at": row.set_at, "set_by": row.set_by}
