"""One partner's list: read it, check it, move it from state to state; prepare it for the team."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from maillage.collection import forms, perms, services
from maillage.collection.models import FigureRequest, RequestedFigure
from maillage.collection.selectors.campaigns import (
    figures_of,
    is_open_to_answers,
    line_of,
    possible_respondents,
    request_facts,
)
from maillage.collection.selectors.history import before, journal_of, warnings
from maillage.collection.services.campaigns import Asked
from maillage.collection.views import tables
from maillage.collection.views.access import led_request, seen_request, user_of
from maillage.core import clock
from maillage.core.models import User
from maillage.core.perms import require
from maillage.engines.lifecycle.collection import CAMPAIGN, REQUEST
from maillage.kernel.errors import MaillageError
from maillage.ui.confirm import confirm_page
from maillage.ui.tables import respond
from maillage.ui.units import typography

ACTS = {
    "transmettre": "submit",
    "reprendre": "withdraw",
    "valider": "validate",
    "completer": "ask",
    "rouvrir": "unlock",
}
SLUGS = {name: slug for slug, name in ACTS.items()}
EDITED = ["GET", "HEAD", "POST"]


@require_safe
def request_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The list with its answers, what is missing, and what may be done now."""
    found, user, today = seen_request(request, pk), user_of(request), clock.today()
    figures = list(figures_of(found))
    earlier = before(found, figures)
    table = tables.figures_table(found, figures, earlier)
    if (exported := respond(request, table)) is not None:
        return exported
    line = line_of(found, today)
    leads = perms.can_lead(user, found.campaign, today)
    context = {
        "one": found,
        "campaign": found.campaign,
        "line": line,
        "state": tables.state_cell(line),
        "table": table,
        "may_answer": is_open_to_answers(found) and perms.can_answer(user, found, today),
        "may_lead": leads,
        "reads_campaign": leads or perms.reads_request(user, found, today),
        "is_draft": found.campaign.status == CAMPAIGN.initial,
        "acts": _offered(found, figures, user),
        "history": tables.acts_table(journal_of(found), "Histoire de cette réponse"),
    }
    return render(request, "collection/request.html", context)


def _offered(found: FigureRequest, figures: list[RequestedFigure], user: User) -> list[tuple[str, str, str]]:
    """Label, address and kind of each button, from the table. What the next page asks is presumed given."""
    facts = request_facts(found, figures) | {"comments": 1, "reason": "à écrire"}
    roles = perms.roles_on_request(user, found, clock.today())
    main = {"submit", "validate"}
    return [
        (
            f"{row.label}…",
            reverse("request-act", args=[found.pk, SLUGS[row.name]]),
            "primary" if row.name in main else "secondary",
        )
        for row in REQUEST.offered(found.status, roles, facts)
    ]


@require_safe
def figure_page(request: HttpRequest, pk: int, figure: int) -> HttpResponse:
    """One figure: its answer, its definition, and who wrote what when."""
    found = seen_request(request, pk)
    one = figures_of(found).filter(pk=figure).first()
    if one is None:
        raise Http404
    earlier = before(found, [one]).get(one.pk)
    context = {
        "one": found,
        "figure": one,
        "answer": tables.answer_text(one.indicator, one),
        "terms": tables.terms(one),
        "earlier": earlier,
        "earlier_text": tables.before_cell(one.indicator, earlier).text,
        "warnings": warnings(one.indicator, one.value, earlier),
        "table": tables.journal_table(journal_of(one)),
    }
    return render(request, "collection/figure.html", context)


# --- states ---------------------------------------------------------------------------------------------------------


