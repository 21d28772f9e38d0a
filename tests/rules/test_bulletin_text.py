"""What bulletins say, to the sentence: of a small made-up city, of nothing at all, and of 2021."""

from datetime import date

import pytest

from services.reporting.rules.bulletins.compose import Composed, compose
from services.reporting.rules.bulletins.figures import changes_since, ranks_changed
from services.reporting.rules.bulletins.life import edited, final
from services.reporting.rules.bulletins.periods import due_on, last_day_for, quarter_ends, quarter_of
from services.reporting.rules.bulletins.phrases import SYNTHETIC_NOTE
from tests.rules.bulletin_regions import Region, material, province_of_2021

SIGNED = date(2021, 10, 21)


def sections(composed: Composed) -> dict[str, tuple[str, ...]]:
    return {section.heading: section.paragraphs for section in composed.document.sections}


@pytest.fixture(scope="module")
def year_2021() -> Composed:
    return compose(province_of_2021(), SIGNED)


def test_the_title_and_the_opening_are_the_associations_own(year_2021: Composed) -> None:
    document = year_2021.document
    assert document.issuer == "广西壮族自治区计划生育协会"
    assert document.title == "关于广西壮族自治区2021年度关爱保险工作情况的通报"
    assert document.addressee == "各市计划生育协会，各承办保险机构"
    assert document.opening == ("现将2021年度（2020年9月1日至2021年8月31日）全区关爱保险工作有关情况通报如下：",)
    assert list(sections(year_2021)) == ["总体情况", "各市进展情况", "存在的问题", "下一步工作要求"]
    assert document.is_draft
    assert document.signed_on == "2021-10-21"


def test_the_whole_region_in_2021(year_2021: Composed) -> None:
    assert sections(year_2021)["总体情况"] == (
        "截至2021年8月31日，全区累计承保关爱保险306.1万余份（3061912份），完成年度指导任务253万份的121%，"
        "完成力争目标300万份的102%，占常住人口的6.11%。",
        "与上年度同期相比，增加194310份（19.4万余份），增长6.8%。",
        "保费13150.96万元，同比增加1538.96万元、增长13.3%，份均42.95元。"
        "其中，群众自费10915.30万元，占83%；财政出资2235.66万元，占17%。",
        "孝心保承保19.2万余份（192350份），占承保份数的6.3%，相当于年度指导任务的7.6%。",
        "累计赔付82409件、6297.72万元，件均764.20元。"
        "赔付率按已付赔款与承保保费之比为47.9%，按已付赔款与已赚保费之比为52.2%。",
    )


def test_the_cities_and_counties_in_2021(year_2021: Composed) -> None:
    done, front, people, grown, payers, elders, claims = sections(year_2021)["各市进展情况"]
    assert done.startswith("（一）任务完成。14个市中，11个市完成年度指导任务，完成率依次为百色市152%、钦州市143%、")
    assert done.endswith(
        "8个市达到力争目标，完成率依次为钦州市111%、北海市108%、贵港市108%、贺州市107%、河池市107%、梧州市107%、"
        "百色市107%、玉林市106%。"
    )
    assert front == (
        "（二）承保规模。承保份数居前的市依次为钦州市459005份、南宁市393057份、百色市303178份。"
        "承保份数居前的县（市、区）依次为浦北县206011份、灵山县171833份、海城区108666份、桂平市91457份、"
        "平南县75559份、靖西市59853份、青秀区59475份、西乡塘区55372份、武鸣区51599份。"
    )
    assert people == (
        "（三）覆盖水平。承保份数占常住人口比例高于全区平均水平（6.11%）的有6个市，依次为钦州市13.90%、"
        "北海市10.46%、百色市8.49%、河池市8.42%、来宾市6.44%、贵港市6.29%；最低的为桂林市3.64%。"
    )
    assert grown == (
        "（四）同比增长。8个市承保份数同比增加，增量居前的依次为百色市增加68412份（6.8万余份）、"
        "玉林市增加64318份（6.4万余份）、贵港市增加59246份（5.9万余份）。"
    )
    assert payers == (
        "（五）保费来源。保费全部由群众自费的有2个市：钦州市、梧州市。"
        "有财政出资的12个市，财政出资占其保费的21%，占比最高的为来宾市，达82%。"
    )
    assert elders.startswith("（六）孝心保。孝心保份数居前的市依次为玉林市28037份、")
    assert claims.startswith("（七）理赔服务。赔付件数居前的市依次为南宁市15367件（1237.86万元）、")


