"""A clerk's text against the year 2021: what agrees, what differs, and what would make it agree."""

import time
from typing import Any

import pytest

from services.reporting.rules.text_check.claims import TooManyFigures, claims_in
from services.reporting.rules.text_check.dates import days_in
from services.reporting.rules.text_check.definitions import definition_of
from services.reporting.rules.text_check.judging import findings_of
from tests.rules.bulletin_2021 import JULY, YEAR_END, ledger, places

Found = dict[str, Any]


def checked(text: str, asked: str = "45", scope: str = "") -> list[Found]:
    found = findings_of(claims_in(text, places(asked, scope), 2021), ledger())
    assert all(text[one["start"] : one["end"]] == one["text"] for one in found)
    return found


def only(text: str, asked: str = "45", scope: str = "") -> Found:
    (found,) = checked(text, asked, scope)
    return found


def brief(found: Found) -> tuple[str | None, str | None, str]:
    region = found["region"]
    return region and region["code"], found["indicator"], found["verdict"]


BULLETIN = """关于2020—2021年度关爱保险工作情况的通报
桂计生协〔2021〕12号
截至2021年8月31日，全区累计承保306.19万份，完成年度指导任务253万份的121%，完成力争目标300万份的102%，占常住人口的6.11%，同比增加19.43万份，\
增长6.8%。保费13151万元（2020年11612万元），理赔82409件，赔付6297.72万元，赔付率47.9%，财政出资占保费总额的17%。
全区有11个市完成指导任务，梧州、北海、钦州等8个市完成新目标，6个市负增长，3个市未完成任务，2个市全部由群众自费。
占常住人口比例高于全区平均水平的有6个市：钦州13.90%、北海10.46%、百色8.49%、河池8.42%、来宾6.44%、贵港6.29%；桂林最低，为3.64%。
钦州市承保459005份，居全区第一；百色承保303178份，增加6.8万余份，增量居全区首位，玉林增加6.4万份，贵港增加5.9万份。
孝心保承保近20万份。来宾市财政出资占比超过80%。
份数居前的县（市、区）：浦北206011份、灵山171833份、海城108,666份、桂平91457份、平南75559份、靖西59853份、青秀59475份、西乡塘55372份、武鸣51599份。
北海市6.4万户家庭参保193926份，保费427.32万元，理赔1407件，赔付140.58万元。
靖西市同比增加44764份，保费179.30万元，同比增加136.48万元。
根据第七次全国人口普查，60岁以上、28天—60周岁的群众均可参保，咨询电话0771-1234567。
"""


def test_the_bulletin_of_2021_agrees_number_by_number() -> None:
    found = checked(BULLETIN)
    assert [(one["text"], one["explanation"]) for one in found if not one["verdict"].startswith("agrees")] == []
    assert len(found) == 53
    assert [one["text"] for one in found if one["verdict"] == "agrees_rounded"] == ["20万份", "80%"]
    named = {one["text"]: one["region"]["name"] for one in found}
    assert (named["13.90%"], named["10.46%"], named["3.64%"]) == ("钦州市", "北海市", "桂林市")
    assert (named["108,666份"], named["11个市"], named["44764份"]) == ("海城区", "广西壮族自治区", "靖西市")


WRONG = [
    ("全区累计承保306.3万份。", "45", "units", "306.19万份"),
    ("全区完成指导任务的120%。", "45", "completion_guideline", "121.0%"),
    ("钦州市承保459006份。", "4507", "units", "459005份"),
    ("占常住人口比例：钦州13.09%、北海10.46%。", "4507", "penetration", "13.90%"),
    ("全区承保突破310万份。", "45", "units", "306.19万份"),
    ("孝心保承保超过20万份。", "45", "elder_units", "19.24万份"),
    ("全区理赔82490件。", "45", "claims_paid", "82409件"),
    ("北海市保费472.32万元。", "4505", "premium", "427.32万元"),
    ("南宁市同比增加31525份。", "4501", "growth_units", "-31525份"),
    ("全区有12个市完成指导任务。", "45", "completion_guideline", "11个"),
    ("全区7个市负增长。", "45", "growth_units", "6个"),
    ("北海市承保份数居全区第二。", "4505", "units", "第7位"),
    ("财政出资占比来宾不足80%。", "4513", "fiscal_share", "82.4%"),
]


@pytest.mark.parametrize(("text", "region", "indicator", "shown"), WRONG, ids=[row[0] for row in WRONG])
def test_a_wrong_number_differs_and_the_data_are_told(text: str, region: str, indicator: str, shown: str) -> None:
    found = next(one for one in checked(text) if not one["verdict"].startswith("agrees"))
    assert (*brief(found), found["shown"]) == (region, indicator, "differs", shown)
    assert shown in found["explanation"] or found["unit"] == "regions"


