"""The EPCI of a wider territory: those whose seat is inside it, and those that have a commune there."""

from __future__ import annotations

from django.db.models import Q

from maillage.territories.enums import Level
from maillage.territories.models import EpciMember, Territory


def epci_inside(territory: Territory) -> list[Territory]:
    """In the order of names, current ones only; two queries whatever their number."""
    if territory.level in (Level.EPCI, Level.COMMUNE):
        return []
    members = EpciMember.objects.filter(
        Q(commune__parent=territory)
        | Q(commune__parent__parent=territory)
        | Q(commune__parent__parent__parent=territory)
    ).values("epci_id")
    seats = Q(parent=territory) | Q(parent__parent=territory) | Q(parent__parent__parent=territory)
    return list(
        Territory.objects.filter(seats | Q(pk__in=members), level=Level.EPCI, valid_to__isnull=True)
        .select_related("parent__parent__parent")
        .order_by("sort_name", "code")
    )
