"""Fonts, sizes and paragraphs of an official document in Word."""

from dataclasses import dataclass
from typing import Any, cast

from docx.document import Document as Draft
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Pt, RGBColor
from docx.styles.style import CharacterStyle, ParagraphStyle
from docx.text.paragraph import Paragraph

FANGSONG, KAI, HEI, SONG, TITLE = "仿宋_GB2312", "楷体_GB2312", "黑体", "宋体", "方正小标宋简体"
LATIN = "Times New Roman"
_KEPT = ("Chart Title", "Imprint", "Mark", "Attachment", "Next Attachment")
RED = RGBColor(0xD7, 0x00, 0x0F)
PITCH = 28.95
"""Points from line to line: 22 lines on 225 mm."""
_CLOSER = -5
"""Twentieths of a point between characters of 16 points: 28 of them on 156 mm."""
_LEFT, _CENTER, _RIGHT = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
_JUSTIFY = WD_ALIGN_PARAGRAPH.JUSTIFY


@dataclass(frozen=True)
class Look:
    """How a paragraph looks; sizes in points, indents in hundredths of a character as Word counts them."""

    font: str = FANGSONG
    size: float = 16
    align: WD_ALIGN_PARAGRAPH = _JUSTIFY
    first: int = 0
    left: int = 0
    pitch: float | None = PITCH
    around: float = 0
    color: RGBColor | None = None


_LOOKS = {
    "Normal": Look(first=200),
    "Flush": Look(),
    "Title": Look(TITLE, 22, _CENTER, pitch=34),
    "Subtitle": Look(KAI, 16, _CENTER),
    "Heading 1": Look(HEI, first=200),
    "Heading 2": Look(TITLE, 20, _CENTER, pitch=30, around=14),
    "Mark": Look(HEI, align=_LEFT),
    "Attachment": Look(align=_LEFT, left=600, first=-400),
    "Next Attachment": Look(align=_LEFT, left=600, first=-100),
    "Signature": Look(align=_RIGHT),
    "Issuer": Look(TITLE, 40, _CENTER, pitch=None, color=RED),
    "Reference": Look(align=_CENTER),
    "Draft Mark": Look(HEI, 14, _RIGHT, pitch=None, color=RED),
    "Page Number": Look(SONG, 14, _LEFT, pitch=None),
    "Imprint": Look(FANGSONG, 14, _LEFT, pitch=26),
    "Chart Title": Look(HEI, 14, _CENTER, pitch=None),
    "Picture": Look(FANGSONG, 12, _CENTER, pitch=None),
    "Anchor": Look(FANGSONG, 1, _LEFT, pitch=1),
    "Note": Look(FANGSONG, 12, _LEFT, pitch=18),
}


def set_styles(draft: Draft) -> None:
    """Give the document the styles above, and 楷体 for the sentences that lead a paragraph."""
    for name, look in _LOOKS.items():
        _set_look(_style(draft, name), look)
    kai = cast(CharacterStyle, draft.styles.add_style("Kai", WD_STYLE_TYPE.CHARACTER))
    set_font(kai.element.get_or_add_rPr(), KAI)


def add_paragraph(draft: Any, text: str, style: str = "Normal", *, right: float = 0, before: float = 0) -> Paragraph:
    """A paragraph at the end of a document, cell, header or footer; `right` and `before` in points."""
    paragraph: Paragraph = draft.add_paragraph(text, style)
    if right:
        paragraph.paragraph_format.right_indent = Pt(right)
    if before:
        paragraph.paragraph_format.space_before = Pt(before)
    return paragraph


def set_font(properties: Any, font: str) -> None:
    """Chinese in `font`, Latin letters and digits in Times New Roman; no font of a theme."""
    fonts = properties.get_or_add_rFonts()
    fonts.attrib.clear()
    for name in ("w:ascii", "w:hAnsi", "w:cs"):
        fonts.set(qn(name), LATIN)
    fonts.set(qn("w:eastAsia"), font)


def element(name: str, text: str | None = None, /, **attributes: object) -> Any:
    """An element with attributes of Word's namespace."""
    made = OxmlElement(name)
    made.text = text
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), str(value))
    return made


def _style(draft: Draft, name: str) -> ParagraphStyle:
    if name in [style.name for style in draft.styles]:
        return cast(ParagraphStyle, draft.styles[name])
    made = cast(ParagraphStyle, draft.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH))
    made.base_style = draft.styles["Normal"]
    return made


def _set_look(style: ParagraphStyle, look: Look) -> None:
    for old in (style.element.pPr, style.element.rPr):
        if old is not None:
            style.element.remove(old)
    set_font(style.element.get_or_add_rPr(), look.font)
    style.font.size, style.font.bold = Pt(look.size), False
    style.font.color.rgb = look.color or RGBColor(0, 0, 0)
    properties = style.element.rPr
    if look.size == 16:
        properties.insert_element_before(element("w:spacing", val=_CLOSER), "w:w", "w:kern", "w:sz")
    properties.append(element("w:lang", val="en-US", eastAsia="zh-CN"))
    _set_spacing(style, look)
    _set_indent(style, look)


def _set_spacing(style: ParagraphStyle, look: Look) -> None:
    form = style.paragraph_format
    form.alignment, form.widow_control = look.align, False
    form.space_before = form.space_after = Pt(look.around)
    form.line_spacing_rule = WD_LINE_SPACING.EXACTLY if look.pitch else WD_LINE_SPACING.SINGLE
    if look.pitch:
        form.line_spacing = Pt(look.pitch)
    if look.pitch != PITCH:
        before = ("w:spacing", "w:ind", "w:jc")
        style.element.pPr.insert_element_before(element("w:snapToGrid", val=0), *before)
    if (style.name or "").startswith("Heading") or style.name in _KEPT:
        form.keep_with_next = True


def _set_indent(style: ParagraphStyle, look: Look) -> None:
    """In characters for Word, and in points for programs that do not count characters."""
    form = style.paragraph_format
    form.first_line_indent, form.left_indent = Pt(look.first / 100 * look.size), Pt(look.left / 100 * look.size)
    indent = style.element.pPr.ind
    indent.set(qn("w:hangingChars" if look.first < 0 else "w:firstLineChars"), str(abs(look.first)))
    indent.set(qn("w:leftChars"), str(look.left))
