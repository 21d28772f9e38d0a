"""The catalogue and the codes of regions: read by every judgement, replaced by files."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import delete, select

from services.enrollment.rules.admission import ProductVersion
from services.enrollment.tables import products, regions
from shared.contracts.reference import ProductRow, RegionChangeRow, RegionRow
from shared.messaging.transaction import Transaction


async def catalogue_now(tx: Transaction) -> dict[str, list[ProductVersion]]:
    """Every product with its versions."""
    columns = [products.c[name] for name in ProductVersion.__slots__]
    catalogue: defaultdict[str, list[ProductVersion]] = defaultdict(list)
    for row in await tx.rows(select(*columns).order_by(products.c.on_sale_from)):
        catalogue[row.code].append(ProductVersion(**row._mapping))
    return catalogue


async def known_regions(tx: Transaction, codes: Iterable[str]) -> set[str]:
    """Those of the codes that exist in any edition."""
    return {row.code for row in await tx.rows(select(regions.c.code).where(tx.any_of(regions.c.code, codes)))}


class KnownRegions:
    """The codes that this process has come across: none is ever forgotten, so only others are asked for."""

    def __init__(self) -> None:
        self._codes: set[str] = set()

    async def with_those_of(self, tx: Transaction, codes: Iterable[str]) -> AbstractSet[str]:
        """A set that holds each of these codes that exists in any edition, and more."""
        if strange := set(codes) - self._codes:
            self._codes |= await known_regions(tx, strange)
        return self._codes


async def store_regions(tx: Transaction, rows: Sequence[RegionRow]) -> None:
    """Take in codes; none is ever forgotten, a code of any edition stays valid."""
    await _keep_codes(tx, [{"code": row.code, "name": row.name} for row in rows])


async def store_changes(tx: Transaction, rows: Sequence[RegionChangeRow]) -> None:
    """Codes of earlier editions are accepted too."""
    await _keep_codes(tx, [{"code": row.code, "name": row.name_from} for row in rows if row.name_from])


async def _keep_codes(tx: Transaction, rows: list[dict[str, Any]]) -> None:
    unique = {row["code"]: row for row in rows}
    await tx.insert(
        regions,
        [unique[code] for code in sorted(unique)],
        lambda i: i.on_conflict_do_update(index_elements=["code"], set_={"name": i.excluded.name}),
    )


async def store_products(tx: Transaction, rows: Sequence[ProductRow]) -> None:
    """The file is the catalogue: it replaces what was there."""
    await tx.connection.execute(delete(products))
    await tx.insert(products, [_product(row) for row in rows])


def _product(row: ProductRow) -> dict[str, Any]:
    kept = row.model_dump(exclude={"aliases", "unit_price"})
    return {**kept, "unit_price_fen": row.unit_price}
