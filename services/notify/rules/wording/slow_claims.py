"""Claims take too long: a share of open claims past their clock, or the days to payment of the slowest tenth.

A threshold above 1 can only mean days.
"""

from services.notify.rules.numerals import days, percent, plain
from services.notify.rules.wording.case import Case, Phrase, Words


def _either(share: Phrase, in_days: Phrase) -> Phrase:
    return lambda case: in_days(case) if case.threshold > 1 else share(case)


def _share(case: Case, before: str) -> str:
    return "" if case.value is None else f"{before}{percent(case.value, case.threshold)}"


def _open_claims(case: Case) -> str:
    evidence = case.status.evidence
    claims = (
        f"共有未结案件{plain(evidence.denominator, 0)}件，其中" if evidence.denominator is not None else "未结案件中"
    )
    return f"{case.opening}{claims}超过时限{plain(evidence.numerator, 0)}件{_share(case, '，占')}"


SLOW_CLAIMS = Words(
    name="理赔迟缓",
    headline=_either(
        lambda case: f"{case.name}理赔迟缓{_share(case, '，超过时限的未结案件占')}",
        lambda case: f"{case.name}理赔迟缓，约一成赔案用时{days(case.count)}以上",
    ),
    good_headline=_either(
        lambda case: f"{case.name}理赔提速{_share(case, '，超过时限的未结案件占比降至')}",
        lambda case: f"{case.name}理赔提速，九成赔案在{days(case.count)}内赔付",
    ),
    figures=_either(
        _open_claims,
        lambda case: f"{case.opening}约每十件赔案就有一件从报案到赔付用时{days(case.count)}以上",
    ),
    line=_either(
        lambda case: f"高于{percent(case.threshold)}的提醒线",
        lambda case: f"长于{days(case.threshold)}的提醒线",
    ),
    next_step="请承保机构逐件列出超过时限和用时最长的案件，分清是缺材料、待调查还是待审批，每件落实经办人和结案日期；"
    "缺材料的由协保员上门协助补齐，困难家庭走绿色通道；每周通报一次进展，并在平台上作出表态。",
    good_figures=_either(
        _open_claims,
        lambda case: f"{case.opening}九成赔案从报案到赔付用时不超过{days(case.count)}",
    ),
)
