"""Figures that partners gave for a yearly campaign of collection, once consolidated."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from maillage.indicators.models import Observation
from maillage.territories.models import Territory

PART_PREFIX = "collecte-"  # how the editions of a collection are told apart from loaded files


def collected(area: Territory) -> QuerySet[Observation]:
    """The collected values in an area, sources ready. Of a value that a partner gave again, the last one alone."""
    inside = Q(territory=area) | Q(territory__parent=area) | Q(territory__parent__parent=area)
    later = Observation.objects.filter(
        indicator=OuterRef("indicator"),
        territory=OuterRef("territory"),
        period=OuterRef("period"),
        edition__part=OuterRef("edition__part"),
        edition__loaded_at__gt=OuterRef("edition__loaded_at"),
    )
    given = Observation.objects.filter(inside, ~Exists(later), edition__part__startswith=PART_PREFIX)
    return given.with_sources().select_related("territory").order_by("indicator__label", "territory__sort_name", "pk")


def latest_year(area: Territory) -> str:
    """The latest year that partners were asked about in an area; '' when nothing was consolidated."""
    years = collected(area).order_by("-edition__vintage").values_list("edition__vintage", flat=True)
    return years.first() or ""
