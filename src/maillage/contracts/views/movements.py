"""Money of an action, line by line: what is committed, paid and justified, and the legal commitments."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from maillage.contracts import perms
from maillage.contracts.forms.fields import refuse
from maillage.contracts.forms.movements import EJ_PLACES, MOVEMENT_PLACES, EjForm, MovementForm
from maillage.contracts.models import ActionSheet, Contract, FundingLine, Movement
from maillage.contracts.selectors.results import years_of_sheet
from maillage.contracts.services.money import record_movement, register_ej
from maillage.contracts.views import result_tables as tables
from maillage.contracts.views.common import contract_or_404, sheet_or_404, user_of
from maillage.contracts.views.sheet_parts import rights_of, sheet_frame
from maillage.core import clock
from maillage.core.perms import require
from maillage.engines.lifecycle.contracts import RUNNING
from maillage.kernel.errors import MaillageError
from maillage.ui.tables import respond


def _own_lines(request: HttpRequest, contract: Contract, sheet: ActionSheet) -> list[FundingLine]:
    """The lines on which this person may record: those of the State by the State, none on a contract that is over."""
    if contract.status not in RUNNING:
        return []
    user, today = user_of(request), clock.today()
    allowed = {
        family: perms.can_record_money(user, contract, today, family=family)
        for family in ("state", "collectivity", "other")
    }
    return [line for line in sheet.lines.select_related("funder") if allowed[line.funder.family]]


def _may_register(request: HttpRequest, contract: Contract) -> bool:
    return contract.status in RUNNING and rights_of(request, contract).is_state_team


@require_safe
def movements(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Lines, movements, legal commitments, and what may be recorded."""
    contract = contract_or_404(request, pk)
    sheet = sheet_or_404(contract, code)
    return _page(request, contract, sheet)


def _page(
    request: HttpRequest,
    contract: Contract,
    sheet: ActionSheet,
    *,
    movement_form: MovementForm | None = None,
    ej_form: EjForm | None = None,
    status: int = 200,
) -> HttpResponse:
    ejs = list(sheet.ejs.all())
    recorded = Movement.objects.filter(line__sheet=sheet).select_related("line__funder", "ej", "by")
    lines = tables.lines_table(_with_lines(sheet))
    listed = tables.movements_table(recorded.order_by("-dated_on", "-pk"))
    if (exported := respond(request, lines, listed)) is not None:
        return exported
    own = _own_lines(request, contract, sheet)
    if movement_form is None and own:
        movement_form = MovementForm(lines=own, ejs=ejs)
    if ej_form is None and _may_register(request, contract):
        ej_form = EjForm(years=years_of_sheet(contract, sheet))
    context = sheet_frame(contract, sheet, "contract-movements") | {
        "lines": lines,
        "movements": listed,
        "ejs": ejs,
        "movement_form": movement_form,
        "ej_form": ej_form,
    }
    return render(request, "contracts/results/movements.html", context, status=status)


def _with_lines(sheet: ActionSheet) -> ActionSheet:
    return ActionSheet.objects.prefetch_related("lines__funder").get(pk=sheet.pk)


@require_POST
def movement_record(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Record an amount on a line."""
    contract = contract_or_404(request, pk)
    sheet = sheet_or_404(contract, code)
    own = _own_lines(request, contract, sheet)
    require(bool(own), "Vous ne pouvez pas enregistrer de montant sur cette action.")
    ejs = list(sheet.ejs.all())
    form = MovementForm(request.POST, lines=own, ejs=ejs)
    if form.is_valid():
        given = form.cleaned_data
        try:
            made = record_movement(
                line=next(line for line in own if str(line.pk) == given["line"]),
                stage=given["stage"],
                amount=given["amount"],
                dated_on=given["dated_on"],
                ej=next((ej for ej in ejs if str(ej.pk) == given["ej"]), None),
                note=given["note"],
                by=user_of(request),
                at=clock.now(),
            )
        except MaillageError as error:
            refuse(form, error, MOVEMENT_PLACES)
        else:
            messages.success(request, f"{made.get_stage_display()} : {given['amount']} enregistrés.")
            return redirect("contract-movements", pk, code)
    return _page(request, contract, sheet, movement_form=form, status=422)


@require_POST
def ej_register(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Tie a legal commitment to the action."""
    contract = contract_or_404(request, pk)
    sheet = sheet_or_404(contract, code)
    require(_may_register(request, contract), "Vous ne pouvez pas enregistrer un EJ ici.")
    form = EjForm(request.POST, years=years_of_sheet(contract, sheet))
    if form.is_valid():
        try:
            made = register_ej(sheet=sheet, by=user_of(request), at=clock.now(), **form.cleaned_data)
        except MaillageError as error:
            refuse(form, error, EJ_PLACES)
        else:
            messages.success(request, f"L’EJ {made.number} de {made.year} est celui de cette action.")
            return redirect("contract-movements", pk, code)
    return _page(request, contract, sheet, ej_form=form, status=422)