def test_what_went_wrong_in_2021_and_what_is_asked_for(year_2021: Composed) -> None:
    shrinking, missed, fiscal, elders = sections(year_2021)["存在的问题"]
    assert shrinking == (
        "一是部分地区负增长。6个市承保份数同比减少：南宁市减少31525份、桂林市减少22318份、崇左市减少11428份、"
        "柳州市减少9815份、来宾市减少6118份、防城港市减少3704份。"
    )
    assert missed == (
        "二是任务完成不平衡。3个市未完成年度指导任务：桂林市完成92%、差15628份；崇左市完成93%、差6123份；"
        "南宁市完成97%、差11943份。"
    )
    assert fiscal == "三是财政依赖突出。财政出资占保费过半的有：来宾市82%。"
    assert elders.startswith("四是孝心保推广不足。11个市孝心保份数低于年度指导任务的10%，全区为7.6%，")
    assert len(sections(year_2021)["下一步工作要求"]) == 5


def test_made_up_data_is_called_so_and_nobody_can_edit_it_out(year_2021: Composed) -> None:
    document = year_2021.document
    assert document.notes[0] == SYNTHETIC_NOTE
    changed = edited(document, {"notes": ["附注由办公室核定。"], "title": "通报"})
    assert changed.notes == (SYNTHETIC_NOTE, "附注由办公室核定。")
    assert (changed.title, changed.opening) == ("通报", document.opening)


def test_every_figure_keeps_its_fraction_its_rounding_and_what_it_was_held_against(year_2021: Composed) -> None:
    completion = year_2021.figures["45.completion_guideline"]
    assert (completion.shown, completion.numerator, completion.denominator) == ("121%", 3_061_912, 2_530_000)
    assert completion.value == pytest.approx(1.21024189723)
    assert (completion.target_version, completion.rounding) == (7, "half up, whole percent")
    premium = year_2021.figures["45.premium"]
    assert (premium.value, premium.shown) == ("131509600.00", "13150.96万元")
    penetration = year_2021.figures["4507.penetration"]
    assert (penetration.population_vintage, penetration.high_water, penetration.definition) == ("census2020", 12, 1)
    assert year_2021.figures["450722.units"].shown == "206011份"
    said = [p for section in year_2021.document.sections for p in section.paragraphs]
    assert all(any(f.shown in p for p in said) for f in year_2021.figures.values() if f.region == "450722")


def test_tables_hold_unrounded_values_by_rank_and_the_whole_at_the_end(year_2021: Composed) -> None:
    tasks, money = year_2021.document.tables
    assert [column.title for column in tasks.columns] == [
        "名次", "地区", "份数", "指导任务", "完成率", "力争目标", "力争目标完成率", "占常住人口", "同比增量", "增长率",
    ]  # fmt: skip
    assert tasks.rows[0][:4] == (1, "钦州市", 459_005, 320_000)
    assert tasks.rows[0][4] == 459_005 / 320_000
    assert tasks.rows[-1][:3] == (None, "全区合计", 3_061_912)
    assert money.rows[-1][2] == 131_509_600.0
    bars, *_ = year_2021.document.charts
    assert (bars.kind, bars.labels[0], len(bars.labels), bars.unit) == ("bars", "百色市", 14, "%")


def test_the_chat_text_has_five_to_eight_short_lines(year_2021: Composed) -> None:
    chat = year_2021.document.chat
    assert 5 <= len(chat) <= 8
    assert chat[1] == "累计承保306.1万余份（3061912份），完成年度指导任务121%，完成力争目标102%"
    assert "赔付率47.9%（已付赔款/承保保费）" in chat[5]


CITY = Region("4501", "甲市", 12_345, 13_000, 20_000, residents=400_000, premium=500_000, last_premium=500_000)


