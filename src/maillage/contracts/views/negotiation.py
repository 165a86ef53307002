"""The negotiation of a contract on one screen, and what is done of its sheets from there."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.contracts import perms
from maillage.contracts.forms.sheet import NewSheetForm
from maillage.contracts.models import Contract
from maillage.contracts.selectors.doings import doings
from maillage.contracts.selectors.negotiation import YearBoard, board_of
from maillage.contracts.services.texts import change_text
from maillage.contracts.services.transitions import move_sheet
from maillage.contracts.views.common import contract_or_404, frame, sheet_or_404, user_of
from maillage.contracts.views.places import address_of
from maillage.contracts.views.sheet_edit import refusal_lines
from maillage.contracts.views.steps import by_place, shown_obstacles, shown_warnings
from maillage.contracts.views.writing import Desk
from maillage.core import clock
from maillage.core.models import AuditEntry
from maillage.engines.contract_text import REMOVED, Change, bad_code, edits_of
from maillage.engines.lifecycle.contracts import SHEET
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.ui.confirm import confirm_page
from maillage.ui.messaging import undoable
from maillage.ui.units import typography

CHOICES = {"retenir": "retain", "ne-plus-retenir": "set_aside"}
SLUGS = {name: slug for slug, name in CHOICES.items()}
COPY_SUFFIX = " (copie)"


@require_safe
def negotiation(request: HttpRequest, pk: int) -> HttpResponse:
    """Sheets side by side by axis, each year against its cap and its budget, what blocks the signature."""
    contract = contract_or_404(request, pk)
    desk = Desk.of(request, contract)
    user, today = user_of(request), clock.today()
    roles = perms.roles_on(user, contract, today)
    board = board_of(contract, desk.draft, roles)
    may_waive = perms.can_waive(user, contract, today)
    found = doings(contract, desk.draft.amendment, roles, board.result, today)
    seen = {one.text for one in found.obstacles()}
    obstacles = [*found.obstacles(), *(one for one in found.before_signature if one.text not in seen)]
    context = frame(contract, "contract-negotiation") | {
        "banner": desk.banner,
        "board": board,
        "columns": [(column, [_card(contract, card, desk) for card in column.cards]) for column in board.columns],
        "obstacles": by_place(shown_obstacles(contract, obstacles, board.result, may_waive=may_waive)),
        "warnings": by_place(shown_warnings(contract, board.result, may_waive=may_waive)),
        "may_add": desk.may_write and not desk.closed_to_add("sheets/NOUVELLE"),
        "is_worked_on": desk.draft.is_open or desk.draft.amendment is not None,
        **totals_context(contract, board.years),
    }
    return render(request, "contracts/negotiation.html", context)


def totals_context(contract: Contract, years: list[YearBoard]) -> dict[str, Any]:
    """What the block of totals needs, on the page and when it is computed again."""
    return {
        "contract": contract,
        "years": years,
        "terms": _terms(years),
        "caps_url": reverse("contract-caps", args=[contract.pk]),
    }


def _terms(years: list[YearBoard]) -> list[dict[str, Any]]:
    """The parameters of the co-funding rule, the years that share one value being told together."""
    rows: dict[Any, list[int]] = {}
    for board in years:
        for row in board.terms.rows:
            rows.setdefault(row, []).append(board.year)
    several = len(years) > 1
    return [
        {"row": row, "years": _span(held) if several and len(held) < len(years) else ""} for row, held in rows.items()
    ]


def _span(years: list[int]) -> str:
    return str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}"


def _card(contract: Contract, card: Any, desk: Desk) -> dict[str, Any]:
    args = [contract.pk, card.code]
    return {
        "card": card,
        "edit_url": reverse("contract-sheet-edit", args=args),
        "funding_url": reverse("contract-funding-sheet", args=args),
        "missing": [(one.label, address_of(contract, one.path)) for one in card.missing],
        "moves": [(row.label, reverse("contract-sheet-choose", args=[*args, SLUGS[row.name]])) for row in card.moves],
        "copy_url": reverse("contract-sheet-copy", args=args) if _may_copy(desk) else "",
        "remove_url": reverse("contract-sheet-remove", args=args) if _may_remove(desk, card.code) else "",
    }


def _may_copy(desk: Desk) -> bool:
    return not desk.closed(Change("sheets/NOUVELLE", "added", None, {}))


def _may_remove(desk: Desk, code: str) -> bool:
    return not desk.closed(Change(f"sheets/{code}", "removed", {}, None))


# --- sheets: added, copied, taken out, put back, retained ----------------------------------------------------


@require_POST
def sheet_choose(request: HttpRequest, pk: int, code: str, choice: str) -> HttpResponse:
    """Retain a sheet, or set it aside; the button of the last message does the contrary."""
    contract = contract_or_404(request, pk)
    sheet = sheet_or_404(contract, code)
    if choice not in CHOICES:
        raise Http404
    try:
        move_sheet(sheet=sheet, name=CHOICES[choice], by=user_of(request), at=clock.now())
    except MaillageError as error:
        messages.error(request, typography(error.message_fr))
        return redirect("contract-negotiation", pk=pk)
    state = SHEET.labels["retained" if CHOICES[choice] == "retain" else "proposed"].lower()
    other = next(slug for slug in CHOICES if slug != choice)
    undo = reverse("contract-sheet-choose", args=[pk, code, other])
    undoable(request, typography(f"La fiche {code} est {state}."), undo_url=undo)
    return redirect(f"{reverse('contract-negotiation', args=[pk])}#fiche-{code}")


@require_http_methods(["GET", "HEAD", "POST"])
def sheet_add(request: HttpRequest, pk: int) -> HttpResponse:
    """A sheet with its code and its title; the rest is written on its page."""
    contract = contract_or_404(request, pk)
    desk = Desk.of(request, contract)
    if closed := desk.closed_to_add("sheets/NOUVELLE"):
        raise PermissionDenied(closed)
    taken = _codes(contract, desk)
    form = NewSheetForm(
        request.POST if request.method == "POST" else None,
        axes=desk.source.choices["axis"],
        initial={"code": next_code(taken)},
    )
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        if problem := _code_problem(code, taken):
            form.add_error("code", problem)
        else:
            edits = {f"sheets/{code}/{name}": form.cleaned_data[name] for name in ("title", "axis")}
            try:
                _write(request, contract, edits, "fiche ajoutée")
            except MaillageError as error:
                form.refuse(error)
            else:
                messages.success(request, typography(f"La fiche {code} est ajoutée : complétez-la."))
                return redirect("contract-sheet-edit", pk=pk, code=code)
    context = frame(contract, "contract-negotiation") | {
        "form": form,
        "cancel_url": reverse("contract-negotiation", args=[pk]),
    }
    return render(request, "contracts/sheet_add.html", context, status=422 if form.errors else 200)


def _codes(contract: Contract, desk: Desk) -> set[str]:
    """The codes of the text, and those that sheets taken out by an amendment keep."""
    return {*desk.draft.text["sheets"], *contract.sheets.values_list("code", flat=True)}


def _code_problem(code: str, taken: set[str]) -> str:
    if bad_code(f"sheets/{code}/title"):
        return "Écrivez un code en capitales et chiffres, comme A01."
    return "Une fiche porte déjà ce code." if code in taken else ""


def next_code(taken: set[str]) -> str:
    """The code after the last of its series: A01, A02 → A03; the first is A01."""
    found = [(one[1], int(one[2]), len(one[2])) for code in taken if (one := re.fullmatch(r"([A-Z]+)([0-9]+)", code))]
    letters, number, width = max(found, default=("A", 0, 2))
    return f"{letters}{number + 1:0{width}d}"


def _write(request: HttpRequest, contract: Contract, edits: dict[str, Any], source: str) -> list[Change]:
    return change_text(contract=contract, edits=edits, seen={}, by=user_of(request), at=clock.now(), source=source)


@require_POST
def sheet_copy(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """The same sheet under the next code, amounts and targets included."""
    contract = contract_or_404(request, pk)
    desk = Desk.of(request, contract)
    sheet = desk.draft.text["sheets"].get(code)
    if sheet is None:
        raise Http404
    made = next_code(_codes(contract, desk))
    title = f"{(sheet.get('title') or '')[: 250 - len(COPY_SUFFIX)]}{COPY_SUFFIX}"
    edits = edits_of([Change(f"sheets/{made}", "added", None, sheet | {"title": title})])
    try:
        _write(request, contract, edits, f"fiche {code} copiée")
    except MaillageError as error:
        return _refused(request, contract, error)
    undo = reverse("contract-sheet-remove", args=[pk, made])
    undoable(request, typography(f"La fiche {code} est copiée : la copie est {made}."), undo_url=undo)
    return redirect(f"{reverse('contract-negotiation', args=[pk])}#fiche-{made}")


@require_http_methods(["GET", "HEAD", "POST"])
def sheet_remove(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Ask once more, then take the sheet out of the text; the message that follows puts it back."""
    contract = contract_or_404(request, pk)
    desk = Desk.of(request, contract)
    if code not in desk.draft.text["sheets"]:
        raise Http404
    if closed := desk.closed(Change(f"sheets/{code}", "removed", {}, None)):
        raise PermissionDenied(closed)
    if request.method == "POST":
        try:
            _write(request, contract, {f"sheets/{code}": REMOVED}, f"fiche {code} retirée")
        except MaillageError as error:
            return _refused(request, contract, error)
        undo = reverse("contract-sheet-restore", args=[pk, code])
        undoable(request, typography(f"La fiche {code} est retirée du texte."), undo_url=undo)
        return redirect("contract-negotiation", pk=pk)
    sheet = desk.draft.text["sheets"][code]
    return confirm_page(
        request,
        title=f"Retirer la fiche {code} du texte",
        message="Ses champs, ses lignes de financement et ses cibles quittent le texte. Vous pourrez la rétablir juste "
        "après ; le journal garde tout ce qu'elle disait.",
        submit="Retirer la fiche",
        cancel_url=reverse("contract-negotiation", args=[pk]),
        danger=True,
        details=[
            ("Fiche", typography(f"{code} · {sheet.get('title') or 'sans intitulé'}")),
            ("Lignes de financement", len(sheet.get("lines", {}))),
            ("Indicateurs suivis", len(sheet.get("targets", {}))),
        ],
    )


