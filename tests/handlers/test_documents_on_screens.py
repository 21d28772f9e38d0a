"""A bulletin on screens: the page, the plain text, and what a chat group gets."""

import struct
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from services.reporting.gateways.documents import write
from services.reporting.gateways.documents.charts import drawn
from services.reporting.gateways.documents.web_page import content_security_policy
from services.reporting.rules.bulletins.document import Chart, Document, Series
from services.reporting.rules.bulletins.outline import width
from tests.handlers.bulletin_samples import FORMULA, MARKUP, SCRIPT, annual, curve_chart, growth_chart, hostile

VOID = {"meta"}


class Page(HTMLParser):
    """The page as its parser sees it: every element with its attributes, and its texts."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def test_the_page_is_whole_and_needs_nothing_else() -> None:
    page = Page(write(annual(), "html"))
    assert page.open == []
    assert len(page.all("style")) == 1
    assert page.all("html") == [{"lang": "zh-CN"}]
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.elements}
    assert not [name for _, attributes in page.elements for name in attributes if name in ("style", "src", "href")]
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


def test_the_page_carries_a_policy_that_lets_nothing_in_but_its_own_style() -> None:
    policy = Page(write(annual(), "html")).all("meta")[1]
    assert policy["content"] == content_security_policy()
    assert content_security_policy().startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in content_security_policy()


def test_tables_have_captions_and_headers_for_columns_and_rows() -> None:
    page = Page(write(annual(), "html"))
    assert len(page.all("table")) == len(page.all("caption")) == 3 + 2
    scopes = [header.get("scope") for header in page.all("th")]
    assert set(scopes) == {"col", "row"}
    assert scopes.count("row") == 15 + 14 + 15 + 14 + 12


def test_charts_on_the_page_have_a_title_and_a_description_of_their_own() -> None:
    page = Page(write(annual(), "html"))
    labels = [attributes["aria-labelledby"] for attributes in page.all("svg")]
    assert labels == ["chart1-title chart1-desc", "chart2-title chart2-desc"]
    ids = [str(attributes["id"]) for _, attributes in page.elements if "id" in attributes]
    assert sorted(ids) == ["chart1-desc", "chart1-title", "chart2-desc", "chart2-title"]


def test_the_page_says_everything_in_order() -> None:
    text = "".join(Page(write(annual(is_draft=True), "html")).texts)
    said = (
        "草稿（送审稿）",
        "桂计生协〔2021〕12号",
        "各市、县",
        "一、总体情况",
        "第1号（2021年11月3日）",
        "发布后变化",
        "459,005",
        "3,302,238",
        "抄送",
    )
    places = [text.index(words) for words in said]
    assert places == sorted(places)
    assert "草稿" not in write(annual(), "html").decode()


def test_hostile_texts_stay_texts_on_the_page() -> None:
    page = Page(write(hostile(), "html"))
    assert page.open == []
    assert page.all("script") == []
    assert {SCRIPT, FORMULA, MARKUP} <= set(page.texts)
    assert not {"\x00", "\u202e"} & set("".join(page.texts))


@pytest.mark.parametrize("chart", [*annual().charts, growth_chart(), *hostile().charts], ids=lambda chart: chart.kind)
def test_a_drawing_is_sound_xml_with_all_of_it_inside(chart: Chart) -> None:
    root = ElementTree.fromstring(drawn(chart))
    right, bottom = (float(edge) for edge in root.attrib["viewBox"].split()[2:])
    for mark in root.iter():
        assert 0 <= float(mark.get("x", 0)) <= right
        assert 0 <= float(mark.get("y", 0)) <= bottom
        assert float(mark.get("x", 0)) + float(mark.get("width", 0)) <= right


def test_bars_are_ranked_and_go_left_below_zero() -> None:
    root = ElementTree.fromstring(drawn(growth_chart()))
    texts = [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0::2][0] == "百色市"
    assert texts[0::2][-1] == "南宁市"
    bars = {bar.get("fill"): float(bar.get("x", 0)) for bar in root.iter("{http://www.w3.org/2000/svg}rect")}
    assert len(bars) == 2
    assert bars["#b5480a"] < bars["#0072b2"]


def test_a_missing_value_is_a_gap_in_the_line_and_lines_differ_without_colour() -> None:
    lines = [*ElementTree.fromstring(drawn(curve_chart())).iter("{http://www.w3.org/2000/svg}polyline")]
    assert [len(line.attrib["points"].split()) for line in lines] == [4, 7, 12]
    assert {line.get("stroke-dasharray") for line in lines} == {None, "8 4"}


@pytest.mark.parametrize("kind", ["bars", "lines"])
@pytest.mark.parametrize("values", [(), (None,), (0.0,), (5.0,), (-3.0,), (1e15, 1e-9)])
def test_a_chart_of_next_to_nothing_is_still_drawn(kind: str, values: tuple[float | None, ...]) -> None:
    labels = tuple(f"市{at}" for at in range(len(values)))
    chart = Chart.model_validate({"title": "空", "kind": kind, "labels": labels, "series": ()})
    full = chart.model_copy(update={"series": (Series(name="份", values=values),)})
    assert ElementTree.fromstring(drawn(chart)).tag.endswith("svg")
    assert ElementTree.fromstring(drawn(full)).tag.endswith("svg")


def test_plain_text_aligns_its_tables_for_wide_characters() -> None:
    lines = write(annual(), "txt").decode().split("\n")
    begin = lines.index("附件2　2021年度各市承保份数占常住人口比例") + 2
    rows = [lines[begin], *lines[begin + 2 : begin + 16]]
    assert {width(row) for row in rows} == {width(lines[begin + 1])}
    assert rows[1].split() == ["1", "钦州市", "3,302,238", "13.90%"]
    assert "　　一、总体情况" in lines
    assert any(line.startswith("第1号（2021年11月3日）：钦州市承保份数由458005份更正为459005份") for line in lines)


def test_the_message_for_a_chat_group_is_its_lines() -> None:
    assert write(annual(), "chat.txt").decode().split("\n") == list(annual().chat)
    assert write(annual(is_draft=True), "chat.txt").decode().split("\n")[0] == "【草稿（送审稿）】"
    assert write(annual().model_copy(update={"chat": ()}), "chat.txt").decode() == annual().title


@pytest.mark.parametrize("count", [1, 36, 37, 38, 39, 500])
def test_a_message_of_more_than_2048_bytes_is_cut_where_a_line_ends(count: int) -> None:
    line = "全区累计承保306.1万余份，完成121%" + "。" * 3
    message = write(annual().model_copy(update={"chat": (line,) * count}), "chat.txt")
    whole = "\n".join([line] * count).encode()
    if len(whole) <= 2048:
        assert message == whole
    else:
        assert 2048 - len(line.encode()) - 5 < len(message) <= 2048
        assert set(message.decode().split("\n")) == {line, "…"}


def test_a_single_line_that_is_too_long_is_cut_between_characters() -> None:
    message = write(annual().model_copy(update={"chat": ("保" * 1000, "第二行")}), "chat.txt")
    assert message.decode() == "保" * 681 + "…"
    assert len(message) <= 2048


@pytest.mark.parametrize("sample", [annual(), annual(is_draft=True), hostile()], ids=["published", "draft", "hostile"])
def test_the_picture_is_1080_pixels_wide_and_below_two_megabytes(sample: Document) -> None:
    picture = write(sample, "chat.png")
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    wide, high = struct.unpack(">II", picture[16:24])
    assert wide == 1080
    assert 800 < high < 4000
    assert len(picture) < 2_000_000
