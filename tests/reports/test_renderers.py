"""The three files: what they say, their structure, and that nothing typed is ever executed."""

from __future__ import annotations

import io
import re

import docx
import odfdo
import pytest

from maillage.documents.enums import Format
from maillage.documents.model import Table, column_shares, plain
from maillage.documents.renderers import render
from maillage.documents.renderers.characters import USUAL, missing_from_fonts
from maillage.reports.content import build
from tests.reports.invented import invented, nothing
from tests.reports.reading import office_text, pdf_pages, pdf_tags, pdf_text, xml_of

HOSTILE = 'État & Dpt <44> #let x = 1 $a$ *b* _c_ `d` \\e @f <g> #read("/etc/hostname") =h'


def written(format: Format, content: bytes) -> str:
    return pdf_text(content) if format is Format.PDF else office_text(content)


@pytest.mark.parametrize("format", list(Format))
def test_the_amounts_come_from_the_data(format: Format) -> None:
    first = written(format, render(build(invented()), format))
    second = written(format, render(build(invented(north="1616843")), format))
    assert "1\u202f516\u202f843" in first
    assert "1\u202f616\u202f843" in second
    assert "1\u202f516\u202f843" not in second
    assert "2\u202f041\u202f338" in second  # the total followed


@pytest.mark.parametrize("format", list(Format))
def test_the_same_document_gives_the_same_bytes(format: Format) -> None:
    document = build(invented())
    assert render(document, format) == render(document, format)


@pytest.mark.parametrize("format", list(Format))
def test_what_a_person_typed_comes_out_literally(format: Format) -> None:
    content = render(build(invented(hostile=HOSTILE)), format)
    assert HOSTILE.replace("*b*", "b") in re.sub(r"\s+", " ", written(format, content)).replace("*b*", "b")


@pytest.mark.parametrize("format", list(Format))
def test_a_year_without_data_builds_and_says_so(format: Format) -> None:
    assert "Aucun chiffre n’est enregistré pour 2031" in written(format, render(build(nothing()), format))


@pytest.mark.parametrize("format", list(Format))
def test_control_characters_do_not_break_a_file(format: Format) -> None:
    content = render(build(invented(hostile="a\x00b\x0bc\ufffe")), format)
    assert "Association 0" in written(format, content)


def test_a_character_that_the_fonts_do_not_have_leaves_a_mark() -> None:
    content = render(build(invented(hostile="avant 😀 et 漢字 après")), Format.PDF)
    assert "avant \ufffd et \ufffd\ufffd après" in pdf_text(content)
    assert missing_from_fonts(USUAL) <= {"\n", "\t"}


def test_the_pdf_is_tagged_french_and_titled() -> None:
    content = render(build(invented()), Format.PDF)
    assert b"/MarkInfo" in content
    assert b"/Marked true" in content
    assert re.search(rb"/Lang ?\(fr", content)
    assert b"pdfuaid:part" in content
    assert b"/DisplayDocTitle true" in content


def test_every_table_of_the_pdf_has_a_tagged_head() -> None:
    """The compiler accepts a table without a head in PDF/UA: it is counted here."""
    document = build(invented())
    tags = pdf_tags(render(document, Format.PDF))
    tables = [block for block in document.blocks() if type(block).__name__ == "Table"]
    assert tags.count("Table") >= len(tables)  # once on each page that it covers; its head is tagged once
    assert tags.count("THead") == len(tables)
    assert tags.count("TH") == sum(len(table.columns) for table in tables)
    assert tags.count("Figure") >= 1
    assert tags.count("H1") == len(document.chapters) + 2  # contents and notes


def test_the_pages_of_the_pdf_are_numbered_and_in_french() -> None:
    pages = pdf_pages(render(build(invented()), Format.PDF))
    for number, text in enumerate(pages[1:], start=2):
        assert f"page {number} / {len(pages)}" in text
    assert "Sommaire" in pages[1]
    assert "ne laisser personne" in pages[1]
    whole = " ".join(pages)
    assert "l’enfance\u202f; ne" in whole
    assert "«\u00a0ouverte\u00a0»" in whole


