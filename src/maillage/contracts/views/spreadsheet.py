"""The workbook of a contract: taken away, sent back, compared, then written whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from maillage.contracts.exchange.plan import ERASED, Plan, kind_of, plan_book
from maillage.contracts.exchange.reading import Book, read_workbook
from maillage.contracts.exchange.template import Given, write_template
from maillage.contracts.forms.exchange import WORKBOOKS, WorkbookForm
from maillage.contracts.models import Contract
from maillage.contracts.selectors.choices import choices_of
from maillage.contracts.selectors.comparison import KIND_LABELS, named, shown_at, told
from maillage.contracts.text import known_codes
from maillage.contracts.views.common import contract_or_404, frame, user_of
from maillage.contracts.views.saving import Saving, conflict_page, part_of, save
from maillage.contracts.views.writing import READ_ONLY, Desk
from maillage.core import clock, files
from maillage.core.models import StoredFile
from maillage.documents.workbook import WRITERS
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.ui.export import FORMATS
from maillage.ui.tables import Cell, Column, Table
from maillage.ui.units import typography

SOURCE = "tableur"
NO_MEMORY = (
    "Ce classeur ne dit pas de quel texte il a été rempli : toute différence avec le texte d'aujourd'hui est montrée "
    "comme un changement. Vérifiez qu'il n'annule pas le travail d'une autre personne."
)
OTHER_TEXT = "Ce classeur a été rempli avant l'ouverture ou la fin d'un avenant : relisez chaque changement."
_KINDS = {**KIND_LABELS, ERASED: "Effacé"}
_COUNTED = {
    "changed": ("champ modifié", "champs modifiés"),
    ERASED: ("champ effacé", "champs effacés"),
    "added": ("ajout", "ajouts"),
    "removed": ("retrait", "retraits"),
}


@require_safe
def template_file(request: HttpRequest, pk: int, fmt: str) -> HttpResponse:
    """The workbook, filled with the text that is worked on. For everyone who sees the contract."""
    contract = contract_or_404(request, pk)
    if fmt not in WRITERS:
        raise Http404
    desk = Desk.of(request, contract)
    given = Given(desk.draft, desk.names, choices_of(contract), desk.closed, str(desk.banner["state"]))
    response = HttpResponse(write_template(given, fmt, clock.now()), content_type=FORMATS[fmt][1])
    name = slugify(contract.reference)[:80] or "contrat"
    response["Content-Disposition"] = f'attachment; filename="{name}.{fmt}"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def spreadsheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the workbook, or send it back. What is sent is kept, then compared on the next page."""
    contract = contract_or_404(request, pk)
    desk = Desk.of(request, contract)
    if request.method == "POST" and not desk.is_party:
        raise PermissionDenied(READ_ONLY)
    form = WorkbookForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        uploaded = form.cleaned_data["file"]
        try:
            files.check_upload(uploaded, set(WORKBOOKS))
            stored = files.store(
                name=uploaded.name,
                content=uploaded,
                content_type=uploaded.content_type or "",
                by=user_of(request),
                at=clock.now(),
            )
        except MaillageError as error:
            form.refuse(error)
        else:
            return redirect("contract-import", pk=pk, file=stored.pk)
    context = frame(contract, "contract-negotiation") | {"form": form, "banner": desk.banner, "closed": _closed(desk)}
    return render(request, "contracts/exchange/spreadsheet.html", context, status=422 if form.errors else 200)


def _closed(desk: Desk) -> str:
    """Why nothing may be sent back, if nothing may."""
    if not desk.is_party:
        return READ_ONLY
    return "" if desk.draft.is_open else "Le texte n'est pas modifiable dans cet état : le classeur se lit seulement."


@require_http_methods(["GET", "HEAD", "POST"])
def workbook_import(request: HttpRequest, pk: int, file: int) -> HttpResponse:
    """What the workbook changes, line by line, and the button that writes it."""
    contract = contract_or_404(request, pk)
    desk = Desk.of(request, contract)
    if not desk.is_party:
        raise PermissionDenied(READ_ONLY)
    stored = _own_file(request, file)
    examined = _examine(desk, stored)
    if request.method == "POST" and examined.plan is not None:
        try:
            return _write(request, desk, examined.plan)
        except MaillageError as error:
            examined.refuse(error)
    return _preview(request, desk, stored, examined)


def _own_file(request: HttpRequest, pk: int) -> StoredFile:
    """A file that this very person has sent."""
    found = StoredFile.objects.filter(pk=pk, created_by=user_of(request)).first()
    if found is None:
        raise Http404
    return found


@dataclass
class Examined:
    """What a workbook says: a plan, or why it is refused; and what its reader must know."""

    plan: Plan | None = None
    refused: InputRefused | None = None
    warning: str = ""

    def refuse(self, error: MaillageError) -> None:
        self.refused = error if isinstance(error, InputRefused) else InputRefused([], error.message_fr)


