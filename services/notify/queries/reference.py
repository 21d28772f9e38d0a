"""Reference data that notify needs: the names of regions, and whom to tell where."""

from collections.abc import Sequence

from sqlalchemy import delete

from services.notify.tables import contacts, regions
from shared.contracts.reference import ContactRow, RegionRow
from shared.messaging.transaction import Transaction


async def store_regions(tx: Transaction, rows: Sequence[RegionRow]) -> None:
    """Names down to townships: nobody is told about a single village."""
    unique = {row.code: {"code": row.code, "name": row.name} for row in rows if row.level != "village"}
    await tx.insert(
        regions,
        [unique[code] for code in sorted(unique)],
        lambda i: i.on_conflict_do_update(index_elements=["code"], set_={"name": i.excluded.name}),
    )


async def store_contacts(tx: Transaction, rows: Sequence[ContactRow]) -> None:
    """The file is the address book: it replaces what was there."""
    await tx.connection.execute(delete(contacts))
    numbered = [{"id": f"{row.region}-{line:06d}", **row.model_dump()} for line, row in enumerate(rows, 2)]
    await tx.insert(contacts, numbered)
