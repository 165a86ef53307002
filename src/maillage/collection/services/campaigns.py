"""Prepare a campaign: what it asks, of whom, by when. Its states are moved in `consolidation`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from maillage.collection import perms
from maillage.collection.enums import CampaignStatus, PartnerKind
from maillage.collection.models import Campaign, FigureRequest, RequestedFigure
from maillage.collection.selectors.history import year_shifted
from maillage.core import audit
from maillage.core import perms as core_perms
from maillage.core.models import User
from maillage.indicators.models import Indicator
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError
from maillage.kernel.period import Period
from maillage.territories.models import Territory
from maillage.territories.selectors import lineage_codes

FIRST_YEAR, LAST_YEAR = 2000, 2100
ONLY_DRAFT = "Cette collecte est ouverte ou l'a été : sa liste de chiffres ne change plus."


@dataclass(frozen=True, slots=True)
class Asked:
    """One figure to ask. No territory: that of the request. No period: the year of the campaign."""

    indicator: Indicator
    territory: Territory | None = None
    period: str = ""


def locked_campaign(campaign: Campaign) -> Campaign:
    """The row, for us alone until the end of the transaction."""
    return (
        Campaign.objects.select_for_update(of=("self",))
        .select_related("territory__parent__parent__parent")
        .get(pk=campaign.pk)
    )


def locked_request(figure_request: FigureRequest) -> FigureRequest:
    """The row, for us alone. Its campaign first, so that it neither opens nor closes meanwhile."""
    Campaign.objects.select_for_update(of=("self",)).get(pk=figure_request.campaign_id)
    return (
        FigureRequest.objects.select_for_update(of=("self",))
        .select_related(
            "campaign__territory__parent__parent__parent", "territory__parent__parent__parent", "responsible"
        )
        .get(pk=figure_request.pk)
    )


def require_lead(by: User | None, campaign: Campaign, at: datetime) -> None:
    """None is a command run on the instance's own machine."""
    if by is not None:
        core_perms.require(perms.can_lead(by, campaign, localdate(at)), perms.LEAD_REFUSED)


def require_draft(campaign: Campaign) -> None:
    if campaign.status != CampaignStatus.DRAFT:
        raise MaillageError(ONLY_DRAFT)


@transaction.atomic
def create_campaign(
    *,
    title: str,
    year: int,
    territory: Territory,
    opens_on: date,
    due_on: date,
    by: User | None,
    at: datetime,
    instructions: str = "",
) -> Campaign:
    """A campaign in preparation, that asks nothing yet. Raises InputRefused, field by field."""
    campaign = Campaign(
        title=title.strip(),
        year=year,
        territory=territory,
        opens_on=opens_on,
        due_on=due_on,
        instructions=_plain(instructions),
        created_at=at,
        created_by=by,
    )
    require_lead(by, campaign, at)
    _check(campaign)
    campaign.save()
    _record("campaign.create", campaign, by, at, f"Collecte {campaign.year} préparée")
    return campaign


@transaction.atomic
def revise_campaign(
    *, campaign: Campaign, title: str, opens_on: date, due_on: date, instructions: str, by: User | None, at: datetime
) -> Campaign:
    """Change title, dates or instructions, as long as the campaign is in preparation or open."""
    campaign = locked_campaign(campaign)
    require_lead(by, campaign, at)
    if campaign.status not in (CampaignStatus.DRAFT, CampaignStatus.OPEN):
        raise MaillageError("Cette collecte est close : elle doit d'abord être rouverte.")
    after = {"title": title.strip(), "opens_on": opens_on, "due_on": due_on, "instructions": _plain(instructions)}
    changes = {
        name: [str(getattr(campaign, name)), str(value)]
        for name, value in after.items()
        if getattr(campaign, name) != value
    }
    for name, value in after.items():
        setattr(campaign, name, value)
    _check(campaign)
    if changes:
        campaign.save(update_fields=sorted(after))
        _record("campaign.revise", campaign, by, at, f"Collecte {campaign.year} modifiée", changes)
    return campaign


