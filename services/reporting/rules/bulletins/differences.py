"""How a difference between the books and a source's own totals is said before a bulletin is published over it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

_WORDS = {
    "policies": "保单数",
    "units": "承保份数",
    "persons": "被保险人数",
    "self_paid": "群众自费保费",
    "fiscal": "财政出资保费",
    "donated": "其他资助保费",
    "claims_reported": "报案件数",
    "claims_settled": "结案件数",
    "claims_paid": "赔付件数",
    "claims_rejected": "拒赔件数",
    "settled_amount": "结案金额",
    "paid_amount": "赔付金额",
}

WIDER = "所在县（市、区）的账面与来源系统的合计不一致"


def difference_said(name: str, shown: Mapping[str, Any]) -> str:
    """南宁市青秀区 2021-03-01 承保份数账面2200，承保系统报2193: `shown` is the difference as people read it."""
    day = date.fromisoformat(str(shown["booked_on"]))
    source = "承保系统" if shown["source"] == "enrollment" else "理赔系统"
    measure = _WORDS.get(shown["measure"], shown["measure"])
    return (
        f"{name}{day.year}年{day.month}月{day.day}日{measure}账面为{shown['booked']}，{source}的合计为{shown['told']}"
    )
