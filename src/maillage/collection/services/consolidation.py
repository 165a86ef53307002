"""The states of a campaign, up to its consolidation: validated answers become observations, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from maillage.collection import perms
from maillage.collection.enums import Answer, RequestStatus
from maillage.collection.models import Campaign, FigureRequest, RequestedFigure
from maillage.collection.selectors.campaigns import campaign_facts, requests_of
from maillage.collection.services.campaigns import locked_campaign
from maillage.core import audit
from maillage.core import perms as core_perms
from maillage.core.models import User
from maillage.engines.lifecycle.collection import CAMPAIGN
from maillage.indicators.enums import Status
from maillage.indicators.selectors.collected import PART_PREFIX
from maillage.indicators.services.collected import Collected, CollectedValue, record_collected

DECLARED = frozenset({Status.PROVISIONAL, Status.PUBLISHED})  # what a consolidated figure may be called


@dataclass(frozen=True, slots=True)
class Consolidated:
    """What a consolidation did: editions made, observations added."""

    campaign: Campaign
    editions: int
    observations: int


@transaction.atomic
def open_campaign(*, campaign: Campaign, by: User, at: datetime) -> Campaign:
    """Show every partner what it is asked."""
    return _move("open", campaign, by, at, "Collecte ouverte")


@transaction.atomic
def close(*, campaign: Campaign, by: User, at: datetime) -> Campaign:
    """End the entry. Answers that were submitted may still be checked."""
    return _move("close", campaign, by, at, "Collecte close")


@transaction.atomic
def reopen(*, campaign: Campaign, reason: str, by: User, at: datetime) -> Campaign:
    """Let partners answer again, with a reason. What was consolidated stays as it is."""
    changes = {"reason": [None, reason.strip()]}
    return _move("reopen", campaign, by, at, "Collecte rouverte", changes, reason=reason)


@transaction.atomic
def consolidate(*, campaign: Campaign, status: Status, by: User, at: datetime) -> Consolidated:
    """Make observations of the validated answers, called provisional or published.

    Done twice, it adds only what differs from what it added before: the earlier observation stays, with its edition.
    """
    if status not in DECLARED:
        raise ValueError(f"a collected figure is provisional or published, not {status}")
    campaign = _move("consolidate", campaign, by, at, "Collecte consolidée", {"figures": [None, status.value]})
    validated = (
        FigureRequest.objects.filter(campaign=campaign, status=RequestStatus.VALIDATED)
        .prefetch_related("figures__indicator", "figures__territory")
        .order_by("pk")
    )
    editions = observations = 0
    for one in validated:
        added = record_collected(collected=_collected(campaign, one, status, at), by=by, at=at)
        editions += added > 0
        observations += added
    return Consolidated(campaign, editions, observations)


def _collected(campaign: Campaign, one: FigureRequest, status: Status, at: datetime) -> Collected:
    return Collected(
        title=campaign.title,
        publisher=one.partner,
        vintage=str(campaign.year),
        part=f"{PART_PREFIX}{campaign.pk}-{one.pk}",
        origin=f"Collecte {campaign.pk}, demande {one.pk}",
        values=[_value(one, figure, status) for figure in one.figures.all() if figure.answer != Answer.AWAITED],
    )


def _value(one: FigureRequest, figure: RequestedFigure, status: Status) -> CollectedValue:
    known = figure.answer == Answer.KNOWN
    missing = f"{figure.get_answer_display()} : {figure.reason}" if not known else ""
    return CollectedValue(
        indicator=figure.indicator,
        territory=figure.territory,
        period=figure.period,
        value=figure.value,
        numerator=figure.numerator,
        denominator=figure.denominator,
        status=status if known else Status.UNAVAILABLE,
        locator=f"demande {one.pk}",
        note=" ".join(part for part in (missing, figure.comment) if part),
        applies=figure.answer != Answer.NOT_APPLICABLE,
    )


def _move(
    name: str,
    campaign: Campaign,
    by: User,
    at: datetime,
    summary: str,
    changes: Mapping[str, Any] | None = None,
    **said: Any,
) -> Campaign:
    campaign, on = locked_campaign(campaign), localdate(at)
    core_perms.require(perms.can_lead(by, campaign, on), perms.LEAD_REFUSED)
    requests = list(requests_of(FigureRequest.objects.filter(campaign=campaign)))
    facts = campaign_facts(requests, campaign, on) | said
    before = campaign.status
    campaign.status = CAMPAIGN.next_state(name, before, perms.roles_on_campaign(by, campaign, on), facts)
    campaign.save(update_fields=["status"])
    audit.record(
        action=f"campaign.{name}",
        obj=campaign,
        by=by,
        at=at,
        summary=f"{summary} : {campaign.title}",
        changes={"status": [before, campaign.status]} | dict(changes or {}),
        territory_code=campaign.territory.code,
    )
    return campaign
