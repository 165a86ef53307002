"""A document as bytes: the PDF from its model, DOCX and ODT from a merge template."""

from __future__ import annotations

from maillage.contracts.paper.catalogue import CATALOGUES
from maillage.contracts.paper.contexts import Context
from maillage.contracts.paper.others import BUILDERS
from maillage.contracts.paper.outlines import built_in
from maillage.documents import qr
from maillage.documents.enums import Format
from maillage.documents.merge import render as merge
from maillage.documents.renderers import render


def make(kind: str, format: Format, context: Context, template: bytes | None = None) -> bytes:
    """The file; the same bytes for the same context. `template` None: the built-in one. PDF needs none.

    Raises TemplateRefused where a deposited template asks for what this document does not have.
    """
    if format is Format.PDF:
        return render(BUILDERS[kind](context), format)
    reference = context["reference"]
    return merge(
        built_in(kind, format.value) if template is None else template,
        format,
        context,
        reference_qr=qr.png(reference["adresse"]),
        reference_alt=qr.alt(reference["texte"]),
    )


def make_example(kind: str, format: Format, template: bytes | None = None) -> bytes:
    """The document of invented values that a template gives: to look at before it is used."""
    return make(kind, format, CATALOGUES[kind].example(), template)
