"""What is written: the pact and its parts, each by a form that loses nothing when two people save it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from maillage.core import clock
from maillage.core.models import User
from maillage.kernel.errors import MaillageError
from maillage.local_pacts import forms, perms, services
from maillage.local_pacts.enums import PartnerKind
from maillage.local_pacts.models import Commitment, LocalPact, Partner, Priority
from maillage.local_pacts.selectors import diagnosis
from maillage.local_pacts.selectors.pacts import Loaded
from maillage.local_pacts.services.writing import COMMITMENT_REFUSED, PARTNERS_REFUSED, WRITE_REFUSED
from maillage.local_pacts.views.common import address, readable, refuse, user_of
from maillage.territories import selectors as territories
from maillage.territories.models import Territory
from maillage.ui.confirm import confirm_page
from maillage.ui.forms import BaseForm

Save = Callable[[dict[str, Any]], Any]


# --- opening --------------------------------------------------------------------------------------------------------


def openable(user: User, on: date) -> QuerySet[Territory]:
    """The départements of the instance on which this person may open a pact."""
    region = territories.instance_region()
    if region is None:
        return Territory.objects.none()
    found = territories.departements_of(region).select_related("parent__parent")
    codes = [one.code for one in found if perms.can_write(user, LocalPact(territory=one), on)]
    return found.filter(code__in=codes)


@require_http_methods(["GET", "HEAD", "POST"])
def pact_open(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    offered = openable(user, clock.today())
    if not offered:
        raise PermissionDenied(WRITE_REFUSED)
    form = forms.OpenForm(request.POST or None, territories=offered)
    if request.method == "POST" and form.is_valid():
        try:
            pact = services.open_pact(**form.cleaned_data, by=user, at=clock.now())
        except MaillageError as error:
            refuse(form, error)
        else:
            messages.success(request, "Le pacte est ouvert, en rédaction.")
            return redirect(address(pact))
    context = {"form": form, "heading": "Ouvrir un pacte local", "submit": "Ouvrir", "crumbs": [], "autosave": ""}
    return _page(request, None, context, status=400 if form.errors else 200)


# --- the kinds of parts ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """How one kind of part is written: words of its pages, its form, its services."""

    new: str
    edit: str
    saved: str
    refused: str
    find: Callable[[Loaded, int], Any]
    initial: Callable[[Any], dict[str, Any]]
    form: Callable[[HttpRequest, Loaded, Any, Any, dict[str, Any]], BaseForm]
    save: Callable[[Loaded, Any, BaseForm, dict[str, Any]], Any]
    remove: Callable[[Any, dict[str, Any]], None]
    may: Callable[[User, Loaded, Any, date], bool]


def _section_form(request: HttpRequest, found: Loaded, part: Any, data: Any, initial: dict[str, Any]) -> BaseForm:
    return forms.SectionForm(data, initial=initial)


def _partner_form(request: HttpRequest, found: Loaded, part: Any, data: Any, initial: dict[str, Any]) -> BaseForm:
    is_prefect = part is not None and part.kind == PartnerKind.PREFECT
    return forms.PartnerForm(data, initial=initial, is_prefect=is_prefect)


def _priority_form(request: HttpRequest, found: Loaded, part: Any, data: Any, initial: dict[str, Any]) -> BaseForm:
    return forms.PriorityForm(data, initial=initial, partners=found.pact.partners.order_by("organisation", "pk"))


def _commitment_form(request: HttpRequest, found: Loaded, part: Any, data: Any, initial: dict[str, Any]) -> BaseForm:
    """Who writes the pact chooses among all partners; a partner writes in its own name."""
    user, today = user_of(request), clock.today()
    partners = found.pact.partners.order_by("organisation", "pk")
    if not perms.can_write(user, found.pact, today):
        partners = partners.filter(pk__in=[one.pk for one in perms.own_partners(user, found.pact, today)])
    priorities = found.pact.priorities.filter(position__isnull=False).order_by("position")
    return forms.CommitmentForm(data, initial=initial, priorities=priorities, partners=partners)


def _values(form: BaseForm) -> dict[str, Any]:
    return dict(form.cleaned_data)


def _save_section(found: Loaded, part: Any, form: BaseForm, who: dict[str, Any]) -> Any:
    return services.save_section(pact=found.pact, section=part, **_values(form), **who)


def _save_partner(found: Loaded, part: Any, form: BaseForm, who: dict[str, Any]) -> Any:
    values = _values(form)
    values.pop("account")
    user = form.user if isinstance(form, forms.PartnerForm) else None
    return services.save_partner(pact=found.pact, partner=part, user=user, **values, **who)


def _save_priority(found: Loaded, part: Any, form: BaseForm, who: dict[str, Any]) -> Any:
    return services.save_priority(pact=found.pact, priority=part, **_values(form), **who)


def _save_commitment(found: Loaded, part: Any, form: BaseForm, who: dict[str, Any]) -> Any:
    return services.save_commitment(commitment=part, **_values(form), **who)


def _one_of(parts: list[Any], pk: int) -> Any:
    part = next((one for one in parts if one.pk == pk), None)
    if part is None:
        raise Http404
    return part


def _fields(*names: str) -> Callable[[Any], dict[str, Any]]:
    return lambda part: {name: getattr(part, name) for name in names}


def _initial_partner(part: Partner) -> dict[str, Any]:
    return {"organisation": part.organisation, "kind": part.kind, "account": part.user.email if part.user else ""}


def _initial_priority(part: Priority) -> dict[str, Any]:
    technical = [one.pk for one in part.technical_partners.all()]
    return {"title": part.title, "need": part.need, "pilot": part.pilot_id, "technical_partners": technical}


def _initial_commitment(part: Commitment) -> dict[str, Any]:
    chosen = {"priority": part.priority_id, "partner": part.partner_id}
    return chosen | {"text": part.text, "due_on": part.due_on, "seen_by": part.seen_by}


def _may_commit(user: User, found: Loaded, part: Any, on: date) -> bool:
    if part is None:
        return perms.can_contribute(user, found.pact, on)
    return perms.can_write_commitment(user, part, on)


KINDS = {
    "diagnostic": Kind(
        new="Ajouter une partie au diagnostic",
        edit="Modifier le diagnostic",
        saved="La partie du diagnostic est enregistrée.",
        refused=WRITE_REFUSED,
        find=lambda found, pk: _one_of(found.sections, pk),
        initial=_fields("title", "body"),
        form=_section_form,
        save=_save_section,
        remove=lambda part, who: services.remove_section(section=part, **who),
        may=lambda user, found, part, on: perms.can_write(user, found.pact, on),
    ),
    "partenaires": Kind(
        new="Ajouter un partenaire",
        edit="Modifier le partenaire",
        saved="Le partenaire est enregistré.",
        refused=PARTNERS_REFUSED,
        find=lambda found, pk: _one_of(found.partners, pk),
        initial=_initial_partner,
        form=_partner_form,
        save=_save_partner,
        remove=lambda part, who: services.remove_partner(partner=part, **who),
        may=lambda user, found, part, on: perms.can_list_partners(user, found.pact, on),
    ),
    "priorites": Kind(
        new="Ajouter une priorité",
        edit="Modifier la priorité",
        saved="La priorité est enregistrée.",
        refused=WRITE_REFUSED,
        find=lambda found, pk: _one_of(found.priorities, pk),
        initial=_initial_priority,
        form=_priority_form,
        save=_save_priority,
        remove=lambda part, who: services.remove_priority(priority=part, **who),
        may=lambda user, found, part, on: perms.can_write(user, found.pact, on),
    ),
    "engagements": Kind(
        new="Ajouter un engagement",
        edit="Modifier l’engagement",
        saved="L’engagement est enregistré.",
        refused=COMMITMENT_REFUSED,
        find=lambda found, pk: _one_of(found.commitments, pk),
        initial=_initial_commitment,
        form=_commitment_form,
        save=_save_commitment,
        remove=lambda part, who: services.remove_commitment(commitment=part, **who),
        may=_may_commit,
    ),
}


def _kind(slug: str) -> Kind:
    if slug not in KINDS:
        raise Http404
    return KINDS[slug]


# --- pages ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def text_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The head of the pact."""
    found = readable(request, pk)
    pact = found.pact
    if not perms.can_write(user_of(request), pact, clock.today()):
        raise PermissionDenied(WRITE_REFUSED)
    names = ("title", "plan_title", "plan_reference", "plan_url", "ends_on")
    chosen = [one.pk for one in pact.indicators.order_by("pk")]
    initial = {name: getattr(pact, name) for name in names} | {"indicators": chosen, "base_revision": pact.revision}
    form = forms.TextForm(request.POST or None, initial=initial, offered=diagnosis.offered())

    def save(who: dict[str, Any]) -> Any:
        return services.save_text(pact=pact, **_values(form), **who)

    context = {"heading": "Intitulé, schéma et terme", "submit": "Enregistrer", "remove_url": ""}
    return _edit(request, found, form, save, context, saved="Le pacte est enregistré.")


