"""The ODT: real styles, a table of contents, table heads that repeat, alternative texts, French.

odfdo keeps the archive, the metadata and the styles; paragraphs and tables are written as XML here, where escaping is
in one place (`_escape`): what a person typed comes out literally.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import odfdo

from maillage.documents import qr
from maillage.documents.model import (
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
    Span,
    Table,
    column_shares,
    joined,
    plain,
)
from maillage.documents.renderers import odt_styles, pictures
from maillage.documents.renderers import odt_xml as xml
from maillage.documents.renderers.archive import without_clock

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
        for part in self._parts():
            body.append(odfdo.Element.from_tag(part))
        made = io.BytesIO()
        self.out.save(made, pretty=False)
        return without_clock(made.getvalue())

    def _metadata(self) -> None:
        cover, meta = self.document.cover, self.out.meta
        meta.title = self.document.name
        meta.subject = cover.subtitle
        meta.language = "fr-FR"
        meta.creator = cover.publisher
        meta.initial_creator = cover.publisher
        meta.creation_date = meta.date = NO_DATE
        meta.generator = "Maillage"

    def _add_styles(self) -> None:
        for style in odt_styles.STYLES:
            self.out.insert_style(style)
        for style in odt_styles.AUTOMATIC:
            self.out.insert_style(style, automatic=True)
        for level in self.out.styles.get_elements("//text:outline-level-style"):
            for part in ("style:num-format", "style:num-suffix", "loext:num-list-format"):
                level.set_attribute(part, "")  # the titles carry their own numbers

    def _page(self) -> None:
        """Head and foot of every page but the cover: title, marks, « page n / N »."""
        styles = self.out.styles
        for layout in styles.get_elements("//style:page-layout-properties"):
            layout.set_attribute("fo:page-width", "21cm")
            layout.set_attribute("fo:page-height", "29.7cm")
            for side in ("top", "bottom", "left", "right"):
                layout.set_attribute(f"fo:margin-{side}", "2.5cm" if side in ("left", "right") else "2cm")
        for page_layout in styles.get_elements("//style:page-layout"):
            for style in odt_styles.HEAD_AND_FOOT:
                for old in page_layout.get_elements(style.partition(">")[0].lstrip("<")):
                    page_layout.delete(old)
                page_layout.append(odfdo.Element.from_tag(style))
        # odfdo types what it finds as optional; its own empty document has these elements.
        master: Any = styles.get_element('//style:master-page[@style:name="Standard"]')
        layout_name = master.get_attribute("style:page-layout-name")
        first: Any = odfdo.Element.from_tag(
            f'<style:master-page style:name="Cover" style:page-layout-name="{layout_name}" '
            'style:next-style-name="Standard"/>'
        )
        master.parent.append(first)
        foot = self._foot()
        self._furnish(master, self._head(running=True), foot)
        book = self.document.layout is Layout.BOOK
        bare = book and self.document.reference is None  # a cover without reference has no foot
        self._furnish(first, self._head(running=False), "" if bare else foot)

    @staticmethod
    def _furnish(master: Any, head: str, foot: str) -> None:
        for name, inside in (("header", head), ("footer", foot)):
            if inside:
                master.append(odfdo.Element.from_tag(f"<style:{name}>{inside}</style:{name}>"))

    def _head(self, *, running: bool) -> str:
        banner = xml.p("Banner", xml.escaped(self.document.banner)) if self.document.banner else ""
        return banner + (xml.p("Small", xml.escaped(self.document.running)) if running else "")

    def _foot(self) -> str:
        """The marks and the number of the page; with a reference, its code and its words before them."""
        marks, reference = self.document.cover.marks, self.document.reference
        page = (
            '<text:page-number text:select-page="current">1</text:page-number> / <text:page-count>1</text:page-count>'
        )
        last = xml.p("Small", xml.escaped(" · ".join([*marks, "page "])) + page)
        if reference is None:
            return last
        automatic: Any = self.out.styles.get_element("//office:automatic-styles")
        for style in odt_styles.FOOT:
            automatic.append(odfdo.Element.from_tag(style))
        code = xml.escaped(reference.placeholder)
        if not code:
            path = self._keep_picture("Pictures/code.png", qr.png(reference.url))
            code = xml.picture("Code", path, 1.7, 1.7, title="Code QR", alt=qr.alt(reference.text))
        return (
            '<table:table table:name="Pied" table:style-name="Foot"><table:table-column table:style-name="FootCode"/>'
            '<table:table-column table:style-name="FootWords"/><table:table-row>'
            f'<table:table-cell table:style-name="FootCell">{xml.p("Small", code)}</table:table-cell>'
            f'<table:table-cell table:style-name="FootCell">{xml.p("Small", xml.escaped(reference.text))}'
            f"</table:table-cell></table:table-row></table:table>{last}"
        )

    def _keep_picture(self, path: str, content: bytes) -> str:
        container: Any = self.out.container  # optional for odfdo; a document that is open has one
        container.set_part(path, content)
        self.out.manifest.add_full_path(path, "image/png")
        return path

    # --- content -----------------------------------------------------------------------------------------------------

    def _parts(self) -> Iterable[str]:
        declared = "".join(
            f'<text:sequence-decl text:display-outline-level="0" text:name="{word}"/>' for word in ("Tableau", "Figure")
        )
        yield f"<text:sequence-decls>{declared}</text:sequence-decls>"
        book = self.document.layout is Layout.BOOK
        yield from self._cover() if book else self._title()
        if book:
            yield self._contents()
        for index, chapter in enumerate(self.document.chapters):
            style = "BreakHeading" if book and index == 0 else "Heading_20_1"
            if chapter.title:
                yield xml.heading(chapter.title, 1, f"chapter-{chapter.key}" if book else "", style)
            yield from self._blocks(chapter.blocks)
            for section in chapter.sections:
                yield xml.heading(section.title, 2)
                yield from self._blocks(section.blocks)
        yield from xml.notes(self.document.notes)

    def _cover(self) -> Iterable[str]:
        cover = self.document.cover
        yield xml.p("First", xml.escaped(cover.publisher or " "))
        yield xml.p("Subtitle", xml.escaped(cover.subtitle))
        yield xml.p("Title", xml.escaped(cover.title))
        yield xml.p("Subtitle", xml.escaped(cover.territory))
        yield from self._first_words()

    def _title(self) -> Iterable[str]:
        cover = self.document.cover
        yield xml.p("FirstSheet", xml.escaped(cover.publisher or " "))
        yield xml.p("Title", xml.escaped(cover.title))
        for line in (cover.territory, cover.subtitle):
            if line:
                yield xml.p("Subtitle", xml.escaped(line))
        yield from self._first_words()

    def _first_words(self) -> Iterable[str]:
        """What the heads and feet of the pages repeat is said once in the text."""
        cover, reference = self.document.cover, self.document.reference
        for mark in self.document.warnings:
            yield xml.p("Mark", xml.escaped(mark))
        if reference is not None:
            words = xml.escaped(f"Référence : {reference.text}\n")
            address = xml.escaped(reference.url) if reference.placeholder else xml.address(reference.url)
            yield xml.p("Text_20_body", words + address)
        if cover.edited_on:
            yield xml.p("Text_20_body", xml.escaped(f"Édité le {cover.edited_on}"))

    def _contents(self) -> str:
        entries = [(f"chapter-{chapter.key}", chapter.title) for chapter in self.document.chapters]
        if self.document.notes:
            entries.append(("notes", "Notes de source"))
        lines = "".join(xml.p("Contents_20_1", xml.link(anchor, xml.escaped(label))) for anchor, label in entries)
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
            f'<text:index-title text:name="Sommaire_Titre">{xml.p("Break", "Sommaire")}</text:index-title>'
            f"{lines}</text:index-body></text:table-of-content>"
        )

    def _blocks(self, blocks: Iterable[Block]) -> Iterable[str]:
        for block in blocks:
            if isinstance(block, Paragraph):
                yield xml.p(_KINDS[block.kind], xml.spans(block.text))
            elif isinstance(block, Bullets):
                items = "".join(
                    f"<text:list-item>{xml.p('Text_20_body', xml.spans(item))}</text:list-item>" for item in block.items
                )
                yield f'<text:list text:style-name="List_20_1">{items}</text:list>'
            elif isinstance(block, Table):
                yield from self._table(block)
            elif isinstance(block, Picture):
                yield from self._picture(block)
            else:
                yield from self._other(block)

    def _other(self, block: KeyFigures | Facts | Signatures) -> Iterable[str]:
        if isinstance(block, KeyFigures):
            for figure in block.items:
                yield xml.p("Key_20_figure", xml.spans(figure.value))
                yield xml.p("Text_20_body", xml.escaped(figure.label))
                yield xml.p("Small", xml.spans(figure.detail))
        elif isinstance(block, Facts):
            for fact in block.items:
                yield xml.p("Fact", xml.escaped(fact.label))
                yield xml.p("Text_20_body", xml.spans(fact.value))
        else:
            yield from self._signatures(block)

    def _signatures(self, block: Signatures) -> Iterable[str]:
        """Two a line, with room to sign by hand where nothing is signed yet."""
        for start in range(0, len(block.items), 2):
            self.tables += 1
            pair = block.items[start : start + 2]
            cells = "".join(
                '<table:table-cell table:style-name="Room">'
                + xml.p("Text_20_body", xml.spans((Span(item.party, strong=True),)))
                + xml.p("Text_20_body", xml.escaped(joined("\n", item.name, item.signed)))
                + ("" if item.signed else xml.p("Room_20_to_20_sign", ""))
                + "</table:table-cell>"
                for item in pair
            )
            cells += '<table:table-cell table:style-name="Room"><text:p/></table:table-cell>' * (2 - len(pair))
            yield (
                f'<table:table table:name="Signatures{self.tables}" table:style-name="Grid">'
                f"{self._column(0.5) * 2}"
                f'<table:table-row table:style-name="Row">{cells}</table:table-row></table:table>'
            )

    def _table(self, block: Table) -> Iterable[str]:
        self.tables += 1
        if block.caption:
            yield xml.p("Caption", xml.caption(block.caption))
        columns = "".join(self._column(share) for share in column_shares(block))
        head = "".join(
            xml.cell("Head", (Span(column.label, strong=True, notes=column.notes),), column.align)
            for column in block.columns
        )
        rows = "".join(self._row(block, index) for index in range(len(block.rows)))
        yield (
            f'<table:table table:name="Tableau{self.tables}" table:style-name="Grid">'
            f"<table:title>{xml.escaped(plain(block.caption))}</table:title>{columns}"
            f'<table:table-header-rows><table:table-row table:style-name="Row">{head}</table:table-row>'
            f"</table:table-header-rows>{rows}</table:table>"
        )
        if block.note:
            yield xml.p("Small", xml.spans(block.note))

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
        cells = "".join(
            xml.cell(look, text, column.align) for text, column in zip(row.cells, block.columns, strict=True)
        )
        return f'<table:table-row table:style-name="Row">{cells}</table:table-row>'

    def _picture(self, block: Picture) -> Iterable[str]:
        self.pictures += 1
        content = pictures.png(block)
        path = self._keep_picture(f"Pictures/figure-{self.pictures}.png", content)
        width, height = pictures.size(content)
        tall = TEXT_WIDTH_CM * height / width
        title = plain(block.caption)
        name = f"Figure{self.pictures}"
        yield xml.p("Text_20_body", xml.picture(name, path, TEXT_WIDTH_CM, tall, title=title, alt=block.alt))
        yield xml.p("Figure_20_caption", xml.caption(block.caption))
