"""The words of a document, whatever its format: what tests compare."""

from __future__ import annotations

import io
import re
import zipfile

import pypdfium2

SPACES = re.compile(r"[\s\u00a0\u202f\u2060]+")


def plain(words: str) -> str:
    """With ordinary single spaces, as a person reads."""
    return SPACES.sub(" ", words).strip()


def pages_of(content: bytes) -> list[str]:
    """The words of each page of a PDF."""
    document = pypdfium2.PdfDocument(content)
    try:
        return [plain(page.get_textpage().get_text_range()) for page in document]
    finally:
        document.close()


def parts_of(content: bytes) -> dict[str, str]:
    """Entry → words, for the XML of a DOCX or an ODT."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: _words(archive.read(name).decode()) for name in archive.namelist() if name.endswith(".xml")}


def _words(xml: str) -> str:
    text = re.sub(r"<[^>]+>", " ", re.sub(r"</?(?:w:t|w:r|text:span)\b[^>]*>", "", xml))
    for entity, mark in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(entity, mark)
    return plain(text)


def words_of(content: bytes, format: str) -> str:
    """Every word of a file."""
    if format == "pdf":
        return " ".join(pages_of(content))
    return " ".join(words for name, words in parts_of(content).items() if name not in ("meta.xml",))


def furniture_of(content: bytes, format: str) -> str:
    """The words at the heads and the feet of the pages of a DOCX or an ODT."""
    wanted = r"word/(header|footer)\d*\.xml" if format == "docx" else r"styles\.xml"
    return " ".join(words for name, words in parts_of(content).items() if re.fullmatch(wanted, name))


def pictures_of(content: bytes) -> list[str]:
    """The images that an archive holds."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [name for name in archive.namelist() if name.endswith(".png")]
