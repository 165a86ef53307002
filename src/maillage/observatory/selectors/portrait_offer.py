"""What a territory has besides figures: points of service, its classes in official grids."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from maillage.directory.models import ServicePoint
from maillage.directory.selectors import Counts, open_points, points_of
from maillage.indicators.selectors.level_values import inside
from maillage.kernel.numbers import NBSP, french_list
from maillage.sources.models import SourceEdition
from maillage.territories.enums import Level, ZoningScheme
from maillage.territories.models import Territory, Zoning

MANY = 400  # points beyond which a page says how many and names none


@dataclass(frozen=True)
class Services:
    """Points open in an area. `area`: the EPCI for a commune, whose inhabitants use its neighbours' points too."""

    area: Territory
    points: tuple[ServicePoint, ...]
    own: int  # in the territory itself
    edition: SourceEdition | None

    @property
    def words(self) -> str:
        """« 12 lieux fixes et 2 services itinérants ». A bus is counted apart."""
        counts = Counts.of(self.points)
        fixed = _counted(counts.in_place, "aucun lieu fixe", "1 lieu fixe", "lieux fixes")
        mobile = _counted(counts.mobile, "aucun service itinérant", "1 service itinérant", "services itinérants")
        return f"{fixed} et {mobile}"

    @property
    def listed(self) -> tuple[ServicePoint, ...]:
        return self.points if len(self.points) <= MANY else ()


def _counted(number: int, none: str, one: str, several: str) -> str:
    return (none, one)[number] if number < 2 else f"{number} {several}"


def services_of(territory: Territory, epci: Territory | None) -> Services | None:
    """Points of the loaded list; None where no list is loaded. Two queries."""
    area = epci or territory
    rows = points_of(area).select_related("territory__parent", "edition").defer("edition__report", "edition__scope")
    points = tuple(rows.order_by("territory__sort_name", "name", "pk"))
    if not points and not open_points().exists():
        return None
    own = sum(point.territory_id == territory.pk for point in points) if area is not territory else len(points)
    return Services(area, points, own, points[0].edition if points else None)


@dataclass(frozen=True)
class ZoningLine:
    """A grid, and the communes of the territory by class."""

    scheme: str
    vintage: str
    classes: tuple[tuple[str, int], ...]
    source: str = ""

    def words(self, level: str) -> str:
        """« Rural à habitat dispersé », or « Rural à habitat dispersé (12), Bourgs ruraux (4) » for an area."""
        if level == Level.COMMUNE:
            return self.classes[0][0]
        return french_list([f"{label}{NBSP}({count})" for label, count in self.classes])


def zonings_of(territory: Territory) -> list[ZoningLine]:
    """The classes of the communes of a territory in each grid loaded, by their number."""
    rows = (
        Zoning.objects.filter(inside(territory, Level.COMMUNE, "territory__"), territory__valid_to__isnull=True)
        .order_by("scheme", "value")
        .values_list("scheme", "vintage", "edition__publisher", "edition__title", "label")
        .annotate(number=Count("pk"))
    )
    found: dict[tuple[str, str, str], list[tuple[str, int]]] = {}
    for scheme, vintage, publisher, title, label, number in rows:
        source = ", ".join(part for part in (publisher, title) if part)
        found.setdefault((scheme, vintage, source), []).append((label, number))
    labels = dict(ZoningScheme.choices)
    return [
        ZoningLine(str(labels.get(scheme, scheme)), vintage, tuple(classes), source)
        for (scheme, vintage, source), classes in found.items()
    ]
