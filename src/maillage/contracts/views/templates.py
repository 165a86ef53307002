"""The templates of documents: which one serves, deposit one, try it, withdraw it, and the fields it may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.contracts import perms
from maillage.contracts.enums import ContractKind, DocumentKind
from maillage.contracts.forms.documents import TemplateForm
from maillage.contracts.models import DocumentTemplate
from maillage.contracts.paper.catalogue import CATALOGUES
from maillage.contracts.paper.making import make_example
from maillage.contracts.paper.outlines import OFFICE, built_in
from maillage.contracts.paper.templates import ON_EVERY_PAGE, in_use
from maillage.contracts.services.documents import (
    TEMPLATES_REFUSED,
    deposit_template,
    try_template,
    withdraw_template,
)
from maillage.contracts.views.common import user_of
from maillage.core import clock
from maillage.core.files import respond as send_file
from maillage.documents.enums import Format
from maillage.documents.merge import describe
from maillage.documents.renderers import CONTENT_TYPES
from maillage.kernel.errors import MaillageError
from maillage.ui.confirm import confirm_page
from maillage.ui.tables import Cell, Column, Table, respond
from maillage.ui.units import typography

EVERY_NATURE = "toutes"  # what stands for every nature of contract in addresses
BUILT_IN = "Modèle intégré"


@dataclass(frozen=True)
class Place:
    """One template: of a document, for a nature of contract ('' for every one), in a format."""

    kind: DocumentKind
    contract_kind: str
    format: Format

    @property
    def nature(self) -> str:
        return str(ContractKind(self.contract_kind).label) if self.contract_kind else "Toutes natures de contrat"

    @property
    def parts(self) -> list[str]:
        return [self.kind.value, self.contract_kind or EVERY_NATURE, self.format.value]

    def address(self, name: str = "contract-template") -> str:
        return reverse(name, args=self.parts)

    @property
    def own(self) -> DocumentTemplate | None:
        found = DocumentTemplate.objects.filter(kind=self.kind, contract_kind=self.contract_kind, format=self.format)
        return found.filter(withdrawn_at__isnull=True).select_related("file", "by").first()


def _allowed(request: HttpRequest) -> None:
    if not perms.can_manage_templates(user_of(request), clock.today()):
        raise PermissionDenied(TEMPLATES_REFUSED)


def _place(kind: str, contract_kind: str, format: str) -> Place:
    known = kind in DocumentKind.values and contract_kind in {*ContractKind.values, EVERY_NATURE}
    if not known or format not in {one.value for one in OFFICE}:
        raise Http404
    return Place(DocumentKind(kind), "" if contract_kind == EVERY_NATURE else contract_kind, Format(format))


@require_safe
def template_list(request: HttpRequest) -> HttpResponse:
    """What serves for each document, nature of contract and format."""
    _allowed(request)
    rows = DocumentTemplate.objects.filter(withdrawn_at__isnull=True).select_related("file")
    used = {(one.kind, one.contract_kind, one.format): one for one in rows}
    tables = [_list_table(kind, used) for kind in DocumentKind]
    if (exported := respond(request, *tables)) is not None:
        return exported
    fields = [(kind.label, reverse("contract-template-fields", args=[kind.value])) for kind in DocumentKind]
    return render(request, "contracts/documents/templates.html", {"tables": tables, "fields": fields})


def _list_table(kind: DocumentKind, used: dict[tuple[str, str, str], DocumentTemplate]) -> Table:
    return Table(
        id=f"modeles-{kind.value.replace('_', '-')}",
        caption=str(kind.label),
        columns=(Column("nature", "Nature de contrat"), *(Column(one.value, one.label, "link") for one in OFFICE)),
        rows=[
            {
                "nature": Place(kind, nature, Format.DOCX).nature,
                **{one.value: _used_cell(Place(kind, nature, one), used) for one in OFFICE},
            }
            for nature in ("", *ContractKind.values)
        ],
        sortable=False,
        exportable=False,
    )


def _used_cell(place: Place, used: dict[tuple[str, str, str], DocumentTemplate]) -> Cell:
    own = used.get((place.kind, place.contract_kind, place.format))
    shared = used.get((place.kind, "", place.format))
    if own is not None:
        return Cell(own.file.name, url=place.address(), note=f"déposé le {own.at:%d/%m/%Y}")
    note = "celui de toutes les natures" if shared is not None and place.contract_kind else ""
    return Cell(shared.file.name if shared is not None else BUILT_IN, url=place.address(), note=note)


@require_http_methods(["GET", "HEAD", "POST"])
def template_page(request: HttpRequest, kind: str, contract_kind: str, format: str) -> HttpResponse:
    """One template: what serves, and a form to deposit another."""
    _allowed(request)
    place = _place(kind, contract_kind, format)
    posted = request.method == "POST"
    form = TemplateForm(request.POST if posted else None, request.FILES if posted else None, format=format)
    if posted and form.is_valid():
        try:
            _use(request, place, form)
        except MaillageError as error:
            form.refuse(error)
        else:
            return redirect(place.address())
    return _template_page(request, place, form=form)


def _use(request: HttpRequest, place: Place, form: TemplateForm) -> None:
    deposit_template(
        kind=place.kind,
        contract_kind=place.contract_kind,
        format=place.format,
        file=form.cleaned_data["file"],
        by=user_of(request),
        at=clock.now(),
    )
    messages.success(request, "Le modèle est accepté : les prochains documents sont produits avec lui.")


@require_POST
def template_try(request: HttpRequest, kind: str, contract_kind: str, format: str) -> HttpResponse:
    """The document that a template gives of invented values; nothing is kept."""
    _allowed(request)
    place = _place(kind, contract_kind, format)
    form = TemplateForm(request.POST, request.FILES, format=format, trial=True)
    if form.is_valid():
        try:
            content = try_template(
                kind=place.kind,
                format=place.format,
                file=form.cleaned_data["file"],
                by=user_of(request),
                at=clock.now(),
            )
        except MaillageError as error:
            form.refuse(error)
        else:
            return _download(content, place, "essai")
    return _template_page(request, place, trial=form)


def _template_page(
    request: HttpRequest, place: Place, *, form: TemplateForm | None = None, trial: TemplateForm | None = None
) -> HttpResponse:
    refused = any(one is not None and one.errors for one in (form, trial))
    own = place.own
    served = own or in_use(place.kind, place.contract_kind, place.format)
    context: dict[str, Any] = {
        "place": place,
        "kind_label": place.kind.label,
        "own": own,
        "served": served,
        "form": form or TemplateForm(format=place.format),
        "trial": trial or TemplateForm(format=place.format, trial=True),
        "try_url": place.address("contract-template-try"),
        "current_url": place.address("contract-template-current"),
        "built_in_url": place.address("contract-template-built-in"),
        "example_url": place.address("contract-template-example"),
        "withdraw_url": place.address("contract-template-withdraw"),
        "fields_url": reverse("contract-template-fields", args=[place.kind.value]),
        "marks": [(f"{{{{ {field} }}}}", typography(what)) for field, what in ON_EVERY_PAGE.items()],
    }
    return render(request, "contracts/documents/template.html", context, status=422 if refused else 200)


def _download(content: bytes, place: Place, word: str) -> HttpResponse:
    response = HttpResponse(content, content_type=CONTENT_TYPES[place.format])
    name = f"{place.kind.value.replace('_', '-')}-{word}.{place.format.value}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
def template_built_in(request: HttpRequest, kind: str, contract_kind: str, format: str) -> HttpResponse:
    """The built-in template: a starting point."""
    _allowed(request)
    place = _place(kind, contract_kind, format)
    return _download(built_in(place.kind, place.format.value), place, "modele")


@require_safe
def template_current(request: HttpRequest, kind: str, contract_kind: str, format: str) -> HttpResponse:
    """The template that serves here."""
    _allowed(request)
    place = _place(kind, contract_kind, format)
    served = in_use(place.kind, place.contract_kind, place.format)
    if served is None:
        return _download(built_in(place.kind, place.format.value), place, "modele")
    return send_file(served.file)  # type: ignore[return-value]  # a FileResponse is answered like any other


@require_safe
def template_example(request: HttpRequest, kind: str, contract_kind: str, format: str) -> HttpResponse:
    """The document that the template in use gives of invented values."""
    _allowed(request)
    place = _place(kind, contract_kind, format)
    served = in_use(place.kind, place.contract_kind, place.format)
    content = None
    if served is not None:
        with served.file.content.open("rb") as handle:
            content = handle.read()
    return _download(make_example(place.kind, place.format, content), place, "exemple")


@require_http_methods(["GET", "HEAD", "POST"])
def template_withdraw(request: HttpRequest, kind: str, contract_kind: str, format: str) -> HttpResponse:
    """Ask once more, then come back to the built-in template."""
    _allowed(request)
    place = _place(kind, contract_kind, format)
    own = place.own
    if own is None:
        raise Http404
    if request.method == "POST":
        withdraw_template(template=own, by=user_of(request), at=clock.now())
        messages.success(request, "Le modèle est retiré. Les documents déjà produits ne changent pas.")
        return redirect(place.address())
    return confirm_page(
        request,
        title="Retirer ce modèle",
        message="Les prochains documents seront produits avec le modèle qui servait avant lui, ou le modèle intégré.",
        submit="Retirer le modèle",
        cancel_url=place.address(),
        danger=True,
        details=[("Document", place.kind.label), ("Contrats", place.nature), ("Fichier", own.file.name)],
    )


@require_safe
def template_fields(request: HttpRequest, kind: str) -> HttpResponse:
    """The merge fields of a document: what to type, what it gives."""
    _allowed(request)
    if kind not in DocumentKind.values:
        raise Http404
    document = DocumentKind(kind)
    table = Table(
        id="champs",
        caption=f"Champs du document « {document.label} »",
        columns=(
            Column("typed", "À écrire dans le modèle", "code"),
            Column("label", "Ce que cela donne"),
            Column("kind", "Nature"),
            Column("example", "Exemple"),
            Column("inside", "Dans la boucle", "code"),
        ),
        rows=[
            {
                "typed": one.typed,
                "label": typography(one.label),
                "kind": one.kind,
                "example": one.example,
                "inside": one.inside,
            }
            for one in describe(CATALOGUES[document])
        ],
        sortable=False,
    )
    if (exported := respond(request, table)) is not None:
        return exported
    others = [
        (str(one.label), reverse("contract-template-fields", args=[one.value]), one == document) for one in DocumentKind
    ]
    context = {"table": table, "kind_label": document.label, "others": others, "snippets": _SNIPPETS}
    return render(request, "contracts/documents/fields.html", context)


_SNIPPETS = (
    ("{{ contrat.total }}", "Un champ."),
    ("{{ contrat.total|montant_en_lettres }}", "Un montant en lettres."),
    ('{{ contrat.debut|date("court") }}', "Une date en chiffres. Sans filtre, elle est en lettres."),
    ("{% if contrat.objet %} … {% else %} … {% endif %}", "Selon qu’un champ est connu."),
    ("{% for action in actions %} … {% endfor %}", "Une fois par action. Seule dans une ligne de tableau : une ligne."),
)
