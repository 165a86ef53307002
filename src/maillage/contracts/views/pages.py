"""The list of contracts, the form that opens one, and the first page of a contract."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from maillage.contracts import perms
from maillage.contracts.enums import Origin
from maillage.contracts.forms.opening import ContractFilter, OpeningForm
from maillage.contracts.models import ActionSheet, Contract
from maillage.contracts.rules import Checked, checked
from maillage.contracts.selectors import pages
from maillage.contracts.selectors.doings import Doings, doings
from maillage.contracts.selectors.drafts import Draft, draft_of
from maillage.contracts.selectors.pages import Credits, Listed
from maillage.contracts.selectors.progress import Point, Step
from maillage.contracts.services.contracts import create_contract
from maillage.contracts.views.common import contract_or_404, frame, user_of
from maillage.contracts.views.figures import credits_known, years_chart, years_table
from maillage.contracts.views.steering import contract_alerts_context
from maillage.contracts.views.steps import by_place, link, shown_obstacles, shown_warnings
from maillage.core import clock
from maillage.core.models import User
from maillage.engines.chain import Chain, State
from maillage.engines.lifecycle.contracts import BEFORE_SIGNATURE, CONTRACT, MIN_REASON, SHEET
from maillage.engines.lifecycle.model import Transition
from maillage.kernel.errors import MaillageError
from maillage.ui.tables import Cell, Column, Table, respond, written
from maillage.ui.units import typography

COLUMNS = (
    Column("reference", "Référence", "link"),
    Column("territory", "Territoire"),
    Column("kind", "Nature"),
    Column("years", "Années"),
    Column("state", "État", "status"),
    Column("credits", "Crédits de l'État prévus", "money"),
    Column("step", "Prochaine étape"),
    Column("waits", "Attendue de"),
    Column("chains", "Maillons", help="Ceux qui sont complets, sur ceux qui sont attendus de chaque fiche action."),
)
OPEN_REFUSED = "Vous ne pouvez pas ouvrir de contrat."


# --- the list -------------------------------------------------------------------------------------------------------


@require_safe
def contract_list(request: HttpRequest) -> HttpResponse:
    """The contracts that the person may see, filtered, sorted, grouped, exported."""
    user, today = user_of(request), clock.today()
    visible = list(perms.visible(user, today))
    form = ContractFilter(request.GET, visible)
    rows = pages.listed([one for one in visible if form.keep(one)], today)
    tables = _list_tables(rows, form.group, len(visible))
    if (exported := respond(request, *tables)) is not None:
        return exported
    context = {
        "form": form,
        "tables": tables,
        "has_contracts": bool(visible),
        "create_url": reverse("contract-create") if pages.territories_to_open(user, today).exists() else "",
    }
    return render(request, "contracts/list.html", context)


_GROUPS: dict[str, Callable[[Listed], tuple[Any, str]]] = {
    "territoire": lambda row: (row.contract.territory.sort_name, row.contract.territory.name),
    "nature": lambda row: (row.contract.kind, row.contract.get_kind_display()),
    "etat": lambda row: (CONTRACT.states.index(row.contract.status), row.contract.get_status_display()),
}


def _list_tables(rows: Sequence[Listed], group: str, visible: int) -> list[Table]:
    if group not in _GROUPS:
        return [_list_table("contrats", f"Contrats ({len(rows)} sur {visible})", rows)]
    groups: dict[tuple[Any, str], list[Listed]] = defaultdict(list)
    for row in rows:
        groups[_GROUPS[group](row)].append(row)
    return [
        _list_table(f"contrats-{rank}", f"{key[1]} ({len(groups[key])})", groups[key])
        for rank, key in enumerate(sorted(groups), start=1)
    ] or [_list_table("contrats", f"Contrats (0 sur {visible})", [])]


def _list_table(id: str, caption: str, rows: Sequence[Listed]) -> Table:
    return Table(id, caption, COLUMNS, [_list_row(row) for row in rows], empty="Aucun contrat ne répond à ces filtres.")


def _list_row(row: Listed) -> dict[str, Cell]:
    contract = row.contract
    return {
        "reference": Cell(
            contract.reference, url=reverse("contract", args=[contract.pk]), note=typography(contract.title)
        ),
        "territory": Cell(contract.territory.name, sort=contract.territory.sort_name),
        "kind": Cell(contract.get_kind_display()),
        "years": Cell(f"{contract.starts_on.year}-{contract.ends_on.year}"),
        "state": Cell(contract.status, text=contract.get_status_display(), sort=CONTRACT.states.index(contract.status)),
        "credits": _credits_cell(row.credits),
        "step": Cell(typography(step_words(row.step))),
        "waits": Cell(typography(row.step.waits_for)),
        "chains": _chains_cell(row),
    }


def _credits_cell(found: Credits) -> Cell:
    note = "selon le document, sans répartition" if found.from_caps else ""
    return Cell(found.amount, status="partial" if found.partial else "", note=note)


def _chains_cell(row: Listed) -> Cell:
    if row.contract.origin == Origin.TAKEN_OVER:
        return Cell("", text="non mesurés", note="repris d’un document")
    if not row.chains:
        return Cell("", text="aucune fiche")
    part = row.whole / row.expected if row.expected else 0
    return Cell(f"{row.whole} sur {row.expected}", sort=round(part * 1000))


def step_words(step: Step) -> str:
    """« Donner l'accord technique », « Échéance le 31 décembre 2027 », « aucune »."""
    if step.due_on is not None:
        return f"{step.label} le {written(step.due_on)}"
    return step.label or "aucune"


