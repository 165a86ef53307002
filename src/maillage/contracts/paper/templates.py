"""Which template serves, and what a deposited one must hold beyond being right."""

from __future__ import annotations

import re
from collections.abc import Iterable

from maillage.contracts.models import DocumentTemplate
from maillage.contracts.paper.catalogue import CATALOGUES
from maillage.documents.enums import Format
from maillage.documents.merge import Problem, TemplateRefused, validate
from maillage.documents.merge.package import open_package, parse
from maillage.documents.merge.placing import place

# What every page of a document must carry: at its head or its foot, where no page is left out.
ON_EVERY_PAGE = {
    "document.mention": "ce que vaut le document (projet, données inventées)",
    "reference.texte": "la référence, la version et l'empreinte",
    "qr": "le code QR de vérification",
}


def in_use(kind: str, contract_kind: str, format: str) -> DocumentTemplate | None:
    """The template of this nature of contract, else the one of every nature; None: the built-in one serves."""
    found = DocumentTemplate.objects.filter(kind=kind, format=format, withdrawn_at__isnull=True)
    found = found.filter(contract_kind__in=[contract_kind, ""]).select_related("file")
    return found.order_by("-contract_kind").first()


def problems_of(content: bytes, kind: str, format: str) -> list[Problem]:
    """What is to be mended in a template, all of it; empty when it can be used."""
    problems = validate(content, format, CATALOGUES[kind])
    return problems or list(_missing_marks(content, Format(format)))


def _missing_marks(content: bytes, format: Format) -> Iterable[Problem]:
    try:
        written = _heads_and_feet(content, format)
    except TemplateRefused as error:  # cannot be after `validate`, which opened the same file
        yield from error.problems
        return
    for field, what in ON_EVERY_PAGE.items():
        if not re.search(rf"(?<![\w.]){re.escape(field)}(?![\w.])", written):
            message = f"il manque « {{{{ {field} }}}} » : chaque page doit porter {what}."
            yield Problem(message, "en-tête ou pied de page")


def _heads_and_feet(content: bytes, format: Format) -> str:
    """The tags at the heads and the feet of pages, one after the other."""
    package = open_package(content, format)
    tags = []
    for name, where in package.text_parts():
        if "en-tête" in where or "pied" in where:
            part = place(name, where, parse(package.entries[name]), package.format)
            tags += [one.tag.text for one in part.placed]
    return " ".join(tags)