@transaction.atomic
def copy_campaign(
    *,
    source: Campaign,
    title: str,
    year: int,
    opens_on: date,
    due_on: date,
    by: User | None,
    at: datetime,
    instructions: str = "",
) -> Campaign:
    """A new campaign that asks the same partners the same figures, their periods moved to the new year.

    A responsible person whose role has ended is left out: the list shows that nobody is named.
    """
    require_lead(by, source, at)
    made = create_campaign(
        title=title,
        year=year,
        territory=source.territory,
        opens_on=opens_on,
        due_on=due_on,
        instructions=instructions,
        by=by,
        at=at,
    )
    years, on = year - source.year, localdate(at)
    kept = source.requests.select_related("territory__parent__parent__parent", "responsible").order_by("pk")
    for one in kept.prefetch_related("figures__indicator", "figures__territory", "responsible__memberships"):
        responsible = one.responsible if one.responsible and perms.is_respondent(one.responsible, one, on) else None
        copied = FigureRequest.objects.create(
            campaign=made, partner=one.partner, kind=one.kind, territory=one.territory, responsible=responsible
        )
        RequestedFigure.objects.bulk_create(
            RequestedFigure(
                request=copied,
                indicator=figure.indicator,
                territory=figure.territory,
                period=year_shifted(figure.period, years),
                position=figure.position,
            )
            for figure in one.figures.all()
        )
    _record("campaign.copy", made, by, at, f"Liste reprise de la collecte {source.year}", {"source": [None, source.pk]})
    return made


@transaction.atomic
def add_request(
    *,
    campaign: Campaign,
    partner: str,
    kind: PartnerKind,
    territory: Territory,
    by: User | None,
    at: datetime,
    responsible: User | None = None,
    figures: Iterable[Asked] = (),
) -> FigureRequest:
    """Ask one more partner, before the campaign opens. Raises InputRefused, field by field."""
    campaign = locked_campaign(campaign)
    require_lead(by, campaign, at)
    require_draft(campaign)
    made = FigureRequest(campaign=campaign, partner=" ".join(partner.split()), kind=kind, territory=territory)
    problems = _request_problems(made, responsible, localdate(at))
    if problems:
        raise InputRefused(problems, "Le partenaire n'est pas ajouté.")
    made.responsible = responsible
    made.save()
    _record_request("request.add", made, by, at, f"Partenaire ajouté à la collecte : {made.partner}")
    add_figures(figure_request=made, figures=figures, by=by, at=at)
    return made


@transaction.atomic
def add_figures(
    *, figure_request: FigureRequest, figures: Iterable[Asked], by: User | None, at: datetime
) -> list[RequestedFigure]:
    """Ask more figures of a partner, before the campaign opens. Those already asked are left as they are."""
    figure_request = locked_request(figure_request)
    require_lead(by, figure_request.campaign, at)
    require_draft(figure_request.campaign)
    held = {(one.indicator_id, one.territory_id, one.period) for one in figure_request.figures.order_by("pk")}
    made: list[RequestedFigure] = []
    for asked in figures:
        territory = asked.territory or figure_request.territory
        period = Period.parse(asked.period or str(figure_request.campaign.year)).canonical
        key = (asked.indicator.pk, territory.pk, period)
        if key in held:
            continue
        held.add(key)
        made.append(
            RequestedFigure(
                request=figure_request,
                indicator=asked.indicator,
                territory=territory,
                period=period,
                position=len(held),
            )
        )
    RequestedFigure.objects.bulk_create(made)
    if made:
        summary = f"{len(made)} chiffre(s) demandé(s) : {figure_request.partner}"
        _record_request("request.figures", figure_request, by, at, summary)
    return made


@transaction.atomic
def remove_request(*, figure_request: FigureRequest, by: User | None, at: datetime) -> None:
    """Ask nothing of this partner after all: only before the campaign opens, when nothing was answered."""
    figure_request = locked_request(figure_request)
    require_lead(by, figure_request.campaign, at)
    require_draft(figure_request.campaign)
    summary = f"Partenaire retiré de la collecte : {figure_request.partner}"
    _record_request("request.remove", figure_request, by, at, summary)
    figure_request.delete()


