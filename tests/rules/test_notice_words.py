"""What a notice says: right figures, written as a Chinese reader expects them, and a next step for every rule."""

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.rules import numerals
from services.notify.rules.masks import masked_address
from services.notify.rules.news import notice_id
from services.notify.rules.notices import notice_of
from services.notify.rules.wording.vocabulary import OWN_WORDS
from shared.contracts.judgements import Contribution, Evidence
from tests.rules.notice_cases import FISCAL, GROWTH, LAIBIN, PACE, good_news, news

RULES = [*OWN_WORDS, "a_rule_of_next_year"]
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff”》）][,.;:!?()]|[,;:!?()][\u4e00-\u9fff“《（]")
NOISE = re.compile(r"\d\.\d{5,}|\de[+-]?\d|nan|inf|None|-0(?![.\d])")
UNFINISHED = re.compile(r"[，。；、]{2}|[，为占至的]$|（）|“”", re.MULTILINE)


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
    notice = notice_of(news("fiscal_dependence", FISCAL, LAIBIN, severity="severe"), {})
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
    assert re.match(r"【(滞后提醒|核实提醒|数据停报|好消息|已确认)】南宁市", notice["title"])
    assert "None" not in notice["text"] + notice["title"]
    assert ("下一步：" in notice["text"]) == (make is news)


FIGURE = st.just(0.0) | st.floats(1e-3, 1e9)


@given(
    st.sampled_from(RULES),
    st.sampled_from([news, good_news]),
    st.builds(
        Evidence,
        numerator=FIGURE,
        denominator=FIGURE | st.none(),
        value=st.floats(-1e9, 1e9) | st.none(),
        threshold=st.floats(0, 1e6) | st.floats(0, 1),
        gap_units=st.integers(-5, 10**7) | st.none(),
        needed_per_day=FIGURE | st.none(),
        children=st.lists(
            st.builds(Contribution, region=st.just("450181"), name=st.just("横州市"), gap=st.floats(-1e6, 1e6)),
            max_size=4,
        ),
    ),
)
def test_no_figure_shows_the_noise_of_floats_and_no_sentence_a_foreign_comma(
    rule: str, make: Any, evidence: Evidence
) -> None:
    notice = notice_of(make(rule, evidence), {})
    said = f"{notice['title']}\n{notice['text']}"
    assert not NOISE.search(said), said
    assert not HALF_WIDTH.search(said), said
    assert not UNFINISHED.search(said), said


def test_a_county_is_named_with_its_city() -> None:
    notice = notice_of(news("behind_pace", PACE, ("450103", "青秀区")), {"45": "广西壮族自治区", "4501": "南宁市"})
    assert notice["region_name"] == "南宁市青秀区"
    assert "南宁市青秀区2021年度" in notice["text"]


def test_the_same_stage_of_the_same_episode_has_the_same_id() -> None:
    first = news("behind_pace", PACE)
    assert notice_id(first) == notice_id(news("behind_pace", GROWTH, as_of=date(2021, 8, 9)))
    others = [
        news("behind_pace", PACE, severity="severe"),
        news("behind_pace", PACE, episode=2),
        news("behind_pace", PACE, programme_year=2022),
        news("behind_pace", PACE, ("4502", "柳州市")),
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
        (numerals.fine_percent(0.139), "13.90%"),
        (numerals.fine_percent(0.036331, 0.036334), "3.6331%"),
        (numerals.fine_percent(0.0366501, 0.0366504), "3.6650%"),
        (numerals.people(8_741_584), "8741584人"),
        (numerals.days(16.0), "16天"),
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
