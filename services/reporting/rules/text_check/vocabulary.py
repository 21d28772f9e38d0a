"""The words near a number that say what it counts, found once per text."""

import re
from bisect import bisect_left
from dataclasses import dataclass

_WORDS: tuple[tuple[str, str], ...] = (
    ("level", r"(?:增长|增加|提高|上升|扩大|下降|减少|降低|减)[到至为]|增至|升至|降至"),
    ("loss", r"赔付率|赔款率|赔付比"),
    ("earned", r"已赚|满期"),
    ("incurred", r"未决|已发生|已报告"),
    ("reported", r"报案"),
    ("settled", r"结案"),
    ("paid", r"理赔金额|理赔款|赔付金额|赔付资金|赔付款|赔款|赔偿|赔付|给付"),
    ("claims", r"理赔件数|理赔案件|理赔|赔案|出险"),
    ("premium", r"承保金额|保险费|保费|保金"),
    ("per_unit", r"份均|每份|元/份|/份"),
    ("per_household", r"户均|每户|元/户|/户"),
    ("per_claim", r"件均|案均|每件|元/件|/件"),
    ("average", r"人均|平均每人"),
    ("fiscal", r"财政"),
    ("self_paid", r"群众自费|自费|自筹|自缴|群众出资|个人缴费|个人出资"),
    ("donated", r"捐助|捐赠|社会资助|其他资助"),
    ("elder", r"孝心保险|孝心险|孝心保|孝心"),
    ("stretch", r"(?:力争|新增?|奋斗|追加后?|调整后|提高后)的?(?:年度|指导)?(?:任务|目标)"),
    ("target", r"(?:指导|年度|全年|既定|下达的?)?(?:任务|目标|计划)数?"),
    ("completion", r"完成率|完成比例|完成(?=\d+(?:\.\d+)?%)"),
    ("penetration", r"常住人口|参保率|覆盖率|渗透率|覆盖面"),
    ("share", r"占比|占|比例|比重"),
    ("satisfaction", r"满意率|满意度|满意"),
    ("response", r"回访率|回复率|反馈率|回访"),
    ("down", r"负增长|减少|下降|下滑|减幅|降幅|降低|缩减"),
    ("rate", r"增幅|增速|增长率"),
    ("growth_full", r"[比较与同](?:去年|上年)(?:全年|年度|整年)"),
    (
        "growth",
        r"同比|环比|[比较与同](?:去年|上年|上一年)(?:(?:同期|同日)(?!\d)|(?!同期|同日|度?\d))|增长|增加|增量|净增|上升|提高|多增",
    ),
    ("last_day", r"(?:去年|上年|上一年)度?(?:同期|同日)"),
    ("last", r"(?:去年|上年|上一年)度?"),
    ("this", r"今年|本年度?"),
    ("days", r"时效|赔付周期|理赔周期|到账|用时"),
    ("units", r"承保|参保|投保|份数|购买|销售|保单"),
    ("households", r"户数|参保户|参保家庭|农户"),
    ("persons", r"人数|被保险人|参保人员"),
    ("beside", r"新增|还差|相差|差距|差额|缺口|差(?=\d)|还需|尚需|日均|应有进度|序时进度|预计|低于|高于"),
    ("year", r"(?<!\d)20\d\d年(?:度|全年)?+(?!\d{1,2}月|以来|起|至|底|末|初)"),
)
_PATTERN = re.compile("|".join(f"(?P<{tag}>{words})" for tag, words in _WORDS))
_AGAINST_YEAR = re.compile(r"[与较比同]$")


@dataclass(frozen=True)
class Tag:
    """What a word points to, and where it stands."""

    name: str
    start: int
    end: int


class Vocabulary:
    """The telling words of one text; `year` is the programme year asked for."""

    def __init__(self, text: str, year: int) -> None:
        self._tags = [tag for match in _PATTERN.finditer(text) for tag in _tags(match, text, year)]
        self._starts = [tag.start for tag in self._tags]

    def between(self, start: int, end: int, most: int = 12) -> list[Tag]:
        """The tags that lie in a stretch of the text, the last first."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        return [tag for tag in self._tags[max(first, last - most) : last] if tag.end <= end][::-1]


def _tags(match: re.Match[str], text: str, year: int) -> list[Tag]:
    name = match.lastgroup or ""
    if name == "year":
        against = _AGAINST_YEAR.search(text[max(match.start() - 1, 0) : match.start()])
        named = {year: "this", year - 1: "last"}.get(int(match[0][:4]), "elsewhen")
        name = "growth" if against else named
    return [Tag(name, match.start(), match.end())]
