"""Evidence of an action: deposit, list, withdrawal. A file is read through the core view of files."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from maillage.contracts.forms.evidence import PLACES, EvidenceForm, WithdrawForm
from maillage.contracts.forms.fields import refuse
from maillage.contracts.models import ActionSheet, Contract, Evaluation, Evidence, ExecutionReport, Reading
from maillage.contracts.selectors.results import slot_of_period
from maillage.contracts.services.evidence import Tied, add_evidence, withdraw_evidence
from maillage.contracts.views.common import contract_or_404, sheet_or_404, user_of
from maillage.contracts.views.sheet_parts import rights_of, sheet_frame
from maillage.core import clock
from maillage.kernel.errors import MaillageError
from maillage.ui.confirm import confirm_page

REFUSED = "Vous ne pouvez pas déposer de preuve sur ce contrat."


@require_http_methods(["GET", "HEAD", "POST"])
def evidence(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """The pieces of an action, withdrawn ones said so; a form for those who may deposit."""
    contract = contract_or_404(request, pk)
    sheet = sheet_or_404(contract, code)
    allowed = rights_of(request, contract).may_deposit
    if request.method == "POST" and not allowed:
        raise PermissionDenied(REFUSED)
    subjects = _subjects(contract, sheet) if allowed else {}
    choices = [(key, label) for key, (label, _) in subjects.items()]
    form = EvidenceForm(request.POST or None, request.FILES or None, tied=choices) if allowed else None
    if form is not None and request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            add_evidence(
                sheet=sheet,
                kind=given["kind"],
                title=given["title"],
                dated_on=given["dated_on"],
                file=given["file"],
                tied=subjects[given["tied"]][1] if given["tied"] else None,
                by=user_of(request),
                at=clock.now(),
            )
        except MaillageError as error:
            refuse(form, error, PLACES)
        else:
            messages.success(request, "La preuve est déposée.")
            return redirect("contract-evidence", pk, code)
    context = sheet_frame(contract, sheet, "contract-evidence") | {
        "pieces": [(one, _shows(one)) for one in _pieces(sheet)],
        "form": form,
        "may_withdraw": allowed,
    }
    return render(request, "contracts/results/evidence.html", context, status=422 if form and form.errors else 200)


def _pieces(sheet: ActionSheet) -> list[Evidence]:
    found = Evidence.objects.filter(sheet=sheet)
    found = found.select_related("file", "reading__target__indicator", "report", "evaluation", "by")
    return list(found.order_by("-dated_on", "-pk"))


def _shows(one: Evidence) -> str:
    """What a piece supports, in words."""
    if one.reading is not None:
        slot = slot_of_period(one.reading.period)
        period = slot.label_fr if slot is not None else one.reading.period
        return f"relevé {period} : {one.reading.target.indicator.label}"
    if one.report is not None:
        return f"rapport {one.report.year}"
    return "évaluation" if one.evaluation is not None else ""


def _subjects(contract: Contract, sheet: ActionSheet) -> dict[str, tuple[str, Tied]]:
    """What a piece may be tied to: readings, reports and evaluations of the action."""
    found: dict[str, tuple[str, Tied]] = {}
    for reading in Reading.objects.filter(target__sheet=sheet).select_related("target__indicator").order_by("period"):
        label = _shows(Evidence(reading=reading))
        found[f"reading-{reading.pk}"] = (f"Le {label}", Tied(reading=reading))
    for report in ExecutionReport.objects.filter(sheet=sheet):
        found[f"report-{report.pk}"] = (f"Le rapport {report.year}", Tied(report=report))
    for evaluation in Evaluation.objects.filter(contract=contract):
        if evaluation.sheet_id in (None, sheet.pk):
            question = evaluation.question[:60]
            found[f"evaluation-{evaluation.pk}"] = (f"L’évaluation : {question}", Tied(evaluation=evaluation))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def evidence_withdraw(request: HttpRequest, pk: int, evidence: int) -> HttpResponse:
    """Take a piece back, with a reason."""
    contract = contract_or_404(request, pk)
    found = Evidence.objects.filter(pk=evidence, sheet__contract=contract, withdrawn_at__isnull=True)
    one = found.select_related("sheet__contract", "file").first()
    if one is None:
        raise Http404
    if not rights_of(request, contract).may_deposit:
        raise PermissionDenied("Vous ne pouvez pas retirer cette preuve.")
    url = reverse("contract-evidence", args=[pk, one.sheet.code])
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_evidence(evidence=one, reason=form.cleaned_data["reason"], by=user_of(request), at=clock.now())
        except MaillageError as error:
            refuse(form, error, PLACES)
        else:
            messages.success(request, "La preuve est retirée. L’archive du contrat la garde, avec le motif.")
            return redirect(url)
    return confirm_page(
        request,
        title=f"Retirer « {one.title} »",
        message="La pièce ne comptera plus. Elle reste dans l’archive du contrat, avec votre motif.",
        submit="Retirer la preuve",
        cancel_url=url,
        danger=True,
        details=[("Fichier", one.file.name), ("Déposée le", f"{one.at:%d/%m/%Y}")],
        form=form,
    )