def test_the_loss_ratio_of_the_bulletin_is_explained_by_earned_premium() -> None:
    found = only("全区赔付率52.2%。")
    assert brief(found) == ("45", "loss_ratio_paid_written", "other_definition")
    assert (found["said"], found["shown"]) == (0.522, "47.9%")
    assert round(found["known"], 4) == 0.4789
    assert found["basis"] == {"numerator": 62_977_200, "denominator": 131_509_600, "of": "承保保费"}
    assert found["explanation"] == (
        "文中52.2%按已付赔款/已赚保费计算（6297.72万元÷12064.57万元）；"
        "按已付赔款/承保保费为47.9%（6297.72万元÷13150.96万元）。"
    )


OTHERWISE = [
    ("财政出资占20.6%。", "fiscal_share", "other_definition", "有财政出资的各地保费"),
    ("全区完成任务的102.1%。", "completion_guideline", "other_definition", "力争目标"),
    ("全区承保286.76万份。", "units", "other_definition", "上年全年承保份数"),
    ("全区承保287.43万份。", "units", "other_day", "2021年7月31日"),
    ("全区完成指导任务的113.6%。", "completion_guideline", "other_day", "截至2021年8月31日为121.0%"),
    ("北海市承保459005份。", "units", "other_region", "钦州市"),
    ("百色占常住人口比例10.46%。", "penetration", "other_region", "北海市"),
]


@pytest.mark.parametrize(("text", "indicator", "verdict", "words"), OTHERWISE, ids=[row[0] for row in OTHERWISE])
def test_what_would_make_it_agree(text: str, indicator: str, verdict: str, words: str) -> None:
    found = only(text)
    assert (found["indicator"], found["verdict"]) == (indicator, verdict)
    assert words in found["explanation"]


PRECISION = [
    ("赔付率47.9%", "agrees"), ("赔付率48%", "agrees"), ("赔付率47.89%", "agrees"), ("赔付率47.8%", "agrees_rounded"),
    ("赔付率47.7%", "differs"), ("赔付率约48%", "agrees_rounded"), ("赔付率超过47%", "agrees_rounded"),
    ("赔付率超过48%", "differs"), ("赔付率近48%", "agrees_rounded"), ("赔付率不足47%", "differs"),
    ("承保306.1万余份", "agrees"), ("承保306.2万余份", "differs"), ("承保306.19万份", "agrees"),
    ("承保306.2万份", "agrees"), ("承保306.1万份", "agrees_rounded"), ("承保306万份", "agrees"),
    ("承保300多万份", "agrees"), ("承保400多万份", "differs"), ("承保306万份左右", "agrees_rounded"),
    ("承保３０６．１９万份", "agrees"), ("承保3,061,912份", "agrees"), ("承保３，０６１，９１２份", "agrees"),
    ("承保3061900份", "agrees_rounded"), ("承保3061913份", "differs"), ("承保0.0306亿份", "agrees"),
    ("承保310万份", "differs"), ("承保300万份以上", "agrees_rounded"), ("完成任务的百分之一百二十一", "agrees"),
    ("完成任务的百分之一百二十一点零二", "agrees"), ("完成任务的百分之121.1", "differs"), ("保费1.3151亿元", "agrees"),
    ("保费131509600元", "agrees"), ("保费1.31亿元", "agrees_rounded"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "verdict"), PRECISION, ids=[row[0] for row in PRECISION])
def test_a_number_is_judged_by_the_precision_it_was_written_in(text: str, verdict: str) -> None:
    assert only(f"全区{text}。")["verdict"] == verdict


REGIONS = [
    ("钦州市承保459005份。", "45", ["4507"]),
    ("全区情况如下。钦州市承保较好。累计459005份。", "45", ["4507"]),
    ("钦州市承保较好。\n累计承保306.19万份。", "45", ["45"]),
    ("我市承保193926份。", "4505", ["4505"]),
    ("全市承保459005份，我县206011份，全区306.19万份。", "450722", ["4507", "450722", "45"]),
    ("全区承保59475份。", "450103", ["450103"]),
    ("百色、玉林、贵港分别增加6.8万、6.4万、5.9万份。", "45", ["4510", "4509", "4508"]),
    ("南宁、柳州、桂林承保74万份，全区306.19万份。", "45", [None, "45"]),
    ("梧州、北海、钦州等8个市完成新目标。", "45", ["45"]),
    ("防城港市防城区承保16560份，防城港44772份。", "45", ["450603", "4506"]),
    ("横县承保5万份。", "45", ["450181"]),
    ("整合人力资源，承保306.19万份。资源县承保6118份，资源6118份。", "45", ["45", "450329", "450329"]),
    ("融水县、三江县各1万份；融水苗族自治县1万份。", "45", [None, "450225"]),
    ("全国承保1.2亿份。", "45", [None]),
    ("各县承保份数：灵山171833，浦北206011份。", "4507", ["450721", "450722"]),
    ("增量居第一位的是百色。", "45", ["4510"]),
]