@require_POST
def sheet_restore(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Put back a sheet as the journal kept it when it was taken out. It is proposed again."""
    contract = contract_or_404(request, pk)
    desk = Desk.of(request, contract)
    content = _last_removed(contract, desk, code)
    if content is None or code in desk.draft.text["sheets"]:
        messages.error(request, typography(f"La fiche {code} est déjà dans le texte, ou n'en a jamais été retirée."))
        return redirect("contract-negotiation", pk=pk)
    try:
        edits = edits_of([Change(f"sheets/{code}", "added", None, content)])
        _write(request, contract, edits, f"fiche {code} rétablie")
    except MaillageError as error:
        return _refused(request, contract, error)
    messages.success(request, typography(f"La fiche {code} est rétablie, telle qu'elle était."))
    return redirect(f"{reverse('contract-negotiation', args=[pk])}#fiche-{code}")


def _last_removed(contract: Contract, desk: Desk, code: str) -> dict[str, Any] | None:
    subject = desk.draft.amendment or contract
    found = AuditEntry.objects.filter(
        object_type=subject._meta.label_lower, object_id=str(subject.pk), action="contract.text"
    )
    for entry in found.filter(summary__contains=f"fiche {code} retirée"):
        before, after = entry.changes.get(f"sheets/{code}", [None, None])
        if before is not None and after is None:
            return dict(before)
    return None


def _refused(request: HttpRequest, contract: Contract, error: MaillageError) -> HttpResponse:
    lines = refusal_lines(error) if isinstance(error, InputRefused) else [error.message_fr]
    messages.error(request, typography(" ".join(lines)))
    return redirect("contract-negotiation", pk=contract.pk)
