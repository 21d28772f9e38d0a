"""What stands between the books and trust in them: publishing over it needs a reason."""

from collections.abc import Sequence
from datetime import date

from services.reporting.queries.sums import scope_of, sums_as_of
from services.reporting.queries.yardsticks import children_of, region_named
from services.reporting.rules.measures import Measures
from shared.messaging.transaction import Transaction

_ADDS_UP = {
    "policies": "保单数",
    "units": "承保份数",
    "premium_fen": "保费（分）",
    "claims_paid": "赔付件数",
    "paid_fen": "赔付金额（分）",
}
_ADDING_LEVELS = ("province", "city", "county")
"""Below, a submission may name a township without a village."""


async def standing_differences(tx: Transaction, region: str, year: int, as_of: date) -> Sequence[str]:
    """Every difference inside a region as a sentence: here, a region that is not the sum of its children."""
    found = await region_named(tx, region)
    if found is None or found.level not in _ADDING_LEVELS:
        return []
    children = [child.code for child in await children_of(tx, region)]
    sums = await sums_as_of(tx, await scope_of(tx, [region, *children], "all"), year, [as_of])
    own, parts = sums[region][as_of], [sums[child][as_of] for child in children]
    return [
        f"{found.name}{title}账面{value}，下级合计{total}"
        for title, value, total in ((t, _of(own, m), sum(_of(p, m) for p in parts)) for m, t in _ADDS_UP.items())
        if value != total
    ]


def _of(measures: Measures, name: str) -> int:
    return int(getattr(measures, name))
