"""Reference data over HTTP: a whole CSV file replaces what a service knows of that kind, or nothing changes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from sqlalchemy import Column, Integer, MetaData, String, Table, delete, select

from shared.contracts.reference import BadFile, hash_of, rows_in
from shared.messaging.tables import Moment
from shared.messaging.transaction import Transaction
from shared.runtime.security import Admin
from shared.runtime.web import Reading, Writing, allow_bytes

metadata = MetaData()
loads = Table(
    "reference_loads",
    metadata,
    Column("kind", String, primary_key=True),
    Column("part", String, primary_key=True, comment="a kind may come in several files"),
    Column("sha256", String, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("loaded_at", Moment, nullable=False),
)
Store = Callable[[Transaction, Sequence[Any]], Awaitable[None]]
"""Takes rows in; raises BadFile where they do not fit what the service knows."""
_MOST_BYTES = 16 * 1024 * 1024


def reference(service: str, stores: Mapping[str, Store]) -> APIRouter:
    """`PUT /<service>/v1/reference/<kind>` for the kinds that this service needs."""
    router = APIRouter(prefix=f"/{service}/v1/reference", tags=["reference"])

    @router.get("")
    async def loaded(tx: Reading, _: Admin) -> dict[str, Any]:
        """What is loaded, with the hash of each file."""
        rows = await tx.rows(select(loads).order_by(loads.c.kind, loads.c.part))
        return {"items": [dict(row._mapping) for row in rows], "next": None}

    @router.put("/{kind}")
    async def load(tx: Writing, request: Request, _: Admin, kind: str, part: str = "") -> dict[str, Any]:
        """Take in a whole file of this kind (CSV in UTF-8). `part` names a further file of the same kind."""
        if kind not in stores:
            raise HTTPException(404, f"{service} needs no {kind}; it needs: {', '.join(stores)}")
        text = await text_sent(request)
        return {"kind": kind, "lines": await take_in(tx, stores[kind], kind, text, part)}

    return router


async def loaded_hash(tx: Transaction, kind: str, part: str) -> str | None:
    """The hash of the file that was taken in last, None if none was."""
    rows = await tx.rows(select(loads.c.sha256).where(loads.c.kind == kind, loads.c.part == part))
    return rows[0].sha256 if rows else None


async def take_in(tx: Transaction, store: Store, kind: str, text: str, part: str = "") -> int:
    """Validate a file whole, store it, remember its hash; returns the number of lines. Raises a 422 for a bad file."""
    try:
        rows = rows_in(kind, text)
        await store(tx, rows)
    except BadFile as error:
        raise HTTPException(422, f"Nothing was changed: {error}") from None
    await tx.connection.execute(delete(loads).where(loads.c.kind == kind, loads.c.part == part))
    row = {"kind": kind, "part": part, "sha256": hash_of(text), "lines": len(rows), "loaded_at": tx.now}
    await tx.insert(loads, [row])
    return len(rows)


async def text_sent(request: Request) -> str:
    """The body as text. 413 beyond 16 MiB, 400 unless it is UTF-8 (a byte order mark is left out)."""
    allow_bytes(request, _MOST_BYTES)
    body = await request.body()
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise HTTPException(400, "The file is not UTF-8: save it as CSV UTF-8 (in Excel: 另存为, CSV UTF-8)") from None
