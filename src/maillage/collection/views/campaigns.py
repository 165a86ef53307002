"""Campaigns: the list, one with its partners, its preparation and its states."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from maillage.collection import forms, perms, services
from maillage.collection.enums import PartnerKind
from maillage.collection.models import Campaign
from maillage.collection.selectors.campaigns import (
    Board,
    boards,
    campaign_facts,
    own_lines,
    places,
    possible_respondents,
    requests_of,
)
from maillage.collection.selectors.history import journal_of
from maillage.collection.services.campaigns import Asked
from maillage.collection.services.lists import LIST_FIELDS, TITLE, ListPlan, load_list, plan_list, read_list
from maillage.collection.views import tables
from maillage.collection.views.access import led_campaign, own_file, seen_board, user_of
from maillage.core import clock, files
from maillage.core.models import User
from maillage.core.perms import require
from maillage.engines.lifecycle.collection import CAMPAIGN
from maillage.indicators.enums import Status
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.kernel.numbers import NBSP
from maillage.territories.models import Territory
from maillage.territories.selectors import instance_region
from maillage.ui.confirm import confirm_page
from maillage.ui.tables import respond
from maillage.ui.units import typography

ACTS = {"ouvrir": "open", "clore": "close", "consolider": "consolidate", "rouvrir": "reopen"}
SLUGS = {name: slug for slug, name in ACTS.items()}
EDITED = ["GET", "HEAD", "POST"]


@require_safe
def campaign_list(request: HttpRequest) -> HttpResponse:
    """What this person is asked, then the campaigns that she reads."""
    user, today = user_of(request), clock.today()
    own, read = own_lines(user, today), boards(user, today)
    table = tables.boards_table(read)
    if (exported := respond(request, table)) is not None:
        return exported
    context = {
        "own": tables.own_table(own) if own else None,
        "table": table if read else None,
        "may_lead": _led_territory(user) is not None,
    }
    return render(request, "collection/campaigns.html", context)


@require_safe
def campaign_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Who answered, who has not, and what may be done now."""
    user, today = user_of(request), clock.today()
    seen = seen_board(request, pk)
    leads = perms.can_lead(user, seen.campaign, today)
    table = tables.board_table(seen, with_persons=leads)
    if (exported := respond(request, table)) is not None:
        return exported
    whole = perms.can_view_campaign(user, seen.campaign, today)
    context = {
        "campaign": seen.campaign,
        "board": seen,
        "history": tables.acts_table(journal_of(seen.campaign), "Histoire de la collecte") if whole else None,
        "table": table,
        "may_lead": leads,
        "is_draft": seen.campaign.status == CAMPAIGN.initial,
        "is_whole": whole,
        "acts": _offered(seen, user),
        "obstacles": _obstacles(seen, user),
    }
    return render(request, "collection/campaign.html", context)


def _facts(seen: Board) -> dict[str, Any]:
    """Facts of the guards; a reason is asked by the page that confirms, so here it is presumed."""
    facts = campaign_facts([line.request for line in seen.lines], seen.campaign, clock.today())
    return facts | {"reason": "à écrire"}


def _offered(seen: Board, user: User) -> list[tuple[str, str]]:
    """Label and address of each button, from the table."""
    roles = perms.roles_on_campaign(user, seen.campaign, clock.today())
    rows = CAMPAIGN.offered(seen.campaign.status, roles, _facts(seen))
    return [(f"{row.label}…", reverse("campaign-act", args=[seen.campaign.pk, SLUGS[row.name]])) for row in rows]


def _obstacles(seen: Board, user: User) -> list[tuple[str, str]]:
    """What this person could do if something did not stand in the way, and what does."""
    roles, facts = perms.roles_on_campaign(user, seen.campaign, clock.today()), _facts(seen)
    rows = [row for row in CAMPAIGN.transitions if row.source == seen.campaign.status and row.roles & roles]
    return [(row.label, row.obstacle(facts)) for row in rows if row.obstacle(facts)]


# --- preparation ----------------------------------------------------------------------------------------------------


def _led_territory(user: User) -> Territory | None:
    """The region of the instance, where this person may run a campaign."""
    region = instance_region()
    led = region is not None and perms.can_lead(user, Campaign(territory=region), clock.today())
    return region if led else None


