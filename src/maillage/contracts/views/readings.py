"""Readings of an action: the list, the entry of one, its steps."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from maillage.contracts.enums import Counted
from maillage.contracts.forms.fields import refuse
from maillage.contracts.forms.readings import PLACES, ReadingForm
from maillage.contracts.models import ActionSheet, Contract, IndicatorTarget, Reading
from maillage.contracts.selectors.results import (
    WRITABLE_READING,
    Slot,
    categories,
    counted_of,
    parts_by_dimension,
    reading_fields,
    reading_findings,
    reading_of,
    slot_of,
    slots_of,
    targets_of,
    years_of_sheet,
)
from maillage.contracts.services.readings import facts_of as facts_of_reading
from maillage.contracts.services.readings import move_reading, save_reading
from maillage.contracts.services.seen import NOTHING, Moved, token_of
from maillage.contracts.views.common import contract_or_404, sheet_or_404, user_of
from maillage.contracts.views.sheet_parts import Rights, buttons, rights_of, sheet_frame
from maillage.contracts.views.steps import Asked, Place, Shown, step_page
from maillage.core import clock
from maillage.engines.lifecycle.contracts import READING
from maillage.engines.lifecycle.model import Transition
from maillage.kernel.errors import MaillageError
from maillage.ui.tables import Cell, Column, Table, respond
from maillage.ui.units import format_value, typography

COUNTED_FR = {
    Counted.PERSONS: "Personnes distinctes : une personne reçue dix fois compte pour une.",
    Counted.VISITS: "Passages : une personne reçue dix fois compte pour dix.",
    Counted.OTHER: "",
}


@require_safe
def readings(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Each indicator of the action, period by period."""
    contract = contract_or_404(request, pk)
    sheet = sheet_or_404(contract, code)
    rights = rights_of(request, contract)
    found = [(target, _table(contract, sheet, target, rights)) for target in targets_of(sheet)]
    if (exported := respond(request, *(table for _, table in found))) is not None:
        return exported
    context = sheet_frame(contract, sheet, "contract-readings") | {
        "targets": [(target, COUNTED_FR[counted_of(target.indicator)], table) for target, table in found],
        "may_enter": rights.may_enter,
    }
    return render(request, "contracts/results/readings.html", context)


def _table(contract: Contract, sheet: ActionSheet, target: IndicatorTarget, rights: Rights) -> Table:
    stored = {reading.period: reading for reading in target.readings.all()}
    aimed = {one.year: one.value for one in target.years.all()}
    rows = []
    for year in years_of_sheet(contract, sheet):
        for slot in slots_of(year):
            reading = stored.get(slot.period.canonical)
            begun = slot.period.start <= clock.today()
            if reading is None and not (slot.is_year or (rights.may_enter and begun)):
                continue
            rows.append(_row(contract, sheet, target, slot, reading, aimed.get(year), rights.may_enter and begun))
    return Table(
        id=f"releves-{target.pk}",
        caption=f"{target.indicator.label}, par période",
        columns=(
            Column("period", "Période", "link"),
            Column("value", "Valeur", "number"),
            Column("target", "Cible de l'année", "number"),
            Column("status", "État"),
        ),
        rows=rows,
        note="" if target.baseline is not None else "La situation initiale n'est pas connue.",
        sortable=False,
    )


def _row(
    contract: Contract,
    sheet: ActionSheet,
    target: IndicatorTarget,
    slot: Slot,
    reading: Reading | None,
    aimed: Any,
    may_enter: bool,
) -> dict[str, Any]:
    url = reverse("contract-reading", args=[contract.pk, sheet.code, target.indicator.code, slot.code])
    state = READING.labels[reading.status] if reading is not None else "Non saisi"
    return {
        "period": Cell(slot.label_fr, url=url if reading is not None or may_enter else ""),
        "value": _value_cell(target, reading),
        "target": Cell(aimed) if slot.is_year else Cell(""),
        "status": Cell(state, note=reading.status_reason if reading is not None else ""),
    }


def _value_cell(target: IndicatorTarget, reading: Reading | None) -> Cell:
    if reading is None:
        return Cell(None)
    if reading.value is None:
        return Cell(None, note=reading.unknown_reason)
    marks = ["ventilation incomplète"] if reading.incomplete else []
    return Cell(reading.value, text=_shown(target, reading.value), note=", ".join(marks))


def _shown(target: IndicatorTarget, value: Any) -> str:
    return format_value(value, unit="%" if target.indicator.unit in ("%", "percent") else "")


# --- one reading ------------------------------------------------------------------------------------------------------


def _found(contract: Contract, code: str, indicator: str, slot: str) -> tuple[IndicatorTarget, Slot]:
    sheet = sheet_or_404(contract, code)
    target = sheet.targets.select_related("indicator").filter(indicator__code=indicator).first()
    found = slot_of(slot, years_of_sheet(contract, sheet))
    if target is None or found is None:
        raise Http404
    target.sheet = sheet
    return target, found


@require_http_methods(["GET", "HEAD", "POST"])
def reading_page(request: HttpRequest, pk: int, code: str, indicator: str, slot: str) -> HttpResponse:
    """Read a reading; enter or correct it where the state and the role allow it."""
    contract = contract_or_404(request, pk)
    target, at_slot = _found(contract, code, indicator, slot)
    reading = reading_of(target, at_slot)
    may_enter = rights_of(request, contract).may_enter
    if request.method == "POST":
        if not may_enter:
            raise PermissionDenied("Vous ne pouvez pas saisir de relevé sur ce contrat.")
        return _save(request, contract, target, at_slot, reading)
    writable = may_enter and (reading is None or reading.status in WRITABLE_READING)
    form = _form(None, contract, target, reading) if writable else None
    return _page(request, contract, target, at_slot, reading, form)


