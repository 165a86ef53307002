"""From a document to a file: PDF, ODT, DOCX."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from maillage.documents.enums import Format
from maillage.documents.model import Document
from maillage.documents.renderers.characters import map_strings, without_forbidden

_MODULES = {Format.PDF: "typst_pdf", Format.ODT: "odt", Format.DOCX: "docx"}
CONTENT_TYPES = {
    Format.PDF: "application/pdf",
    Format.ODT: "application/vnd.oasis.opendocument.text",
    Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def render(document: Document, format: Format) -> bytes:
    """The file. Its library is loaded when it is asked for: pages that only read figures do not wait for it."""
    module = import_module(f"{__name__}.{_MODULES[format]}")
    draw: Callable[[Document], bytes] = module.render
    return draw(map_strings(document, without_forbidden))
