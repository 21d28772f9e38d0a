"""Who may call: API keys with roles and a region, kept as hashes in each service's own database."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Column, MetaData, String, Table, delete, select

from shared.messaging.tables import Moment
from shared.messaging.transaction import Transaction

Role = Literal["admin", "operator", "analyst", "county", "insurer", "auditor"]
ROLES: tuple[Role, ...] = ("admin", "operator", "analyst", "county", "insurer", "auditor")

metadata = MetaData()
principals = Table(
    "principals",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("region", String, nullable=False, comment="empty: everywhere"),
    Column("insurer", String),
    Column("secret_hash", String, nullable=False),
    Column("created_at", Moment, nullable=False),
)


@dataclass(frozen=True)
class Principal:
    """Who calls, what they may do, and in which part of the tree."""

    name: str
    roles: frozenset[str]
    region: str = ""
    insurer: str | None = None
    id: str = field(default="")

    def sees(self, code: str) -> bool:
        """Whether a region lies in the scope."""
        return code.startswith(self.region)

    def may(self, *roles: str) -> bool:
        """An admin may do everything."""
        return "admin" in self.roles or bool(self.roles & set(roles))


def new_key() -> tuple[str, str]:
    """(id, key): the key is shown once, only its hash is kept."""
    key_id = secrets.token_hex(6)
    return key_id, f"gk_{key_id}_{secrets.token_urlsafe(32)}"


def hash_of(key: str) -> str:
    """SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(key.encode()).hexdigest()


async def principal_of(tx: Transaction, key: str) -> Principal | None:
    """The principal of an API key, None if there is none."""
    parts = key.split("_", 2)
    if len(parts) != 3 or parts[0] != "gk":
        return None
    rows = await tx.rows(select(principals).where(principals.c.id == parts[1]))
    if not rows or not hmac.compare_digest(rows[0].secret_hash, hash_of(key)):
        return None
    return _principal(rows[0])


def _principal(row: Any) -> Principal:
    return Principal(row.name, frozenset({row.role}), row.region, row.insurer, row.id)


async def add(tx: Transaction, principal: Principal, key: str) -> None:
    """Store a principal with the hash of its key; the same id again replaces it."""
    row = {
        "id": principal.id,
        "name": principal.name,
        "role": next(iter(principal.roles)),
        "region": principal.region,
        "insurer": principal.insurer,
        "secret_hash": key,
        "created_at": tx.now,
    }
    await tx.connection.execute(delete(principals).where(principals.c.id == principal.id))
    await tx.insert(principals, [row])


async def listed(tx: Transaction) -> list[dict[str, Any]]:
    """All principals, without their hashes."""
    columns = [c for c in principals.c if c.name != "secret_hash"]
    rows = await tx.rows(select(*columns).order_by(principals.c.created_at, principals.c.id))
    return [dict(row._mapping) for row in rows]


async def remove(tx: Transaction, principal_id: str) -> bool:
    """Take a key away; False if there was none."""
    result = await tx.connection.execute(delete(principals).where(principals.c.id == principal_id))
    return bool(result.rowcount)
