"""An envelope to share: simulations to compare on one side, the decision on the other."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.contracts import perms
from maillage.contracts.enums import ContractKind, ShareMethod
from maillage.contracts.forms.envelopes import DecisionForm, EnvelopeForm, simulation_form
from maillage.contracts.models import Envelope, Simulation
from maillage.contracts.selectors.envelopes import (
    Bases,
    bases_of,
    equity_record,
    indicators_for,
    is_whole,
    simulated,
    simulations_of,
)
from maillage.contracts.services import envelopes as services
from maillage.contracts.views.common import user_of
from maillage.contracts.views.envelope_tables import (
    SIDE_BY_SIDE,
    compared_table,
    decision_table,
    envelopes_table,
    equity_table,
)
from maillage.core import clock
from maillage.core.perms import require
from maillage.kernel.errors import MaillageError
from maillage.kernel.money import Money
from maillage.territories.models import Territory
from maillage.territories.selectors import instance_region
from maillage.ui.tables import respond
from maillage.ui.units import typography

EDITED = ["GET", "HEAD", "POST"]


def _region(request: HttpRequest) -> Territory:
    """The instance's région, for who simulates on it: to the others these pages do not exist."""
    region = instance_region()
    if region is None or not perms.can_simulate(user_of(request), region, clock.today()):
        raise Http404
    return region


def _envelope(request: HttpRequest, pk: int) -> Envelope:
    found = Envelope.objects.select_related("territory__parent__parent__parent", "by").filter(pk=pk).first()
    if found is None or not perms.can_simulate(user_of(request), found.territory, clock.today()):
        raise Http404
    return found


@require_safe
def envelope_list(request: HttpRequest) -> HttpResponse:
    region = _region(request)
    found = list(Envelope.objects.filter(territory=region).prefetch_related("decisions"))
    table = envelopes_table(found)
    exported = respond(request, table)
    return exported or render(request, "contracts/steering/envelopes.html", {"table": table, "region": region})


@require_http_methods(EDITED)
def envelope_create(request: HttpRequest) -> HttpResponse:
    region = _region(request)
    form = EnvelopeForm(request.POST or None, initial={"year": clock.today().year + 1})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_envelope(territory=region, by=user_of(request), at=clock.now(), **form.cleaned_data)
        except MaillageError as error:
            form.refuse(error)
        else:
            messages.success(request, typography(f"« {made} » est créée."))
            return redirect("envelope", pk=made.pk)
    context = {"form": form, "region": region}
    return render(request, "contracts/steering/envelope_form.html", context, status=422 if form.errors else 200)


@require_safe
def envelope_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The territories, the simulations side by side with their effect, and what was decided."""
    envelope, user = _envelope(request, pk), user_of(request)
    bases = bases_of(envelope)
    found = [simulated(one, bases) for one in simulations_of(envelope)]
    table, equity = compared_table(bases, found), equity_table(found)
    if (exported := respond(request, table, equity)) is not None:
        return exported
    decides = perms.can_decide(user, envelope.territory, clock.today())
    decisions = list(envelope.decisions.select_related("simulation", "by").order_by("-at", "-pk"))
    decided = {one.simulation_id for one in decisions}
    context = {
        "envelope": envelope,
        "kind": ContractKind(envelope.kind).label,
        "amount": Money(envelope.amount),
        "bases": bases,
        "table": table,
        "equity": equity if found else None,
        "hidden": max(0, len(found) - SIDE_BY_SIDE),
        "simulations": [(one.simulation, is_whole(one, bases), one.simulation.pk in decided) for one in found],
        "methods": [(code, label) for code, label in ShareMethod.choices] if bases.rows else [],
        "decisions": decisions,
        "may_decide": decides,
    }
    return render(request, "contracts/steering/envelope.html", context)


@require_http_methods(EDITED)
def simulation_create(request: HttpRequest, pk: int, method: str) -> HttpResponse:
    """Share by one method. Whatever is not known is refused here, with the territory's name."""
    envelope = _envelope(request, pk)
    if method not in ShareMethod.values:
        raise Http404
    chosen = ShareMethod(method)
    bases = bases_of(envelope)
    indicators = indicators_for([one.territory for one in bases.rows]) if chosen == ShareMethod.NEEDS_INDEX else []
    form = simulation_form(chosen, request.POST or None, bases=bases.rows, indicators=indicators)
    if request.method == "POST" and form.is_valid():
        try:
            services.simulate(
                envelope=envelope,
                title=form.cleaned_data["title"],
                method=chosen,
                settings=form.settings(),
                by=user_of(request),
                at=clock.now(),
            )
        except MaillageError as error:
            form.refuse(error)
        else:
            messages.success(request, "La simulation est ajoutée. Elle ne change aucun plafond.")
            return redirect("envelope", pk=envelope.pk)
    context = {
        "envelope": envelope,
        "amount": Money(envelope.amount),
        "form": form,
        "method": chosen.label,
        "is_manual": chosen == ShareMethod.MANUAL,
        "without_indicator": chosen == ShareMethod.NEEDS_INDEX and not indicators,
        "counted": _counted(chosen, bases),
    }
    return render(request, "contracts/steering/simulation_form.html", context, status=422 if form.errors else 200)


def _counted(method: ShareMethod, bases: Bases) -> list[str]:
    """What is counted where a métropole has a contract of its own: said before it is used."""
    said = []
    for row in bases.crossed:
        names = ", ".join(one.name for one in row.without)
        text = f"{row.territory.name} est compté sans {names}, qui reçoit sa propre part."
        if method == ShareMethod.NEEDS_INDEX:
            text += " Les indicateurs, eux, sont ceux du département entier."
        said.append(text)
    return said


@require_POST
def simulation_remove(request: HttpRequest, pk: int, simulation: int) -> HttpResponse:
    envelope = _envelope(request, pk)
    found = get_object_or_404(Simulation.objects.select_related("envelope"), pk=simulation, envelope=envelope)
    try:
        services.remove_simulation(simulation=found, by=user_of(request), at=clock.now())
    except MaillageError as error:
        messages.error(request, typography(error.message_fr))
    else:
        messages.success(request, "La simulation est retirée.")
    return redirect("envelope", pk=envelope.pk)


@require_http_methods(EDITED)
def envelope_decide(request: HttpRequest, pk: int, simulation: int) -> HttpResponse:
    """Read the effect on equity, write the reason, decide: an act of its own."""
    envelope, user = _envelope(request, pk), user_of(request)
    require(perms.can_decide(user, envelope.territory, clock.today()), services.DECIDE_REFUSED)
    chosen = get_object_or_404(Simulation.objects.select_related("envelope"), pk=simulation, envelope=envelope)
    bases = bases_of(envelope)
    found = simulated(chosen, bases)
    token = services.effect_token(equity_record(found))
    form = DecisionForm(request.POST or None, initial={"shown": token})
    if request.method == "POST" and form.is_valid():
        try:
            services.decide(simulation=chosen, by=user, at=clock.now(), **form.cleaned_data)
        except MaillageError as error:
            form.refuse(error)
            form.data = {**request.POST.dict(), "shown": token}  # what is on the page now is what is read
        else:
            messages.success(
                request, "La répartition est décidée. Les plafonds des contrats ne changent que par avenant."
            )
            return redirect("envelope", pk=envelope.pk)
    context = {
        "envelope": envelope,
        "amount": Money(envelope.amount),
        "simulation": chosen,
        "table": decision_table(found, bases.current_year),
        "equity": equity_table([found], with_changes=False),
        "form": form,
    }
    return render(request, "contracts/steering/decide.html", context, status=422 if form.errors else 200)
