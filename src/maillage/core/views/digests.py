"""What waits for oneself; and, for the team, the weekly messages: read, set aside, approved, followed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.core import clock, perms
from maillage.core.digests import look, selectors, services
from maillage.core.digests.week import Week, WeekInvalid
from maillage.core.enums import DigestReason, DigestStatus
from maillage.core.forms import DigestApprovalForm, DigestChoiceForm
from maillage.core.models import Digest, User
from maillage.engines.lifecycle import DIGEST
from maillage.kernel.errors import MaillageError

_TEAM = {"commissioner"}


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (login is required)
    return request.user


def _leader(request: HttpRequest) -> User:
    """The person, or 404 for who does not lead the instance."""
    user = _user(request)
    if not perms.leads_instance(user, clock.today()):
        raise Http404
    return user


def _week(text: str) -> Week:
    if not text:
        return Week.of(clock.today())
    try:
        return Week.parse(text)
    except WeekInvalid as error:
        raise Http404 from error


def _address(week: Week) -> str:
    return f"{reverse('digests')}?semaine={week}"


@require_safe
@never_cache
def mine(request: HttpRequest) -> HttpResponse:
    """Everything that waits for the person who asks, and nobody else."""
    user, on = _user(request), clock.today()
    return render(request, "core/awaiting.html", {"waiting": look(user, on), "on": on})


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    form = DigestChoiceForm(request.POST)
    weekly = form.is_valid() and bool(form.cleaned_data["weekly"])
    services.choose(user=user, weekly=weekly, by=user, at=clock.now())
    said = "Vous recevrez le message de la semaine." if weekly else "Vous ne recevrez plus le message de la semaine."
    messages.success(request, said)
    return redirect("account")


# --- the team --------------------------------------------------------------------------------------------------------


def _shown(digest: Digest) -> dict[str, Any]:
    """What the page says of a digest."""
    code, label = selectors.display_status(digest, clock.now())
    return {
        "digest": digest,
        "status_code": _MARKS.get(code, code),
        "status_label": label,
        "reason": DigestReason(digest.reason).label if digest.reason else "",
        "uncertain": code == selectors.UNCERTAIN,
        "may_discard": any(row.name == "discard" for row in DIGEST.offered(digest.status, _TEAM)),
    }


# The marks of the interface that say the same thing.
_MARKS = {
    DigestStatus.PREPARED: "draft",
    DigestStatus.APPROVED: "queued",
    DigestStatus.SENDING: "running",
    DigestStatus.SENT: "done",
    selectors.UNCERTAIN: "late",
}


@require_safe
@never_cache
def batch(request: HttpRequest) -> HttpResponse:
    """The messages of a week with their whole text, as they leave."""
    _leader(request)
    week = _week(request.GET.get("semaine", ""))
    digests = list(selectors.of_week(week))
    to_read = [one for one in digests if one.status == DigestStatus.PREPARED]
    context = {
        "week": week,
        "is_current": week == Week.of(clock.today()),
        "weeks": [one for one in selectors.prepared_weeks() if one != week],
        "rows": [_shown(one) for one in digests],
        "to_read": len(to_read),
        "seen": selectors.fingerprint(to_read),
        "approved": sum(one.status == DigestStatus.APPROVED for one in digests),
        "sent": sum(one.status == DigestStatus.SENT for one in digests),
    }
    return render(request, "core/digests.html", context)


@require_POST
def prepare(request: HttpRequest) -> HttpResponse:
    job = services.request_preparation(by=_leader(request), at=clock.now())
    return redirect("job", key=job.pk)


@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    user = _leader(request)
    digest = get_object_or_404(Digest, pk=pk)
    try:
        services.discard(digest=digest, by=user, at=clock.now())
    except MaillageError as refusal:
        messages.error(request, refusal.message_fr)
    else:
        messages.success(request, "Relance écartée : elle ne partira pas.")
    return redirect(_address(Week.parse(digest.week)))


@require_http_methods(["GET", "POST"])
@never_cache
def approve(request: HttpRequest) -> HttpResponse:
    """Confirm, then approve exactly what was read; the sending is followed on its page."""
    user = _leader(request)
    given = request.POST if request.method == "POST" else request.GET
    form = DigestApprovalForm(request.POST or None, initial={"semaine": given.get("semaine"), "lu": given.get("lu")})
    week = _week(given.get("semaine", ""))
    if request.method == "POST" and form.is_valid():
        try:
            job = services.approve(week=week, seen=form.cleaned_data["lu"], by=user, at=clock.now())
        except (MaillageError, PermissionDenied) as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("job", key=job.pk)
    count = len(selectors.to_read(week))
    context = {"form": form, "week": week, "count": count, "cancel_url": _address(week)}
    return render(request, "core/digest_approve.html", context)


@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Ask again for the sending of what is approved and has not left."""
    user = _leader(request)
    week = _week(request.POST.get("semaine", ""))
    try:
        job = services.request_sending(week=week, by=user, at=clock.now())
    except MaillageError as refusal:
        messages.error(request, refusal.message_fr)
        return redirect(_address(week))
    return redirect("job", key=job.pk)
