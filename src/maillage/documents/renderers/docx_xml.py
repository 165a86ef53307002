"""What python-docx has no word for: fields, anchors, the rules and the widths of tables, alternative texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

INK, ACCENT = RGBColor(0x1B, 0x2A, 0x41), RGBColor(0x1D, 0x4E, 0x89)
FONT = "Liberation Sans"
TEXT_WIDTH = 16.0  # cm, on A4 with margins of 2.5


def bookmark_name(name: str) -> str:
    """A bookmark's name: letters, digits and _, 40 at most."""
    return "".join(char if char.isalnum() else "_" for char in name)[:40]


def font(style: Any, size: float, colour: RGBColor) -> None:
    style.font.name, style.font.size, style.font.color.rgb = FONT, Pt(size), colour
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(theme), None)
    fonts.set(qn("w:cs"), FONT)
    fonts.set(qn("w:eastAsia"), FONT)


def mark(paragraph: Any, kind: str, *, dirty: bool = False) -> None:
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    if dirty:
        mark.set(qn("w:dirty"), "true")
    paragraph.add_run()._r.append(mark)


def field_start(paragraph: Any, code: str, *, dirty: bool = True) -> None:
    mark(paragraph, "begin", dirty=dirty)
    instruction = OxmlElement("w:instrText")
    instruction.set(qn("xml:space"), "preserve")
    instruction.text = f" {code} "
    paragraph.add_run()._r.append(instruction)
    mark(paragraph, "separate")


def field_end(paragraph: Any) -> None:
    mark(paragraph, "end")


def field(paragraph: Any, code: str, shown: str) -> None:
    field_start(paragraph, code, dirty=False)
    paragraph.add_run(shown)
    field_end(paragraph)


def link(paragraph: Any, anchor: str, label: str, *, superscript: bool = False) -> None:
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), bookmark_name(anchor))
    run = paragraph.add_run(label)
    run.font.superscript = superscript or None
    run.font.color.rgb = ACCENT if superscript else INK
    link.append(run._r)
    paragraph._p.append(link)


def repeat_as_head(row: Any) -> None:
    properties = row._tr.get_or_add_trPr()
    head = OxmlElement("w:tblHeader")
    head.set(qn("w:val"), "true")
    properties.append(head)


def keep_whole(row: Any) -> None:
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))


def rule(table: Any) -> None:
    """Horizontal rules only, and room above and below each line."""
    properties = table._tbl.tblPr
    borders, margins = OxmlElement("w:tblBorders"), OxmlElement("w:tblCellMar")
    for side, size, colour in (("top", "8", str(INK)), ("bottom", "8", str(INK)), ("insideH", "4", "C3CCD6")):
        border = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", size), ("space", "0"), ("color", colour)):
            border.set(qn(f"w:{name}"), value)
        borders.append(border)
    for side, twips in (("top", "50"), ("left", "60"), ("bottom", "30"), ("right", "60")):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), twips)
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    layout = properties.find(qn("w:tblLayout"))
    look = properties.find(qn("w:tblLook"))
    for element in (borders, margins):  # the schema fixes their order: borders, layout, margins, look
        if element is borders and layout is not None:
            layout.addprevious(element)
        elif look is not None:
            look.addprevious(element)
        else:
            properties.append(element)


def set_widths(table: Any, shares: Sequence[float]) -> None:
    """Widths of the columns, on the grid and on each cell, as Word wants both."""
    table.autofit = False
    for column, share in zip(table.columns, shares, strict=True):
        column.width = Cm(TEXT_WIDTH * share)
    for row in table.rows:
        for cell, share in zip(row.cells, shares, strict=True):
            cell.width = Cm(TEXT_WIDTH * share)


def describe(table: Any, text: str) -> None:
    for name in ("w:tblCaption", "w:tblDescription"):
        described = OxmlElement(name)
        described.set(qn("w:val"), text)
        table._tbl.tblPr.append(described)
