"""What a notice says: right figures, written as a Chinese reader expects them, and a next step for every rule."""

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.rules import numerals
from services.notify.rules.masks import masked_address
from services.notify.rules.notices import notice_id, notice_of
from shared.contracts.judgements import Contribution, Evidence, RegionLagging, RegionRecovered
from shared.contracts.values import level_of

RULES = [
    "behind_pace",
    "negative_growth",
    "low_penetration",
    "fiscal_dependence",
    "one_step",
    "elder_goal",
    "stalled",
    "slow_claims",
    "low_satisfaction",
    "no_agent",
    "a_rule_of_next_year",
]
PACE = Evidence(
    numerator=393057,
    denominator=454123.70000000001,
    value=0.8655284797952386,
    threshold=0.9,
    gap_units=38361,
    needed_per_day=1278.7000000000001,
    children=(
        Contribution(region="450126", name="宾阳县", gap=8123.400000000001),
        Contribution(region="450181", name="横州市", gap=11034.5),
        Contribution(region="450103", name="青秀区", gap=-512.0),
        Contribution(region="450124", name="马山县", gap=902.0),
        Contribution(region="450125", name="上林县", gap=3011.0),
    ),
)
GROWTH = Evidence(numerator=-31525, denominator=424582, value=-31525.0, threshold=0, gap_units=31525)
FISCAL = Evidence(
    numerator=8123456.78,
    denominator=10042000.5,
    value=0.8089480555,
    threshold=0.5,
    children=(Contribution(region="451302", name="兴宾区", gap=1234567.891),),
)


def news(rule: str, evidence: Evidence, region: str = "4501", name: str = "南宁市", **more: Any) -> RegionLagging:
    return RegionLagging(**{**_status(rule, evidence, region, name), **more})


def good_news(rule: str, evidence: Evidence, **more: Any) -> RegionRecovered:
    return RegionRecovered(**{**_status(rule, evidence, "4501", "南宁市"), "since": date(2021, 8, 1), **more})


def _status(rule: str, evidence: Evidence, region: str, name: str) -> dict[str, Any]:
    return {
        "region": region,
        "name": name,
        "level": level_of(region),
        "rule": rule,
        "programme_year": 2021,
        "episode": 1,
        "as_of": date(2021, 8, 3),
        "severity": "warning",
        "evidence": evidence,
    }


def test_a_region_behind_its_pace_reads_its_figures_and_what_to_do() -> None:
    notice = notice_of(news("behind_pace", PACE), {})
    assert notice["title"] == "【滞后提醒】南宁市关爱保险进度落后，为应达进度的86.6%"
    figures, gap, where, step, signed = notice["text"].split("\n")
    assert figures == (
        "截至2021年8月3日，南宁市2021年度关爱保险累计承保393057份，按序时进度应承保454124份，为应达进度的86.6%，低于90%的提醒线。"
    )
    assert gap == "达到解除标准还差38361份，到年度结束平均每天至少需承保1279份。"
    assert where == "差距主要在：横州市（差11035份）、宾阳县（差8123份）、上林县（差3011份）。"
    assert step.startswith("下一步：请于本周内")
    assert signed == "——关爱保险平台（编号 behind_pace.4501.2021.1.warning）"


def test_a_shrinking_region_is_compared_with_last_year() -> None:
    notice = notice_of(news("negative_growth", GROWTH), {})
    assert notice["title"] == "【滞后提醒】南宁市关爱保险同比减少3.15万份"
    assert "累计承保393057份，上年同期为424582份，同比减少31525份（下降7.4%）" in notice["text"]
    assert "追平上年同期还差31525份。" in notice["text"]
    assert "尚未续保的家庭，逐户回访" in notice["text"]


def test_a_region_that_lives_on_public_money_reads_it_in_yuan() -> None:
    notice = notice_of(news("fiscal_dependence", FISCAL, "4513", "来宾市", severity="severe"), {})
    assert notice["title"] == "【严重滞后】来宾市关爱保险过于依赖财政，财政出资占80.9%"
    assert "保费收入1004.2万元，其中财政出资812.35万元，占80.9%，高于50%的提醒线。" in notice["text"]
    assert "兴宾区（超出123.46万元）" in notice["text"]
    assert "群众自费" in notice["text"]