def test_a_week_of_a_small_city() -> None:
    counties = [
        Region("450101", "乙县", 8_000, 6_000, 7_900, before=7_500, share=0.8),
        Region("450102", "丙区", 4_345, 7_000, 12_100, before=4_345, share=0.8, lags=("stalled",)),
        Region("450103", "丁县", has_feed=False, target=0, before=0),
    ]
    city = Region("4501", "甲市", 12_345, 13_000, 20_000, before=11_845, share=0.8)
    composed = compose(material("weekly", city, counties, as_of=date(2021, 7, 11)), SIGNED)
    said = sections(composed)
    assert composed.document.title == "关于甲市关爱保险工作进展情况的周通报（2021年7月5日至11日）"
    assert said["本期进展"] == (
        "本期全市新增承保500份。",
        "截至2021年7月11日，全市累计承保关爱保险1.2万余份（12345份），完成年度指导任务2万份的62%。"
        "缺少常住人口数据，未计算占常住人口比例。",
        "对照上年度同期进度，达到应有进度的77%，预计全年完成指导任务的77%，年度内日均还需承保151份。",
    )
    assert said["工作亮点"] == ("乙县本期完成年度指导任务。", "本期新增承保居前的县（市、区）为乙县500份。")
    assert said["需要关注的地区"] == (
        "丙区：完成指导任务的36%，为应有进度的45%，同比减少2655份，连续14天以上没有新增，日均还需承保153份。",
        "丁县：尚无数据上报。",
    )
    assert "连续没有新增承保的县（市、区）要立即查明原因，恢复宣传和承保工作。" in said["下一步工作要求"][2]
    (table,) = composed.document.tables
    assert [row[1] for row in table.rows] == ["乙县", "丙区", "丁县", "全市合计"]
    assert table.note.endswith("丁县尚无数据上报。")
    assert table.rows[2][2] is None


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("low_penetration", "覆盖面偏低。占常住人口比例明显低于平均水平的有：乙县2.00%。"),
        ("one_step", "存在“一步到岸”现象。乙县一次性集中投保份数占任务数比重过大。"),
        ("slow_claims", "理赔时效不高。乙县超时未结案件偏多或赔付等待时间偏长。"),
        ("low_satisfaction", "理赔满意度偏低。乙县理赔满意率低于96%。"),
        ("no_agent", "协保员队伍有空缺。乙县还有村（社区）没有协保员。"),
        ("data_stale", "部分地区数据中断。乙县数据超期未更新。"),
    ],
)
def test_a_lag_rule_that_fires_is_a_problem_with_its_own_request(rule: str, said: str) -> None:
    county = Region("450101", "乙县", 9_000, 9_000, 8_000, residents=450_000, lags=(rule,))
    calm = sections(compose(material("annual", CITY, [Region("450101", "乙县", 9_000, 9_000)]), SIGNED))
    told = sections(compose(material("annual", CITY, [county]), SIGNED))
    assert any(paragraph.endswith(said) for paragraph in told["存在的问题"])
    assert len(told["下一步工作要求"]) > len(calm["下一步工作要求"])


def test_places_gained_are_good_news() -> None:
    counties = [
        Region("450101", "乙县", 900, 900, 1_000, before=500),
        Region("450102", "丙区", 800, 800, 1_000, before=800),
    ]
    composed = compose(material("weekly", CITY, counties), SIGNED)
    assert "名次上升较多的县（市、区）：乙县上升1位。" in sections(composed)["工作亮点"]
    (table,) = composed.document.tables
    assert [row[-1] for row in table.rows] == [1, -1, None]


def test_a_quarter_says_what_it_added_and_where_the_year_stands() -> None:
    city = Region("4501", "甲市", 12_345, 13_000, 20_000, before=2_345, share=0.5)
    composed = compose(material("quarterly", city, [CITY], as_of=date(2021, 5, 31)), SIGNED)
    assert composed.document.title == "关于甲市2021年度第三季度关爱保险工作情况的通报"
    *_, added, pace = sections(composed)["总体情况"]
    assert added.endswith("新增承保10000份。")
    assert pace == "对照上年度同期进度，达到应有进度的123%，预计全年完成指导任务的123%，年度内日均还需承保84份。"


def test_without_any_report_there_is_one_sentence_and_no_zero() -> None:
    region = Region("4501", "甲市", has_feed=False)
    composed = compose(material("annual", region, [Region("450101", "乙县", has_feed=False)]), SIGNED)
    assert sections(composed) == {"总体情况": ("截至2021年8月31日，全市尚无数据上报。",)}
    assert composed.document.tables[0].rows == ((None, "乙县"), (None, "全市合计"))
    assert composed.document.chat[-1] == "尚无数据上报。"


