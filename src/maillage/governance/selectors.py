"""Reads about bodies, shared by pages and reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from maillage.governance.models import Body, Kiosk, Workshop
from maillage.pacts.models import Pact
from maillage.pacts.selectors import CalendarProgress, milestones_progress


@dataclass(frozen=True, slots=True)
class PactGovernance:
    """The bodies of one pact, and its calendar seen from a day."""

    pact: Pact
    bodies: tuple[Body, ...]
    calendar: CalendarProgress


def governance(on: date) -> tuple[PactGovernance, ...]:
    """Every pact with its bodies and its calendar, the latest pact first."""
    pacts = Pact.objects.order_by("-starts_on", "-code")
    by_pact: dict[int, list[Body]] = {}
    for body in bodies():
        by_pact.setdefault(body.pact_id, []).append(body)
    whole = milestones_progress(on)
    return tuple(
        PactGovernance(
            pact,
            tuple(by_pact.get(pact.pk, [])),
            CalendarProgress(on, tuple(one for one in whole.milestones if one.milestone.pact_id == pact.pk)),
        )
        for pact in pacts
    )


def bodies(pact: Pact | None = None) -> QuerySet[Body]:
    found = Body.objects.select_related("pact", "document").order_by("pact", "position")
    return found.filter(pact=pact) if pact is not None else found


def kiosks() -> QuerySet[Kiosk]:
    return Kiosk.objects.select_related("body", "document").order_by("body", "position", "pk")


def workshops() -> QuerySet[Workshop]:
    return Workshop.objects.select_related("body", "document").order_by("body", "position", "pk")
