"""The DOCX: real styles, a table of contents that Word updates, table heads that repeat, alternative texts, French."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from maillage.documents.model import (
    Align,
    Block,
    Bullets,
    Document,
    KeyFigures,
    Paragraph,
    ParagraphKind,
    Picture,
    SourceNote,
    Span,
    Table,
    Text,
    Tone,
    column_shares,
    plain,
)
from maillage.documents.renderers import pictures
from maillage.documents.renderers.archive import without_clock

INK, ACCENT = RGBColor(0x1B, 0x2A, 0x41), RGBColor(0x1D, 0x4E, 0x89)
TONES = {
    Tone.MUTED: RGBColor(0x4D, 0x58, 0x66),
    Tone.GOOD: RGBColor(0x23, 0x60, 0x3F),
    Tone.ALERT: RGBColor(0x8F, 0x1D, 0x21),
}
FONT = "Liberation Sans"
TEXT_WIDTH = 16.0  # cm, on A4 with margins of 2.5
NO_DATE = datetime(2000, 1, 1)  # noqa: DTZ001  (python-docx takes naive dates; the report's own date is on its cover)


def render(document: Document) -> bytes:
    """The file; the same bytes for the same document."""
    return _Writer(document).write()


class _Writer:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.out: Any = docx.Document()
        self._ids = 0

    def write(self) -> bytes:
        self._properties()
        self._styles()
        self._page()
        self._cover()
        self._contents()
        for chapter in self.document.chapters:
            self._heading(chapter.title, 1, f"chapter-{chapter.key}")
            self._blocks(chapter.blocks)
            for section in chapter.sections:
                self._heading(section.title, 2)
                self._blocks(section.blocks)
        self._notes(self.document.notes)
        made = io.BytesIO()
        self.out.save(made)
        return without_clock(made.getvalue())

    # --- document ----------------------------------------------------------------------------------------------------

    def _properties(self) -> None:
        cover, properties = self.document.cover, self.out.core_properties
        properties.title = f"{cover.title} – {cover.territory}"
        properties.author = cover.publisher
        properties.language = "fr-FR"
        properties.subject = cover.subtitle
        properties.created = properties.modified = NO_DATE
        properties.last_modified_by = cover.publisher
        properties.comments = ""

    def _styles(self) -> None:
        styles = self.out.styles
        normal = styles["Normal"]
        _font(normal, 10.5, INK)
        normal.paragraph_format.space_after = Pt(6)
        normal.paragraph_format.line_spacing = 1.15
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), "fr-FR")
        language.set(qn("w:eastAsia"), "fr-FR")
        for old in styles.element.xpath("//w:rPrDefault/w:rPr/w:lang"):
            old.getparent().remove(old)
        styles.element.xpath("//w:rPrDefault/w:rPr")[0].append(language)
        for name, size, before in (
            ("Title", 34, 0),
            ("Subtitle", 16, 0),
            ("Heading 1", 17, 24),
            ("Heading 2", 12.5, 14),
        ):
            _font(styles[name], size, ACCENT if name != "Heading 2" else INK)
            styles[name].paragraph_format.space_before = Pt(before)
            styles[name].paragraph_format.space_after = Pt(8)
        _font(styles["Caption"], 9, INK)
        styles["Caption"].font.bold = True
        styles["Caption"].font.italic = False

    def _page(self) -> None:
        section = self.out.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.5)
        section.top_margin = section.bottom_margin = Cm(2.5)
        section.different_first_page_header_footer = True
        cover = self.document.cover
        head = section.header.paragraphs[0]
        head.text = f"{cover.title} · {cover.territory}"
        foot = section.footer.paragraphs[0]
        foot.text = " · ".join([*cover.marks, "page "])
        _field(foot, "PAGE", "1")
        foot.add_run(" / ")
        _field(foot, "NUMPAGES", "1")
        foot.alignment = WD_ALIGN_PARAGRAPH.RIGHT

    def _cover(self) -> None:
        cover = self.document.cover
        first = self.out.add_paragraph(cover.publisher)
        first.paragraph_format.space_after = Pt(120)
        self.out.add_paragraph(cover.subtitle, style="Subtitle")
        self.out.add_paragraph(cover.title, style="Title")
        self.out.add_paragraph(cover.territory, style="Subtitle")
        for mark in cover.marks:
            run = self.out.add_paragraph().add_run(mark)
            run.bold, run.font.color.rgb = True, TONES[Tone.ALERT]
        self.out.add_paragraph(f"Édité le {cover.edited_on}")

    def _contents(self) -> None:
        """A TOC field already filled with links, that a reader may update to get the page numbers."""
        title = self.out.add_paragraph("Sommaire", style="Subtitle")
        title.paragraph_format.page_break_before = True
        entries = [(f"chapter-{chapter.key}", chapter.title) for chapter in self.document.chapters]
        if self.document.notes:
            entries.append(("notes", "Notes de source"))
        for index, (anchor, label) in enumerate(entries):
            paragraph = self.out.add_paragraph()
            paragraph.paragraph_format.space_after = Pt(3)
            if index == 0:
                _field_start(paragraph, 'TOC \\o "1-1" \\h \\z \\u')
            _link(paragraph, anchor, label)
            if index == len(entries) - 1:
                _field_end(paragraph)
        self.out.paragraphs[-1].add_run().add_break(WD_BREAK.PAGE)

    def _heading(self, title: str, level: int, anchor: str = "") -> None:
        heading = self.out.add_heading(title, level)
        if anchor:
            self._bookmark(heading, anchor)

    def _bookmark(self, paragraph: Any, name: str) -> None:
        self._ids += 1
        start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        start.set(qn("w:id"), str(self._ids))
        start.set(qn("w:name"), _anchor(name))
        end.set(qn("w:id"), str(self._ids))
        paragraph._p.insert(1 if paragraph._p.pPr is not None else 0, start)
        paragraph._p.append(end)

    def _notes(self, notes: Sequence[SourceNote]) -> None:
        if not notes:
            return
        self._heading("Notes de source", 1, "notes")
        for note in notes:
            paragraph = self.out.add_paragraph(f"{note.number}. {note.text}")
            paragraph.paragraph_format.left_indent, paragraph.paragraph_format.first_line_indent = Cm(0.8), Cm(-0.8)
            paragraph.paragraph_format.space_after = Pt(2)
            self._bookmark(paragraph, f"note-{note.number}")

    # --- blocks ------------------------------------------------------------------------------------------------------

    def _blocks(self, blocks: Iterable[Block]) -> None:
        for block in blocks:
            if isinstance(block, Paragraph):
                self._paragraph(block)
            elif isinstance(block, Bullets):
                for item in block.items:
                    self._text(self.out.add_paragraph(style="List Bullet"), item)
            elif isinstance(block, Table):
                self._table(block)
            elif isinstance(block, KeyFigures):
                self._key_figures(block)
            else:
                self._picture(block)

    def _paragraph(self, block: Paragraph) -> None:
        style = {ParagraphKind.WARNING: "Intense Quote", ParagraphKind.PENDING: "Quote"}.get(block.kind, "Normal")
        self._text(self.out.add_paragraph(style=style), block.text)

    def _caption(self, caption: Text, *, above: bool) -> None:
        """« Tableau 3. … », whose number is a field, so that the office's own tools list and renumber it."""
        paragraph = self.out.add_paragraph(style="Caption")
        paragraph.paragraph_format.keep_with_next = above
        word, number, rest = _numbered(plain(caption))
        paragraph.add_run(f"{word} ")
        _field(paragraph, f"SEQ {word} \\* ARABIC", number)
        paragraph.add_run(rest)
        self._text(paragraph, tuple(replace(span, text="") for span in caption))  # its notes

    def _table(self, block: Table) -> None:
        self._caption(block.caption, above=True)
        made = self.out.add_table(rows=1, cols=len(block.columns))
        _rule(made)
        _describe(made, plain(block.caption))
        for cell, column in zip(made.rows[0].cells, block.columns, strict=True):
            self._cell(cell, (Span(column.label, strong=True, notes=column.notes),), column.align)
        _repeat_as_head(made.rows[0])
        for row in block.rows:
            cells = made.add_row().cells
            for cell, text, column in zip(cells, row.cells, block.columns, strict=True):
                self._cell(cell, text, column.align, strong=row.total)
            _keep_whole(made.rows[-1])
        _set_widths(made, column_shares(block))
        note = self.out.add_paragraph()
        if block.note:
            self._text(note, block.note, size=8.5)

    def _cell(self, cell: Any, text: Text, align: Align, *, strong: bool = False) -> None:
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(1)
        if align is Align.END:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        self._text(paragraph, text, size=9, strong=strong)

    def _key_figures(self, block: KeyFigures) -> None:
        """A plain list: read in order by everybody, and easy to rework."""
        for item in block.items:
            paragraph = self.out.add_paragraph()
            paragraph.paragraph_format.space_after = Pt(8)
            self._text(paragraph, item.value, size=16)
            paragraph.add_run().add_break()
            paragraph.add_run(item.label)
            paragraph.add_run().add_break()
            self._text(paragraph, item.detail, size=8.5)

    def _picture(self, block: Picture) -> None:
        paragraph = self.out.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        shape = paragraph.add_run().add_picture(io.BytesIO(pictures.png(block)), width=Cm(TEXT_WIDTH))
        shape._inline.docPr.set("descr", block.alt)
        shape._inline.docPr.set("title", plain(block.caption))
        self._caption(block.caption, above=False)

    def _text(self, paragraph: Any, text: Text, *, size: float | None = None, strong: bool = False) -> None:
        for span in text:
            if span.text:
                run = paragraph.add_run(span.text)  # a line feed becomes a break; markup is text
                run.bold, run.italic = span.strong or strong or None, span.emphasis or None
                if size:
                    run.font.size = Pt(size)
                if span.tone in TONES:
                    run.font.color.rgb = TONES[span.tone]
            for index, number in enumerate(span.notes):
                _link(paragraph, f"note-{number}", f", {number}" if index else str(number), superscript=True)