def test_without_target_population_last_year_claims_or_elders_it_says_so() -> None:
    region, child = Region("45", "某省", 50_000, premium=10), Region("4501", "甲市", 50_000, premium=10)
    composed = compose(material("annual", region, [child]), SIGNED)
    assert sections(composed)["总体情况"] == (
        "截至2021年8月31日，全省累计承保关爱保险5万份（50000份）。年度指导任务尚未下达，完成率无从计算。"
        "缺少常住人口数据，未计算占常住人口比例。",
        "上年度数据尚未载入，本期不作同比。",
        "保费0.00万元，份均0.00元。全部由群众自费。",
        "尚无孝心保承保。",
        "本年度尚无赔付。",
    )
    assert sections(composed)["各市进展情况"][0] == "（一）任务完成。各市尚未下达年度指导任务，完成率无从计算。"
    assert sections(composed)["存在的问题"] == ("截至目前，没有地区触发后进规则，各项指标总体正常。",)


def test_nobody_leads_with_nothing() -> None:
    city = Region("4501", "甲市", last=7, target=100)
    composed = compose(material("annual", Region("45", "某省", last=7, target=100), [city]), SIGNED)
    assert "（二）承保规模。尚无承保。" in sections(composed)["各市进展情况"]


def test_nothing_is_wrong_where_nothing_is_wrong_and_no_region_is_called_100_percent_of_nothing() -> None:
    composed = compose(material("weekly", Region("45", "某省", before=0), [Region("4501", "甲市", before=0)]), SIGNED)
    assert sections(composed)["本期进展"][0] == "本期全省没有新增承保。"
    assert sections(composed)["需要关注的地区"] == ("各市尚未下达年度指导任务，未比较进度；没有地区触发后进规则。",)


def test_a_late_sale_changes_the_figures_that_show_it_and_ranks() -> None:
    def year(units: int) -> list[Region]:
        return [Region("450101", "乙县", 900, 900, 10_000), Region("450102", "丙区", units, 800, 10_000)]

    city = Region("4501", "甲市", 1_700, 1_700, 20_000)
    frozen = compose(material("annual", city, year(800)), SIGNED).figures
    assert changes_since(frozen, material("annual", city, year(800))) == []
    changes = changes_since(frozen, material("annual", city, year(903)))
    found = {change.old.id: (change.old.shown, change.new.shown) for change in changes}
    assert found["450102.units"] == ("800份", "903份")
    assert found["450102.completion_guideline"] == ("8%", "9%")
    assert "450101.units" not in found
    assert ranks_changed(frozen, changes, "units") == ["乙县由第1位变为第2位", "丙区由第2位变为第1位"]
    assert changes_since(frozen, material("annual", city, year(801)))[0].old.measure == "units"


def test_a_publication_over_differences_prints_its_reason(year_2021: Composed) -> None:
    document = final(year_2021.document, date(2021, 10, 22), "会议定于今日召开", ["钦州市承保份数差3份"])
    assert document.notes[-1] == "数据核对尚有差异（钦州市承保份数差3份），经研究仍予发布，理由：会议定于今日召开。"
    assert (document.signed_on, document.is_draft) == ("2021-10-22", False)
    assert final(year_2021.document, SIGNED, None, []).notes == year_2021.document.notes


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        ("2021-08-31", "weekly 2021 2021-08-29, quarterly 2021 2021-05-31, annual 2020 2020-08-31"),
        ("2021-09-01", "weekly 2021 2021-08-29, quarterly 2021 2021-08-31, annual 2021 2021-08-31"),
        ("2021-08-30", "weekly 2021 2021-08-29, quarterly 2021 2021-05-31, annual 2020 2020-08-31"),
        ("2021-09-06", "weekly 2022 2021-09-05, quarterly 2021 2021-08-31, annual 2021 2021-08-31"),
    ],
)
def test_the_latest_of_each_kind_is_due_once_its_period_is_over(today: str, expected: str) -> None:
    due = due_on(date.fromisoformat(today), 9, 1)
    assert ", ".join(f"{d.kind} {d.year} {d.as_of}" for d in due) == expected


def test_quarters_follow_the_programme_year_of_any_starting_month() -> None:
    assert [day.isoformat() for day in quarter_ends(2021, 9)] == [
        "2020-11-30", "2021-02-28", "2021-05-31", "2021-08-31",
    ]  # fmt: skip
    assert quarter_ends(2021, 1)[0] == date(2021, 3, 31)
    assert quarter_of(date(2021, 3, 1), 2021, 9) == (3, date(2021, 3, 1))
    assert quarter_of(date(2020, 9, 1), 2021, 9) == (1, date(2020, 9, 1))
    assert last_day_for("annual", 2021, date(2021, 7, 1), 9) == date(2021, 7, 1)
    assert last_day_for("quarterly", 2021, date(2021, 7, 1), 9) == date(2021, 5, 31)
