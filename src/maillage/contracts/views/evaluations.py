"""Evaluations of a contract: the list, one of them on a page that prints, and what became of its recommendations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.contracts.forms.evaluations import (
    COMPARE_PLACES,
    TEXT_PLACES,
    CompareForm,
    EvaluationForm,
    FollowForm,
    OpenEvaluationForm,
    RecommendForm,
)
from maillage.contracts.forms.fields import refuse
from maillage.contracts.models import Contract, Evaluation, Recommendation
from maillage.contracts.services.evaluations import (
    TEXTS,
    compare_figure,
    evaluation_fields,
    follow_recommendation,
    open_evaluation,
    recommend,
    save_evaluation,
)
from maillage.contracts.services.seen import Moved, token_of
from maillage.contracts.views import result_tables as tables
from maillage.contracts.views.common import contract_or_404, frame, user_of
from maillage.contracts.views.sheet_parts import EXECUTION, rights_of
from maillage.core import clock
from maillage.engines.lifecycle.contracts import SIGNED
from maillage.indicators.models import Indicator
from maillage.kernel.errors import MaillageError
from maillage.ui.tables import Cell, Column, Table, respond

REFUSED = "Vous ne pouvez pas écrire d'évaluation sur ce contrat."
LABELS = {"question": "Question", "method": "Méthode", "findings": "Constats"}


def _may_write(request: HttpRequest, contract: Contract) -> bool:
    return contract.status in SIGNED and rights_of(request, contract).is_party


def _require(request: HttpRequest, contract: Contract) -> None:
    if not _may_write(request, contract):
        raise PermissionDenied(REFUSED)


@require_safe
def evaluations(request: HttpRequest, pk: int) -> HttpResponse:
    """Every evaluation of a contract."""
    contract = contract_or_404(request, pk)
    found = contract.evaluations.select_related("sheet").prefetch_related("recommendations")
    rows = [_row(contract, one) for one in found]
    table = Table(
        id="evaluations",
        caption="Évaluations du contrat",
        columns=(
            Column("question", "Question", "link"),
            Column("about", "Porte sur"),
            Column("finished_on", "Rendue le", "date"),
            Column("recommendations", "Recommandations", "number"),
            Column("waiting", "Sans suite donnée", "number"),
        ),
        rows=rows,
        empty="Aucune évaluation n'est ouverte.",
    )
    if (exported := respond(request, table)) is not None:
        return exported
    context = frame(contract, EXECUTION) | {"table": table, "may_write": _may_write(request, contract)}
    return render(request, "contracts/results/evaluations.html", context)


def _row(contract: Contract, one: Evaluation) -> dict[str, Any]:
    recommendations = list(one.recommendations.all())
    return {
        "question": Cell(one.question, url=reverse("contract-evaluation", args=[contract.pk, one.pk])),
        "about": f"Fiche {one.sheet.code}" if one.sheet else "Le contrat",
        "finished_on": one.finished_on if one.finished_on else Cell("", text="en cours"),
        "recommendations": len(recommendations),
        "waiting": sum(1 for item in recommendations if item.outcome == "open"),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def evaluation_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a question."""
    contract = contract_or_404(request, pk)
    _require(request, contract)
    form = OpenEvaluationForm(request.POST or None, sheets=contract.sheets.all())
    if request.method == "POST" and form.is_valid():
        try:
            made = open_evaluation(contract=contract, by=user_of(request), at=clock.now(), **form.cleaned_data)
        except MaillageError as error:
            refuse(form, error, TEXT_PLACES)
        else:
            messages.success(request, "L’évaluation est ouverte.")
            return redirect("contract-evaluation", pk, made.pk)
    context = frame(contract, EXECUTION) | {
        "title": "Ouvrir une évaluation",
        "form": form,
        "moved": [],
        "autosave": f"evaluation-{contract.pk}-nouvelle",
        "back_url": reverse("contract-evaluations", args=[pk]),
    }
    return render(request, "contracts/results/evaluation_edit.html", context, status=422 if form.errors else 200)


def _evaluation(contract: Contract, pk: int) -> Evaluation:
    found = contract.evaluations.filter(pk=pk).select_related("sheet", "by")
    one = found.prefetch_related("figures__indicator", "recommendations__outcome_by", "evidence__file").first()
    if one is None:
        raise Http404
    one.contract = contract
    return one


@require_safe
def evaluation_page(request: HttpRequest, pk: int, evaluation: int) -> HttpResponse:
    """Question, method, indicators, evidence, findings, recommendations."""
    contract = contract_or_404(request, pk)
    return _page(request, contract, _evaluation(contract, evaluation))


def _page(
    request: HttpRequest,
    contract: Contract,
    one: Evaluation,
    *,
    compare_form: CompareForm | None = None,
    recommend_form: RecommendForm | None = None,
    status: int = 200,
) -> HttpResponse:
    figures = tables.figures_table(one)
    if (exported := respond(request, figures)) is not None:
        return exported
    may_write = _may_write(request, contract)
    if may_write:
        compare_form = compare_form or CompareForm(indicators=_indicators())
        recommend_form = recommend_form or RecommendForm()
    context = frame(contract, EXECUTION) | {
        "evaluation": one,
        "figures": figures,
        "recommendations": list(one.recommendations.all()),
        "pieces": [piece for piece in one.evidence.all() if piece.withdrawn_at is None],
        "may_write": may_write,
        "compare_form": compare_form,
        "recommend_form": recommend_form,
    }
    return render(request, "contracts/results/evaluation.html", context, status=status)


