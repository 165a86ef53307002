"""The object of a page, or 404 for who may not even know of it."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from maillage.collection import perms
from maillage.collection.models import Campaign, FigureRequest
from maillage.collection.selectors.campaigns import Board, board, campaigns, requests_of
from maillage.core import clock
from maillage.core.models import StoredFile, User
from maillage.core.perms import require


def user_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (login is required)
    return request.user


def seen_board(request: HttpRequest, pk: int) -> Board:
    """The campaign with the requests that this person sees."""
    campaign = campaigns().filter(pk=pk).first()
    found = board(campaign, user_of(request), clock.today()) if campaign is not None else None
    if found is None:
        raise Http404
    return found


def led_campaign(request: HttpRequest, pk: int) -> Campaign:
    """The campaign, for who runs it; refused to who only reads it."""
    found = seen_board(request, pk).campaign
    require(perms.can_lead(user_of(request), found, clock.today()), perms.LEAD_REFUSED)
    return found


def seen_request(request: HttpRequest, pk: int) -> FigureRequest:
    found = requests_of().filter(pk=pk).first()
    if found is None or not perms.can_view_request(user_of(request), found, clock.today()):
        raise Http404
    return found


def led_request(request: HttpRequest, pk: int) -> FigureRequest:
    found = seen_request(request, pk)
    require(perms.can_lead(user_of(request), found.campaign, clock.today()), perms.LEAD_REFUSED)
    return found


def answered_request(request: HttpRequest, pk: int) -> FigureRequest:
    found = seen_request(request, pk)
    require(perms.can_answer(user_of(request), found, clock.today()), perms.ANSWER_REFUSED)
    return found


def own_file(request: HttpRequest, pk: int) -> StoredFile:
    """A file that this very person has just sent."""
    found = StoredFile.objects.filter(pk=pk, created_by=user_of(request)).first()
    if found is None:
        raise Http404
    return found