@require_http_methods(EDITED)
def campaign_create(request: HttpRequest) -> HttpResponse:
    user, region = user_of(request), _led_territory(user_of(request))
    require(region is not None, perms.LEAD_REFUSED)
    assert region is not None  # noqa: S101  (required above)
    year = clock.today().year - 1
    form = forms.CampaignForm(request.POST or None, initial={"year": year, "title": f"Collecte {year}"})

    def make(cleaned: dict[str, Any], at: datetime) -> Campaign:
        return services.create_campaign(territory=region, by=user, at=at, **cleaned)

    return _edited(request, form, make, "Préparer une collecte", "Créer la collecte", reverse("campaigns"))


@require_http_methods(EDITED)
def campaign_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """Prepare the next year from this list."""
    source, user = led_campaign(request, pk), user_of(request)
    year = source.year + 1
    initial = {"year": year, "title": f"Collecte {year}", "instructions": source.instructions}
    form = forms.CampaignForm(request.POST or None, initial=initial)

    def make(cleaned: dict[str, Any], at: datetime) -> Campaign:
        return services.copy_campaign(source=source, by=user, at=at, **cleaned)

    title = f"Reprendre la liste de « {source.title} »"
    return _edited(request, form, make, title, "Créer la collecte", reverse("campaign", args=[pk]))


@require_http_methods(EDITED)
def campaign_revise(request: HttpRequest, pk: int) -> HttpResponse:
    campaign, user = led_campaign(request, pk), user_of(request)
    form = forms.CampaignForm(request.POST or None, initial=forms.initial_of(campaign), with_year=False)

    def make(cleaned: dict[str, Any], at: datetime) -> Campaign:
        return services.revise_campaign(campaign=campaign, by=user, at=at, **cleaned)

    return _edited(request, form, make, f"Modifier « {campaign.title} »", "Enregistrer", reverse("campaign", args=[pk]))


