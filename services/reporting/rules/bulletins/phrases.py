"""Words that all bulletins share: days, lists of regions, what a whole region and its parts are called."""

from collections.abc import Callable, Sequence
from datetime import date

from services.reporting.rules.bulletins.figures import Ledger
from services.reporting.rules.bulletins.material import Material, Subject, Yardstick
from services.reporting.rules.ranking import in_order

_WHOLE = "区省市县州旗盟镇乡"
_PARTS = {"province": "市", "city": "县（市、区）", "county": "乡镇（街道）", "township": "村（社区）"}
_NUMERALS = "一二三四五六七八九十"
SYNTHETIC = "合成"
SYNTHETIC_NOTE = "含合成演示数据，不是统计数字。"
MOST_NAMED = 10


def day_in_words(day: date) -> str:
    """2021年8月31日."""
    return f"{day.year}年{day.month}月{day.day}日"


def period_in_words(first: date, last: date) -> str:
    """2021年8月23日至29日; month and year are said again where they change."""
    if first.year != last.year:
        return f"{day_in_words(first)}至{day_in_words(last)}"
    return f"{day_in_words(first)}至{'' if first.month == last.month else f'{last.month}月'}{last.day}日"


def whole(subject: Subject) -> str:
    """全区, 全省, 全市, 全县: what a bulletin calls its own region."""
    return f"全{subject.name[-1]}" if subject.name and subject.name[-1] in _WHOLE else subject.name


def parts(subject: Subject) -> str:
    """What the children of a region are called."""
    return _PARTS.get(subject.level, "地区")


def issuer_of(subject: Subject) -> str:
    """The association of the region."""
    return f"{subject.name}计划生育协会"


def addressee_of(subject: Subject) -> str:
    """Whom the bulletin is for."""
    return f"各{parts(subject)}计划生育协会，各承办保险机构"


def listed(names: Sequence[str]) -> str:
    """甲、乙、丙."""
    return "、".join(names)


def names_of(subjects: Sequence[Subject], most: int = MOST_NAMED) -> str:
    """The names of some regions; of many only the first, and how many there are."""
    named = listed([subject.name for subject in subjects[:most]])
    return named if len(subjects) <= most else f"{named}等{len(subjects)}个地区"


def in_turn(subjects: Sequence[Subject]) -> str:
    """依次为 of several, 为 of one."""
    return "依次为" if len(subjects) > 1 else "为"


def named_with(ledger: Ledger, subjects: Sequence[Subject], measure: str, form: str | None = None) -> str:
    """钦州市459005份、南宁市393057份."""
    return listed([f"{subject.name}{ledger.says(subject, measure, form)}" for subject in subjects])


def highest(ledger: Ledger, subjects: Sequence[Subject], measure: str) -> list[Subject]:
    """Those that have the measure, the highest first, equal ones by code."""
    by_code = {subject.code: subject for subject in subjects}
    values = {code: ledger.value(subject, measure) for code, subject in by_code.items()}
    return [by_code[code] for code in in_order(values) if values[code] is not None]


def lowest(ledger: Ledger, subjects: Sequence[Subject], measure: str) -> list[Subject]:
    """The same, the lowest first."""
    return list(reversed(highest(ledger, subjects, measure)))


def where(subjects: Sequence[Subject], holds: Callable[[Subject], bool]) -> list[Subject]:
    """Those that something holds for."""
    return [subject for subject in subjects if holds(subject)]


def numbered(paragraphs: Sequence[str]) -> tuple[str, ...]:
    """（一）…, （二）…: the second level of a document; what is empty is left out."""
    kept = [paragraph for paragraph in paragraphs if paragraph]
    return tuple(f"（{_numeral(place)}）{paragraph}" for place, paragraph in enumerate(kept, 1))


def counted_off(sentences: Sequence[str]) -> tuple[str, ...]:
    """一是…, 二是…: one paragraph each."""
    return tuple(f"{_numeral(place)}是{sentence}" for place, sentence in enumerate(sentences, 1))


def _numeral(number: int) -> str:
    return _NUMERALS[number - 1] if number <= 10 else f"十{_NUMERALS[number - 11]}"


def sentence(*clauses: str) -> str:
    """Clauses with commas between and a full stop; what is empty is left out, nothing of nothing."""
    kept = [clause for clause in clauses if clause]
    return f"{'，'.join(kept)}。" if kept else ""


def notes_of(material: Material) -> tuple[str, ...]:
    """What a reader has to know: whether data is made up, which documents set the targets, which census."""
    region = material.region
    made_up = any(t.document == SYNTHETIC for s in material.subjects.values() for t in s.targets.values())
    targets = [_target_note(kind, target) for kind, target in sorted(region.targets.items())]
    people = [f"常住人口采用{_vintage(region.vintage)}数据。"] if region.vintage else []
    told = region.fresh_to
    fresh = [f"数据更新至{day_in_words(told.date())}{told:%H:%M}。"] if told else []
    return (*([SYNTHETIC_NOTE] if made_up else []), *targets, *people, *fresh, _BASES)


def _target_note(kind: str, target: Yardstick) -> str:
    since = day_in_words(target.effective_on)
    return f"{_KINDS.get(kind, kind)}{target.units}份：{_source(target.document)}，自{since}起执行。"


_KINDS = {"guideline": "年度指导任务", "stretch": "力争目标"}
_BASES = "同比与上年度同一日期相比；完成率和财政占比保留整数，占常住人口比例保留两位小数，均四舍五入。"


def _source(document: str) -> str:
    if document == SYNTHETIC:
        return "合成演示数据"
    return f"依据{document}" if document else "未注明文件"


def _vintage(vintage: str) -> str:
    year = vintage.removeprefix("census")
    return f"{year}年人口普查" if year.isdigit() else vintage