def test_the_odt_has_real_styles_heads_captions_and_alternative_texts() -> None:
    document = build(invented())
    content = render(document, Format.ODT)
    opened = odfdo.Document(io.BytesIO(content))
    body = opened.body
    tables = body.get_tables()
    assert len(tables) == len([block for block in document.blocks() if type(block).__name__ == "Table"])
    assert len(body.get_elements("//table:table-header-rows")) == len(tables)
    assert len(body.get_elements("//text:table-of-content")) == 1
    assert len([h for h in body.get_headers() if h.get_attribute("text:outline-level") == "1"]) == 17
    assert all(frame.get_element("svg:desc") is not None for frame in body.get_elements("//draw:frame"))
    assert opened.meta.title == "Bilan 2020 – Région inventée"
    assert opened.meta.language == "fr-FR"
    styles = xml_of(content, "styles.xml")
    assert 'fo:language="fr"' in styles
    assert "<text:page-count>" in styles
    assert "État" not in content.decode("latin-1")  # compressed: nothing is stored bare but the mimetype
    assert content[30:77] == b"mimetypeapplication/vnd.oasis.opendocument.text"


def test_the_docx_has_real_styles_heads_captions_and_alternative_texts() -> None:
    content = render(build(invented()), Format.DOCX)
    opened = docx.Document(io.BytesIO(content))
    xml = xml_of(content, "word/document.xml")
    headings = [p.text for p in opened.paragraphs if p.style is not None and p.style.name == "Heading 1"]
    assert headings[0] == "Éditorial"
    assert headings[-1] == "Notes de source"
    assert xml.count("<w:tblHeader") == len(opened.tables)
    assert xml.count("<w:tblCaption") == len(opened.tables)
    assert 'TOC \\o "1-1"' in xml
    assert re.search(r'<wp:docPr[^>]*descr="Barres des crédits', xml)
    assert opened.core_properties.title == "Bilan 2020 – Région inventée"
    assert 'w:val="fr-FR"' in xml_of(content, "word/styles.xml")
    assert "NUMPAGES" in "".join(xml_of(content, name) for name in ("word/footer1.xml",))
    anchors = set(re.findall(r'w:anchor="([^"]+)"', xml))
    marks = set(re.findall(r'w:name="([^"]+)"', xml))
    assert anchors <= marks


def test_the_columns_of_the_editable_tables_follow_what_is_written() -> None:
    """A column of names is wider than a column of numbers, the same in both formats, and the page is filled."""
    document = build(invented())
    table = next(b for c in document.chapters for b in c.blocks if isinstance(b, Table) and len(b.columns) > 3)
    shares = column_shares(table)
    assert sum(shares) == pytest.approx(1)
    assert max(shares) > 1.5 * min(shares)
    made = docx.Document(io.BytesIO(render(document, Format.DOCX))).tables
    same = next(t for t in made if t.rows[1].cells[0].text == plain(table.rows[0].cells[0]))
    widths = [cell.width.cm for cell in same.rows[1].cells]
    assert widths == pytest.approx([16 * share for share in shares], abs=0.05)
    odt = xml_of(render(document, Format.ODT), "content.xml")
    for share in shares:
        assert f'style:column-width="{16 * share:.1f}cm"' in odt


def test_the_titles_of_the_odt_carry_no_number_of_the_office() -> None:
    styles = xml_of(render(build(invented()), Format.ODT), "styles.xml")
    levels = re.findall(r"<text:outline-level-style [^>]*>", styles)
    assert levels
    for part in ("style:num-format", "style:num-suffix", "loext:num-list-format"):
        assert all(f'{part}=""' in level for level in levels), part