def _examine(desk: Desk, stored: StoredFile) -> Examined:
    examined = Examined()
    try:
        with stored.content.open("rb") as handle:
            book = read_workbook(handle.read(), name=stored.name)
        _refuse_another_contract(desk.contract, book)
        examined.warning = _warning(desk, book)
        examined.plan = plan_book(
            book,
            current=desk.draft.text,
            base=book.seal.text if book.seal is not None else None,
            codes=known_codes(),
            names=desk.names,
            closed=desk.closed,
        )
    except MaillageError as error:
        examined.refuse(error)
    return examined


def _refuse_another_contract(contract: Contract, book: Book) -> None:
    if book.seal is not None and book.seal.contract != contract.pk:
        raise MaillageError("Ce classeur est celui d'un autre contrat : déposez-le sur la page de celui-ci.")


def _warning(desk: Desk, book: Book) -> str:
    if book.seal is None:
        return NO_MEMORY
    amendment = desk.draft.amendment.pk if desk.draft.amendment is not None else None
    return OTHER_TEXT if book.seal.amendment != amendment else ""


def _write(request: HttpRequest, desk: Desk, plan: Plan) -> HttpResponse:
    """Write what goes together; where two people wrote the same place, show both and ask."""
    contract = desk.contract
    base = part_of(plan.current, plan.places)
    after = reverse("contract-spreadsheet", args=[contract.pk])
    done = "Le contenu du classeur est enregistré."
    saving = Saving(contract, plan.places, base, plan.merge.kept, after, done, SOURCE)
    if plan.merge.conflicts:
        return conflict_page(request, saving, plan.merge)
    return save(request, saving)


# --- the preview ------------------------------------------------------------------------------------------------------


def _preview(request: HttpRequest, desk: Desk, stored: StoredFile, examined: Examined) -> HttpResponse:
    plan = examined.plan
    context = frame(desk.contract, "contract-negotiation") | {
        "file": stored,
        "banner": desk.banner,
        "refused": examined.refused,
        "lines": examined.refused.lines(limit=200) if examined.refused is not None else [],
        "warning": examined.warning,
        "plan": plan,
        "summary": _summary(plan) if plan is not None else "",
        "tables": _tables(plan, desk) if plan is not None else [],
    }
    status = 422 if examined.refused is not None else 200
    return render(request, "contracts/exchange/preview.html", context, status=status)


def _summary(plan: Plan) -> str:
    counted = [f"{count} {_COUNTED[kind][count > 1]}" for kind in _COUNTED if (count := plan.kinds.get(kind, 0))]
    if plan.merge.conflicts:
        count = len(plan.merge.conflicts)
        counted.append(f"{count} conflit{'s' if count > 1 else ''}")
    return ", ".join(counted)


def _tables(plan: Plan, desk: Desk) -> list[Table]:
    found = [_conflicts_table(plan, desk), _changes_table(plan, desk)]
    return [table for table in found if table.rows] + [_rows_table(plan)]


def _place(plan: Plan, path: str) -> str:
    row = plan.row_of(path)
    return typography(f"{row.tab.name}, ligne {row.number}") if row is not None else ""


def _changes_table(plan: Plan, desk: Desk) -> Table:
    rows = [
        {
            "place": _place(plan, change.path),
            "label": Cell(typography(difference.label)),
            "kind": _KINDS[kind_of(change)],
            "before": typography(difference.before),
            "after": typography(difference.after),
        }
        for change, difference in zip(plan.made, told(plan.made, dict(desk.names)), strict=True)
    ]
    columns = [
        Column("place", "Feuille et ligne"),
        Column("label", "Ce qui change"),
        Column("kind", "Changement"),
        Column("before", "Avant"),
        Column("after", "Après"),
    ]
    return Table("changements", "Ce que le classeur change", columns, rows, row_header="label", exportable=False)


def _conflicts_table(plan: Plan, desk: Desk) -> Table:
    def text(path: str, value: object) -> str:
        return typography(shown_at(path, value, desk.names) or "absent")

    rows = [
        {
            "place": _place(plan, one.path),
            "label": Cell(typography(named(one.path, dict(desk.names)))),
            "base": text(one.path, one.base),
            "mine": text(one.path, one.mine),
            "theirs": text(one.path, one.theirs),
        }
        for one in plan.merge.conflicts
    ]
    columns = [
        Column("place", "Feuille et ligne"),
        Column("label", "Écrit des deux côtés"),
        Column("base", "Dans le modèle"),
        Column("mine", "Dans votre classeur"),
        Column("theirs", typography("Dans le texte aujourd'hui")),
    ]
    caption = typography("Ce que quelqu'un d'autre a changé entre-temps")
    return Table("conflits", caption, columns, rows, row_header="label", exportable=False)


def _rows_table(plan: Plan) -> Table:
    rows = [{"name": one.name, "rows": one.rows, "touched": one.touched, "same": one.same} for one in plan.counts]
    columns = [
        Column("name", "Feuille"),
        Column("rows", "Lignes lues", "number", total="sum"),
        Column("touched", "Avec un changement", "number", total="sum"),
        Column("same", "Sans changement", "number", total="sum"),
    ]
    return Table("lignes", "Ce qui a été lu", columns, rows, sortable=False, exportable=False)
