"""Each rule's own words as a county clerk reads them: one realistic case each, and how it sounds when it is over."""

from datetime import date
from typing import Any

import pytest

from services.notify.rules.notices import notice_of
from services.notify.rules.wording.vocabulary import OWN_WORDS
from shared.contracts.judgements import BulletinPublished, RegionMilestone
from tests.rules.notice_cases import CASES, NAMES, QINZHOU, good_news, news

SAID = {
    "behind_pace": (
        "【滞后提醒】南宁市关爱保险进度落后，为应达进度的86.6%",
        "截至2021年8月3日，南宁市2021年度关爱保险累计承保393057份，按序时进度应承保454124份，"
        "为应达进度的86.6%，低于90%的提醒线。",
        "达到解除标准还差38361份，到年度结束平均每天至少需承保1279份。",
        "差距主要在：横州市（差11035份）、宾阳县（差8123份）、上林县（差3011份）。",
        "下一步：请于本周内把所差份数逐级分解到下一级和每名协保员，每天报送进展；优先走访上年参保、"
        "今年尚未续保的家庭；并在平台上对本提醒作出表态，写明赶上进度的日期和措施。",
    ),
    "negative_growth": (
        "【滞后提醒】南宁市关爱保险同比减少3.15万份",
        "截至2021年8月3日，南宁市2021年度关爱保险累计承保393057份，上年同期为424582份，"
        "同比减少31525份（下降7.4%），低于同比增量不少于0份的要求。",
        "追平上年同期还差31525份。",
        "下一步：请会同承保机构核对上年参保、今年尚未续保的家庭，逐户回访，弄清是没有通知到、"
        "不愿续保还是已经外出，十日内补齐能够续保的份数；减少最多的地方由负责人到场督办，"
        "并在平台上作出表态。",
    ),
    "low_penetration": (
        "【滞后提醒】南宁市关爱保险覆盖率偏低，占常住人口的3.63%",
        "截至2021年8月3日，南宁市2021年度关爱保险累计承保317319份，常住人口8741584人，"
        "占常住人口的3.63%，低于3.66%的提醒线（按上一级平均水平折算）。",
        "达到解除标准还差29578份，到年度结束平均每天至少需承保986份。",
        "差距主要在：宾阳县（差9120份）、横州市（差7001份）。",
        "下一步：请逐村摸清尚未参保的家庭，列出清单分到每名协保员上门宣传；到覆盖较好的邻近地区学习做法；"
        "外出务工的家庭用电话和微信联系；并在平台上对本提醒作出表态，写明每月新增的份数。",
    ),
    "fiscal_dependence": (
        "【滞后提醒】来宾市关爱保险过于依赖财政，财政出资占80.9%",
        "截至2021年8月3日，来宾市2021年度关爱保险保费收入1004.2万元，"
        "其中财政出资812.35万元，占80.9%，高于50%的提醒线。",
        "差距主要在：兴宾区（超出123.46万元）。",
        "下一步：请把宣传重点转到群众自费参保，不以财政一次性统保代替入户动员；与财政部门商定资助范围，"
        "只保特殊困难家庭；一个月内提出提高自费比例的分步安排，并在平台上作出表态。",
    ),
    "one_step": (
        "【核实提醒】来宾市关爱保险“一步到岸”，一天集中承保12.4万份，占年度任务的62.3%",
        "截至2021年8月3日，来宾市2021年度关爱保险由同一出资方在一天内集中承保124000份，"
        "占年度任务199000份的62.3%，达到30%的提醒线。",
        "下一步：请核对这批承保的出资文件和参保名单，逐户确认家庭知情、保单已经送到；"
        "对其余家庭继续入户动员，不以一次集中统保代替家庭自愿参保；在平台上作出表态并报上一级核实。"
        "本提醒只由人工确认后解除。",
    ),
    "elder_goal": (
        "【滞后提醒】南宁市孝心保进度落后，为应达进度的46.6%",
        "截至2021年8月3日，南宁市2021年度关爱保险中，孝心保累计承保9815份，"
        "按序时进度应承保21040份，为应达进度的46.6%，低于孝心保的序时目标。",
        "孝心保达到序时目标还差11226份，到年度结束平均每天至少需承保401份。",
        "差距主要在：横州市（差2211份）。",
        "下一步：请对照65周岁以上老人名册逐户走访，向子女讲清孝心保的保障，借老年人体检、"
        "节日慰问和老年协会活动集中宣传；并在平台上对本提醒作出表态，写明赶上进度的日期和措施。",
    ),
    "stalled": (
        "【滞后提醒】钦州市浦北县小江街道关爱保险已连续16天没有新增承保",
        "截至2021年8月3日，钦州市浦北县小江街道2021年度关爱保险已连续16天没有新增承保，达到14天的提醒线。",
        "完成年度任务还差1240份，到年度结束平均每天至少需承保45份。",
        "差距主要在：旧城村（差310份）。",
        "下一步：请在三日内查明原因：协保员是否在岗、宣传是否停顿、收了保费是否还没有录入；"
        "能够当天解决的当天解决，系统或单证问题请承保机构协助；并在平台上对本提醒作出表态，"
        "写明恢复承保的日期。",
    ),
    "slow_claims, share": (
        "【滞后提醒】钦州市理赔迟缓，超过时限的未结案件占13.3%",
        "截至2021年8月3日，钦州市2021年度关爱保险共有未结案件1200件，其中超过时限159件，占13.3%，高于10%的提醒线。",
        "下一步：请承保机构逐件列出超过时限和用时最长的案件，分清是缺材料、待调查还是待审批，"
        "每件落实经办人和结案日期；缺材料的由协保员上门协助补齐，困难家庭走绿色通道；"
        "每周通报一次进展，并在平台上作出表态。",
    ),
    "slow_claims, days": (
        "【滞后提醒】钦州市理赔迟缓，约一成赔案用时42天以上",
        "截至2021年8月3日，钦州市2021年度关爱保险约每十件赔案就有一件从报案到赔付用时42天以上，长于30天的提醒线。",
        "下一步：请承保机构逐件列出超过时限和用时最长的案件，分清是缺材料、待调查还是待审批，"
        "每件落实经办人和结案日期；缺材料的由协保员上门协助补齐，困难家庭走绿色通道；"
        "每周通报一次进展，并在平台上作出表态。",
    ),
    "low_satisfaction": (
        "【滞后提醒】钦州市理赔满意率偏低，为94.1%",
        "截至2021年8月3日，钦州市2021年度关爱保险理赔回访收到答复320条，其中满意301条，满意率94.1%，低于96%的要求。",
        "下一步：请承保机构在一周内逐户回访答复不满意的家庭，分清是时效、金额还是态度问题，"
        "能改的当场改，不能赔的把理由讲清；同类问题集中整改，结果报同级计生协，并在平台上作出表态。",
    ),
    "no_agent": (
        "【滞后提醒】钦州市浦北县小江街道有5个村没有在岗协保员",
        "截至2021年8月3日，钦州市浦北县小江街道18个村中有5个村没有在岗协保员，未达到每个村至少有一名协保员的要求。",
        "空缺在：旧城村、平石村、大岭村等5个村。",
        "下一步：请会同村“两委”在两周内为空缺的村推选协保员，完成培训并在平台登记；"
        "到岗之前由邻村协保员或专管员代办，参保、报案不断档；并在平台上对本提醒作出表态，"
        "写明到岗日期。",
    ),
    "data_stale": (
        "【数据停报】广西壮族自治区数据停止上报，已有5天没有收到承保机构的数据",
        "截至2021年8月3日，平台已有5天没有收到广西壮族自治区任何承保机构上报的数据，超过3天的时限。",
        "停报期间各项数字停在最后一次上报时，不反映工作进展。",
        "下一步：请联系承保机构的信息技术人员，检查报送程序、网络和账号；平台管理员用 guanai doctor 检查连接、"
        "队列和待处理事件；恢复后请把停报期间的数据补报齐全。",
    ),
    "a rule of next year": (
        "【滞后提醒】南宁市关爱保险“renewal_rate”指标越过提醒线，为0.3671",
        "截至2021年8月3日，南宁市2021年度关爱保险“renewal_rate”指标为0.3671（分子301，分母820），提醒线为0.45。",
        "下一步：请核实数据、查明原因，逐项提出改进措施，并在平台上对本提醒作出表态，写明责任人和完成日期。",
    ),
}
OVER: dict[str, tuple[dict[str, Any], str, str]] = {
    "low_penetration": (
        {"numerator": 351000, "value": 351000 / 8741584},
        "【好消息】南宁市关爱保险覆盖率回升，占常住人口的4.02%",
        "南宁市2021年度关爱保险累计承保351000份，常住人口8741584人，占常住人口的4.02%，已达到解除标准。",
    ),
    "one_step": (
        {},
        "【已确认】来宾市关爱保险“一步到岸”提醒已由人工确认",
        "来宾市2021年度关爱保险由同一出资方在一天内集中承保124000份，占年度任务199000份的62.3%，已由人工确认。",
    ),
    "elder_goal": (
        {"numerator": 21900, "denominator": 21100, "value": 21900},
        "【好消息】南宁市孝心保已赶上进度，为应达进度的103.8%",
        "南宁市2021年度关爱保险中，孝心保累计承保21900份，按序时进度应承保21100份，为应达进度的103.8%，已达到解除标准。",
    ),
    "stalled": (
        {"numerator": 0, "value": 0},
        "【好消息】钦州市浦北县小江街道关爱保险恢复承保",
        "钦州市浦北县小江街道2021年度关爱保险又有新的承保，已达到解除标准。",
    ),
    "slow_claims, share": (
        {"numerator": 50, "value": 50 / 1200},
        "【好消息】钦州市理赔提速，超过时限的未结案件占比降至4.2%",
        "钦州市2021年度关爱保险共有未结案件1200件，其中超过时限50件，占4.2%，已达到解除标准。",
    ),
    "slow_claims, days": (
        {"numerator": 22, "value": 22},
        "【好消息】钦州市理赔提速，九成赔案在22天内赔付",
        "钦州市2021年度关爱保险九成赔案从报案到赔付用时不超过22天，已达到解除标准。",
    ),
    "low_satisfaction": (
        {"numerator": 312, "value": 312 / 320},
        "【好消息】钦州市理赔满意率回升至97.5%",
        "钦州市2021年度关爱保险理赔回访收到答复320条，其中满意312条，满意率97.5%，已达到解除标准。",
    ),
    "no_agent": (
        {"numerator": 0, "value": 0, "children": ()},
        "【好消息】钦州市浦北县小江街道村村都有了协保员",
        "钦州市浦北县小江街道每个村都有在岗协保员，已达到解除标准。",
    ),
    "data_stale": (
        {"numerator": 0, "value": 0},
        "【好消息】广西壮族自治区数据恢复上报",
        "平台重新收到广西壮族自治区承保机构上报的数据，数据上报已经恢复。",
    ),
}
MILESTONES = {
    "guideline_reached": ("完成年度指导任务", "累计承保320015份，完成年度指导任务。", "盼总结好的做法"),
    "stretch_reached": ("完成年度力争目标", "累计承保320015份，完成年度力争目标。", "来年更上一层楼"),
    "goal_growth": ("承保份数超过上年全年", "累计承保320015份，承保份数超过上年全年。", "“两个高于”之一"),
    "goal_elder": ("达到孝心保年度目标", "孝心保累计承保320015份，达到孝心保年度目标。", "“两个高于”之一"),
    "all_paid": ("达成“all_paid”", "达成“all_paid”，数值为320015。", "全体协保员的努力！"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_rule_says_its_figures_where_most_is_missing_and_what_to_do(case: str) -> None:
    rule, evidence, place = CASES[case]
    notice = notice_of(news(rule, evidence, place), NAMES)
    title, *text = SAID[case]
    assert notice["title"] == title
    signed = f"——关爱保险平台（编号 {rule}.{place[0]}.2021.1.warning）"
    assert notice["text"].split("\n") == [*text, signed]


@pytest.mark.parametrize("case", OVER)
def test_what_is_over_is_told_in_the_words_of_its_rule(case: str) -> None:
    (rule, evidence, place), (better, title, figures) = CASES[case], OVER[case]
    notice = notice_of(good_news(rule, evidence.model_copy(update=better), place), NAMES)
    assert notice["title"] == title
    told, lifted, signed = notice["text"].split("\n")
    assert told == f"截至2021年8月3日，{figures}"
    assert lifted.startswith(f"自2021年8月1日起的“{OWN_WORDS[rule].name}”提醒现予解除，历时2天。")
    assert signed.endswith(".1.recovered）")


def test_only_a_person_ends_one_step_and_nobody_is_told_that_anything_was_achieved() -> None:
    rule, evidence, place = CASES["one_step"]
    text = notice_of(good_news(rule, evidence, place), NAMES)["text"]
    assert "已由人工确认" in text
    assert "达到解除标准" not in text
    assert "防止反弹" not in text


@pytest.mark.parametrize("severity", ["warning", "severe"])
@pytest.mark.parametrize("make", [news, good_news])
def test_data_that_stopped_is_a_matter_of_it_and_never_of_lagging(severity: str, make: Any) -> None:
    rule, evidence, place = CASES["data_stale"]
    notice = notice_of(make(rule, evidence, place, severity=severity), NAMES)
    assert not [word for word in ("滞后", "落后", "表态", "差距") if word in notice["title"] + notice["text"]]


def test_every_vacancy_is_named_where_there_are_few() -> None:
    rule, evidence, place = CASES["no_agent"]
    few = evidence.model_copy(update={"numerator": 3, "value": 3})
    assert "空缺在：旧城村、平石村、大岭村。" in notice_of(news(rule, few, place), NAMES)["text"]


def test_a_day_of_delay_is_no_share_and_a_share_is_no_day() -> None:
    rule, evidence, place = CASES["slow_claims, days"]
    assert "%" not in notice_of(news(rule, evidence, place), NAMES)["text"]
    rule, evidence, place = CASES["slow_claims, share"]
    assert "天" not in notice_of(news(rule, evidence, place), NAMES)["text"]


@pytest.mark.parametrize("name", MILESTONES)
def test_a_milestone_congratulates_and_asks_for_nothing(name: str) -> None:
    done, figures, wish = MILESTONES[name]
    notice = notice_of(milestone(name), NAMES)
    assert (notice["id"], notice["kind"], notice["rule"]) == (f"{name}.4507.2021.reached", "milestone", name)
    assert (notice["as_of"], notice["episode"], notice["severity"]) == (date(2021, 5, 3), None, None)
    assert notice["title"] == f"【好消息】钦州市于2021年5月3日{done}"
    told, thanks, signed = notice["text"].split("\n")
    assert told == f"截至2021年5月3日，钦州市2021年度关爱保险{figures}"
    assert thanks.startswith("祝贺钦州市，感谢各级计生协、承保机构和全体协保员的努力！")
    assert wish in thanks
    assert signed == f"——关爱保险平台（编号 {name}.4507.2021.reached）"
    assert "表态" not in notice["text"]


def milestone(name: str) -> RegionMilestone:
    region, city = QINZHOU
    on = date(2021, 5, 3)
    return RegionMilestone(
        region=region, name=city, level="city", programme_year=2021, milestone=name, reached_on=on, value=320015.0
    )


def test_a_bulletin_says_what_it_is_and_where_to_read_it() -> None:
    notice = notice_of(bulletin("45"), NAMES)
    assert (notice["id"], notice["kind"], notice["rule"]) == ("bulletin.0190ab", "bulletin", None)
    assert notice["region_name"] == "广西壮族自治区"
    assert notice["title"] == "【通报】2021年度全区关爱保险工作通报"
    assert notice["text"].split("\n") == [
        "广西壮族自治区2021年度关爱保险年度通报《2021年度全区关爱保险工作通报》已经发布，数据截至2021年8月31日。",
        "全文请登录关爱保险平台阅读：/reporting/v1/bulletins/0190ab.html"
        "（同一地址另有 .docx、.pdf、.xlsx 版本可供下载）。",
        "——关爱保险平台（编号 bulletin.0190ab）",
    ]
    assert (notice["data"]["kind"], notice["data"]["bulletin_kind"]) == ("bulletin", "annual")


def test_a_bulletin_of_a_county_is_named_with_its_city_and_an_unknown_region_by_its_code() -> None:
    assert notice_of(bulletin("450722"), NAMES)["region_name"] == "钦州市浦北县"
    assert notice_of(bulletin("4612"), NAMES)["region_name"] == "4612"


def bulletin(region: str) -> BulletinPublished:
    return BulletinPublished(
        bulletin_id="0190ab",
        kind="annual",
        region=region,
        programme_year=2021,
        as_of=date(2021, 8, 31),
        title="2021年度全区关爱保险工作通报",
    )
