"""The ODT: real styles, a table of contents, table heads that repeat, alternative texts, French.

odfdo keeps the archive, the metadata and the styles; paragraphs and tables are written as XML here, where escaping is
in one place (`_escape`): what a person typed comes out literally.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import odfdo

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
from maillage.documents.renderers.odt_styles import AUTOMATIC, STYLES

NO_DATE = datetime(2000, 1, 1)  # noqa: DTZ001  (odfdo takes naive dates; the report's own date is on its cover)
TEXT_WIDTH_CM = 16.0
_KINDS = {
    ParagraphKind.BODY: "Text_20_body",
    ParagraphKind.LEAD: "Text_20_body",
    ParagraphKind.SMALL: "Small",
    ParagraphKind.PENDING: "Pending",
    ParagraphKind.WARNING: "Warning",
}


def render(document: Document) -> bytes:
    """The file; the same bytes for the same document."""
    return _Writer(document).write()


class _Writer:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.out = odfdo.Document("text")
        self.tables = self.pictures = 0
        self.widths: set[str] = set()

    def write(self) -> bytes:
        self._metadata()
        self._add_styles()
        self._page()
        body = self.out.body
        body.clear()
        for xml in self._parts():
            body.append(odfdo.Element.from_tag(xml))
        made = io.BytesIO()
        self.out.save(made, pretty=False)
        return without_clock(made.getvalue())

    def _metadata(self) -> None:
        cover, meta = self.document.cover, self.out.meta
        meta.title = f"{cover.title} – {cover.territory}"
        meta.subject = cover.subtitle
        meta.language = "fr-FR"
        meta.creator = cover.publisher
        meta.initial_creator = cover.publisher
        meta.creation_date = meta.date = NO_DATE
        meta.generator = "Maillage"

    def _add_styles(self) -> None:
        for xml in STYLES:
            self.out.insert_style(xml)
        for xml in AUTOMATIC:
            self.out.insert_style(xml, automatic=True)
        for level in self.out.styles.get_elements("//text:outline-level-style"):
            for part in ("style:num-format", "style:num-suffix", "loext:num-list-format"):
                level.set_attribute(part, "")  # the titles carry their own numbers

    def _page(self) -> None:
        """Head and foot of every page but the cover: title, marks, « page n / N »."""
        cover, styles = self.document.cover, self.out.styles
        for layout in styles.get_elements("//style:page-layout-properties"):
            layout.set_attribute("fo:page-width", "21cm")
            layout.set_attribute("fo:page-height", "29.7cm")
            for side in ("top", "bottom", "left", "right"):
                layout.set_attribute(f"fo:margin-{side}", "2.5cm")
        # odfdo types what it finds as optional; its own empty document has these elements.
        master: Any = styles.get_element('//style:master-page[@style:name="Standard"]')
        layout_name = master.get_attribute("style:page-layout-name")
        head = f'<text:p text:style-name="Small">{_escape(f"{cover.title} · {cover.territory}")}</text:p>'
        marks = _escape(" · ".join([*cover.marks, "page "]))
        page = (
            '<text:page-number text:select-page="current">1</text:page-number> / <text:page-count>1</text:page-count>'
        )
        foot = f'<text:p text:style-name="Small">{marks}{page}</text:p>'
        for xml in (f"<style:header>{head}</style:header>", f"<style:footer>{foot}</style:footer>"):
            master.append(odfdo.Element.from_tag(xml))
        first = (
            f'<style:master-page style:name="Cover" style:page-layout-name="{layout_name}" '
            'style:next-style-name="Standard"/>'
        )
        master.parent.append(odfdo.Element.from_tag(first))

    # --- content -----------------------------------------------------------------------------------------------------

    def _parts(self) -> Iterable[str]:
        declared = "".join(
            f'<text:sequence-decl text:display-outline-level="0" text:name="{word}"/>' for word in ("Tableau", "Figure")
        )
        yield f"<text:sequence-decls>{declared}</text:sequence-decls>"
        yield from self._cover()
        yield self._contents()
        for index, chapter in enumerate(self.document.chapters):
            yield _heading(chapter.title, 1, f"chapter-{chapter.key}", "BreakHeading" if index == 0 else "Heading_20_1")
            yield from self._blocks(chapter.blocks)
            for section in chapter.sections:
                yield _heading(section.title, 2)
                yield from self._blocks(section.blocks)
        yield from _notes(self.document.notes)

    def _cover(self) -> Iterable[str]:
        cover = self.document.cover
        yield _p("First", _escape(cover.publisher or " "))
        yield _p("Subtitle", _escape(cover.subtitle))
        yield _p("Title", _escape(cover.title))
        yield _p("Subtitle", _escape(cover.territory))
        for mark in cover.marks:
            yield _p("Mark", _escape(mark))
        yield _p("Text_20_body", _escape(f"Édité le {cover.edited_on}"))

    def _contents(self) -> str:
        entries = [(f"chapter-{chapter.key}", chapter.title) for chapter in self.document.chapters]
        if self.document.notes:
            entries.append(("notes", "Notes de source"))
        lines = "".join(_p("Contents_20_1", _link(anchor, _escape(label))) for anchor, label in entries)
        template = (
            '<text:table-of-content-entry-template text:outline-level="1" text:style-name="Contents_20_1">'
            '<text:index-entry-link-start/><text:index-entry-text/><text:index-entry-tab-stop style:type="right" '
            'style:leader-char="."/><text:index-entry-page-number/><text:index-entry-link-end/>'
            "</text:table-of-content-entry-template>"
        )
        return (
            '<text:table-of-content text:name="Sommaire" text:protected="false">'
            '<text:table-of-content-source text:outline-level="1">'
            '<text:index-title-template text:style-name="Contents_20_Heading">Sommaire</text:index-title-template>'
            f"{template}</text:table-of-content-source><text:index-body>"
            f'<text:index-title text:name="Sommaire_Titre">{_p("Break", "Sommaire")}</text:index-title>'
            f"{lines}</text:index-body></text:table-of-content>"
        )

    def _blocks(self, blocks: Iterable[Block]) -> Iterable[str]:
        for block in blocks:
            if isinstance(block, Paragraph):
                yield _p(_KINDS[block.kind], _spans(block.text))
            elif isinstance(block, Bullets):
                items = "".join(
                    f"<text:list-item>{_p('Text_20_body', _spans(item))}</text:list-item>" for item in block.items
                )
                yield f'<text:list text:style-name="List_20_1">{items}</text:list>'
            elif isinstance(block, Table):
                yield from self._table(block)
            elif isinstance(block, KeyFigures):
                for item in block.items:
                    yield _p("Key_20_figure", _spans(item.value))
                    yield _p("Text_20_body", _escape(item.label))
                    yield _p("Small", _spans(item.detail))
            else:
                yield from self._picture(block)

    def _table(self, block: Table) -> Iterable[str]:
        self.tables += 1
        yield _p("Caption", _numbered(block.caption))
        columns = "".join(self._column(share) for share in column_shares(block))
        head = "".join(
            _cell("Head", (Span(column.label, strong=True, notes=column.notes),), column.align)
            for column in block.columns
        )
        rows = "".join(self._row(block, index) for index in range(len(block.rows)))
        yield (
            f'<table:table table:name="Tableau{self.tables}" table:style-name="Grid">'
            f"<table:title>{_escape(plain(block.caption))}</table:title>{columns}"
            f'<table:table-header-rows><table:table-row table:style-name="Row">{head}</table:table-row>'
            f"</table:table-header-rows>{rows}</table:table>"
        )
        if block.note:
            yield _p("Small", _spans(block.note))

    def _column(self, share: float) -> str:
        """A column of its width, whose style is declared the first time that width is used."""
        width = round(TEXT_WIDTH_CM * share, 1)
        name = f"Column{width * 10:.0f}"
        if name not in self.widths:
            self.widths.add(name)
            self.out.insert_style(
                f'<style:style style:name="{name}" style:family="table-column">'
                f'<style:table-column-properties style:column-width="{width:.1f}cm"/></style:style>',
                automatic=True,
            )
        return f'<table:table-column table:style-name="{name}"/>'

    @staticmethod
    def _row(block: Table, index: int) -> str:
        row = block.rows[index]
        look = "Total" if row.total else "Cell"
        cells = "".join(_cell(look, text, column.align) for text, column in zip(row.cells, block.columns, strict=True))
        return f'<table:table-row table:style-name="Row">{cells}</table:table-row>'

    def _picture(self, block: Picture) -> Iterable[str]:
        self.pictures += 1
        content = pictures.png(block)
        path = f"Pictures/figure-{self.pictures}.png"
        container: Any = self.out.container  # optional for odfdo; a document that is open has one
        container.set_part(path, content)
        self.out.manifest.add_full_path(path, "image/png")
        width, height = pictures.size(content)
        tall = TEXT_WIDTH_CM * height / width
        yield _p(
            "Text_20_body",
            f'<draw:frame draw:name="Figure{self.pictures}" draw:style-name="Inline" text:anchor-type="as-char" '
            f'svg:width="{TEXT_WIDTH_CM:.2f}cm" svg:height="{tall:.2f}cm">'
            f'<draw:image xlink:href="{path}" xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/>'
            f"<svg:title>{_escape(plain(block.caption))}</svg:title><svg:desc>{_escape(block.alt)}</svg:desc></draw:frame>",
        )
        yield _p("Figure_20_caption", _numbered(block.caption))


# --- pieces of XML ---------------------------------------------------------------------------------------------------


def _escape(text: str) -> str:
    """Text as XML: markup characters kept as text, control characters that XML forbids dropped, breaks made breaks."""
    kept = "".join(char for char in text if char in "\n\t" or ord(char) >= 32)
    return escape(kept).replace("\t", "<text:tab/>").replace("\n", "<text:line-break/>")


def _p(style: str, inside: str) -> str:
    return f'<text:p text:style-name="{style}">{inside}</text:p>'


def _heading(title: str, level: int, anchor: str = "", style: str = "") -> str:
    mark = f"<text:bookmark text:name={quoteattr(anchor)}/>" if anchor else ""
    name = style or f"Heading_20_{level}"
    return f'<text:h text:style-name="{name}" text:outline-level="{level}">{mark}{_escape(title)}</text:h>'


def _link(anchor: str, inside: str) -> str:
    return f'<text:a xlink:type="simple" xlink:href={quoteattr("#" + anchor)}>{inside}</text:a>'


_TONES = {Tone.MUTED: "Muted", Tone.GOOD: "Good", Tone.ALERT: "Alert"}


def _spans(text: Text) -> str:
    return "".join(_span(span) for span in text)


def _span(span: Span) -> str:
    inside = _escape(span.text)
    looks = [name for name, on in (("Strong", span.strong), ("Emphasis", span.emphasis)) if on]
    looks += [_TONES[span.tone]] if span.tone in _TONES else []
    for look in looks:
        inside = f'<text:span text:style-name="{look}">{inside}</text:span>' if inside else ""
    for index, number in enumerate(span.notes):
        label = f", {number}" if index else str(number)
        inside += f'<text:span text:style-name="Note_20_mark">{_link(f"note-{number}", label)}</text:span>'
    return inside


def _cell(look: str, text: Text, align: Align) -> str:
    style = "Table_20_number" if align is Align.END else "Table_20_cell"
    inside = _p(style, _spans(text))
    return f'<table:table-cell table:style-name="{look}" office:value-type="string">{inside}</table:table-cell>'


def _numbered(caption: Text) -> str:
    """« Tableau 3. … » with its number as a sequence field, which the office's own tools list and renumber."""
    word, _, rest = plain(caption).partition(" ")
    number, dot, end = rest.partition(".")
    formula = f'text:formula="ooow:{word}+1" style:num-format="1"'
    field = f'<text:sequence text:name="{word}" {formula}>{_escape(number)}</text:sequence>'
    notes = _spans(tuple(replace(span, text="") for span in caption))
    return f"{_escape(word)} {field}{_escape(dot + end)}{notes}"


def _notes(notes: Sequence[SourceNote]) -> Iterable[str]:
    if not notes:
        return
    yield _heading("Notes de source", 1, "notes")
    for note in notes:
        mark = f'<text:bookmark text:name="note-{note.number}"/>'
        yield _p("Small", f"{mark}{_escape(f'{note.number}. {note.text}')}")
