"""Amendments: the list, the proposal, the page that compares with the version in force, and their steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from maillage.contracts import perms
from maillage.contracts.forms.amendments import ProposalForm
from maillage.contracts.forms.steps import REDEPLOY
from maillage.contracts.models import ActionSheet, Amendment, Contract
from maillage.contracts.rules import checked
from maillage.contracts.selectors.amendments import Comparison, YearEffect, compared_amendment
from maillage.contracts.selectors.comparison import KIND_LABELS
from maillage.contracts.selectors.doings import Doings, doings
from maillage.contracts.selectors.drafts import open_amendment
from maillage.contracts.services.amendments import propose_amendment
from maillage.contracts.views.common import contract_or_404, frame, user_of
from maillage.contracts.views.steps import Shown, asked_of_text, link, shown_obstacles, step_page
from maillage.core import clock
from maillage.core.models import User
from maillage.engines.contract_text import kind_labels
from maillage.engines.lifecycle.contracts import OVER, SHEET
from maillage.engines.lifecycle.model import Transition
from maillage.kernel.errors import MaillageError
from maillage.kernel.money import Money
from maillage.ui.tables import Cell, Column, Table, respond
from maillage.ui.units import typography

TAB = "contract-amendments"
REMINDER = "La version {} reste en vigueur jusqu'à la signature : cet avenant ne change rien avant."


def amendment_or_404(request: HttpRequest, contract: Contract, number: int) -> Amendment:
    """An amendment of the contract; one that is not signed is shown to those who follow the negotiation."""
    found = contract.amendments.select_related("base", "created_by", "version").filter(number=number).first()
    if found is None:
        raise Http404
    found.contract = contract
    signed = found.status == "in_force"
    if not signed and not perms.can_see_unsigned(user_of(request), contract, clock.today()):
        raise Http404
    return found


# --- the list ---


@require_safe
def amendment_list(request: HttpRequest, pk: int) -> HttpResponse:
    """The amendments of a contract, and the way to propose one."""
    contract = contract_or_404(request, pk)
    user, on = user_of(request), clock.today()
    found = contract.amendments.select_related("created_by", "version")
    if not perms.can_see_unsigned(user, contract, on):
        found = found.filter(status="in_force")
    amendments = list(found)
    table = _list_table(contract, amendments)
    exported = respond(request, table)
    if exported is not None:
        return exported
    under_way = next((one for one in amendments if one.status not in OVER), None)
    context = frame(contract, TAB) | {
        "amendments": amendments,
        "table": table,
        "open": under_way,
        "last": contract.versions.order_by("-number").first(),
        "may_propose": _may_propose(user, contract, under_way),
    }
    return render(request, "contracts/amendments/list.html", context)


def _may_propose(user: User, contract: Contract, under_way: Amendment | None) -> bool:
    allowed = contract.status == "in_force" and under_way is None
    return allowed and perms.is_party(user, contract, clock.today())


def _list_table(contract: Contract, amendments: list[Amendment]) -> Table:
    columns = [
        Column("number", "Avenant", "link"),
        Column("title", "Objet"),
        Column("kinds", "Natures"),
        Column("status", "État"),
        Column("at", "Proposé le", "date"),
        Column("version", "Version faite", "link"),
    ]
    rows = [
        {
            "number": Cell(
                f"Avenant {one.number}", url=reverse("amendment", args=[contract.pk, one.number]), sort=one.number
            ),
            "title": typography(one.title),
            "kinds": ", ".join(kind_labels(one.kinds)),
            "status": one.get_status_display(),
            "at": one.created_at.date(),
            "version": _version_cell(contract, one),
        }
        for one in amendments
    ]
    return Table("avenants", "Avenants, du plus récent au plus ancien", columns, rows, empty="Aucun avenant.")


def _version_cell(contract: Contract, amendment: Amendment) -> Cell:
    if amendment.status != "in_force":
        return Cell("")
    number = amendment.version.number
    return Cell(f"Version {number}", url=reverse("contract-version", args=[contract.pk, number]), sort=number)


# --- proposing ---


@require_http_methods(["GET", "HEAD", "POST"])
def amendment_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose an amendment; 409 where one is open already, or where the contract is not in force."""
    contract = contract_or_404(request, pk)
    user = user_of(request)
    if not perms.is_party(user, contract, clock.today()):
        raise PermissionDenied("Vous ne pouvez pas proposer un avenant à ce contrat.")
    form = ProposalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = propose_amendment(contract=contract, by=user, at=clock.now(), **form.cleaned_data)
        except MaillageError as error:
            form.refuse(error)
        else:
            messages.success(request, typography(f"L'avenant {made.number} est ouvert. Écrivez ce qu'il change."))
            return redirect("amendment", pk=pk, number=made.number)
    blocked = "" if _may_propose(user, contract, open_amendment(contract)) else _why_not(contract)
    context = frame(contract, TAB) | {"form": form, "blocked": blocked, "back_url": reverse(TAB, args=[pk])}
    status = 422 if form.errors else 409 if blocked else 200
    return render(request, "contracts/amendments/create.html", context, status=status)


def _why_not(contract: Contract) -> str:
    if contract.status != "in_force":
        return "Un avenant se propose sur un contrat en vigueur."
    return "Un avenant est déjà ouvert : terminez-le, ou annulez-le, avant d'en proposer un autre."


# --- the page ---


@dataclass(frozen=True)
class Step:
    """A button: its words, and the page that does it."""

    row: Transition
    url: str


