"""Reads about territories shared by pages, permissions and reports."""

from __future__ import annotations

from django.conf import settings

from maillage.territories.models import Territory


def lineage_codes(territory: Territory) -> frozenset[str]:
    """Codes of the territory and of all that contain it along the administrative line."""
    codes = {territory.code}
    current: Territory | None = territory.parent
    while current is not None:
        codes.add(current.code)
        current = current.parent
    return frozenset(codes)


def instance_region() -> Territory | None:
    """The region that this instance serves (setting `MAILLAGE_REGION`), if it is loaded."""
    return Territory.objects.select_related("parent").filter(code=settings.MAILLAGE_REGION).first()