@pytest.mark.parametrize(("text", "asked", "codes"), REGIONS, ids=[row[0] for row in REGIONS])
def test_every_number_has_its_own_region(text: str, asked: str, codes: list[str | None]) -> None:
    assert [one["region"] and one["region"]["code"] for one in checked(text, asked)] == codes


MEANINGS = [
    ("承保金额13151万元", ["premium"]),
    ("财政出资2235.66万元，占总保费的17%", ["fiscal", "fiscal_share"]),
    ("群众自费1.09亿元，占83%", ["self_paid", "self_paid_share"]),
    ("保费13151万元，增长13.3%", ["premium", "growth_rate_premium"]),
    ("保费增长到13151万元", ["premium"]),
    ("比去年全年增加19.43万份", ["growth_units_full"]),
    ("同比减少5%，负增长5%", ["growth_rate", "growth_rate"]),
    ("孝心保19.24万份，完成任务的7.6%，占全部份数的6.3%", ["elder_units", "elder_to_target", "elder_share"]),
    ("去年同期承保280万份，去年承保286.76万份", ["units_last", "units_last_full"]),
    ("2020年承保286.76万份，2021年承保306.19万份", ["units_last_full", "units"]),
    ("满意率98%，回访率90%", ["satisfaction", "feedback_response"]),
    ("户均保费80元，份均保费43元，保费43元/份，件均赔付764元",
     ["premium_per_household", "premium_per_unit", "premium_per_unit", "paid_per_claim"]),
    ("已赚保费口径的赔付率52.2%", ["loss_ratio_paid_earned"]),
    ("报案9万件，结案8万件，理赔82409件", ["claims_reported", "claims_settled", "claims_paid"]),
    ("平均赔付时效5天", ["days_to_pay_p50"]),
    ("常住人口5012.68万人，参保率6.11%", ["residents", "penetration"]),
    ("任务253万份，累计承保306.19万份，完成率121%", ["target_guideline", "units", "completion_guideline"]),
    ("孝心保承保19.2万余份（192350份）", ["elder_units", "elder_units"]),
    ("孝心保份数居前的为玉林市28037份、钦州市26528份", ["elder_units", "elder_units"]),
    ("8个市达到力争目标，完成率依次为钦州市111%、北海市108%",
     ["completion_stretch", "completion_stretch", "completion_stretch"]),
    ("孝心保份数居前的县（市、区）依次为浦北县1329份、灵山县878份", ["elder_units", "elder_units"]),
    ("完成121%", ["completion_guideline"]),
    ("保费13151万元，比上年11612万元增长13.3%", ["premium", "premium_last_full", "growth_rate_premium"]),
    ("赔付率按已付赔款与已赚保费之比为52.2%，按已付和未决赔款与承保保费之比为48%",
     ["loss_ratio_paid_earned", "loss_ratio_incurred_written"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "identifiers"), MEANINGS, ids=[row[0] for row in MEANINGS])
def test_the_words_near_a_number_say_what_it_counts(text: str, identifiers: list[str]) -> None:
    found = claims_in(f"全区{text}。", places(), 2021)
    assert [claim.meaning.identifiers[:1] for claim in found] == [(identifier,) for identifier in identifiers]


@pytest.mark.parametrize(
    "text",
    [
        "截至2021年8月31日，2020年9月1日至2021年8月31日，8月1日至31日，9月底，2021-08-31，15:30。",
        "桂计生协〔2021〕12号、桂政发[2020]3号、第12号文件。",
        "根据第七次全国人口普查、第3季度、第十二条，60岁、28天至60周岁、16—65岁、0-27天。",
        "电话0771-1234567、13800138000，保单GX2021-0000001，版本1.5.3，编号123456789012345678。",
        "一、工作情况\n1.加强领导\n（2）落实责任\n3年来，12个月，5小时。",
        "",
    ],
)
def test_dates_documents_ages_and_numberings_are_no_figures(text: str) -> None:
    assert checked(text) == []


def test_what_cannot_be_matched_is_said_to_be_unknown() -> None:
    for text in (
        "协保员392名。",
        "赔付率上升3.2个百分点。",
        "满意率98.5%。",
        "2019年承保250万份。",
        "钦州占全区的15%。",
    ):
        found = only(f"全区情况：{text}")
        assert (found["verdict"], found["known"]) == ("unknown", None), text


def test_what_is_missing_or_new_or_expected_is_not_taken_for_the_whole() -> None:
    for text in (
        "钦州市本期新增承保28653份",
        "本期新增居前的县（市、区）依次为浦北县13828份",
        "桂林市差15628份",
        "日均还需承保601份",
        "达到应有进度的143%",
    ):
        found = only(f"全区情况：{text}。")
        assert (found["verdict"], found["known"]) == ("unknown", None), text
    assert only("全区新增承保306.19万份。")["verdict"] == "agrees"


def test_a_count_is_read_through_an_aside() -> None:
    _, six = checked("占常住人口比例高于全区平均水平（6.11%）的有6个市。")
    assert brief(six) == ("45", "penetration", "agrees")
    _, five = checked("占常住人口比例高于全区平均水平（6.11%）的有5个市。")
    assert brief(five) == ("45", "penetration", "differs")


def test_a_sentence_without_a_region_may_be_about_the_whole_again() -> None:
    after_beihai = checked("北海市承保193926份。财政出资占17%。孝心保不足20万份。")
    assert [brief(one) for one in after_beihai[1:]] == [
        ("45", "fiscal_share", "agrees"),
        ("45", "elder_units", "agrees_rounded"),
    ]
    own = checked("北海市承保193926份，财政出资占28%。保费1万元。")
    assert [brief(one) for one in own[1:]] == [("4505", "fiscal_share", "agrees"), ("4505", "premium", "differs")]


def test_every_indicator_that_a_text_may_mean_has_a_chinese_name() -> None:
    words = [words for words, _ in MEANINGS] + ["未决赔款1万元", "孝心保保费1万元", "孝心保增长5%", "报案同比增加5件"]
    found = [claim for text in words for claim in claims_in(f"全区{text}。", places(), 2021)]
    assert {name for claim in found for name in claim.meaning.identifiers if definition_of(name).name == name} == set()


def test_a_county_learns_nothing_about_its_neighbours() -> None:
    text = "我县承保206011份，居全市第一。灵山171833份，钦州市459005份，全区306.19万份，北海等11个市完成任务。"
    found = checked(text, "450722", "450722")
    assert [brief(one)[0] for one in found] == ["450722", "450722", None, None, None, None]
    assert [one["verdict"] for one in found] == ["agrees", *["unknown"] * 5]
    assert not any(name in one["explanation"] for one in found for name in ("灵山", "钦州", "广西", "北海"))
    wanted = {claim.region for claim in claims_in(text, places("450722", "450722"), 2021)}
    assert wanted == {"450722", ""}


def test_a_day_that_the_text_names_is_found() -> None:
    assert days_in("截至2021年7月31日（上次2021-08-31），２０２１年2月30日。") == [JULY, YEAR_END]


HOSTILE = {
    "one number of 50,000 digits": "1" * 50_000,
    "digits and commas": "1," * 25_000,
    "full width": "９" * 50_000,
    "letters": "a" * 50_000,
    "ids": "a1" * 25_000,
    "names": "钦州、" * 16_000,
    "all together": "钦州、北海分别" * 7_000,
    "kinship": "全区" * 25_000,
    "words": "完成任务同比增长" * 6_000,
    "brackets": "(" * 50_000,
    "minus": "-" * 50_000,
    "new lines": "\n1." * 16_000,
    "years": "2020年" * 10_000,
    "Chinese numerals": "百分之" + "一" * 49_000,
    "ranks": "居前" * 25_000,
    "one endless sentence": "钦州市承保完成任务比去年增加1万份、" * 1_990,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_text_keeps_the_checker_busy(text: str) -> None:
    gazetteer, known = places(), ledger()
    began = time.process_time()
    findings_of(claims_in(text[:50_000], gazetteer, 2021), known)
    days_in(text[:50_000])
    assert time.process_time() - began < 10, "a text that explodes takes minutes"


def test_more_numbers_than_are_checked_at_once_are_refused_and_not_forgotten() -> None:
    with pytest.raises(TooManyFigures):
        checked("1份，" * 2_001)
    assert len(checked("1份，" * 2_000)) == 2_000


def test_a_quoted_sentence_is_cut_and_the_place_is_kept() -> None:
    found = checked("承保" * 2_000 + "306.19万份" + "好" * 5_000)[-1]
    assert "306.19万份" in found["sentence"]
    assert len(found["sentence"]) < 400