# --- opening --------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def contract_create(request: HttpRequest) -> HttpResponse:
    """Open a contract as a draft. What was typed comes back with a refusal."""
    user, today = user_of(request), clock.today()
    territories = pages.territories_to_open(user, today)
    if not territories.exists():
        raise PermissionDenied(OPEN_REFUSED)
    data = request.POST if request.method == "POST" else None
    form = OpeningForm(data, territories=territories, contracts=perms.visible(user, today))
    if request.method == "POST" and form.is_valid():
        try:
            contract = create_contract(**form.cleaned_data, by=user, at=clock.now())
        except MaillageError as error:
            form.refuse(error)
        else:
            messages.success(
                request, typography(f"Le contrat {contract.reference} est ouvert. Écrivez ses fiches action.")
            )
            return redirect("contract", pk=contract.pk)
    return render(request, "contracts/create.html", {"form": form}, status=422 if form.errors else 200)


# --- the page of a contract -----------------------------------------------------------------------------------------


@require_safe
def contract_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the contract stands, what stands in the way, its money, its sheets, its people and its papers."""
    contract, user, today = contract_or_404(request, pk), user_of(request), clock.today()
    draft = draft_of(contract)
    result = checked(contract, draft.text)
    money = years_table(contract, result.facts, id="montants", caption="Montants prévus par année")
    if (exported := respond(request, money)) is not None:
        return exported
    context = (
        frame(contract, "contract")
        | _where(contract, draft, result, user, today)
        | _amounts(contract, result, money)
        | _parties(contract, user, today)
    )
    context["axes"] = _axes(contract, user, today)
    context |= contract_alerts_context(contract, user, today)
    return render(request, "contracts/contract.html", context)


def _where(contract: Contract, draft: Draft, result: Checked, user: User, on: date) -> dict[str, Any]:
    """The line of life, the next step and its obstacles: of the open amendment where there is one."""
    roles, may_waive = perms.roles_on(user, contract, on), perms.can_waive(user, contract, on)
    own = doings(contract, draft.amendment, roles, result, on)
    to_sign = draft.amendment is not None or contract.status in BEFORE_SIGNATURE
    found = own.obstacles() + (own.before_signature if to_sign else [])
    return {
        "points": _known_points(contract, own.points),
        "step": own.step,
        "step_words": step_words(own.step),
        "amendment": draft.amendment,
        "amendment_url": link("contract-amendments", contract.pk),
        "to_sign": to_sign,
        "obstacles": by_place(shown_obstacles(contract, found, result, may_waive=may_waive)),
        "warnings": by_place(shown_warnings(contract, result, may_waive=may_waive)),
        "buttons": [] if draft.amendment is not None else move_buttons(own, "contract-move", contract.pk),
        "held_back": [] if draft.amendment is not None else own.held_back,
    }


def _known_points(contract: Contract, line: list[Point]) -> list[Point]:
    """A contract taken over began for us when it was in force: how it was negotiated is not known."""
    if contract.origin == Origin.NATIVE:
        return line
    unknown = {CONTRACT.labels[state] for state in BEFORE_SIGNATURE}
    return [point for point in line if point.label not in unknown]


def move_buttons(own: Doings, name: str, *args: Any) -> list[tuple[Transition, str, str]]:
    """The steps offered: row, address, and the look of the button. The next step of the line stands out."""
    return [(row, reverse(name, args=[*args, row.name]), _look(row, own)) for row in own.offered]


def _look(row: Transition, own: Doings) -> str:
    if row == own.step.row:
        return "primary"
    return "danger" if row.target in own.table.final_states else "secondary"


def _amounts(contract: Contract, result: Checked, money: Table) -> dict[str, Any]:
    has_lines = any(sheet.lines for sheet in result.facts.sheets)
    return {
        "money": money,
        "has_lines": has_lines,
        "chart": years_chart(contract, result.facts, id="montants-dessin"),
        "taken_over": contract.origin == Origin.TAKEN_OVER,
        "credits_known": credits_known(result.facts),
        "document_url": link("document", contract.document.code) if contract.document is not None else "",
    }


def _axes(contract: Contract, user: User, on: date) -> list[tuple[str, list[dict[str, Any]]]]:
    """Action sheets by axis, with what each person may do of them."""
    roles = perms.roles_on(user, contract, on)
    return [
        (typography(axis.title), [_sheet(contract, one.sheet, one.chain, roles) for one in axis.sheets])
        for axis in pages.by_axis(contract, on)
    ]


def _sheet(contract: Contract, sheet: ActionSheet, chain: Chain, roles: frozenset[str]) -> dict[str, Any]:
    facts = {"reason": "." * MIN_REASON, "amendment": True}
    missing = [
        f"{one.label_fr.lower()} : {one.why}" for one in chain.links if one.expected and one.state is not State.PRESENT
    ]
    return {
        "sheet": sheet,
        "url": link("contract-sheet", contract.pk, sheet.code),
        "chain": chain,
        "missing": [typography(text) for text in missing],
        "offered": [
            (row.label, reverse("contract-sheet-move", args=[contract.pk, sheet.code, row.name]))
            for row in SHEET.offered(sheet.status, roles, facts)
        ],
    }


def _parties(contract: Contract, user: User, on: date) -> dict[str, Any]:
    """Who signs, who answers for it, the papers, the linked contracts, the versions and the last moves."""
    acts = bool(perms.roles_on(user, contract, on)) or perms.can_audit(user, contract, on)
    linked = perms.visible(user, on).filter(linked_to=contract)
    upper = contract.linked_to
    return {
        "signatories": list(contract.signatories.all()),
        "participants": list(contract.participants.select_related("user")) if acts else [],
        "shows_people": acts,
        "may_name": perms.is_state_team(user, contract, on),
        "attachments": list(contract.attachments.select_related("file", "version", "amendment")),
        "may_attach": perms.is_party(user, contract, on),
        "linked_to": upper if upper is not None and perms.can_see(user, upper, on) else None,
        "linked": list(linked),
        "versions": list(contract.versions.select_related("amendment").defer("content")),
        "moves": list(pages.last_moves(contract)) if acts else [],
    }
