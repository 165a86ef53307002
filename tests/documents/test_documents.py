"""What a document that is not the annual report asks of the renderers: reference and banner on every page, sheets."""

from __future__ import annotations

import io
import re

import docx
import odfdo
import pypdfium2
import pytest
import segno

from maillage.documents import qr
from maillage.documents.enums import Format
from maillage.documents.model import Layout
from maillage.documents.renderers import render
from tests.documents import samples
from tests.reports.reading import office_text, pdf_pages, pdf_tags, pdf_text, xml_of

HOSTILE = 'État & Dpt <44> #let x = 1 $a$ _c_ `d` \\e @f <g> #read("/etc/hostname") =h'


def written(format: Format, content: bytes) -> str:
    return pdf_text(content) if format is Format.PDF else office_text(content)


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("format", list(Format))
def test_the_same_document_gives_the_same_bytes(format: Format, layout: Layout) -> None:
    document = samples.document(layout=layout)
    assert render(document, format) == render(document, format)


@pytest.mark.parametrize("format", list(Format))
def test_what_a_person_typed_comes_out_literally(format: Format) -> None:
    content = render(samples.document(pilot=HOSTILE), format)
    assert HOSTILE in re.sub(r"\s+", " ", written(format, content))


@pytest.mark.parametrize("layout", list(Layout))
def test_every_page_of_the_pdf_says_its_reference_its_banner_and_its_number(layout: Layout) -> None:
    pages = pdf_pages(render(samples.document(layout=layout, articles=8), Format.PDF))
    assert len(pages) > 3
    for number, page in enumerate(pages, start=1):
        assert samples.REFERENCE.text in page
        assert samples.BANNER in page
        assert f"page {number} / {len(pages)}" in page


@pytest.mark.parametrize("format", list(Format))
def test_without_reference_nor_banner_nothing_is_said_of_them(format: Format) -> None:
    content = render(samples.document(reference=None, banner=""), format)
    assert "Référence" not in written(format, content)
    assert samples.BANNER not in written(format, content)
    if format is Format.DOCX:
        assert "png" not in " ".join(
            part.partname for part in docx.Document(io.BytesIO(content)).part.package.iter_parts()
        )


def _dark(content: bytes, page: int, scale: int = 6) -> tuple[list[list[bool]], int]:
    """The pixels of the lower left corner of a page, where the code stands: True where dark."""
    document = pypdfium2.PdfDocument(content)
    try:
        bitmap = document[page].render(scale=scale, grayscale=True)
        pixels = bytes(bitmap.buffer)
        top = int(bitmap.height * 0.88)
        rows = [
            [value < 100 for value in pixels[y * bitmap.stride : y * bitmap.stride + int(bitmap.width * 0.185)]]
            for y in range(top, bitmap.height)
        ]
        return rows, scale
    finally:
        document.close()


@pytest.mark.parametrize("page", [0, 1])
def test_the_code_of_a_page_of_the_pdf_is_the_address(page: int) -> None:
    """Read module by module in the drawn page, against the code of that address made anew."""
    rows, _ = _dark(render(samples.document(articles=8), Format.PDF), page)
    lines = [index for index, row in enumerate(rows) if any(row)]
    columns = [index for index in range(len(rows[0])) if any(row[index] for row in rows)]
    expected = segno.make_qr(samples.REFERENCE.url, error="q", boost_error=False).matrix
    side = len(expected)
    step_y, step_x = (lines[-1] - lines[0] + 1) / side, (columns[-1] - columns[0] + 1) / side
    read = [
        [rows[int(lines[0] + (y + 0.5) * step_y)][int(columns[0] + (x + 0.5) * step_x)] for x in range(side)]
        for y in range(side)
    ]
    assert read == [[bool(module) for module in line] for line in expected]


def test_the_feet_of_the_docx_hold_the_code_and_its_alternative_text() -> None:
    content = render(samples.document(), Format.DOCX)
    opened = docx.Document(io.BytesIO(content))
    for footer in (opened.sections[0].footer, opened.sections[0].first_page_footer):
        assert samples.REFERENCE.text in "".join(cell.text for table in footer.tables for cell in table.rows[0].cells)
        assert qr.alt(samples.REFERENCE.text) in footer._element.xml
        pictures = [part.blob for part in footer.part.related_parts.values()]
        assert pictures == [qr.png(samples.REFERENCE.url)]
    assert samples.BANNER in opened.sections[0].header.paragraphs[0].text
    assert samples.BANNER in opened.sections[0].first_page_header.paragraphs[0].text


def test_the_feet_of_the_odt_hold_the_code_and_its_alternative_text() -> None:
    content = render(samples.document(), Format.ODT)
    opened = odfdo.Document(io.BytesIO(content))
    assert opened.get_part("Pictures/code.png") == qr.png(samples.REFERENCE.url)
    styles = xml_of(content, "styles.xml")
    assert styles.count(samples.REFERENCE.text) == 4  # in words and as alternative text, first page and others
    assert styles.count(samples.BANNER) == 2
    assert 'style:name="FootCode"' in styles
    assert "Pictures/code.png" in xml_of(content, "META-INF/manifest.xml")


def test_a_short_document_has_no_contents() -> None:
    sheet, book = (samples.document(layout=layout) for layout in (Layout.SHEET, Layout.BOOK))
    for format in Format:
        assert "Sommaire" not in written(format, render(sheet, format))
        assert "Sommaire" in written(format, render(book, format))


def test_the_pdf_of_a_sheet_is_tagged_and_has_a_head_in_its_table() -> None:
    content = render(samples.document(), Format.PDF)
    tags = pdf_tags(content)
    assert tags.count("THead") == 1
    assert tags.count("TH") == 3
    assert b"pdfuaid:part" in content
    assert re.search(rb"/Lang ?\(fr", content)


def test_a_caption_without_number_stays_whole() -> None:
    for format in Format:
        text = written(format, render(samples.document(), format))
        assert "Budget de l’action, par année et par financeur" in re.sub(r"\s+", " ", text)


def test_an_address_that_no_code_can_hold_is_refused() -> None:
    with pytest.raises(qr.AddressTooLong, match="3000 caractères"):
        qr.png("x" * 3000)
    with pytest.raises(qr.AddressTooLong, match="vide"):
        qr.svg("")
