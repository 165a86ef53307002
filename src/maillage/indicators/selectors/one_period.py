"""Values of one period at a level of many territories, read a page at a time: a list of communes is never read whole.

Where several sources tell the value of one territory, each has its line, with its source.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, QuerySet
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce

from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors.series import DERIVED, Point
from maillage.indicators.selectors.values import of_observation
from maillage.territories.models import Territory

#: Territories at a level from which its values are read by pages.
MANY = 2_000

#: Orders of the list: what the address says, and how it is told.
ORDERS = {"nom": "par nom", "haut": "du plus élevé au plus bas", "bas": "du plus bas au plus élevé"}
_SORTED: dict[str, tuple[str | OrderBy, ...]] = {
    "nom": ("territory__sort_name", "territory__code", "pk"),
    "haut": (F("value").desc(nulls_last=True), "territory__sort_name", "pk"),
    "bas": (F("value").asc(nulls_last=True), "territory__sort_name", "pk"),
}


def is_long(indicator: Indicator, level: str) -> bool:
    """Whether a level has so many territories that its values are to be read by pages."""
    if indicator.code in DERIVED:
        return False
    existing = Territory.objects.filter(level=level, valid_to__isnull=True).order_by("level", "insee")
    return existing[MANY : MANY + 1].exists()


def periods(indicator: Indicator, level: str) -> tuple[str, ...]:
    """Periods that have values at a level, the latest first."""
    held = Observation.objects.filter(indicator=indicator).order_by("-period").values_list("period", flat=True)
    return tuple(one for one in held.distinct() if _of_period(indicator, level, one).exists())


def keys(indicator: Indicator, level: str, period: str, order: str = "nom") -> QuerySet[Observation, int]:
    """Keys of the observations of a period, in one of `ORDERS`."""
    ordered = _of_period(indicator, level, period).order_by(*_SORTED.get(order, _SORTED["nom"]))
    return ordered.values_list("pk", flat=True)


def _of_period(indicator: Indicator, level: str, period: str) -> QuerySet[Observation]:
    # An axis compared as such would make SQLite walk every observation that has none.
    without_axis = Observation.objects.annotate(of_axis=Coalesce("axis_id", 0)).filter(of_axis=0)
    return without_axis.filter(indicator=indicator, period=period, territory__level=level)


def points(keys: Sequence[int]) -> list[Point]:
    """The values of some observations, in the order of their keys, in one query."""
    held = Observation.objects.filter(pk__in=keys).with_sources().select_related("territory").in_bulk()
    return [Point(one.territory, one.period, of_observation(one)) for key in keys if (one := held.get(key)) is not None]
