"""Who answers for a contract, and the files deposited on it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from maillage.contracts import perms
from maillage.contracts.forms.parties import AttachmentForm, ParticipantForm
from maillage.contracts.models import Contract, Participant
from maillage.contracts.selectors.pages import nameable
from maillage.contracts.services.attachments import attach as deposit
from maillage.contracts.services.contracts import name_participant, remove_participant
from maillage.contracts.views.common import contract_or_404, frame, user_of
from maillage.core import clock
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.kernel.errors import MaillageError
from maillage.ui.confirm import confirm_page

NAME_REFUSED = "Vous ne pouvez pas désigner une personne ici."
ATTACH_REFUSED = "Vous ne pouvez pas déposer de pièce sur ce contrat."


def _named_by_state(request: HttpRequest, pk: int) -> Contract:
    contract = contract_or_404(request, pk)
    if not perms.is_state_team(user_of(request), contract, clock.today()):
        raise PermissionDenied(NAME_REFUSED)
    return contract


@require_http_methods(["GET", "HEAD", "POST"])
def participants(request: HttpRequest, pk: int) -> HttpResponse:
    """Name somebody among those who hold a role; a name is never typed."""
    contract = _named_by_state(request, pk)
    choices = nameable(contract, clock.today())
    form = ParticipantForm(request.POST if request.method == "POST" else None, choices)
    if request.method == "POST" and form.is_valid():
        key, role = form.chosen
        person = User.objects.get(pk=key)
        name_participant(contract=contract, user=person, role=role, by=user_of(request), at=clock.now())
        messages.success(request, f"{person} est désormais parmi les personnes désignées.")
        return redirect("contract-participants", pk=pk)
    context = frame(contract, "contract") | {
        "participants": list(contract.participants.select_related("user")),
        "form": form,
        "has_choices": bool(choices),
    }
    return render(request, "contracts/participants.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def participant_remove(request: HttpRequest, pk: int, participant: int) -> HttpResponse:
    """Ask once more, then take a person off the contract."""
    contract = _named_by_state(request, pk)
    named = Participant.objects.filter(contract=contract, pk=participant).select_related("user").first()
    if named is None:
        raise Http404
    named.contract = contract
    url = reverse("contract-participants", args=[pk])
    if request.method == "POST":
        remove_participant(participant=named, by=user_of(request), at=clock.now())
        messages.success(request, "La personne n'est plus désignée.")
        return redirect(url)
    return confirm_page(
        request,
        title=f"Retirer une personne désignée de {contract.reference}",
        message="Elle ne recevra plus de rappel pour ce contrat. Une association ou un opérateur n'y a plus accès.",
        submit="Retirer",
        cancel_url=url,
        danger=True,
        details=[("Personne", str(named.user)), ("Rôle", Role(named.role).label)],
    )


@require_http_methods(["GET", "HEAD", "POST"])
def attach(request: HttpRequest, pk: int) -> HttpResponse:
    """Deposit a deliberation, a signed copy, a notification. A refused file changes nothing."""
    contract, user = contract_or_404(request, pk), user_of(request)
    if not perms.is_party(user, contract, clock.today()):
        raise PermissionDenied(ATTACH_REFUSED)
    posted = request.method == "POST"
    form = AttachmentForm(request.POST if posted else None, request.FILES if posted else None, today=clock.today())
    if posted and form.is_valid():
        try:
            deposit(contract=contract, **form.cleaned_data, by=user, at=clock.now())
        except MaillageError as error:
            form.refuse(error)
        else:
            messages.success(request, "La pièce est déposée.")
            return redirect(f"{reverse('contract', args=[pk])}#pieces")
    context = frame(contract, "contract") | {"form": form, "back_url": f"{reverse('contract', args=[pk])}#pieces"}
    return render(request, "contracts/attach.html", context, status=422 if form.errors else 200)