def _edited(
    request: HttpRequest,
    form: forms.CampaignForm,
    make: Callable[[dict[str, Any], datetime], Campaign],
    title: str,
    submit: str,
    cancel_url: str,
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            campaign = make(form.cleaned_data, clock.now())
        except MaillageError as error:
            form.refuse(error)
        else:
            messages.success(request, typography(f"« {campaign.title} » est enregistrée."))
            return redirect("campaign", pk=campaign.pk)
    context = {"form": form, "title": title, "submit": submit, "cancel_url": cancel_url, "autosave": "collecte"}
    return render(request, "collection/form.html", context, status=422 if form.errors else 200)


@require_http_methods(EDITED)
def request_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask one more partner."""
    campaign, user, today = led_campaign(request, pk), user_of(request), clock.today()
    form = forms.PartnerForm(
        places(campaign.territory), possible_respondents(campaign.territory, today), request.POST or None
    )
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            made = services.add_request(
                campaign=campaign,
                partner=chosen["partner"],
                kind=PartnerKind(chosen["kind"]),
                territory=chosen["territory"],
                responsible=chosen["responsible"],
                figures=[Asked(indicator) for indicator in chosen["indicators"]],
                by=user,
                at=clock.now(),
            )
        except MaillageError as error:
            form.refuse(error)
        else:
            messages.success(request, f"{made.partner} est dans la liste.")
            return redirect("campaign", pk=pk)
    context = {
        "form": form,
        "title": "Ajouter un partenaire",
        "submit": "Ajouter",
        "cancel_url": reverse("campaign", args=[pk]),
        "autosave": f"collecte-{pk}-partenaire",
    }
    return render(request, "collection/form.html", context, status=422 if form.errors else 200)


# --- a list from a table --------------------------------------------------------------------------------------------


@require_http_methods(EDITED)
def list_load(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a list of partners and figures, or take the one of this campaign as a model."""
    campaign, user = led_campaign(request, pk), user_of(request)
    asked = requests_of(campaign.requests.all()).prefetch_related("figures__indicator", "figures__territory")
    table = tables.asked_table(asked)
    if (exported := respond(request, table)) is not None:
        return exported
    form = forms.SheetForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        uploaded = form.cleaned_data["file"]
        try:
            files.check_upload(uploaded, set(forms.SHEETS))
            stored = files.store(
                name=uploaded.name, content=uploaded, content_type=uploaded.content_type, by=user, at=clock.now()
            )
        except MaillageError as error:
            form.refuse(error)
        else:
            return redirect("campaign-list-preview", pk=pk, file=stored.pk)
    columns = [(one.headers[0], one.needed) for one in LIST_FIELDS]
    context = {"campaign": campaign, "form": form, "table": table, "columns": columns, "kinds": PartnerKind.choices}
    return render(request, "collection/list.html", context, status=422 if form.errors else 200)


@require_http_methods(EDITED)
def list_preview(request: HttpRequest, pk: int, file: int) -> HttpResponse:
    """What the list would add, and the button that adds it."""
    campaign, stored, at = led_campaign(request, pk), own_file(request, file), clock.now()
    refused: InputRefused | None = None
    plan = ListPlan(())
    try:
        if request.method == "POST":
            done = load_list(campaign=campaign, file=stored, by=user_of(request), at=at)
            told = f"Liste chargée{NBSP}: {done.new_partners} partenaire(s), {done.new_figures} chiffre(s) ajoutés."
            messages.success(request, told)
            return redirect("campaign", pk=pk)
        with stored.content.open("rb") as handle:
            plan = plan_list(campaign=campaign, table=read_list(handle, name=stored.name), at=at)
    except InputRefused as error:
        refused = error
    except MaillageError as error:
        refused = InputRefused([], f"{TITLE} {error.message_fr}")
    context = {"campaign": campaign, "file": stored, "plan": plan, "refused": refused}
    return render(
        request, "collection/list_preview.html", context, status=422 if refused and request.method == "POST" else 200
    )


# --- states ---------------------------------------------------------------------------------------------------------


@require_http_methods(EDITED)
def campaign_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Confirm a transition, then do it."""
    if act not in ACTS:
        raise Http404
    campaign, name = led_campaign(request, pk), ACTS[act]
    form = _act_form(name, request)
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            told = _do(name, campaign, form.cleaned_data if form is not None else {}, user_of(request))
        except MaillageError as error:
            messages.error(request, error.message_fr)
        else:
            messages.success(request, typography(told))
        return redirect("campaign", pk=pk)
    row = next((row for row in CAMPAIGN.transitions if (row.name, row.source) == (name, campaign.status)), None)
    if row is None:
        messages.error(request, "L'état de la collecte ne permet plus cette action.")
        return redirect("campaign", pk=pk)
    answer = confirm_page(
        request,
        title=typography(f"{row.label} : {campaign.title}"),
        message=typography(_WARNINGS[name]),
        submit=row.label,
        cancel_url=reverse("campaign", args=[pk]),
        details=_details(seen_board(request, pk)),
        form=form,
    )
    answer.status_code = 422 if form is not None and form.errors else 200
    return answer


def _act_form(name: str, request: HttpRequest) -> Any:
    kinds: dict[str, Any] = {"consolidate": forms.ConsolidationForm, "reopen": forms.ReasonForm}
    return kinds[name](request.POST or None) if name in kinds else None


def _do(name: str, campaign: Campaign, said: dict[str, Any], user: User) -> str:
    at = clock.now()
    if name == "consolidate":
        done = services.consolidate(campaign=campaign, status=Status(said["status"]), by=user, at=at)
        if not done.observations:
            return "Rien n'a changé depuis la dernière consolidation : aucune observation n'est ajoutée."
        return f"Collecte consolidée : {done.observations} observation(s) ajoutée(s), de {done.editions} partenaire(s)."
    if name == "reopen":
        services.reopen(campaign=campaign, reason=said["reason"], by=user, at=at)
        return "La collecte est rouverte."
    if name == "open":
        services.open_campaign(campaign=campaign, by=user, at=at)
        return "La collecte est ouverte : chaque personne responsable voit ses chiffres à donner."
    services.close(campaign=campaign, by=user, at=at)
    return "La collecte est close."


def _details(seen: Board) -> list[tuple[str, Any]]:
    return [
        ("Partenaires", str(seen.asked)),
        ("Ont répondu", f"{seen.answered} sur {seen.asked}"),
        ("Réponses validées", str(seen.validated)),
        ("En retard", str(seen.late)),
        ("Échéance", seen.campaign.due_on),
    ]


_WARNINGS = {
    "open": "Chaque personne responsable verra ses chiffres à donner. Ensuite, la liste des chiffres ne change plus.",
    "close": "Plus aucun partenaire ne pourra saisir. Les réponses transmises pourront encore être validées.",
    "consolidate": "Les chiffres validés deviennent des observations, avec leur source : ils apparaissent aux pages "
    "des indicateurs, des territoires et dans les rapports. Ce qui était déjà consolidé n'est pas effacé.",
    "reopen": "Les partenaires pourront à nouveau saisir. Le motif reste dans l'histoire.",
}
