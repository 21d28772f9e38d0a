"""Bulletins to be written: the annual one of a region with fourteen cities, and one made of hostile texts."""

import csv
from pathlib import Path

from services.reporting.rules.bulletins.document import Chart, Column, Correction, Document, Section, Series, Table

_REFERENCE = Path(__file__).parents[2] / "services/reporting/reference/city_calibrated.csv"
_ALL = list(csv.DictReader(_REFERENCE.open(encoding="utf-8")))
CITIES = [row for row in _ALL if len(row["code"]) == 4]
MONTHS = (9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 7, 8)
SCRIPT, FORMULA, MARKUP = "<script>alert(1)</script>", "=cmd|'/c calc'!A1", '#import "@preview/x:0.1.0" *b* $x$ @y'
LONG_WORD = "W" * 300


def _units(row: dict[str, str], year: int) -> int:
    return int(row[f"policies_{year}"])


def completion_table() -> Table:
    """Units against both targets, ranked."""
    ranked = sorted(_ALL, key=lambda row: (row["code"] != "45", -_units(row, 2021) / int(row["target_2021"])))
    return Table(
        title="2021年度各市关爱保险任务完成情况",
        columns=(
            Column(title="位次", kind="rank"),
            Column(title="市"),
            Column(title="代码"),
            Column(title="任务数（份）", kind="count"),
            Column(title="完成数（份）", kind="count"),
            Column(title="完成率", kind="percent", decimals=0),
            Column(title="同比增量（份）", kind="signed"),
        ),
        rows=tuple(
            (
                place or None,
                row["name"],
                row["code"],
                int(row["target_2021"]),
                _units(row, 2021),
                _units(row, 2021) / int(row["target_2021"]),
                _units(row, 2021) - _units(row, 2020),
            )
            for place, row in enumerate(ranked)
        ),
        note="注：任务数为指导任务；同比为与上年度全年相比。",
    )


def penetration_table() -> Table:
    """Units against residents."""
    ranked = sorted(CITIES, key=lambda row: -_units(row, 2021) / int(row["resident_population"]))
    return Table(
        title="2021年度各市承保份数占常住人口比例",
        columns=(
            Column(title="位次", kind="rank"),
            Column(title="市"),
            Column(title="常住人口（人）", kind="count"),
            Column(title="占比", kind="percent"),
        ),
        rows=tuple(
            (place, row["name"], int(row["resident_population"]), _units(row, 2021) / int(row["resident_population"]))
            for place, row in enumerate(ranked, 1)
        ),
    )


def premium_table() -> Table:
    """Money, with a figure that is missing."""
    rows = [
        (
            row["name"],
            float(row["premium_2021"]) * 10_000,
            float(row["fiscal_share_pct"]) / 100,
            float(row["claims_amount"]) * 10_000,
        )
        for row in CITIES
    ]
    return Table(
        title="2021年度各市保费与赔付",
        columns=(
            Column(title="市"),
            Column(title="保费", kind="money"),
            Column(title="财政出资占比", kind="percent", decimals=1),
            Column(title="赔付", kind="money"),
        ),
        rows=(*rows, ("未报送单位", None, None, None)),
    )


def penetration_chart() -> Chart:
    """Bars by city."""
    values = tuple(_units(row, 2021) / int(row["resident_population"]) for row in CITIES)
    names = tuple(row["name"] for row in CITIES)
    series = (Series(name="占常住人口比例", values=values),)
    return Chart(title="各市承保份数占常住人口比例", kind="bars", labels=names, series=series, unit="%")


def growth_chart() -> Chart:
    """Bars to both sides."""
    values = tuple(float(_units(row, 2021) - _units(row, 2020)) for row in CITIES)
    series = (Series(name="同比增量", values=values),)
    return Chart(title="各市同比增量", kind="bars", labels=tuple(row["name"] for row in CITIES), series=series)


def curve_chart() -> Chart:
    """Two years month by month, with a gap."""
    this = tuple(None if at == 4 else 3_061_912 * (at + 1) / 12 for at in range(12))
    last = tuple(2_867_602 * ((at + 1) / 12) ** 2 for at in range(12))
    series = (Series(name="2021年度", values=this), Series(name="2020年度", values=last))
    return Chart(title="全区逐月累计承保份数", kind="lines", labels=tuple(f"{m}月" for m in MONTHS), series=series)