@transaction.atomic
def assign(*, figure_request: FigureRequest, responsible: User | None, by: User | None, at: datetime) -> FigureRequest:
    """Name who answers for a partner, at any moment before consolidation. None: nobody is known yet."""
    figure_request = locked_request(figure_request)
    require_lead(by, figure_request.campaign, at)
    if figure_request.campaign.status == CampaignStatus.CONSOLIDATED:
        raise MaillageError("Cette collecte est consolidée : elle doit d'abord être rouverte.")
    problems = _responsible_problems(figure_request, responsible, localdate(at))
    if problems:
        raise InputRefused(problems, "La personne responsable n'est pas changée.")
    before, after = figure_request.responsible_id, responsible.pk if responsible else None
    if before != after:
        figure_request.responsible = responsible
        figure_request.save(update_fields=["responsible"])
        changes = {"responsible": [before, after]}
        _record_request("request.assign", figure_request, by, at, "Personne responsable désignée", changes)
    return figure_request


@transaction.atomic
def extend(*, figure_request: FigureRequest, due_on: date, reason: str, by: User | None, at: datetime) -> FigureRequest:
    """Give one partner another due date, with the reason that everyone will read."""
    figure_request = locked_request(figure_request)
    campaign = figure_request.campaign
    require_lead(by, campaign, at)
    problems = []
    if not reason.strip():
        problems.append(InputProblem(None, "motif", "écrivez pourquoi l'échéance change."))
    if due_on < campaign.opens_on:
        problems.append(InputProblem(None, "échéance", "elle précède l'ouverture de la collecte."))
    if problems:
        raise InputRefused(problems, "L'échéance n'est pas changée.")
    before = figure_request.due_on
    figure_request.due_on, figure_request.due_reason = due_on, reason.strip()[:300]
    figure_request.save(update_fields=["due_on", "due_reason"])
    changes = {"due_on": [str(before or campaign.due_on), str(due_on)], "reason": [None, figure_request.due_reason]}
    _record_request("request.extend", figure_request, by, at, f"Échéance reportée : {figure_request.partner}", changes)
    return figure_request


def _check(campaign: Campaign) -> None:
    problems = []
    if not campaign.title:
        problems.append(InputProblem(None, "intitulé", "écrivez un intitulé."))
    if len(campaign.title) > 120:
        problems.append(InputProblem(None, "intitulé", "120 caractères au plus."))
    if not FIRST_YEAR <= campaign.year <= LAST_YEAR:
        problems.append(InputProblem(None, "année", f"écrivez une année de {FIRST_YEAR} à {LAST_YEAR}."))
    if campaign.due_on < campaign.opens_on:
        problems.append(InputProblem(None, "échéance", "elle précède l'ouverture."))
    twin = Campaign.objects.filter(territory=campaign.territory, year=campaign.year, title=campaign.title)
    if twin.exclude(pk=campaign.pk).exists():
        problems.append(InputProblem(None, "intitulé", "une collecte de cette année porte déjà cet intitulé."))
    if problems:
        raise InputRefused(problems, "La collecte n'est pas enregistrée.")


def _request_problems(made: FigureRequest, responsible: User | None, on: date) -> list[InputProblem]:
    problems = _responsible_problems(made, responsible, on)
    if not made.partner or len(made.partner) > 150:
        problems.append(InputProblem(None, "partenaire", "écrivez un nom de 150 caractères au plus."))
    if made.campaign.territory.code not in lineage_codes(made.territory):
        problems.append(InputProblem(None, "territoire", "il n'est pas dans le territoire de la collecte."))
    twin = FigureRequest.objects.filter(campaign=made.campaign, partner=made.partner, territory=made.territory)
    if twin.exists():
        problems.append(InputProblem(None, "partenaire", "ce partenaire est déjà dans la liste, sur ce territoire."))
    return problems


def _responsible_problems(made: FigureRequest, responsible: User | None, on: date) -> list[InputProblem]:
    if responsible is None or (responsible.is_active and perms.may_answer_for(responsible, made, on)):
        return []
    message = "cette personne n'a pas d'habilitation qui permette de répondre sur ce territoire."
    return [InputProblem(None, "responsable", message)]


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _record(
    action: str,
    campaign: Campaign,
    by: User | None,
    at: datetime,
    summary: str,
    changes: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        action=action,
        obj=campaign,
        by=by,
        at=at,
        summary=summary,
        changes=changes,
        territory_code=campaign.territory.code,
    )


def _record_request(
    action: str,
    figure_request: FigureRequest,
    by: User | None,
    at: datetime,
    summary: str,
    changes: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        action=action,
        obj=figure_request,
        by=by,
        at=at,
        summary=summary,
        changes=changes,
        territory_code=figure_request.territory.code,
    )