@require_http_methods(EDITED)
def request_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Confirm a transition, then do it. What was written stays on the page when it is refused."""
    if act not in ACTS:
        raise Http404
    found, user, name = seen_request(request, pk), user_of(request), ACTS[act]
    roles = perms.roles_on_request(user, found, clock.today())
    allowed = any(row.name == name and row.roles & roles for row in REQUEST.transitions)
    require(allowed, perms.CHECK_REFUSED if name in ("validate", "ask", "unlock") else perms.ANSWER_REFUSED)
    form = _act_form(name, found, request)
    refused = False
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            _do(name, found, form, user)
        except MaillageError as error:
            if form is None:
                messages.error(request, error.message_fr)
                return redirect("figure-request", pk=pk)
            form.refuse(error)
            refused = True
        else:
            messages.success(request, typography(_DONE[name]))
            return redirect("figure-request", pk=pk)
    row = next((row for row in REQUEST.transitions if (row.name, row.source) == (name, found.status)), None)
    if row is None:
        messages.error(request, "L'état de cette réponse ne permet plus cette action.")
        return redirect("figure-request", pk=pk)
    answer = confirm_page(
        request,
        title=typography(f"{row.label} : {found.partner}"),
        message=typography(_WARNINGS[name]),
        submit=row.label,
        cancel_url=reverse("figure-request", args=[pk]),
        details=_details(found),
        form=form,
    )
    answer.status_code = 422 if refused or (form is not None and form.errors) else 200
    return answer


def _act_form(name: str, found: FigureRequest, request: HttpRequest) -> Any:
    if name == "ask":
        return forms.RemarksForm(figures_of(found), request.POST or None)
    return forms.ReasonForm(request.POST or None) if name == "unlock" else None


def _do(name: str, found: FigureRequest, form: Any, user: User) -> None:
    at = clock.now()
    if name == "ask":
        remark = form.cleaned_data["remark"]
        services.ask(figure_request=found, remarks=form.remarks(), remark=remark, by=user, at=at)
    elif name == "unlock":
        services.unlock(figure_request=found, reason=form.cleaned_data["reason"], by=user, at=at)
    else:
        plain = {"submit": services.submit, "withdraw": services.withdraw, "validate": services.validate}
        plain[name](figure_request=found, by=user, at=at)


def _details(found: FigureRequest) -> list[tuple[str, Any]]:
    line = line_of(found, clock.today())
    return [("Chiffres donnés", f"{line.entered} sur {line.figures}"), ("Échéance", line.due_on)]


_WARNINGS = {
    "submit": "La liste part à la relecture. Vous pourrez la reprendre tant qu'elle n'est pas validée.",
    "withdraw": "La liste revient à la saisie ; elle devra être transmise à nouveau.",
    "validate": "Les chiffres ne changeront plus et pourront être consolidés.",
    "ask": "La liste revient à la personne responsable, chaque remarque à côté de son chiffre.",
    "unlock": "La réponse revient à la saisie. Le motif est montré à la personne responsable et reste dans l'histoire.",
}
_DONE = {
    "submit": "Votre réponse est transmise. Merci.",
    "withdraw": "La réponse est reprise : elle se modifie à nouveau.",
    "validate": "La réponse est validée.",
    "ask": "Le complément est demandé.",
    "unlock": "La réponse est rouverte.",
}


# --- preparation ----------------------------------------------------------------------------------------------------


def _form_page(request: HttpRequest, form: Any, found: FigureRequest, title: str, submit: str) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "submit": submit,
        "cancel_url": reverse("figure-request", args=[found.pk]),
        "autosave": f"demande-{found.pk}",
    }
    return render(request, "collection/form.html", context, status=422 if form.errors else 200)


@require_http_methods(EDITED)
def request_figures(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask more figures of a partner, before the campaign opens."""
    found = led_request(request, pk)
    form = forms.MoreFiguresForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        figures = [Asked(indicator) for indicator in form.cleaned_data["indicators"]]
        try:
            made = services.add_figures(figure_request=found, figures=figures, by=user_of(request), at=clock.now())
        except MaillageError as error:
            form.refuse(error)
        else:
            messages.success(request, f"{len(made)} chiffre(s) ajouté(s).")
            return redirect("figure-request", pk=pk)
    return _form_page(request, form, found, f"Demander d'autres chiffres : {found.partner}", "Ajouter")


@require_http_methods(EDITED)
def request_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Name who answers."""
    found = led_request(request, pk)
    users = possible_respondents(found.territory, clock.today())
    form = forms.ResponsibleForm(users, request.POST or None, initial={"responsible": found.responsible_id})
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["responsible"]
        try:
            services.assign(figure_request=found, responsible=chosen, by=user_of(request), at=clock.now())
        except MaillageError as error:
            form.refuse(error)
        else:
            messages.success(request, "La personne responsable est enregistrée.")
            return redirect("figure-request", pk=pk)
    return _form_page(request, form, found, f"Personne responsable : {found.partner}", "Enregistrer")


@require_http_methods(EDITED)
def request_extend(request: HttpRequest, pk: int) -> HttpResponse:
    """Give one partner another due date."""
    found = led_request(request, pk)
    form = forms.ExtensionForm(request.POST or None, initial=forms.initial_due(found))
    if request.method == "POST" and form.is_valid():
        try:
            services.extend(figure_request=found, by=user_of(request), at=clock.now(), **form.cleaned_data)
        except MaillageError as error:
            form.refuse(error)
        else:
            messages.success(request, "L'échéance est changée.")
            return redirect("figure-request", pk=pk)
    return _form_page(request, form, found, f"Reporter l'échéance : {found.partner}", "Enregistrer")


@require_http_methods(EDITED)
def request_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a partner out of the list, before the campaign opens."""
    found = led_request(request, pk)
    if request.method == "POST":
        try:
            services.remove_request(figure_request=found, by=user_of(request), at=clock.now())
        except MaillageError as error:
            messages.error(request, error.message_fr)
            return redirect("figure-request", pk=pk)
        messages.success(request, f"{found.partner} n'est plus dans la liste.")
        return redirect("campaign", pk=found.campaign_id)
    return confirm_page(
        request,
        title=f"Retirer {found.partner} de la liste",
        message="Ce partenaire ne sera pas interrogé. Vous pourrez l'ajouter à nouveau avant l'ouverture.",
        submit="Retirer",
        cancel_url=reverse("figure-request", args=[pk]),
        danger=True,
    )
