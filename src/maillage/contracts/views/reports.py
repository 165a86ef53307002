"""The execution report of an action on a year: figures that fill themselves, texts that people write."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from maillage.contracts.forms.fields import refuse
from maillage.contracts.forms.reports import PLACES, ReportForm
from maillage.contracts.models import Contract, ExecutionReport
from maillage.contracts.selectors.execution import (
    WRITABLE_REPORT,
    differences,
    due_on,
    expected_years,
    report_figures,
)
from maillage.contracts.services.reports import TEXTS, facts_of, missing_of, move_report, report_fields, save_report
from maillage.contracts.services.seen import NOTHING, Moved, token_of
from maillage.contracts.views import report_tables as tables
from maillage.contracts.views.common import contract_or_404, sheet_or_404, user_of
from maillage.contracts.views.sheet_parts import EXECUTION, buttons, rights_of, sheet_frame
from maillage.contracts.views.steps import Asked, Place, Shown, step_page
from maillage.core import clock
from maillage.engines.lifecycle.contracts import EXECUTION_REPORT
from maillage.engines.lifecycle.model import Transition
from maillage.kernel.errors import MaillageError
from maillage.ui.tables import respond
from maillage.ui.units import typography

LABELS = {"achievements": "Ce qui a été fait", "difficulties": "Difficultés rencontrées", "outlook": "Suites prévues"}


def _found(request: HttpRequest, pk: int, code: str, year: int) -> tuple[Contract, ExecutionReport]:
    """The report, stored or not yet: a page that is only read writes nothing. 404 for a year that owes none."""
    contract = contract_or_404(request, pk)
    sheet = sheet_or_404(contract, code)
    report = ExecutionReport.objects.filter(sheet=sheet, year=year)
    stored = report.select_related("submitted_by", "validated_by").first()
    if stored is None and year not in expected_years(contract, sheet, clock.today()):
        raise Http404
    found = stored or ExecutionReport(sheet=sheet, year=year, due_on=due_on(contract, year))
    found.sheet = sheet
    return contract, found


@require_http_methods(["GET", "HEAD", "POST"])
def report_page(request: HttpRequest, pk: int, code: str, year: int) -> HttpResponse:
    """Read a report; write its texts where the state and the role allow it."""
    contract, report = _found(request, pk, code, year)
    may_enter = rights_of(request, contract).may_enter
    if request.method == "POST":
        if not may_enter:
            raise PermissionDenied("Vous ne pouvez pas écrire ce rapport.")
        return _save(request, contract, report)
    form = None
    if may_enter and report.status in WRITABLE_REPORT:
        form = ReportForm(initial={**{name: getattr(report, name) for name in TEXTS}, "seen": _seen(report)})
    return _page(request, contract, report, form)


def _seen(report: ExecutionReport) -> str:
    return token_of(report_fields(report)) if report.pk is not None else NOTHING


def _save(request: HttpRequest, contract: Contract, report: ExecutionReport) -> HttpResponse:
    form = ReportForm(request.POST)
    if not form.is_valid():
        return _page(request, contract, report, form, status=422)
    texts = {name: form.cleaned_data[name] for name in TEXTS}
    seen = form.cleaned_data["seen"]
    try:
        save_report(sheet=report.sheet, year=report.year, texts=texts, seen=seen, by=user_of(request), at=clock.now())
    except Moved as moved:
        mine = ReportForm(initial={**texts, "seen": _seen(report)})
        return _page(request, contract, report, mine, moved=moved, status=409)
    except MaillageError as error:
        refuse(form, error, PLACES)
        return _page(request, contract, report, form, status=422)
    messages.success(request, f"Rapport {report.year} enregistré. Il reste à le transmettre.")
    return redirect("contract-report", contract.pk, report.sheet.code, report.year)


def _page(
    request: HttpRequest,
    contract: Contract,
    report: ExecutionReport,
    form: ReportForm | None,
    *,
    moved: Moved | None = None,
    status: int = 200,
) -> HttpResponse:
    sheet, rights = report.sheet, rights_of(request, contract)
    live = report_figures(sheet, report.year)
    figures = report.figures or live
    changed = tables.differences_table(differences(report.figures, live)) if report.figures else None
    money, counted = tables.lines_table(contract, sheet, figures), tables.readings_table(contract, sheet, figures)
    if (exported := respond(request, money, counted)) is not None:
        return exported
    waiting = report.status in WRITABLE_REPORT
    today = clock.today()
    facts = facts_of(report, figures=live)
    context = sheet_frame(contract, sheet, EXECUTION) | {
        "report": report,
        "label": EXECUTION_REPORT.labels[report.status],
        "late": rights.is_party and waiting and report.due_on is not None and report.due_on < today,
        "frozen": bool(report.figures),
        "money": money,
        "counted": counted,
        "pieces": figures["evidence"],
        "changed": changed,
        "texts": [(LABELS[name], getattr(report, name)) for name in TEXTS],
        "form": form,
        "moved": [(LABELS[name], moved.current.get(name, "")) for name in TEXTS] if moved is not None else [],
        "autosave": f"compte-rendu-{sheet.pk}-{report.year}",
        # Who sends it reads the same beside the button.
        "missing": missing_of(report, live) if waiting and rights.is_state_team else [],
        "buttons": buttons(
            request,
            contract,
            EXECUTION_REPORT,
            report.status,
            facts,
            name="contract-report-move",
            args=(contract.pk, sheet.code, report.year),
        ),
    }
    return render(request, "contracts/results/report.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def report_move(request: HttpRequest, pk: int, code: str, year: int, name: str) -> HttpResponse:
    """A step of a report."""
    contract, report = _found(request, pk, code, year)
    url = reverse("contract-report", args=[pk, code, year])

    def obstacles(row: Transition) -> list[Shown]:
        text = row.obstacle(facts_of(report, "." * 10))
        readings = reverse("contract-readings", args=[pk, code])
        return [Shown(typography(text), Place("Relevés de l'action", readings))] if text else []

    def do(form: Any) -> Any:
        return move_report(
            sheet=report.sheet, year=year, name=name, by=user_of(request), at=clock.now(), reason=form.reason
        )

    asked = Asked(
        contract=contract,
        table=EXECUTION_REPORT,
        state=report.status,
        name=name,
        subject=f"Rapport {year} de la fiche {report.sheet.code}",
        back_url=url,
        do=do,
        obstacles=obstacles,
        tab=EXECUTION,
    )
    return step_page(request, asked)