def test_recovery_is_good_news() -> None:
    better = PACE.model_copy(update={"numerator": 441000.0, "value": 0.9711, "threshold": 0.95})
    notice = notice_of(good_news("behind_pace", better, as_of=date(2021, 8, 31)), {})
    assert notice["title"] == "【好消息】南宁市关爱保险已赶上进度，为应达进度的97.1%"
    assert "已达到解除标准。" in notice["text"]
    assert "自2021年8月1日起的“进度落后”提醒现予解除，历时30天。" in notice["text"]
    assert "低于" not in notice["text"]


@pytest.mark.parametrize(("growth", "said"), [(5120.0, "恢复增长，同比增加5120份"), (0.0, "已追平上年同期")])
def test_growth_again_is_good_news_however_little(growth: float, said: str) -> None:
    evidence = Evidence(numerator=growth, denominator=424582, value=growth, threshold=0)
    assert said in notice_of(good_news("negative_growth", evidence), {})["title"]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("make", [news, good_news])
def test_every_rule_has_words_even_with_the_barest_evidence(rule: str, make: Any) -> None:
    notice = notice_of(make(rule, Evidence(numerator=12.0, threshold=3.0)), {})
    assert notice["title"].startswith(("【滞后提醒】南宁市", "【好消息】南宁市"))
    assert "None" not in notice["text"] + notice["title"]
    assert ("下一步：" in notice["text"]) == (make is news)


@given(
    st.sampled_from(RULES),
    st.floats(0, 1e9),
    st.floats(0, 1e9) | st.none(),
    st.floats(-1e9, 1e9) | st.none(),
    st.floats(0, 1e6),
)
def test_no_figure_shows_the_noise_of_floats(
    rule: str, numerator: float, denominator: float | None, value: float | None, threshold: float
) -> None:
    evidence = Evidence(numerator=numerator, denominator=denominator, value=value, threshold=threshold)
    notice = notice_of(news(rule, evidence), {})
    assert not re.search(r"\d\.\d{5,}|\de[+-]?\d|nan|inf|-0(?![.\d])", notice["title"] + notice["text"])


def test_a_county_is_named_with_its_city() -> None:
    notice = notice_of(news("behind_pace", PACE, "450103", "青秀区"), {"45": "广西壮族自治区", "4501": "南宁市"})
    assert notice["region_name"] == "南宁市青秀区"
    assert "南宁市青秀区2021年度" in notice["text"]


def test_the_same_stage_of_the_same_episode_has_the_same_id() -> None:
    first = news("behind_pace", PACE)
    assert notice_id(first) == notice_id(news("behind_pace", GROWTH, as_of=date(2021, 8, 9)))
    others = [
        news("behind_pace", PACE, severity="severe"),
        news("behind_pace", PACE, episode=2),
        news("behind_pace", PACE, programme_year=2022),
        news("behind_pace", PACE, region="4502"),
        news("negative_growth", PACE),
        good_news("behind_pace", PACE),
    ]
    assert len({notice_id(one) for one in [first, *others]}) == 7
    assert notice_id(good_news("behind_pace", PACE)) == notice_id(good_news("behind_pace", PACE, severity="severe"))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (numerals.units(459005.0), "459005份"),
        (numerals.units(404123.7), "404124份"),
        (numerals.units(-0.2), "0份"),
        (numerals.units_in_short(9815), "9815份"),
        (numerals.units_in_short(31525), "3.15万份"),
        (numerals.units_in_short(2530000), "253万份"),
        (numerals.yuan(63_976_700), "6397.67万元"),
        (numerals.yuan(9815.5), "9815.5元"),
        (numerals.percent(0.873), "87.3%"),
        (numerals.percent(0.9), "90%"),
        (numerals.percent(0.12345), "12.3%"),
        (numerals.percent(0.8996, 0.9), "89.96%"),
        (numerals.percent(0.89999, 0.9), "89.999%"),
        (numerals.percent(0.9, 0.9), "90%"),
        (numerals.plain(float("inf"), 1), "—"),
        (numerals.day(date(2021, 8, 3)), "2021年8月3日"),
    ],
)
def test_figures_are_written_as_a_chinese_reader_expects_them(said: str, expected: str) -> None:
    assert said == expected


@pytest.mark.parametrize(
    ("channel", "address", "shown"),
    [
        ("mail", "li.lei@county.example", "l***@county.example"),
        ("mail", "", ""),
        ("webhook", "https://hooks.example:8443/t0ken?key=1", "https://hooks.example/…"),
        ("wecom", "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa", "…5aaa"),
        ("wecom", "short", "…"),
    ],
)
def test_a_masked_address_can_be_recognised_but_not_used(channel: str, address: str, shown: str) -> None:
    assert masked_address(channel, address) == shown