@require_http_methods(["GET", "HEAD", "POST"])
def part_add(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """A new part of the pact."""
    return _part(request, pk, kind, None)


@require_http_methods(["GET", "HEAD", "POST"])
def part_edit(request: HttpRequest, pk: int, kind: str, part: int) -> HttpResponse:
    """A part again."""
    return _part(request, pk, kind, part)


def _part(request: HttpRequest, pk: int, slug: str, key: int | None) -> HttpResponse:
    found, kind = readable(request, pk), _kind(slug)
    part = kind.find(found, key) if key is not None else None
    if not kind.may(user_of(request), found, part, clock.today()):
        raise PermissionDenied(kind.refused)
    initial = kind.initial(part) | {"base_revision": part.revision} if part is not None else {}
    form = kind.form(request, found, part, request.POST or None, initial)

    def save(who: dict[str, Any]) -> Any:
        return kind.save(found, part, form, who)

    context = {
        "heading": kind.edit if part is not None else kind.new,
        "submit": "Enregistrer" if part is not None else "Ajouter",
        "remove_url": reverse("local-pact-part-remove", args=[pk, slug, key]) if key is not None else "",
    }
    return _edit(request, found, form, save, context, saved=kind.saved)


def _edit(
    request: HttpRequest, found: Loaded, form: BaseForm, save: Save, context: dict[str, Any], *, saved: str
) -> HttpResponse:
    """Save, or show again what was typed: with what is wrong, or with what somebody else saved meanwhile."""
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                save({"by": user_of(request), "at": clock.now()})
            except services.EditConflict as conflict:
                form.data = _rebased(request.POST, conflict.revision)
                context = context | {"conflict": conflict}
                status = 409
            except MaillageError as error:
                form.refuse(error)
            else:
                messages.success(request, saved)
                return redirect(address(found.pact))
    context = context | {"form": form, "autosave": f"pacte-local{request.path.replace('/', '-')}"}
    return _page(request, found.pact, context, status=status)


def _rebased(typed: QueryDict, revision: int) -> QueryDict:
    """What was typed, now started from what is saved: the next save is a choice, made knowingly."""
    data = typed.copy()
    data["base_revision"] = str(revision)
    return data


def _page(request: HttpRequest, pact: LocalPact | None, context: dict[str, Any], *, status: int) -> HttpResponse:
    back = address(pact) if pact is not None else reverse("local-pacts")
    shown = {"pact": pact, "cancel_url": back, "conflict": None, "remove_url": ""} | context
    return render(request, "local_pacts/part.html", shown, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def part_remove(request: HttpRequest, pk: int, kind: str, part: int) -> HttpResponse:
    """Ask, then take a part out of the text."""
    found, wanted = readable(request, pk), _kind(kind)
    removed = wanted.find(found, part)
    if not wanted.may(user_of(request), found, removed, clock.today()):
        raise PermissionDenied(wanted.refused)
    form = BaseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            wanted.remove(removed, {"by": user_of(request), "at": clock.now()})
        except MaillageError as error:
            form.refuse(error)
        else:
            messages.success(request, "C’est retiré du texte.")
            return redirect(address(found.pact))
    named = removed.text if isinstance(removed, Commitment) else str(removed)
    return confirm_page(
        request,
        title="Retirer du pacte",
        message="Ce qui suit sera retiré du texte. Les versions déjà signées ne changent pas.",
        submit="Retirer",
        cancel_url=address(found.pact),
        danger=True,
        details=[(removed._meta.verbose_name.capitalize(), named)],
        form=form,
    )