def _indicators() -> Any:
    return Indicator.objects.order_by("label", "code")


@require_http_methods(["GET", "HEAD", "POST"])
def evaluation_edit(request: HttpRequest, pk: int, evaluation: int) -> HttpResponse:
    """Write an evaluation. A save that meets another one keeps both texts on the page."""
    contract = contract_or_404(request, pk)
    one = _evaluation(contract, evaluation)
    _require(request, contract)
    fields = evaluation_fields(one)
    if request.method != "POST":
        form = EvaluationForm(initial={**fields, "seen": token_of(fields)})
        return _edit_page(request, contract, one, form)
    form = EvaluationForm(request.POST)
    if not form.is_valid():
        return _edit_page(request, contract, one, form, status=422)
    given = form.cleaned_data
    try:
        save_evaluation(
            evaluation=one,
            texts={name: given[name] for name in TEXTS},
            finished_on=given["finished_on"],
            seen=given["seen"],
            by=user_of(request),
            at=clock.now(),
        )
    except Moved as moved:
        mine = EvaluationForm(initial={**given, "seen": token_of(fields)})
        return _edit_page(request, contract, one, mine, moved=moved, status=409)
    except MaillageError as error:
        refuse(form, error, TEXT_PLACES)
        return _edit_page(request, contract, one, form, status=422)
    messages.success(request, "L’évaluation est enregistrée.")
    return redirect("contract-evaluation", pk, one.pk)


def _edit_page(
    request: HttpRequest,
    contract: Contract,
    one: Evaluation,
    form: EvaluationForm,
    *,
    moved: Moved | None = None,
    status: int = 200,
) -> HttpResponse:
    context = frame(contract, EXECUTION) | {
        "title": "Écrire l’évaluation",
        "form": form,
        "moved": [(LABELS[name], moved.current.get(name, "")) for name in TEXTS] if moved is not None else [],
        "autosave": f"evaluation-{one.pk}",
        "back_url": reverse("contract-evaluation", args=[contract.pk, one.pk]),
    }
    return render(request, "contracts/results/evaluation_edit.html", context, status=status)


@require_POST
def evaluation_compare(request: HttpRequest, pk: int, evaluation: int) -> HttpResponse:
    """Say where an indicator stood and where it stands."""
    contract = contract_or_404(request, pk)
    one = _evaluation(contract, evaluation)
    _require(request, contract)
    form = CompareForm(request.POST, indicators=_indicators())

    def do() -> None:
        compare_figure(evaluation=one, compared=form.compared(), by=user_of(request), at=clock.now())

    if form.is_valid() and _done(request, form, do, "L’indicateur est comparé."):
        return redirect("contract-evaluation", pk, one.pk)
    return _page(request, contract, one, compare_form=form, status=422)


@require_POST
def evaluation_recommend(request: HttpRequest, pk: int, evaluation: int) -> HttpResponse:
    """Add a recommendation."""
    contract = contract_or_404(request, pk)
    one = _evaluation(contract, evaluation)
    _require(request, contract)
    form = RecommendForm(request.POST)

    def do() -> None:
        recommend(evaluation=one, body=form.cleaned_data["body"], by=user_of(request), at=clock.now())

    if form.is_valid() and _done(request, form, do, "La recommandation est ajoutée."):
        return redirect("contract-evaluation", pk, one.pk)
    return _page(request, contract, one, recommend_form=form, status=422)


def _done(request: HttpRequest, form: Any, do: Callable[[], None], said: str) -> bool:
    """Whether a service did it; why not is then in the form."""
    try:
        do()
    except MaillageError as error:
        refuse(form, error, COMPARE_PLACES)
        return False
    messages.success(request, said)
    return True


@require_http_methods(["GET", "HEAD", "POST"])
def recommendation_follow(request: HttpRequest, pk: int, recommendation: int) -> HttpResponse:
    """Say what became of a recommendation."""
    contract = contract_or_404(request, pk)
    found = Recommendation.objects.filter(pk=recommendation, evaluation__contract=contract)
    one = found.select_related("evaluation__contract").first()
    if one is None:
        raise Http404
    _require(request, contract)
    form = FollowForm(request.POST or None, initial={"outcome": one.outcome, "note": one.outcome_note})
    url = reverse("contract-evaluation", args=[pk, one.evaluation_id])
    if request.method == "POST" and form.is_valid():
        try:
            follow_recommendation(recommendation=one, by=user_of(request), at=clock.now(), **form.cleaned_data)
        except MaillageError as error:
            refuse(form, error, {"explication": "note"})
        else:
            messages.success(request, "La suite est enregistrée.")
            return redirect(url)
    context = frame(contract, EXECUTION) | {"one": one, "form": form, "back_url": url}
    return render(request, "contracts/results/follow.html", context, status=422 if form.errors else 200)
