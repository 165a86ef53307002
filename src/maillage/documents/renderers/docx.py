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

from maillage.documents import qr
from maillage.documents.model import (
    Align,
    Block,
    Bullets,
    Document,
    Facts,
    KeyFigures,
    Layout,
    Paragraph,
    ParagraphKind,
    Picture,
    Signatures,
    SourceNote,
    Span,
    Table,
    Text,
    Tone,
    column_shares,
    numbered,
    plain,
)
from maillage.documents.renderers import docx_xml as xml
from maillage.documents.renderers import pictures
from maillage.documents.renderers.archive import without_clock
from maillage.documents.renderers.docx_xml import ACCENT, INK, TEXT_WIDTH

TONES = {
    Tone.MUTED: RGBColor(0x4D, 0x58, 0x66),
    Tone.GOOD: RGBColor(0x23, 0x60, 0x3F),
    Tone.ALERT: RGBColor(0x8F, 0x1D, 0x21),
}
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
        if self.document.layout is Layout.BOOK:
            self._cover()
            self._contents()
        else:
            self._title()
        for chapter in self.document.chapters:
            if chapter.title:
                self._heading(chapter.title, 1, f"chapter-{chapter.key}" if self.document.layout is Layout.BOOK else "")
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
        properties.title = self.document.name
        properties.author = cover.publisher
        properties.language = "fr-FR"
        properties.subject = cover.subtitle
        properties.created = properties.modified = NO_DATE
        properties.last_modified_by = cover.publisher
        properties.comments = ""

    def _styles(self) -> None:
        styles = self.out.styles
        normal = styles["Normal"]
        xml.font(normal, 10.5, INK)
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
            xml.font(styles[name], size, ACCENT if name != "Heading 2" else INK)
            styles[name].paragraph_format.space_before = Pt(before)
            styles[name].paragraph_format.space_after = Pt(8)
        xml.font(styles["Caption"], 9, INK)
        styles["Caption"].font.bold = True
        styles["Caption"].font.italic = False

    def _page(self) -> None:
        section = self.out.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.5)
        section.top_margin = section.bottom_margin = Cm(2.5)
        if self.document.reference is not None:
            section.bottom_margin = Cm(3.6)  # room for the code
        section.different_first_page_header_footer = True
        book = self.document.layout is Layout.BOOK
        self._head(section.header.paragraphs[0], running=True)
        self._head(section.first_page_header.paragraphs[0], running=False)
        self._foot(section.footer)
        if self.document.reference is not None or not book:
            self._foot(section.first_page_footer)  # a cover without reference has no foot

    def _head(self, paragraph: Any, *, running: bool) -> None:
        if self.document.banner:
            run = paragraph.add_run(self.document.banner)
            run.bold, run.font.color.rgb = True, TONES[Tone.ALERT]
            if running:
                run.add_break()
        if running:
            paragraph.add_run(self.document.running)

    def _foot(self, footer: Any) -> None:
        """The marks and the number of the page; with a reference, its code and its words before them."""
        marks, reference = self.document.cover.marks, self.document.reference
        last = footer.paragraphs[0]
        if reference is not None:
            table = footer.add_table(1, 2, Cm(TEXT_WIDTH))
            xml.set_widths(table, (0.13, 0.87))
            last._p.addprevious(table._tbl)  # a foot ends by a paragraph
            picture, words = (cell.paragraphs[0] for cell in table.rows[0].cells)
            if reference.placeholder:
                picture.add_run(reference.placeholder)
            else:
                shape = picture.add_run().add_picture(io.BytesIO(qr.png(reference.url)), height=Cm(1.7))
                shape._inline.docPr.set("descr", qr.alt(reference.text))
            words.add_run(reference.text).font.size = Pt(8.5)
            picture.paragraph_format.space_before, words.paragraph_format.space_before = Pt(8), Pt(22)
        last.add_run(" · ".join([*marks, "page "]))
        xml.field(last, "PAGE", "1")
        last.add_run(" / ")
        xml.field(last, "NUMPAGES", "1")
        last.alignment = WD_ALIGN_PARAGRAPH.RIGHT

    def _cover(self) -> None:
        cover = self.document.cover
        first = self.out.add_paragraph(cover.publisher)
        first.paragraph_format.space_after = Pt(120)
        self.out.add_paragraph(cover.subtitle, style="Subtitle")
        self.out.add_paragraph(cover.title, style="Title")
        self.out.add_paragraph(cover.territory, style="Subtitle")
        self._first_words()

    def _title(self) -> None:
        cover = self.document.cover
        if cover.publisher:
            self.out.add_paragraph(cover.publisher)
        self.out.add_paragraph(cover.title, style="Title")
        for line in (cover.territory, cover.subtitle):
            if line:
                self.out.add_paragraph(line, style="Subtitle")
        self._first_words()

    def _first_words(self) -> None:
        """What the heads and feet of the pages repeat is said once in the text."""
        cover, reference = self.document.cover, self.document.reference
        for mark in self.document.warnings:
            run = self.out.add_paragraph().add_run(mark)
            run.bold, run.font.color.rgb = True, TONES[Tone.ALERT]
        if reference is not None:
            paragraph = self.out.add_paragraph(f"Référence : {reference.text}")
            paragraph.add_run().add_break()
            paragraph.add_run(reference.url)
        if cover.edited_on:
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
                xml.field_start(paragraph, 'TOC \\o "1-1" \\h \\z \\u')
            xml.link(paragraph, anchor, label)
            if index == len(entries) - 1:
                xml.field_end(paragraph)
        self.out.paragraphs[-1].add_run().add_break(WD_BREAK.PAGE)

    def _heading(self, title: str, level: int, anchor: str = "") -> None:
        heading = self.out.add_heading(title, level)
        if anchor:
            self._bookmark(heading, anchor)

    def _bookmark(self, paragraph: Any, name: str) -> None:
        self._ids += 1
        start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        start.set(qn("w:id"), str(self._ids))
        start.set(qn("w:name"), xml.bookmark_name(name))
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
            else:
                self._other(block)

    def _other(self, block: KeyFigures | Picture | Facts | Signatures) -> None:
        if isinstance(block, KeyFigures):
            self._key_figures(block)
        elif isinstance(block, Facts):
            self._facts(block)
        elif isinstance(block, Signatures):
            self._signatures(block)
        else:
            self._picture(block)

    def _paragraph(self, block: Paragraph) -> None:
        style = {ParagraphKind.WARNING: "Intense Quote", ParagraphKind.PENDING: "Quote"}.get(block.kind, "Normal")
        self._text(self.out.add_paragraph(style=style), block.text)

    def _caption(self, caption: Text, *, above: bool) -> None:
        """« Tableau 3. … », whose number is a field, so that the office's own tools list and renumber it."""
        paragraph = self.out.add_paragraph(style="Caption")
        paragraph.paragraph_format.keep_with_next = above
        parts = numbered(plain(caption))
        if parts is None:
            self._text(paragraph, caption)
            return
        word, number, rest = parts
        paragraph.add_run(f"{word} ")
        xml.field(paragraph, f"SEQ {word} \\* ARABIC", number)
        paragraph.add_run(rest)
        self._text(paragraph, tuple(replace(span, text="") for span in caption))  # its notes

    def _table(self, block: Table) -> None:
        if block.caption:
            self._caption(block.caption, above=True)
        made = self.out.add_table(rows=1, cols=len(block.columns))
        xml.rule(made)
        xml.describe(made, plain(block.caption))
        for cell, column in zip(made.rows[0].cells, block.columns, strict=True):
            self._cell(cell, (Span(column.label, strong=True, notes=column.notes),), column.align)
        xml.repeat_as_head(made.rows[0])
        for row in block.rows:
            cells = made.add_row().cells
            for cell, text, column in zip(cells, row.cells, block.columns, strict=True):
                self._cell(cell, text, column.align, strong=row.total)
            xml.keep_whole(made.rows[-1])
        xml.set_widths(made, column_shares(block))
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

    def _facts(self, block: Facts) -> None:
        """A label, and under it what is answered: read in order by everybody."""
        for item in block.items:
            paragraph = self.out.add_paragraph()
            label = paragraph.add_run(item.label)
            label.font.size, label.font.color.rgb = Pt(9), TONES[Tone.MUTED]
            label.add_break()
            self._text(paragraph, item.value)

    def _signatures(self, block: Signatures) -> None:
        for start in range(0, len(block.items), 2):
            pair = block.items[start : start + 2]
            table = self.out.add_table(rows=1, cols=2)
            xml.set_widths(table, (0.5, 0.5))
            xml.keep_whole(table.rows[0])
            for cell, item in zip(table.rows[0].cells, pair, strict=False):
                paragraph = cell.paragraphs[0]
                paragraph.add_run(item.party).bold = True
                for line in (item.name, item.signed):
                    if line:
                        paragraph.add_run().add_break()
                        paragraph.add_run(line)
                if not item.signed:
                    paragraph.paragraph_format.space_after = Cm(2.6)
            self.out.add_paragraph()

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
                xml.link(paragraph, f"note-{number}", f", {number}" if index else str(number), superscript=True)
