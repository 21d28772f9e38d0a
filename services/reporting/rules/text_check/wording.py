"""One friendly Chinese sentence a finding: what agrees, or what would make it agree."""

from collections.abc import Sequence
from datetime import date

from services.reporting.rules.text_check.claims import Claim
from services.reporting.rules.text_check.definitions import definition_of
from services.reporting.rules.text_check.ledger import Ledger, Reading
from services.reporting.rules.text_check.written import Fit, amount_shown, shown

MOST_NAMES = 20
_HEDGED = {
    "over": "确实超过这个数", "near": "确实接近这个数", "under": "确实不到这个数", "about": "与这个约数相符",
    "more": "与这个约数相符", "": "按文中的精度取整或截尾后一致",
}  # fmt: skip


def agreement(claim: Claim, ledger: Ledger, identifier: str, reading: Reading, fit: Fit) -> str:
    """Agrees, as written or by a looser reading."""
    what = f"{ledger.name(claim.region)}{definition_of(identifier).name}"
    value = shown(reading.value, claim.written, more_decimals=fit == "loose")
    told = f"{what}为{value}{fraction(identifier, reading)}"
    return f"与数据一致：{told}。" if fit == "exact" else f"数据中{told}，{_HEDGED[claim.written.hedge]}。"


def difference(claim: Claim, ledger: Ledger, identifier: str, reading: Reading) -> str:
    """Nothing fits: what the data say, and the gap."""
    definition = definition_of(identifier)
    value = shown(reading.value, claim.written, more_decimals=True)
    if claim.meaning.falling != (reading.value < 0) and reading.value and "growth" in identifier:
        return (
            f"方向不同：文中说{'减少' if claim.meaning.falling else '增加'}{claim.written.text}，"
            f"数据中{ledger.name(claim.region)}{definition.name}为{value}{fraction(identifier, reading)}。"
        )
    return (
        f"数据中{ledger.name(claim.region)}{definition.name}为{value}{fraction(identifier, reading)}，"
        f"与文中{claim.written.text}相差{_gap(claim, reading)}。"
    )


def _gap(claim: Claim, reading: Reading) -> str:
    said = float(-claim.written.amount if claim.meaning.falling else claim.written.amount)
    gap = shown(abs(reading.value - said), claim.written, more_decimals=True)
    return f"{gap.removesuffix('%')}个百分点" if gap.endswith("%") else gap


def other_definition(claim: Claim, ledger: Ledger, expected: str, sibling: str) -> str:
    """The number is right by another definition of the same words."""
    reading, other = ledger.reading(claim.region, expected), ledger.reading(claim.region, sibling)
    told = f"文中{claim.written.text}按{definition_of(sibling).words}计算{fraction(sibling, other) if other else ''}"
    if reading is None:
        return f"{told}；按{definition_of(expected).words}的数据暂缺。"
    value = shown(reading.value, claim.written, more_decimals=True)
    return f"{told}；按{definition_of(expected).words}为{value}{fraction(expected, reading)}。"


def other_day(claim: Claim, ledger: Ledger, identifier: str, day: date) -> str:
    """The number was right on another day."""
    reading = ledger.reading(claim.region, identifier)
    now = f"；截至{_day(ledger.as_of)}为{shown(reading.value, claim.written, more_decimals=True)}" if reading else ""
    name = f"{ledger.name(claim.region)}{definition_of(identifier).name}"
    return f"文中{claim.written.text}是截至{_day(day)}的{name}{now}。"


def other_region(claim: Claim, ledger: Ledger, identifier: str, region: str) -> str:
    """The number belongs to another region."""
    reading, name = ledger.reading(claim.region, identifier), definition_of(identifier).name
    own = f"；{ledger.name(claim.region)}为{shown(reading.value, claim.written, more_decimals=True)}" if reading else ""
    return f"文中{claim.written.text}是{ledger.name(region)}的{name}{own}。"


def rank(claim: Claim, ledger: Ledger, identifier: str, place: int) -> str:
    """The region's true place."""
    parent, number = (
        ledger.name(claim.peers[0]) if claim.peers else "",
        len(ledger.peers.get(claim.peers or ("", ""), ())),
    )
    own = ledger.reading(claim.region, identifier)
    value = f"（{_plain(own.value, identifier)}）" if own else ""
    what = f"{ledger.name(claim.region)}{definition_of(identifier).name}{value}"
    return f"{what}在{parent}{number}个同级地区中居{place_shown(place, claim.kind == 'back')}。"


def place_shown(place: int, from_below: bool) -> str:
    """A place in words."""
    return f"倒数第{place}位" if from_below else f"第{place}位"


def tally(claim: Claim, ledger: Ledger, found: Sequence[str]) -> str:
    """Who meets the condition."""
    names = "、".join(ledger.name(region) for region in found[:MOST_NAMES])
    more = "等" if len(found) > MOST_NAMES else ""
    words = claim.condition.words if claim.condition else ""
    return f"按数据，{ledger.name(claim.region)}{words}的有{len(found)}个{f'（{names}{more}）' if names else ''}。"


def all_regions(claim: Claim, ledger: Ledger, number: int) -> str:
    """The count is that of all regions of the level."""
    return f"与数据一致：{ledger.name(claim.region)}共有{number}个。"


def no_data(claim: Claim, ledger: Ledger, identifier: str) -> str:
    """The indicator is clear and its value is missing."""
    return f"数据中暂没有{ledger.name(claim.region)}的{definition_of(identifier).name}，无法核对。"


def no_data_of_all(identifier: str) -> str:
    """A rank or a count needs the values of all regions of the level."""
    return f"所涉及的地区还不都有{definition_of(identifier).name}的数据，无法核对。"


def no_indicator() -> str:
    """The words do not say what is counted."""
    return "没有找到这个数字对应的指标，请人工核对。"


def no_peers() -> str:
    """A rank or a count over regions that may not all be seen."""
    return "这里的排名或个数涉及的地区不都在您的权限范围内，无法核对。"


def out_of_sight() -> str:
    """A region that the caller may not see, or that cannot be told apart."""
    return "这个数字所说的地区不在您的权限范围内或无法确定，无法核对。"


def several_regions() -> str:
    """A number for several regions together."""
    return "这个数字说的是几个地区，请人工核对或分别写明。"


def other_year() -> str:
    """A number of another programme year than the two that are known."""
    return "这个数字说的是其他年度，请选择该年度后再核对。"


def fraction(identifier: str, reading: Reading) -> str:
    """（6297.72万元÷13150.96万元）, where both parts are known."""
    definition = definition_of(identifier)
    if reading.numerator is None or reading.denominator is None or not definition.denominator:
        return ""
    numerator, denominator = (
        amount_shown(amount, unit)
        for amount, unit in zip((reading.numerator, reading.denominator), definition.parts, strict=True)
    )
    return f"（{numerator}÷{denominator}）"


def _plain(value: float, identifier: str) -> str:
    unit = definition_of(identifier).unit
    return f"{value * 100:.2f}%" if unit == "ratio" else amount_shown(value, unit)


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