# --- what python-docx has no word for -----------------------------------------------------------------------------


def _anchor(name: str) -> str:
    """A bookmark's name: letters, digits and _, 40 at most."""
    return "".join(char if char.isalnum() else "_" for char in name)[:40]


def _numbered(caption: str) -> tuple[str, str, str]:
    """« Tableau 3. Crédits » parted as word, number, rest."""
    word, _, rest = caption.partition(" ")
    number, dot, end = rest.partition(".")
    return word, number, f"{dot}{end}"


def _font(style: Any, size: float, colour: RGBColor) -> None:
    style.font.name, style.font.size, style.font.color.rgb = FONT, Pt(size), colour
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(theme), None)
    fonts.set(qn("w:cs"), FONT)
    fonts.set(qn("w:eastAsia"), FONT)


def _mark(paragraph: Any, kind: str, *, dirty: bool = False) -> None:
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    if dirty:
        mark.set(qn("w:dirty"), "true")
    paragraph.add_run()._r.append(mark)


def _field_start(paragraph: Any, code: str, *, dirty: bool = True) -> None:
    _mark(paragraph, "begin", dirty=dirty)
    instruction = OxmlElement("w:instrText")
    instruction.set(qn("xml:space"), "preserve")
    instruction.text = f" {code} "
    paragraph.add_run()._r.append(instruction)
    _mark(paragraph, "separate")