@require_safe
def amendment_page(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Where it stands, whose turn it is, what it changes, what blocks its signature."""
    contract = contract_or_404(request, pk)
    amendment = amendment_or_404(request, contract, number)
    comparison = compared_amendment(amendment)
    effects = effects_table(comparison.effects, "L'avenant", "effets")
    exported = respond(request, effects, changes_table(comparison))
    if exported is not None:
        return exported
    is_open = amendment.status not in OVER
    found = _doings(request, contract, amendment) if is_open else None
    context = frame(contract, TAB) | {
        "amendment": amendment,
        "kinds": kind_labels(amendment.kinds),
        "comparison": comparison,
        "kind_labels": KIND_LABELS,
        "effects": effects,
        "is_open": is_open,
        "reminder": typography(REMINDER.format(amendment.base.number)),
        "found": found,
        "steps": _steps(contract, amendment, found),
        "obstacles": _obstacles(request, contract, found),
        "redeployed": list(amendment.redeployed.order_by("code")),
        "to_redeploy": _to_redeploy(request, contract) if amendment.status != "cancelled" else [],
        "work_url": link("contract-negotiation", pk) if is_open and _is_worked_on(request, contract) else "",
        "changes_url": "?export=csv&tableau=comparaison",
    }
    return render(request, "contracts/amendments/amendment.html", context)


def _is_worked_on(request: HttpRequest, contract: Contract) -> bool:
    return perms.is_party(user_of(request), contract, clock.today())


def _doings(request: HttpRequest, contract: Contract, amendment: Amendment) -> Doings:
    on = clock.today()
    roles = perms.roles_on(user_of(request), contract, on)
    return doings(contract, amendment, roles, checked(contract, amendment.proposed), on)


def _steps(contract: Contract, amendment: Amendment, found: Doings | None) -> list[Step]:
    if found is None:
        return []
    return [
        Step(row, reverse("amendment-move", args=[contract.pk, amendment.number, row.name])) for row in found.offered
    ]


def _obstacles(request: HttpRequest, contract: Contract, found: Doings | None) -> list[Shown]:
    """Everything that holds the next step, then what would hold the signature."""
    if found is None:
        return []
    may_waive = perms.can_waive(user_of(request), contract, clock.today())
    everything = [*found.obstacles(), *found.before_signature]
    return shown_obstacles(contract, everything, found.result, may_waive=may_waive)


def _to_redeploy(request: HttpRequest, contract: Contract) -> list[tuple[ActionSheet, str]]:
    """The actions that the person may redeploy, each with the page that asks which amendment does it."""
    roles = perms.roles_on(user_of(request), contract, clock.today())
    offered = (
        sheet
        for sheet in contract.sheets.all()
        if any(row.name == REDEPLOY for row in SHEET.offered(sheet.status, roles, {"amendment": True}))
    )
    found = [(sheet, link("contract-sheet-move", contract.pk, sheet.code, REDEPLOY)) for sheet in offered]
    return [(sheet, url) for sheet, url in found if url]


def effects_table(effects: tuple[YearEffect, ...], subject: str, id: str) -> Table:
    """In euros, what each year becomes."""
    columns = [
        Column("year", "Année"),
        Column("state_before", "État, avant", "money"),
        Column("state_after", "État, après", "money"),
        Column("state_gap", "État, écart", "money"),
        Column("total_before", "Tous, avant", "money"),
        Column("total_after", "Tous, après", "money"),
        Column("total_gap", "Tous, écart", "money"),
        Column("cap", "Plafond de l'État, après", "money"),
    ]
    rows: list[dict[str, Any]] = [
        {
            "year": str(one.year) if one.year else "Ensemble",
            **_pair("state", *one.state),
            **_pair("total", *one.total),
            "cap": one.cap[1],
        }
        for one in effects
    ]
    caption = f"{subject}, en euros par année"
    note = "« Tous » compte tous les financeurs, apports en nature compris."
    return Table(id, typography(caption), columns, rows, sortable=False, note=typography(note))


def _pair(name: str, before: Money | None, after: Money | None) -> dict[str, Any]:
    gap = after - before if before is not None and after is not None else None
    signed = f"+{gap}" if gap is not None and gap > Money.zero() else ""
    return {f"{name}_before": before, f"{name}_after": after, f"{name}_gap": Cell(gap, text=signed)}


def changes_table(comparison: Comparison) -> Table:
    """The differences as a table, for exports: the page shows them side by side."""
    columns = [
        Column(name, label)
        for name, label in (
            ("part", "Partie"),
            ("label", "Champ"),
            ("path", "Chemin"),
            ("kind", "Changement"),
            ("before", "Avant"),
            ("after", "Après"),
            ("gap", "Écart"),
        )
    ]
    rows = [{**row, "kind": KIND_LABELS[row["kind"]]} for row in comparison.plain()]
    return Table("comparaison", "Comparaison champ par champ", columns, rows)


# --- steps ---


@require_http_methods(["GET", "HEAD", "POST"])
def amendment_move(request: HttpRequest, pk: int, number: int, name: str) -> HttpResponse:
    """A step of an amendment; the same page as a contract's."""
    contract = contract_or_404(request, pk)
    amendment = amendment_or_404(request, contract, number)
    asked = asked_of_text(request, contract, amendment, name)
    return step_page(request, replace(asked, back_url=reverse("amendment", args=[pk, number])))
