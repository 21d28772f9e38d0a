"""Which numbers a Chinese text holds: figures, ranks and counts of regions, but no dates, documents or ages."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from services.reporting.rules.text_check.written import Hedge, Unit, Written

LONGEST_NUMBER = 15
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．％﹪－−：；（）", "0123456789.%%--:;()")
_CHINESE = "零〇一二两三四五六七八九十百"
_DIGIT = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_PART = r"次|届|期|号|条|章|节|款|轮|批|季度|季|页|部分|阶段|产业|个|代"

_NOT_A_FIGURE = "|".join(
    (
        r"(?<!\d)\d{4}[-~—至]{1,2}\d{4}年度?",
        r"(?<!\d)\d{2,4}年(?:度|\d{1,2}月(?:\d{1,2}[日号]?)?)?(?:[-~—至]{1,2}\d{1,2}月(?:\d{1,2}[日号])?)?",
        r"(?<!\d)\d{1,2}[-~—至]{0,2}\d{0,2}月(?:份|底|初|末|\d{1,2}[日号]?(?:[-~—至]{1,2}\d{1,2}日)?)?",
        r"(?<!\d)\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)",
        r"(?<!\d)\d{1,2}(?::\d{2}){1,2}(?!\d)",
        r"[〔\[(【]\d{4}[〕\])】]第?\d{1,6}号?",
        r"(?<!\d)\d{1,6}号",
        r"(?<![\d.])\d{1,4}(?:\.\d{1,4}){2,5}(?![\d.])",
        rf"第(?:\d{{1,6}}|[{_CHINESE}]{{1,4}})(?:{_PART})?",
        r"(?<!\d)\d{1,3}(?:周?岁|天)?[-~—至]{1,2}\d{1,3}周?岁",
        r"(?<!\d)\d{1,3}[-~—至]\d{1,3}天",
        r"(?<!\d)\d{1,3}(?:周岁|岁|年|个月|周|小时|分钟|季度)",
        r"(?<!\d)0\d{2,3}-\d{7,8}(?!\d)",
        r"(?<!\d)1[3-9]\d{9}(?![\d.万亿])",
        r"(?<![A-Za-z0-9])[A-Za-z]{1,12}[A-Za-z0-9_-]{0,30}",
        r"(?m:^[ \t　]{0,8}\(?\d{1,2}[).、](?!\d))",
        r"\(\d{1,2}\)",
    )
)
_FRAME = r"全[国省区市县州旗镇乡]|各(?:设区)?市|各县"
_RANK = (
    rf"(?:(?:(?:位居|位列|位于|名列|排名|排在|排|列|居(?!民|家))(?:于|在)?(?P<frame>{_FRAME})?|(?P<frame_alone>{_FRAME}))"
    rf"[^\d\s，,。；;、第前首榜末倒]{{0,4}}|(?=倒数|第(?:\d{{1,4}}|[{_CHINESE}]{{1,3}})[位名]))"
    rf"(?P<back>倒数)?(?:第(?P<place>\d{{1,4}}|[{_CHINESE}]{{1,3}})(?:位|名|(?!{_PART}))"
    rf"|前(?P<among>\d{{1,3}}|[{_CHINESE}]{{1,2}})(?:位|名|(?=[，,。；;、]))|(?P<first>首位|榜首)|(?P<bottom>末位))"
)
_TALLY = (
    rf"(?P<tally>(?<!\d)\d{{1,4}}个?|[{_CHINESE}]{{1,3}}个)"
    r"(?P<kind>设区市|地级市|城市|市|县\(市、?区\)|县市区|县区|城区|区|县|乡镇|街道|镇|乡|行政村|村)(?!场|民|级)"
)
_PERCENT = rf"百分之(?P<percent>\d{{1,3}}(?:\.\d{{1,6}})?|[{_CHINESE}点]{{1,10}})"
_NUMBER = (
    r"(?P<sign>(?<![\d%万亿份户件元])-)?(?<![\d.])(?P<digits>\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?P<fraction>\.\d+)?"
    r"(?P<more>余|多)?(?P<scale>万|亿)?(?P<more_scaled>余|多)?"
    r"(?P<unit>个百分点|百分点|%|元|份|户|件|宗|起|笔|人次|人|名|天|个工作日)?(?P<after>左右|上下|以上|以下|余|多)?"
)
_TOKEN = re.compile(rf"(?P<skip>{_NOT_A_FIGURE})|(?P<rank>{_RANK})|{_TALLY}|{_PERCENT}|(?P<number>{_NUMBER})")

_UNITS: dict[str, Unit] = {
    "个百分点": "points", "百分点": "points", "%": "ratio", "元": "yuan", "份": "units", "户": "households",
    "件": "claims", "宗": "claims", "起": "claims", "笔": "claims", "人次": "persons", "人": "persons",
    "名": "persons", "天": "days", "个工作日": "days",
}  # fmt: skip
_SCALE = {"万": Decimal(10_000), "亿": Decimal(100_000_000)}
_COUNTED = re.compile(r"[个次家场支册套辆台篇张条所处位项倍元]")
_BEFORE: tuple[tuple[re.Pattern[str], Hedge], ...] = (
    (re.compile(r"(?:超过|突破|逾|超|高于|多于|大于|超出)$"), "over"),
    (re.compile(r"(?:不足|不到|低于|少于|未达到)$"), "under"),
    (re.compile(r"(?:将近|接近|近)$"), "near"),
    (re.compile(r"(?:大约|约|大概|约为)$"), "about"),
)
_AFTER: dict[str, Hedge] = {
    "左右": "about",
    "上下": "about",
    "以上": "over",
    "以下": "under",
    "余": "more",
    "多": "more",
}
_LEVEL = {
    "市": "city",
    "县": "county",
    "区": "county",
    "镇": "township",
    "乡": "township",
    "街": "township",
    "村": "village",
}


@dataclass(frozen=True)
class Token:
    """A number and, for a rank, its frame (全区) and kind (place, among, back), or the level of counted regions."""

    written: Written
    frame: str = ""
    kind: str = "amount"
    level: str = ""


def plain(text: str) -> str:
    """The same text, character by character, with ASCII digits and signs."""
    grouped = re.sub(r"(?<=[０-９])，(?=[０-９]{3}(?![０-９]))", ",", text)
    return grouped.translate(_FULL_WIDTH)


def tokens_in(text: str) -> list[Token]:
    """All numbers of a plain text in order; a number without a unit takes it from the list it stands in."""
    found = [token for match in _TOKEN.finditer(text) if not match["skip"] for token in _token(match, text)]
    return [token for token in _with_units_of_lists(found, text) if _says_something(token, text)]


def _token(match: re.Match[str], text: str) -> Iterator[Token]:
    if match["rank"]:
        yield _rank(match)
    elif match["tally"]:
        kind = match["kind"].removeprefix("设区").removeprefix("地级").removeprefix("城")
        amount = whole_in(match["tally"].rstrip("个"))
        yield Token(_whole(match, amount, "regions"), kind="tally", level=_LEVEL[kind[0]])
    elif match["percent"]:
        yield Token(_percent(match))
    elif len(match["digits"]) <= LONGEST_NUMBER:
        yield Token(_number(match, text))


def _whole(match: re.Match[str], amount: int, unit: Unit) -> Written:
    return Written(match[0], match.start(), match.end(), Decimal(amount), Decimal(1), 0, unit)


def _rank(match: re.Match[str]) -> Token:
    place = match["place"] or match["among"]
    kind = "among" if match["among"] else "back" if match["back"] or match["bottom"] else "place"
    written = _whole(match, whole_in(place) if place else 1, "rank")
    return Token(written, match["frame"] or match["frame_alone"] or "", kind)


def whole_in(words: str) -> int:
    """`"12"`, `"十二"` and `"两百"` as numbers."""
    if words.isdigit():
        return int(words)
    total, digit = 0, 0
    for word in words:
        if word in "十百":
            total, digit = total + (digit or 1) * (10 if word == "十" else 100), 0
        else:
            digit = _DIGIT[word]
    return total + digit


def _percent(match: re.Match[str]) -> Written:
    words = match["percent"]
    whole, _, decimals = words.partition("." if words[0].isdigit() else "点")
    digits = "".join(d if d.isdigit() and d.isascii() else str(_DIGIT.get(d, 0)) for d in decimals)
    amount = Decimal(f"{whole_in(whole)}.{digits or 0}") / 100
    return Written(match[0], match.start(), match.end(), amount, Decimal("0.01"), len(digits), "ratio")


def _number(match: re.Match[str], text: str) -> Written:
    unit = _UNITS.get(match["unit"] or "", "")
    scale = _SCALE.get(match["scale"] or "", Decimal("0.01") if unit in ("ratio", "points") else Decimal(1))
    fraction = match["fraction"] or ""
    amount = Decimal(match["digits"].replace(",", "") + fraction) * scale * (-1 if match["sign"] else 1)
    decimals = max(len(fraction) - 1, 0)
    return Written(match[0], match.start(), match.end(), amount, scale, decimals, unit, _hedge(match, text))


def _hedge(match: re.Match[str], text: str) -> Hedge:
    if match["more"] or match["more_scaled"]:
        return "more"
    if match["after"]:
        return _AFTER[match["after"]]
    before = text[max(match.start() - 3, 0) : match.start()]
    return next((hedge for pattern, hedge in _BEFORE if pattern.search(before)), "")


def _with_units_of_lists(tokens: Sequence[Token], text: str) -> list[Token]:
    done: list[Token] = []
    for token in reversed(tokens):
        follower = done[-1] if done else None
        done.append(_as_in_list(token, follower, text) if follower and not token.written.unit else token)
    return done[::-1]


def _as_in_list(token: Token, follower: Token, text: str) -> Token:
    """6.8万、6.4万、5.9万份: all three are 份."""
    between = text[token.written.end : min(follower.written.start, token.written.end + 12)]
    close = follower.written.start - token.written.end < 12 and between[:1] in ("、", "和", ",", "，")
    if not close or follower.kind != "amount" or follower.written.unit in ("", "other") or re.search("[。；]", between):
        return token
    scale = follower.written.scale if token.written.scale == 1 and follower.written.unit == "ratio" else None
    own = token.written
    amount, scale = (own.amount * scale, scale) if scale else (own.amount, own.scale)
    return replace(token, written=replace(own, unit=follower.written.unit, amount=amount, scale=scale))


def _says_something(token: Token, text: str) -> bool:
    """A bare small number is a numbering, a clause or a date's rest."""
    written = token.written
    counted = bool(_COUNTED.match(text[written.end : written.end + 1]))
    return bool(written.unit or written.scale > 1 or written.decimals or written.amount >= 1000 or counted)
