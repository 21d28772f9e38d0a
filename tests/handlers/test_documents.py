"""A bulletin in every format, opened and read back: Word, Excel, PDF, the page, texts and the picture."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from threading import Thread
from time import perf_counter
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from openpyxl import load_workbook
from pypdf import PdfReader

from services.reporting.gateways.documents import FORMATS, missing_fonts, write
from services.reporting.rules.bulletins.document import Document
from tests.handlers.bulletin_samples import CITIES, FORMULA, MARKUP, SCRIPT, annual, hostile
from tests.nodes.binaries import FONTS
from tests.nodes.unavailable import unavailable

TITLE = "关于2021年度全区计划生育家庭关爱保险工作情况的通报"
SAMPLES = {"published": annual(), "draft": annual(is_draft=True), "hostile": hostile()}


@pytest.fixture
def fonts() -> None:
    if missing_fonts():
        unavailable(f"no Chinese font here: install {FONTS}")


@pytest.fixture
def no_fonts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUANAI_FONT_DIR", str(tmp_path))


def words_of(pdf: bytes) -> str:
    return "".join("".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("format", FORMATS)
def test_the_same_bulletin_always_gives_the_same_bytes(format: str, sample: str) -> None:
    written = write(SAMPLES[sample], format)
    again = Document.model_validate_json(SAMPLES[sample].model_dump_json())
    assert written == write(again, format)


def test_nothing_in_a_package_tells_when_it_was_written() -> None:
    for format, years in (("docx", {2021}), ("xlsx", {1980, 2021})):
        package = zipfile.ZipFile(BytesIO(write(annual(), format)))
        assert {entry.date_time[0] for entry in package.infolist()} <= years, format
        assert b"2021-10-21T04:00:00Z" in package.read("docProps/core.xml"), format
    assert str(PdfReader(BytesIO(write(annual(), "pdf"))).metadata.creation_date).startswith("2021-10-21")  # type: ignore[union-attr]


def test_no_format_takes_long() -> None:
    assert (len(annual().tables), len(annual().charts)) == (3, 2)
    begun = perf_counter()
    assert all(write(annual(), format) for format in FORMATS)
    assert perf_counter() - begun < 15


def test_the_libraries_are_loaded_by_the_first_bulletin_that_needs_them() -> None:
    code = "import sys, services.reporting.gateways.documents; print({'docx', 'xlsxwriter', 'typst'} & {*sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout == "set()\n"


def test_many_threads_write_at_once() -> None:
    expected, written = write(annual(), "pdf"), []
    threads = [Thread(target=lambda: written.append(write(annual(), "pdf"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert written == [expected] * 4


class TestWord:
    @pytest.fixture
    def opened(self) -> Iterator[docx.document.Document]:
        yield docx.Document(BytesIO(write(annual(), "docx")))

    def test_the_page_has_the_measures_of_the_standard(self, opened: docx.document.Document) -> None:
        section = opened.sections[0]
        measures = {
            "page_width": 210, "page_height": 297, "top_margin": 37, "bottom_margin": 35, "left_margin": 28,
            "right_margin": 26,
        }  # fmt: skip
        for name, millimetres in measures.items():
            assert abs(getattr(section, name) - Mm(millimetres)) < Mm(0.1), name

    def test_every_kind_of_text_has_its_chinese_font_and_size(self, opened: docx.document.Document) -> None:
        wanted = {
            "Normal": ("仿宋_GB2312", 16), "Title": ("方正小标宋简体", 22), "Heading 1": ("黑体", 16),
            "Page Number": ("宋体", 14), "Issuer": ("方正小标宋简体", 40),
        }  # fmt: skip
        for name, (font, size) in wanted.items():
            style = opened.styles[name]
            assert style.element.rPr.rFonts.get(qn("w:eastAsia")) == font, name
            assert style.font.size == Pt(size), name
        assert opened.styles["Kai"].element.rPr.rFonts.get(qn("w:eastAsia")) == "楷体_GB2312"

    def test_body_lines_are_2895_points_apart_and_begin_two_characters_in(self, opened: docx.document.Document) -> None:
        body = opened.styles["Normal"]
        assert body.paragraph_format.line_spacing == Pt(28.95)
        assert body.element.pPr.ind.get(qn("w:firstLineChars")) == "200"

    def test_the_text_stands_in_its_order(self, opened: docx.document.Document) -> None:
        lines = [paragraph.text.replace("\n", "") for paragraph in opened.paragraphs if paragraph.text]
        assert lines[:4] == [
            "广西壮族自治区计划生育协会",
            "桂计生协〔2021〕12号",
            TITLE,
            "（本通报有1处更正，见文后“更正”）",
        ]
        assert lines[4] == "各市、县（市、区）计划生育协会："
        chapters = [line for line in lines if line[:2] in ("一、", "二、", "三、", "四、")]
        assert chapters == ["一、总体情况", "二、理赔服务情况", "三、存在的问题", "四、下一步工作"]
        listed = lines.index("附件：1.2021年度各市关爱保险任务完成情况")
        assert lines[listed + 4 : listed + 6] == ["广西壮族自治区计划生育协会", "2021年10月21日"]
        assert [heading for heading in lines if heading in ("附注", "更正", "发布后变化")] == [
            "附注",
            "更正",
            "发布后变化",
        ]
        assert any("由458005份更正为459005份。原因：浦北县一批保单补录" in line for line in lines)

    def test_a_paragraph_of_the_second_level_begins_in_kai(self, opened: docx.document.Document) -> None:
        found = [p for p in opened.paragraphs if p.text.startswith("（一）")]
        assert [run.text for run in found[0].runs if run.style.name == "Kai"] == ["（一）任务完成情况。"]

    def test_tables_repeat_their_header_and_set_figures_to_the_right(self, opened: docx.document.Document) -> None:
        table = opened.tables[0]
        assert len(opened.tables) == 3 + 1
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None  # type: ignore[union-attr]
        assert [cell.text for cell in table.rows[2].cells] == [
            "1",
            "百色市",
            "4510",
            "200,000",
            "303,178",
            "152%",
            "+68,412",
        ]
        assert str(table.cell(2, 3).paragraphs[0].alignment).startswith("RIGHT")
        assert opened.tables[2].cell(15, 1).text == "—"

    def test_charts_are_pictures_with_words(self, opened: docx.document.Document) -> None:
        assert len(opened.inline_shapes) == 2
        assert "钦州市 13.90%" in opened.inline_shapes[0]._inline.docPr.get("descr", "")

    def test_page_numbers_stand_outside_and_the_imprint_last(self, opened: docx.document.Document) -> None:
        assert opened.settings.odd_and_even_pages_header_footer
        section = opened.sections[0]
        odd, even = section.footer.paragraphs[0], section.even_page_footer.paragraphs[0]
        assert (str(odd.alignment), str(even.alignment)) == ("RIGHT (2)", "LEFT (0)")
        assert odd.text == even.text == "—  —"
        assert " PAGE " in section.footer._element.xml
        imprint = [row.cells[0].text for row in opened.tables[-1].rows]
        assert imprint == [
            "抄送：自治区卫生健康委，中国计划生育协会，各承保机构。",
            "广西壮族自治区计划生育协会\t2021年10月21日印发",
        ]

    def test_a_draft_says_so_on_every_page(self, opened: docx.document.Document) -> None:
        draft = docx.Document(BytesIO(write(annual(is_draft=True), "docx"))).sections[0]
        assert draft.header.paragraphs[0].text == draft.even_page_header.paragraphs[0].text == "草稿（送审稿）"
        assert opened.sections[0].header.paragraphs[0].text == ""

    def test_elements_stand_in_the_order_that_word_demands(self, opened: docx.document.Document) -> None:
        order = ["tblStyle", "tblpPr", "tblW", "jc", "tblBorders", "tblLayout", "tblLook"]
        for table in opened.tables:
            names = [child.tag.partition("}")[2] for child in table._tbl.tblPr]
            assert names == [name for name in order if name in names]
        lined = [p for p in opened.paragraphs if p._p.pPr is not None and p._p.pPr.find(qn("w:pBdr")) is not None]
        names = [child.tag.partition("}")[2] for child in lined[0]._p.pPr]  # type: ignore[union-attr]
        assert names.index("pBdr") < names.index("spacing")


class TestExcel:
    def test_numbers_are_numbers_unrounded_with_formats_and_codes_are_texts(self) -> None:
        book = load_workbook(BytesIO(write(annual(), "xlsx")))
        sheet = book.worksheets[1]
        row = [sheet.cell(4, column) for column in range(1, 8)]
        assert [cell.value for cell in row[:5]] == [1, "百色市", "4510", 200_000, 303_178]
        assert row[5].value == pytest.approx(303_178 / 200_000, abs=0)
        assert [cell.number_format for cell in row[2:]] == ["@", "#,##0", "#,##0", "0%", "+#,##0;-#,##0;0"]
        share = book.worksheets[2]["D3"]
        assert (share.number_format, share.value) == ("0.00%", pytest.approx(459_005 / 3_302_238, rel=1e-15))

    def test_money_is_in_wan_and_what_is_missing_is_a_dash(self) -> None:
        sheet = load_workbook(BytesIO(write(annual(), "xlsx"))).worksheets[3]
        assert [cell.value for cell in sheet[2]] == ["市", "保费（万元）", "财政出资占比", "赔付（万元）"]
        assert (sheet["B3"].value, sheet["B3"].number_format) == (pytest.approx(2343.06), "#,##0.00")
        assert [cell.value for cell in sheet[17]] == ["未报送单位", "—", "—", "—"]

    def test_a_sheet_prints_on_a4_with_its_merged_title_and_frozen_header(self) -> None:
        book = load_workbook(BytesIO(write(annual(), "xlsx")))
        assert book.sheetnames[0] == "正文"
        assert len(book.sheetnames) == 1 + 3 + 1
        sheet = book.worksheets[1]
        assert [str(merged) for merged in sheet.merged_cells.ranges] == ["A1:G1"]
        assert (sheet.freeze_panes, sheet.page_setup.paperSize, sheet.print_title_rows) == ("A3", 9, "$1:$2")
        assert sheet.print_area.endswith("$A$1:$G$18")
        assert sheet["A1"].value == "2021年度各市关爱保险任务完成情况"

    def test_charts_are_drawn_by_excel_from_cells(self) -> None:
        package = zipfile.ZipFile(BytesIO(write(annual(), "xlsx")))
        charts = sorted(name for name in package.namelist() if name.startswith("xl/charts/chart"))
        assert len(charts) == 2
        assert "<c:barChart>" in package.read(charts[0]).decode()
        assert "<c:f>图示!$B$3:$B$16</c:f>" in package.read(charts[0]).decode()
        assert load_workbook(BytesIO(write(annual(), "xlsx")))["图示"]["A3"].value == "钦州市"

    def test_no_text_becomes_a_formula(self) -> None:
        written = write(hostile(), "xlsx")
        cells = [cell for sheet in load_workbook(BytesIO(written)) for row in sheet.iter_rows() for cell in row]
        begun = [
            cell
            for cell in cells
            if isinstance(cell.value, str) and cell.value[:1] in "=+-@\t\n＝＋－＠" and cell.value
        ]
        assert len(begun) > 200
        assert {cell.data_type for cell in cells} <= {"s", "n"}
        assert all(cell.quotePrefix for cell in begun)
        package = zipfile.ZipFile(BytesIO(written))
        assert not any(b"<f>" in package.read(name) for name in package.namelist() if "worksheets/sheet" in name)


class TestPdf:
    def test_it_is_a4_and_says_everything(self, fonts: None) -> None:
        written = write(annual(), "pdf")
        pages = PdfReader(BytesIO(written)).pages
        assert {(round(page.mediabox.width), round(page.mediabox.height)) for page in pages} == {(595, 842)}
        words = words_of(written)
        for said in (TITLE, "桂计生协〔2021〕12号", "306.1万余份", "二、理赔服务情况", "459,005", "13.90%", "2,343.06"):
            assert said in words, said
        for said in (
            "附件：1.2021年度",
            "2021年10月21日",
            "第1号（2021年11月3日）",
            "发布后变化",
            "抄送：",
            "印发",
            "—1—",
        ):
            assert said in words, said
        assert all(row["name"] in words for row in CITIES)
        assert "草稿" not in words

    def test_every_page_of_a_draft_says_so(self, fonts: None) -> None:
        pages = PdfReader(BytesIO(write(annual(is_draft=True), "pdf"))).pages
        assert all("草稿（送审稿）" in page.extract_text() for page in pages)

    def test_a_table_that_breaks_repeats_its_header(self, fonts: None) -> None:
        long = annual().tables[1]
        table = long.model_copy(update={"rows": long.rows * 8})
        words = words_of(write(annual().model_copy(update={"tables": (table,), "charts": ()}), "pdf"))
        assert words.count("常住人口（人）") >= 3

    def test_charts_tell_in_words_what_they_show(self, fonts: None) -> None:
        root: Any = PdfReader(BytesIO(write(annual(), "pdf"))).trailer["/Root"]
        assert any("钦州市 13.90%" in words for words in alternatives(root["/StructTreeRoot"]))

    def test_text_is_data_and_never_markup(self, fonts: None) -> None:
        words = words_of(write(hostile(), "pdf")).replace("\u200b", "")
        for text in (SCRIPT, FORMULA, MARKUP):
            assert text.replace(" ", "") in words

    def test_without_a_chinese_font_it_comes_with_a_warning(self, no_fonts: None) -> None:
        assert missing_fonts()
        assert "WARNING:thisserverhasnoChinesefont" in words_of(write(annual(), "pdf"))
        assert write(annual(), "chat.png").startswith(b"\x89PNG")

    def test_with_a_font_it_does_not_warn(self, fonts: None) -> None:
        assert "WARNING" not in words_of(write(annual(), "pdf"))


def alternatives(node: Any) -> Iterator[str]:
    """What a tagged PDF says of its pictures, from this node of its structure on."""
    thing = node.get_object()
    if isinstance(thing, list):
        for kid in thing:
            yield from alternatives(kid)
    elif isinstance(thing, dict):
        yield str(thing.get("/Alt", ""))
        yield from alternatives(thing["/K"]) if "/K" in thing else ()