def _form(data: Any, contract: Contract, target: IndicatorTarget, reading: Reading | None) -> ReadingForm:
    fields = reading_fields(reading) if reading is not None else None
    seen = token_of(fields) if fields is not None else NOTHING
    return ReadingForm(data, target=target, categories=categories(contract), fields=fields, seen=seen)


def _save(
    request: HttpRequest, contract: Contract, target: IndicatorTarget, slot: Slot, reading: Reading | None
) -> HttpResponse:
    form = _form(request.POST, contract, target, reading)
    if not form.is_valid():
        return _page(request, contract, target, slot, reading, form, status=422)
    try:
        saved = save_reading(
            target=target,
            slot=slot,
            given=form.given(),
            seen=form.cleaned_data["seen"],
            by=user_of(request),
            at=clock.now(),
        )
    except Moved as moved:
        return _page(request, contract, target, slot, reading, _mine(request, form, reading), moved=moved, status=409)
    except MaillageError as error:
        refuse(form, error, PLACES)
        return _page(request, contract, target, slot, reading, form, status=422)
    label = READING.labels[saved.status].lower()
    messages.success(request, typography(f"Relevé {slot.label_fr} enregistré : {label}. Il reste à le transmettre."))
    return redirect("contract-reading", contract.pk, target.sheet.code, target.indicator.code, slot.code)


def _mine(request: HttpRequest, form: ReadingForm, reading: Reading | None) -> ReadingForm:
    """What was typed, to be sent again over what is stored now: the other version is shown beside."""
    typed = request.POST.copy()
    typed["seen"] = token_of(reading_fields(reading)) if reading is not None else NOTHING
    form.data = typed
    return form


def _page(
    request: HttpRequest,
    contract: Contract,
    target: IndicatorTarget,
    slot: Slot,
    reading: Reading | None,
    form: ReadingForm | None,
    *,
    moved: Moved | None = None,
    status: int = 200,
) -> HttpResponse:
    sheet = target.sheet
    labels = categories(contract)
    aimed = target.years.filter(year=slot.year).first()
    context = sheet_frame(contract, sheet, "contract-readings") | {
        "target": target,
        "slot": slot,
        "reading": reading,
        "shown": _shown(target, reading.value) if reading is not None and reading.value is not None else "",
        "aimed": aimed.value if aimed is not None else None,
        "counted": COUNTED_FR[counted_of(target.indicator)],
        "parts_of": _parts_of(reading, labels),
        "pieces": [one for one in reading.evidence.all() if one.withdrawn_at is None] if reading is not None else [],
        "warnings": _warnings(target, slot, reading, labels),
        "form": form,
        "moved": moved,
        "autosave": f"releve-{target.pk}-{slot.code}",
        "buttons": _buttons(request, contract, target, slot, reading),
        "back_url": reverse("contract-readings", args=[contract.pk, sheet.code]),
    }
    return render(request, "contracts/results/reading.html", context, status=status)


def _parts_of(reading: Reading | None, labels: dict[str, dict[str, str]]) -> list[tuple[str, bool, Any]]:
    if reading is None:
        return []
    found = parts_by_dimension(reading.parts.all(), labels)
    return [(label, code in reading.incomplete, rows) for code, label, rows in found]


def _warnings(
    target: IndicatorTarget, slot: Slot, reading: Reading | None, labels: dict[str, dict[str, str]]
) -> list[str]:
    """What the rules say of what is stored; a warning stops nobody, it is read."""
    if reading is None:
        return []
    found = reading_findings(target, slot.period, reading_fields(reading), labels)
    return [f"{one.rule} · {one.message_fr}" for one in found]


def _buttons(
    request: HttpRequest, contract: Contract, target: IndicatorTarget, slot: Slot, reading: Reading | None
) -> list[Any]:
    if reading is None:
        return []
    reading.target = target
    args = (contract.pk, target.sheet.code, target.indicator.code, slot.code)
    facts = facts_of_reading(reading)
    return buttons(request, contract, READING, reading.status, facts, name="contract-reading-move", args=args)


@require_http_methods(["GET", "HEAD", "POST"])
def reading_move(request: HttpRequest, pk: int, code: str, indicator: str, slot: str, name: str) -> HttpResponse:
    """A step of a reading."""
    contract = contract_or_404(request, pk)
    target, at_slot = _found(contract, code, indicator, slot)
    reading = reading_of(target, at_slot)
    if reading is None:
        raise Http404
    reading.target = target
    url = reverse("contract-reading", args=[pk, code, indicator, slot])

    def obstacles(row: Transition) -> list[Shown]:
        text = row.obstacle(facts_of_reading(reading, "." * 10))
        return [Shown(typography(text), Place("Le relevé", url))] if text else []

    asked = Asked(
        contract=contract,
        table=READING,
        state=reading.status,
        name=name,
        subject=f"Relevé {at_slot.label_fr} de « {target.indicator.label} » (fiche {target.sheet.code})",
        back_url=url,
        do=lambda form: move_reading(
            reading=reading, name=name, by=user_of(request), at=clock.now(), reason=form.reason
        ),
        obstacles=obstacles,
        tab="contract-execution",
    )
    return step_page(request, asked)
