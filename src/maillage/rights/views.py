"""The simulator's page. Answers come by POST, are computed and forgotten: no row, no session, no log, no address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from maillage.core import clock
from maillage.engines.simulator import Question
from maillage.kernel.errors import MaillageError
from maillage.rights import services
from maillage.rights.forms import MONTH_FIELD, HouseholdForm, unknown_field
from maillage.rights.presenting import shown_results
from maillage.rights.selectors import communes as commune_selectors
from maillage.rights.selectors.simulation import Simulation, questions, simulate
from maillage.ui.form_view import field_context
from maillage.ui.units import typography


@dataclass(frozen=True)
class ShownQuestion:
    """A question ready for its template. `unknown`: its box « je ne sais pas », for an answer that is typed."""

    question: Question
    context: dict[str, Any]
    unknown: Any
    relevant: bool
    is_next: bool

    @property
    def focus(self) -> str:
        """Id of its first control."""
        return f"id_{self.question.code}_0" if self.context["grouped"] else f"id_{self.question.code}"


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def check(request: HttpRequest) -> HttpResponse:
    """The questionnaire and its results, or why they could not be computed: what was typed is always kept."""
    form = _form(request)
    if request.method != "POST":
        return _answer(request, _context(form, None))
    form.is_valid()
    try:
        services.count_calculation(address=_address(request), allowance=services.PAGE, at=clock.now())
        simulation = simulate(form.answers, form.month) if form.answers else None
    except services.TooMany as refused:
        response = _answer(request, _context(form, None, refused.message_fr), status=429)
        response["Retry-After"] = str(refused.retry_after)
        return response
    except MaillageError as refused:
        return _answer(request, _context(form, None, refused.message_fr))
    return _answer(request, _context(form, simulation))


@login_not_required
@require_POST
@sensitive_post_parameters()
def communes(request: HttpRequest) -> HttpResponse:
    """Communes whose name starts as what is typed, for the list under the field."""
    try:
        services.count_calculation(address=_address(request), allowance=services.PAGE, at=clock.now())
    except services.TooMany:
        return _private(HttpResponse(status=429))
    found = commune_selectors.suggestions(request.POST.get("commune", "")[:100])
    return _private(render(request, "rights/_communes.html", {"communes": found}))


def _form(request: HttpRequest) -> HouseholdForm:
    today = clock.today()
    return HouseholdForm(
        request.POST if request.method == "POST" else None,
        questionnaire=questions(),
        today=today,
        find_commune=partial(commune_selectors.find_commune, on=today),
    )


def _context(form: HouseholdForm, simulation: Simulation | None, refusal: str = "") -> dict[str, Any]:
    """What the page and its fragment show; `refusal` says why nothing was computed."""
    asked = form.questionnaire.relevant(form.answers.known, form.month)
    useful = simulation.next_question if simulation else asked[0]
    relevant = {question.code for question in asked}
    errors = form.errors if form.is_bound else {}
    return {
        "form": form,
        # Called by the whole page alone: the fragment does not draw the questions again.
        "sections": lambda: [
            (title, [_shown(form, question, relevant, useful) for question in section])
            for title, section in form.questionnaire.sections()
        ],
        "month_field": form[MONTH_FIELD],
        "today": clock.today(),
        "month": form.month,
        "relevant": " ".join(sorted(relevant)),
        "next": useful,
        "next_code": useful.code if useful else "",
        "problems": [
            (code, form.fields[code].label, problem) for code, problems in errors.items() for problem in problems
        ],
        "result": shown_results(simulation) if simulation else None,
        "refusal": typography(refusal),
    }


def _shown(form: HouseholdForm, question: Question, relevant: set[str], useful: Question | None) -> ShownQuestion:
    box = unknown_field(question.code)
    return ShownQuestion(
        question=question,
        context=field_context(form[question.code]),
        unknown=form[box] if box in form.fields else None,
        relevant=question.code in relevant,
        is_next=useful is not None and question.code == useful.code,
    )


def _answer(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The whole page, or its results alone when the page itself asks again (htmx)."""
    is_fragment = bool(getattr(request, "htmx", False))
    template = "rights/_results.html" if is_fragment else "rights/check.html"
    return _private(render(request, template, context, status=status))


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _private(response: HttpResponse) -> HttpResponse:
    """Not kept by a browser nor by anything on the way: the page may be open on a shared machine."""
    response["Cache-Control"] = "no-store"
    return response
