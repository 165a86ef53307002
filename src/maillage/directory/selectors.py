"""Reads of points of service: those of a territory, and how many there are, fixed and mobile apart.

Counts are derived here, never stored: a point without a commune is in no territory, a closed one is not counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Count, Max, QuerySet

from maillage.directory.enums import FRANCE_SERVICES, PointKind
from maillage.directory.models import ServicePoint
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition
from maillage.territories.enums import Level
from maillage.territories.models import EpciMember, Territory

_KINDS_OF_LISTS = {FRANCE_SERVICES: EditionKind.FRANCE_SERVICES}
_PATHS = {
    Level.COMMUNE: "territory_id",
    Level.DEPARTEMENT: "territory__parent_id",
    Level.REGION: "territory__parent__parent_id",
}


@dataclass(frozen=True)
class Counts:
    """How many points of each nature."""

    fixed: int = 0
    mobile: int = 0
    branch: int = 0

    @classmethod
    def of(cls, points: Iterable[ServicePoint]) -> Counts:
        """The counts of some points, read already."""
        return _counts(Counter(point.kind for point in points))

    @property
    def in_place(self) -> int:
        """Points at one address, branches included: what a distance may be measured to."""
        return self.fixed + self.branch

    @property
    def total(self) -> int:
        return self.fixed + self.mobile + self.branch

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.fixed + other.fixed, self.mobile + other.mobile, self.branch + other.branch)


def open_points(network: str = FRANCE_SERVICES) -> QuerySet[ServicePoint]:
    """The points that the latest list still names."""
    return ServicePoint.objects.filter(network=network, closed_on__isnull=True).order_by("network", "code")


def points_of(territory: Territory, network: str = FRANCE_SERVICES) -> QuerySet[ServicePoint]:
    """The open points of a territory, by name; for an EPCI, of its latest composition; none for an IRIS."""
    points = open_points(network).select_related("territory", "edition").order_by("name", "code")
    if territory.level == Level.COUNTRY:
        return points
    if territory.level == Level.EPCI:
        vintage = EpciMember.objects.filter(epci=territory).aggregate(latest=Max("vintage"))["latest"]
        members = EpciMember.objects.filter(epci=territory, vintage=vintage).order_by("pk").values("commune_id")
        return points.filter(territory_id__in=members)
    path = _PATHS.get(Level(territory.level))
    return points.filter(**{path: territory.pk}) if path else points.none()


def counts_by_commune(network: str = FRANCE_SERVICES) -> dict[int, Counts]:
    """Key of a commune → its points; a commune without any is not there: it has none."""
    return _counts_by(network, "territory_id")


def counts_by_level(level: str, network: str = FRANCE_SERVICES) -> dict[int, Counts]:
    """Key of a territory of that level → its points, in two queries whatever the size."""
    if level != Level.EPCI:
        path = _PATHS.get(Level(level))
        return _counts_by(network, path) if path else {}
    latest = EpciMember.objects.aggregate(latest=Max("vintage"))["latest"]
    links = EpciMember.objects.filter(vintage=latest).order_by("pk").values_list("commune_id", "epci_id")
    epci_of = dict(links)
    found: dict[int, Counts] = defaultdict(Counts)
    for commune, counts in counts_by_commune(network).items():
        if commune in epci_of:
            found[epci_of[commune]] += counts
    return dict(found)


def unplaced(network: str = FRANCE_SERVICES) -> int:
    """Open points whose commune is not known: in no count above."""
    return open_points(network).filter(territory__isnull=True).count()


def latest_list(network: str = FRANCE_SERVICES) -> SourceEdition | None:
    """The list in force, to name with any count; None when none is loaded: then the number of points is unknown."""
    kind = _KINDS_OF_LISTS.get(network, "")
    return SourceEdition.objects.filter(kind=kind, is_current=True).order_by("-vintage", "-pk").first()


def _counts_by(network: str, path: str) -> dict[int, Counts]:
    rows = open_points(network).filter(territory__isnull=False).order_by().values(path, "kind")
    by: dict[int, dict[str, int]] = defaultdict(dict)
    for row in rows.annotate(number=Count("pk")):
        by[row[path]][row["kind"]] = row["number"]
    return {pk: _counts(numbers) for pk, numbers in by.items() if pk is not None}


def _counts(numbers: Mapping[str, int]) -> Counts:
    return Counts(
        fixed=numbers.get(PointKind.FIXED, 0),
        mobile=numbers.get(PointKind.MOBILE, 0),
        branch=numbers.get(PointKind.BRANCH, 0),
    )
