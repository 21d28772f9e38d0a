"""The tables of bulletins: one row a child region, the whole region last."""

from collections.abc import Sequence

from services.reporting.rules.bulletins.document import Cell, Column, Table
from services.reporting.rules.bulletins.figures import Ledger
from services.reporting.rules.bulletins.material import NO_FEED, Subject
from services.reporting.rules.bulletins.phrases import day_in_words, names_of, parts, whole
from services.reporting.rules.ranking import in_order, ranks_of

Spec = tuple[Column, str]
"""A column and the measure that fills it."""

TASKS: tuple[Spec, ...] = (
    (Column(title="份数", kind="count"), "units"),
    (Column(title="指导任务", kind="count"), "target_guideline"),
    (Column(title="完成率", kind="percent", decimals=0), "completion_guideline"),
    (Column(title="力争目标", kind="count"), "target_stretch"),
    (Column(title="力争目标完成率", kind="percent", decimals=0), "completion_stretch"),
    (Column(title="占常住人口", kind="percent"), "penetration"),
    (Column(title="同比增量", kind="signed"), "growth_units"),
    (Column(title="增长率", kind="percent", decimals=1), "growth_rate"),
)
MONEY: tuple[Spec, ...] = (
    (Column(title="保费", kind="money"), "premium"),
    (Column(title="财政占比", kind="percent", decimals=0), "fiscal_share"),
    (Column(title="孝心保", kind="count"), "elder_units"),
    (Column(title="赔付件数", kind="count"), "claims_paid"),
    (Column(title="赔付金额", kind="money"), "paid"),
    (Column(title="赔付率", kind="percent", decimals=1), "loss_ratio_paid_written"),
)
WEEK: tuple[Spec, ...] = (
    (Column(title="本周新增", kind="signed"), "new_units"),
    (Column(title="累计份数", kind="count"), "units"),
    (Column(title="完成率", kind="percent", decimals=0), "completion_guideline"),
    (Column(title="进度比", kind="percent", decimals=0), "pace"),
    (Column(title="落后天数", kind="signed"), "days_behind"),
    (Column(title="日均需完成", kind="count"), "needed_per_day"),
)


def task_table(ledger: Ledger) -> Table:
    """Units, both targets, population and growth, by units."""
    title = f"各{parts(ledger.material.region)}承保和任务完成情况"
    return _table(ledger, title, TASKS, "units", "名次按承保份数排列。")


def money_table(ledger: Ledger) -> Table:
    """Premium, who pays, elders and claims, by units."""
    title = f"各{parts(ledger.material.region)}保费、孝心保和赔付情况"
    return _table(ledger, title, MONEY, "units", "名次按承保份数排列；赔付率为已付赔款与承保保费之比。")


def week_table(ledger: Ledger) -> Table:
    """This week, completion, rank and how it moved, pace and what is needed."""
    by, moved = rank_measure(ledger), movements(ledger)
    title = f"各{parts(ledger.material.region)}进展情况"
    words = "完成率" if by == "completion_guideline" else "承保份数"
    note = f"名次按{words}排列；名次变化为正数表示上升；落后天数为负数表示超前。"
    table = _table(ledger, title, WEEK, by, note)
    column = Column(title="名次变化", kind="signed")
    names = {subject.name: subject.code for subject in ledger.material.children}
    rows = [(*row, moved.get(names.get(str(row[1]), ""))) for row in table.rows]
    return table.model_copy(update={"columns": (*table.columns, column), "rows": tuple(rows)})


def rank_measure(ledger: Ledger) -> str:
    """Completion where every child has a target, else units."""
    fed = ledger.material.fed
    return "completion_guideline" if fed and all("guideline" in child.targets for child in fed) else "units"


def movements(ledger: Ledger) -> dict[str, int]:
    """Places that each child has risen since the earlier day; negative when it fell."""
    by = rank_measure(ledger)
    fed = [child for child in ledger.material.fed if child.before is not None]
    after = ranks_of({child.code: ledger.value(child, by) for child in fed})
    before = ranks_of({child.code: _before(child, by) for child in fed})
    return {code: before[code] - after[code] for code in after if code in before}


def _before(child: Subject, by: str) -> float | int | None:
    if child.before is not None and by == "units":
        return child.before.now.units
    return child.readings_before[by].value


def _table(ledger: Ledger, title: str, specs: Sequence[Spec], by: str, note: str) -> Table:
    material = ledger.material
    values = {child.code: ledger.value(child, by) for child in material.children}
    ranks, children = ranks_of(values), {child.code: child for child in material.children}
    specs = [
        spec
        for spec in specs
        if any(ledger.value(s, spec[1]) is not None for s in (*children.values(), material.region))
    ]
    columns = (Column(title="名次", kind="rank"), Column(title="地区"), *(column for column, _ in specs))
    rows = [_row(ledger, specs, children[code], ranks.get(code)) for code in in_order(values)]
    total = _row(ledger, specs, material.region, None, f"{whole(material.region)}合计")
    silent = [child for child in material.children if not child.now.has_feed]
    said = f"截至{day_in_words(material.as_of)}；{note}" + (f"{names_of(silent)}{NO_FEED}。" if silent else "")
    return Table(title=title, columns=columns, rows=(*rows, total), note=said)


def _row(
    ledger: Ledger, specs: Sequence[Spec], subject: Subject, rank: int | None, name: str | None = None
) -> tuple[Cell, ...]:
    return (rank, name or subject.name, *(ledger.number(subject, measure) for _, measure in specs))