def annual(*, is_draft: bool = False) -> Document:
    """The annual bulletin of 2021, as the association writes it."""
    return Document(
        issuer="广西壮族自治区计划生育协会",
        reference="桂计生协〔2021〕12号",
        title="关于2021年度全区计划生育家庭关爱保险工作情况的通报",
        addressee="各市、县（市、区）计划生育协会",
        opening=(
            "2021年度（2020年9月1日至2021年8月31日），全区各级计生协会同承保机构扎实推进关爱保险工作，现将有关情况通报如下。",
        ),
        sections=(
            Section(
                heading="总体情况",
                paragraphs=(
                    "截至2021年8月31日，全区累计承保关爱保险306.1万余份，完成年度指导任务253万份的121%，完成力争目标300万份的102%，同比增加19.4万余份；保费13150.96万元，其中财政出资占17%。",
                    "（一）任务完成情况。全区14个设区市中，11个市完成指导任务，居前的是：百色市、玉林市、北海市。南宁市、桂林市、崇左市未完成指导任务。",
                    "（二）占常住人口比例。全区为6.11%，高于全区平均水平的有：钦州市13.90%、北海市10.46%、百色市8.49%、河池市8.42%、来宾市6.44%、贵港市6.29%。",
                ),
            ),
            Section(
                heading="理赔服务情况",
                paragraphs=("全年共赔付82409件、6297.72万元，按当年承保保费计算赔付率为47.9%。",),
            ),
            Section(
                heading="存在的问题",
                paragraphs=(
                    "一是发展不平衡，南宁市、柳州市、桂林市、防城港市、来宾市、崇左市份数比上年度减少。",
                    "二是个别地方依赖财政出资，来宾市财政出资占比达82%，群众自愿参保意识有待提高。",
                ),
            ),
            Section(
                heading="下一步工作",
                paragraphs=("各地要对照任务，查找差距，压实责任，确保2022年度指导任务254万份如期完成。",),
            ),
        ),
        tables=(completion_table(), penetration_table(), premium_table()),
        charts=(penetration_chart(), curve_chart()),
        signed_on="2021-10-21",
        copies_to="自治区卫生健康委，中国计划生育协会，各承保机构。",
        notes=("占常住人口比例采用第七次全国人口普查数据。",),
        corrections=(
            Correction(
                number=1,
                issued_on="2021-11-03",
                figure="钦州市承保份数",
                old="458005份",
                new="459005份",
                cause="浦北县一批保单补录",
                ranks=("无",),
            ),
        ),
        since_publication=("截至2021年11月5日，全区2021年度份数因退保减少12份，完成率不变。",),
        chat=(
            "全区累计承保306.1万余份，完成年度任务121%",
            "保费13150.96万元，财政出资占17%",
            "份数居前：钦州市459005份、南宁市393057份、百色市303178份",
            "未完成指导任务：南宁市、桂林市、崇左市",
        ),
        is_draft=is_draft,
    )


def hostile() -> Document:
    """Texts that try to be markup, code, a formula or too long, everywhere where text may stand."""
    texts = (
        SCRIPT,
        FORMULA,
        MARKUP,
        LONG_WORD,
        "\tTab",
        "＝1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\r\n=1",
        "a\x00\u202eb",
        "]]>&amp;",
    )
    columns = tuple(Column(title=text) for text in texts[:5])
    rows = tuple(tuple(texts[(at + shift) % len(texts)] for shift in range(5)) for at in range(50))
    series = (Series(name=FORMULA, values=(1.0, None, -2.5)), Series(name=SCRIPT, values=(0.0, 3.0, 1.0)))
    labels = (SCRIPT, MARKUP, LONG_WORD)
    charts = tuple(
        Chart(title=SCRIPT, kind=kind, labels=labels, series=series, unit="'\"<&") for kind in ("bars", "lines")
    )
    return Document(
        issuer=SCRIPT,
        reference=MARKUP,
        title=f"{FORMULA}{SCRIPT}",
        addressee=MARKUP,
        opening=texts,
        sections=(Section(heading=MARKUP, paragraphs=texts), Section(heading="", paragraphs=(FORMULA,))),
        tables=(Table(title="=[]:*?/\\'" + LONG_WORD, columns=columns, rows=rows, note=SCRIPT),) * 2,
        charts=charts,
        signed_on="2021-10-21",
        copies_to=SCRIPT,
        notes=texts,
        since_publication=texts,
        chat=texts,
    )
