"""The consistency of stated figures: every verdict, and the waivers of discrepancies."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from maillage.core import clock
from maillage.core.models import User
from maillage.engines.consistency import VerdictKind
from maillage.indicators import perms, services
from maillage.indicators.forms import ConsistencyFilter, WaiverForm
from maillage.indicators.models import StatedFigure
from maillage.indicators.selectors import consistency
from maillage.indicators.selectors.consistency import Checked
from maillage.indicators.services.waivers import REFUSED
from maillage.indicators.views.tables import verdict_table
from maillage.kernel.errors import MaillageError
from maillage.ui import tables
from maillage.ui.confirm import confirm_page

PAGE_SIZE = 100
# What a reader must look at comes first; what agrees and what nobody can check follow.
ORDER = (
    VerdictKind.CONTRADICTS_COMPONENTS,
    VerdictKind.CONTRADICTS_DOCUMENT,
    VerdictKind.IMPLAUSIBLE,
    VerdictKind.TRUNCATED,
    VerdictKind.UNVERIFIABLE,
    VerdictKind.HOLDS_ROUNDED,
    VerdictKind.HOLDS,
)


@dataclass(frozen=True)
class Tally:
    """How many figures have a verdict, and the link that shows them alone."""

    code: str
    number: int
    url: str


def page(request: HttpRequest) -> HttpResponse:
    checked = consistency.check()
    form = ConsistencyFilter(request.GET, checked)
    shown = sorted((item for item in checked if form.keep(item)), key=lambda item: ORDER.index(item.verdict.kind))
    table = verdict_table(
        shown,
        id="chiffres",
        caption=f"Chiffres énoncés et verdicts ({len(shown)} sur {len(checked)})",
        empty="Aucun chiffre ne répond à ces filtres.",
    )
    exported = tables.respond(request, table)
    if exported is not None:
        return exported
    counts = consistency.counts(checked)
    ordered = table.sorted_by(request.GET)
    current = Paginator(ordered.rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "table": replace(ordered, rows=list(current.object_list)),
        "page": current,
        "has_figures": bool(checked),
        "tallies": [Tally(kind.value, counts[kind.value], f"?verdict={kind.value}") for kind in ORDER],
        "found": consistency.discrepancies(checked=checked),
    }
    return render(request, "indicators/consistency.html", context)


def waive(request: HttpRequest, code: str) -> HttpResponse:
    """Accept a discrepancy. What was typed comes back with the error."""
    figure = _figure(code)
    user = _signed_in(request)
    if not perms.can_waive(user, figure, clock.today()):
        raise PermissionDenied(REFUSED)
    item = _checked(figure)
    form = WaiverForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.waive(figure=figure, reason=form.cleaned_data["reason"], by=user, at=clock.now())
        except MaillageError as error:
            form.refuse(error)
        else:
            messages.success(request, "L'écart est accepté. Le motif accompagne désormais le chiffre.")
            return redirect("figure", code=figure.code)
    status = 422 if form.errors else 200
    return render(request, "indicators/waive.html", {"item": item, "figure": figure, "form": form}, status=status)


def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Ask once more, then show the discrepancy again."""
    figure = _figure(code)
    user = _signed_in(request)
    if not perms.can_waive(user, figure, clock.today()):
        raise PermissionDenied(REFUSED)
    waiver = consistency.waiver_in_force(figure)
    if waiver is None:
        raise Http404
    url = reverse("figure", args=[figure.code])
    if request.method == "POST":
        services.withdraw_waiver(waiver=waiver, by=user, at=clock.now())
        messages.success(request, "La dérogation est retirée. L'écart est de nouveau ouvert.")
        return redirect(url)
    return confirm_page(
        request,
        title=f"Retirer la dérogation du chiffre {figure.code}",
        message="L'écart redevient ouvert partout où le chiffre est montré. Le motif reste dans l'historique.",
        submit="Retirer la dérogation",
        cancel_url=url,
        danger=True,
        details=[("Chiffre", figure.label), ("Motif donné", waiver.reason), ("Par", str(waiver.by))],
    )


def _figure(code: str) -> StatedFigure:
    return get_object_or_404(consistency.stated_figures(), code=code)


def _checked(figure: StatedFigure) -> Checked:
    return consistency.check(keep=lambda row: row.pk == figure.pk)[0]


def _signed_in(request: HttpRequest) -> User:
    """The middleware lets nobody else through."""
    assert isinstance(request.user, User)  # noqa: S101  (login is required by default)
    return request.user
