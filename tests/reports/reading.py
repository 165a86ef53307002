"""Reads back the files that the renderers write, by other libraries than those that wrote the text."""

from __future__ import annotations

import ctypes
import io
import re
import zipfile
from xml.etree import ElementTree

import pypdfium2
from pypdfium2 import raw


def pdf_pages(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    try:
        pages = []
        for index in range(len(document)):
            page = document[index]
            text = page.get_textpage()
            pages.append(text.get_text_range())
            text.close()
            page.close()
        return pages
    finally:
        document.close()


def pdf_text(content: bytes) -> str:
    """The whole text, line ends made spaces: a line break of the layout is not in the text."""
    return re.sub(r"[\r\n]+", " ", " ".join(pdf_pages(content)))


def pdf_tags(content: bytes) -> list[str]:
    """The names of the structure elements of a tagged PDF, an element over two pages counted on each."""
    document = pypdfium2.PdfDocument(content)
    found: list[str] = []
    try:
        for index in range(len(document)):
            page = document[index]
            tree = raw.FPDF_StructTree_GetForPage(page)
            count = raw.FPDF_StructTree_CountChildren(tree)
            stack = [raw.FPDF_StructTree_GetChildAtIndex(tree, i) for i in range(count)]
            while stack:
                element = stack.pop()
                if element:
                    found.append(_tag(element))
                    count = raw.FPDF_StructElement_CountChildren(element)
                    stack += [raw.FPDF_StructElement_GetChildAtIndex(element, i) for i in range(count)]
            raw.FPDF_StructTree_Close(tree)
            page.close()
    finally:
        document.close()
    return found


def _tag(element: object) -> str:
    size = raw.FPDF_StructElement_GetType(element, None, 0)
    buffer = ctypes.create_string_buffer(size)
    raw.FPDF_StructElement_GetType(element, buffer, size)
    return buffer.raw.decode("utf-16-le").rstrip("\x00")


def xml_of(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name).decode()


def office_text(content: bytes) -> str:
    """The words of an ODT or a DOCX."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        name = "content.xml" if "content.xml" in archive.namelist() else "word/document.xml"
        return "".join(ElementTree.fromstring(archive.read(name)).itertext())  # noqa: S314  (a file that we just made)
