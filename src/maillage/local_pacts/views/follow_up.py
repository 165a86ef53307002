"""Follow-up: a note, a finding that changes the state of a commitment, the yearly review."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from maillage.core import clock
from maillage.engines.lifecycle.local_pacts import COMMITMENT
from maillage.kernel.errors import MaillageError
from maillage.local_pacts import forms, perms, services
from maillage.local_pacts.services.follow_up import FOLLOW_REFUSED, REVIEW_REFUSED
from maillage.local_pacts.views.common import address, commitment_of, readable, user_of
from maillage.local_pacts.views.steps import GRAVE, moved_on, says, step_of
from maillage.ui.confirm import confirm_page
from maillage.ui.units import typography


def _note_form(request: HttpRequest) -> forms.NoteForm:
    initial = {"noted_on": clock.today()}
    return forms.NoteForm(request.POST or None, request.FILES or None, initial=initial)


@require_http_methods(["GET", "HEAD", "POST"])
def note_add(request: HttpRequest, pk: int, part: int) -> HttpResponse:
    """A note that changes no state."""
    found, user = readable(request, pk), user_of(request)
    commitment = commitment_of(found, part)
    if not perms.can_follow(user, commitment, clock.today()):
        raise PermissionDenied(FOLLOW_REFUSED)
    back = reverse("local-pact-commitment", args=[pk, part])
    form = _note_form(request)
    if request.method == "POST" and form.is_valid():
        try:
            services.note_follow_up(commitment=commitment, by=user, at=clock.now(), **form.cleaned_data)
        except MaillageError as error:
            form.refuse(error)
        else:
            messages.success(request, "La note est enregistrée.")
            return redirect(back)
    return confirm_page(
        request,
        title="Noter un constat",
        message="Une note enregistrée ne change plus. Elle est lue par tous ceux qui voient le pacte.",
        submit="Enregistrer la note",
        cancel_url=back,
        details=_details(commitment),
        form=form,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def commitment_step(request: HttpRequest, pk: int, part: int, name: str) -> HttpResponse:
    """A finding that changes the state of the commitment."""
    found, user, today = readable(request, pk), user_of(request), clock.today()
    commitment = commitment_of(found, part)
    back = reverse("local-pact-commitment", args=[pk, part])
    roles = perms.partner_roles(user, commitment.partner, today)
    row = step_of(COMMITMENT, name, commitment.state, roles)
    if row is None:
        return moved_on(request, COMMITMENT, commitment.state, back)
    form = _note_form(request)
    if request.method == "POST" and form.is_valid():
        try:
            services.follow_commitment(commitment=commitment, name=name, by=user, at=clock.now(), **form.cleaned_data)
        except MaillageError as error:
            form.refuse(error)
        else:
            messages.success(request, f"L’engagement est noté\u00a0: {COMMITMENT.labels[row.target].lower()}.")
            return redirect(back)
    return confirm_page(
        request,
        title=typography(row.label),
        message=says(row),
        submit=typography(row.label),
        cancel_url=back,
        danger=name in GRAVE,
        details=_details(commitment),
        form=form,
    )


def _details(commitment: Any) -> list[tuple[str, str]]:
    return [
        ("Engagement", typography(commitment.text)),
        ("Partenaire", typography(commitment.partner.organisation)),
        ("Comment on verra qu’il est tenu", typography(commitment.seen_by)),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def review_add(request: HttpRequest, pk: int) -> HttpResponse:
    """The conclusions of a yearly review."""
    found, user = readable(request, pk), user_of(request)
    if not perms.can_review(user, found.pact, clock.today()):
        raise PermissionDenied(REVIEW_REFUSED)
    form = forms.ReviewForm(request.POST or None, initial={"held_on": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            services.record_review(pact=found.pact, by=user, at=clock.now(), **form.cleaned_data)
        except MaillageError as error:
            form.refuse(error)
        else:
            messages.success(request, "La revue est enregistrée.")
            return redirect(address(found.pact))
    return confirm_page(
        request,
        title="Noter la revue annuelle",
        message="La revue fait le point sur chaque priorité. La suivante est attendue un an après.",
        submit="Enregistrer la revue",
        cancel_url=address(found.pact),
        details=[("Pacte", typography(found.pact.title))],
        form=form,
    )