def _field_end(paragraph: Any) -> None:
    _mark(paragraph, "end")


def _field(paragraph: Any, code: str, shown: str) -> None:
    _field_start(paragraph, code, dirty=False)
    paragraph.add_run(shown)
    _field_end(paragraph)


def _link(paragraph: Any, anchor: str, label: str, *, superscript: bool = False) -> None:
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), _anchor(anchor))
    run = paragraph.add_run(label)
    run.font.superscript = superscript or None
    run.font.color.rgb = ACCENT if superscript else INK
    link.append(run._r)
    paragraph._p.append(link)


def _repeat_as_head(row: Any) -> None:
    properties = row._tr.get_or_add_trPr()
    head = OxmlElement("w:tblHeader")
    head.set(qn("w:val"), "true")
    properties.append(head)


def _keep_whole(row: Any) -> None:
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))


def _rule(table: Any) -> None:
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


def _set_widths(table: Any, shares: Sequence[float]) -> None:
    """Widths of the columns, on the grid and on each cell, as Word wants both."""
    table.autofit = False
    for column, share in zip(table.columns, shares, strict=True):
        column.width = Cm(TEXT_WIDTH * share)
    for row in table.rows:
        for cell, share in zip(row.cells, shares, strict=True):
            cell.width = Cm(TEXT_WIDTH * share)


def _describe(table: Any, text: str) -> None:
    for name in ("w:tblCaption", "w:tblDescription"):
        described = OxmlElement(name)
        described.set(qn("w:val"), text)
        table._tbl.tblPr.append(described)
