"""The steps of a pact and of its signatories: what will happen is said, then done by one service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from maillage.core import clock
from maillage.engines.lifecycle.local_pacts import ASK_REASON, LOCAL_PACT, LOCAL_PACT_PARTNER
from maillage.engines.lifecycle.model import SYSTEM, Lifecycle, Transition
from maillage.kernel.errors import MaillageError
from maillage.local_pacts import forms, perms, services
from maillage.local_pacts.views.common import address, partner_of, readable, user_of
from maillage.ui.confirm import confirm_page
from maillage.ui.forms import BaseForm
from maillage.ui.units import typography

GRAVE = frozenset({"cancel", "end", "abandon", "reopen", "decline", "withdraw", "fail"})


def step_of(table: Lifecycle, name: str, state: str, roles: Iterable[str]) -> Transition | None:
    """The row asked; None where the state has moved on meanwhile. 404 for a step that no table has."""
    named = [row for row in table.transitions if row.name == name and row.roles != {SYSTEM}]
    if not named:
        raise Http404
    row = next((row for row in named if row.source == state), None)
    if row is not None and not row.roles.intersection(roles):
        raise PermissionDenied(f"Votre rôle ne permet pas l'action « {row.label} ».")
    return row


def moved_on(request: HttpRequest, table: Lifecycle, state: str, back: str) -> HttpResponse:
    """Two people acted on one thing: the second one is told, and nothing is done."""
    label = table.labels[state]
    messages.error(
        request, f"L’état a changé entre-temps\u00a0: «\u00a0{label}\u00a0». Cette action n’a plus lieu d’être."
    )
    return redirect(back)


def says(row: Transition) -> str:
    """What a step will do, as a sentence."""
    return typography(
        f"{row.effect[0].upper()}{row.effect[1:]}." if row.effect else "Cette étape est notée au journal."
    )


@require_http_methods(["GET", "HEAD", "POST"])
def pact_step(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """A step of the pact."""
    found, user = readable(request, pk), user_of(request)
    pact = found.pact
    row = step_of(LOCAL_PACT, name, pact.state, perms.pact_roles(user, pact, clock.today()))
    if row is None:
        return moved_on(request, LOCAL_PACT, pact.state, address(pact))
    data = request.POST if request.method == "POST" else None
    form = forms.ReasonForm(data) if name in ASK_REASON else BaseForm(data)
    if request.method == "POST" and form.is_valid():
        try:
            moved = services.move_pact(
                pact=pact, name=name, by=user, at=clock.now(), reason=form.cleaned_data.get("reason", "")
            )
        except MaillageError as error:
            form.refuse(error)
        else:
            label = LOCAL_PACT.labels[moved.state].lower()
            messages.success(request, f"C’est fait. État du pacte\u00a0: {label}.")
            return redirect(address(moved))
    return confirm_page(
        request,
        title=f"{typography(row.label)}\u00a0: {typography(pact.title)}",
        message=says(row),
        submit=typography(row.label),
        cancel_url=address(pact),
        danger=name in GRAVE,
        details=[("État", f"{LOCAL_PACT.labels[row.source]} → {LOCAL_PACT.labels[row.target]}")],
        form=form,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def partner_step(request: HttpRequest, pk: int, part: int, name: str) -> HttpResponse:
    """A step of a signatory; a signature asks its date, which paper may put before today."""
    found, user, today = readable(request, pk), user_of(request), clock.today()
    partner = partner_of(found, part)
    back = reverse("local-pact-partner", args=[pk, part])
    row = step_of(LOCAL_PACT_PARTNER, name, partner.state, perms.partner_roles(user, partner, today))
    if row is None:
        return moved_on(request, LOCAL_PACT_PARTNER, partner.state, back)
    data = request.POST if request.method == "POST" else None
    form = forms.SignatureForm(data, initial={"signed_on": today}) if name == "sign" else BaseForm(data)
    if request.method == "POST" and form.is_valid():
        try:
            services.move_partner(partner=partner, name=name, by=user, at=clock.now(), **_given(form))
        except MaillageError as error:
            form.refuse(error)
        else:
            messages.success(request, f"C’est noté\u00a0: {LOCAL_PACT_PARTNER.labels[row.target].lower()}.")
            return redirect(back)
    return confirm_page(
        request,
        title=f"{typography(row.label)}\u00a0: {typography(partner.organisation)}",
        message=says(row),
        submit=typography(row.label),
        cancel_url=back,
        danger=name in GRAVE,
        details=[("Pacte", typography(found.pact.title))],
        form=form,
    )


def _given(form: BaseForm) -> dict[str, Any]:
    return {"signed_on": form.cleaned_data["signed_on"]} if "signed_on" in form.cleaned_data else {}
