"""What every page of a local pact asks first: who looks, and whether the pact exists for that person."""

from __future__ import annotations

from django import forms as django_forms
from django.http import Http404, HttpRequest
from django.urls import reverse

from maillage.core import clock
from maillage.core.models import User
from maillage.kernel.errors import MaillageError
from maillage.local_pacts import perms
from maillage.local_pacts.models import Commitment, LocalPact, Partner
from maillage.local_pacts.selectors import pacts
from maillage.local_pacts.selectors.pacts import HAS_BEEN_IN_FORCE, Loaded


def user_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (every page of the pacts asks to sign in)
    return request.user


def visible(request: HttpRequest, pk: int) -> Loaded:
    """The pact, or 404 for who may not even know of it."""
    found = pacts.load(pk)
    if found is None or not perms.can_view(user_of(request), found.pact, clock.today()):
        raise Http404
    return found


def reads_text(request: HttpRequest, pact: LocalPact) -> bool:
    """Whether the text in work is for this person; once in force it is for everyone who may see the pact."""
    return pact.state in HAS_BEEN_IN_FORCE or perms.can_read_text(user_of(request), pact, clock.today())


def readable(request: HttpRequest, pk: int) -> Loaded:
    """The pact whose text in work this person reads, or 404."""
    found = visible(request, pk)
    if not reads_text(request, found.pact):
        raise Http404
    return found


def commitment_of(found: Loaded, pk: int) -> Commitment:
    commitment = next((one for one in found.commitments if one.pk == pk), None)
    if commitment is None:
        raise Http404
    return commitment


def partner_of(found: Loaded, pk: int) -> Partner:
    partner = next((one for one in found.partners if one.pk == pk), None)
    if partner is None:
        raise Http404
    return partner


def address(pact: LocalPact) -> str:
    return reverse("local-pact", args=[pact.pk])


def refuse(form: django_forms.Form, error: MaillageError) -> None:
    """Show a refusal of a service at the top of the form; what was typed stays in it."""
    form.refuse(error)  # type: ignore[attr-defined]  # all our forms share `FormBehaviour`
