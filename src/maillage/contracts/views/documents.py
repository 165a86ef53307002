"""The documents of a contract: make one, download those that were made and deposited, see what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from maillage.contracts import perms
from maillage.contracts.enums import AttachmentKind
from maillage.contracts.forms.documents import ProduceForm
from maillage.contracts.models import Attachment, Contract, ContractVersion, DocumentTemplate, GeneratedDocument
from maillage.contracts.paper.references import DIGITS, has_site_address
from maillage.contracts.paper.subjects import Subject, groups, subjects
from maillage.contracts.services.documents import REFUSED, ask_document, produce
from maillage.contracts.views.common import contract_or_404, frame, user_of
from maillage.core import clock
from maillage.documents.enums import Format
from maillage.kernel.errors import MaillageError
from maillage.ui.tables import NOTHING, Cell, Column, Table, respond
from maillage.ui.units import typography

BUILT_IN = "modèle intégré"
_EXPECTED = (
    (AttachmentKind.SIGNED_SCAN, "l'exemplaire signé"),
    (AttachmentKind.DELIBERATION, "la délibération"),
)


@require_http_methods(["GET", "HEAD", "POST"])
def documents(request: HttpRequest, pk: int) -> HttpResponse:
    """The documents, the files deposited, and a form for those who may make one."""
    contract, user = contract_or_404(request, pk), user_of(request)
    may_produce = perms.can_produce_documents(user, contract, clock.today())
    if request.method == "POST" and not may_produce:
        raise PermissionDenied(REFUSED)
    found = subjects(contract) if may_produce else []
    form = ProduceForm(request.POST if request.method == "POST" else None, groups=groups(found)) if found else None
    if form is not None and request.method == "POST" and form.is_valid():
        try:
            return _make(request, contract, found, form.cleaned_data)
        except MaillageError as error:
            form.refuse(error)
    return _page(request, contract, form)


def _make(request: HttpRequest, contract: Contract, found: Sequence[Subject], given: dict[str, str]) -> HttpResponse:
    """At once for a short document; by a job that its page follows for a long one."""
    key, format, user, at = given["subject"], given["format"], user_of(request), clock.now()
    if next(one for one in found if one.key == key).is_long:
        job = ask_document(contract=contract, key=key, format=format, by=user, at=at)
        return redirect("job", key=job.pk)
    made = produce(contract=contract, key=key, format=format, by=user, at=at)
    messages.success(request, typography(f"« {made.title} » est dans la liste, au format {format.upper()}."))
    return redirect(f"{reverse('contract-documents', args=[contract.pk])}#produits")


def _page(request: HttpRequest, contract: Contract, form: ProduceForm | None) -> HttpResponse:
    versions = list(contract.versions.order_by("-number"))
    deposited = list(contract.attachments.select_related("file", "version", "amendment", "by"))
    made = _made_table(contract)
    pieces = _pieces_table(deposited)
    if (exported := respond(request, made, pieces)) is not None:
        return exported
    user, today = user_of(request), clock.today()
    may_deposit = perms.is_party(user, contract, today)
    manages = perms.can_manage_templates(user, today)
    context = frame(contract, "contract-documents") | {
        "form": form,
        "made": made,
        "pieces": pieces,
        "missing": [typography(text) for text in _missing(versions, deposited)],
        "attach_url": reverse("contract-attach", args=[contract.pk]) if may_deposit else "",
        "templates_url": reverse("contract-templates") if manages else "",
        "has_site_address": has_site_address(),
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "contracts/documents/documents.html", context, status=status)


def _missing(versions: Sequence[ContractVersion], deposited: Sequence[Attachment]) -> list[str]:
    """What no one has deposited for a version, the last first."""
    have = {(one.version_id, one.kind) for one in deposited}
    return [
        f"Version {version.number} : {what} n'est pas dans Maillage."
        for version in versions
        for kind, what in _EXPECTED
        if (version.pk, kind) not in have
    ]


def _made_table(contract: Contract) -> Table:
    found = contract.documents.select_related("version", "template__file", "file", "by").order_by("-at", "-pk")
    columns = (
        Column("title", "Document", "link"),
        Column("version", "Version", "number"),
        Column("format", "Format"),
        Column("template", "Modèle"),
        Column("at", "Produit le", "date"),
        Column("by", "Par"),
        Column("sha256", "Empreinte du fichier", "code"),
    )
    return Table(
        id="produits",
        caption="Documents produits",
        columns=columns,
        rows=[_made_row(one) for one in found],
        empty="Aucun document n'a encore été produit.",
    )


def _made_row(one: GeneratedDocument) -> dict[str, Any]:
    return {
        "title": Cell(typography(one.title), url=reverse("file", args=[one.file_id])),
        "version": one.version.number if one.version is not None else NOTHING,
        "format": one.format.upper(),
        "template": NOTHING if one.format == Format.PDF else _template_name(one.template),
        "at": one.at,
        "by": str(one.by) if one.by else "",
        "sha256": one.file.sha256[:DIGITS],
    }


def _template_name(template: DocumentTemplate | None) -> str:
    return template.file.name if template is not None else BUILT_IN


def _pieces_table(deposited: Sequence[Attachment]) -> Table:
    columns = (
        Column("title", "Pièce", "link"),
        Column("kind", "Nature"),
        Column("version", "Version"),
        Column("dated_on", "Datée du", "date"),
        Column("at", "Déposée le", "date"),
        Column("by", "Par"),
        Column("sha256", "Empreinte du fichier", "code"),
    )
    rows = [
        {
            "title": Cell(typography(one.title), url=reverse("file", args=[one.file_id])),
            "kind": one.get_kind_display(),
            "version": _tied_to(one),
            "dated_on": one.dated_on,
            "at": one.at,
            "by": str(one.by) if one.by else "",
            "sha256": one.file.sha256[:DIGITS],
        }
        for one in deposited
    ]
    return Table(
        id="pieces", caption="Pièces déposées", columns=columns, rows=rows, empty="Aucune pièce n'est déposée."
    )


def _tied_to(one: Attachment) -> str:
    if one.version is not None:
        return f"version {one.version.number}"
    return f"avenant {one.amendment.number}, non signé" if one.amendment is not None else "avant signature"
