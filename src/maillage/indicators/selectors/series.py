"""An indicator's values: by territory and period, at one level, with the breaks where two of them do not compare."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from django.db.models import Count, Max, QuerySet

from maillage.indicators.enums import Known
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors.people import poor_persons, populations
from maillage.indicators.selectors.values import Source, Value, period_label, value_of
from maillage.kernel.numbers import NBSP
from maillage.pacts.models import SupportedProject
from maillage.sources.models import SourceEdition
from maillage.territories.enums import Level
from maillage.territories.models import Territory

# What is computed when it is read, from other values, and never stored.
DERIVED = {Known.POPULATION.value, Known.POOR_PERSONS.value, Known.PROJECTS.value}
_LEVELS = (Level.COUNTRY, Level.REGION, Level.DEPARTEMENT, Level.EPCI, Level.COMMUNE, Level.IRIS)


@dataclass(frozen=True, slots=True)
class Point:
    """The value in force of a territory for a period."""

    territory: Territory
    period: str
    value: Value

    @property
    def period_label(self) -> str:
        return period_label(self.period)


@dataclass(frozen=True, slots=True)
class Break:
    """Two neighbouring periods that are not comparable, and why."""

    before: str
    after: str
    reason: str

    @property
    def label(self) -> str:
        return f"{period_label(self.before)} → {period_label(self.after)}"


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one indicator at one level, by territory then period."""

    indicator: Indicator
    level: str
    points: tuple[Point, ...]

    @property
    def periods(self) -> tuple[str, ...]:
        return tuple(sorted({point.period for point in self.points}))

    @property
    def territories(self) -> tuple[Territory, ...]:
        return tuple(dict.fromkeys(point.territory for point in self.points))

    def latest(self) -> tuple[Point, ...]:
        """The points of the latest period."""
        last = self.periods[-1] if self.points else ""
        return tuple(point for point in self.points if point.period == last)

    def of(self, territory_code: str) -> tuple[Point, ...]:
        return tuple(point for point in self.points if point.territory.code == territory_code)

    @property
    def breaks(self) -> tuple[Break, ...]:
        """Where the perimeter or the geography changes from a period to the next, for any territory."""
        found: dict[tuple[str, str], str] = {}
        for before, after in pairwise(self.points):
            reason = _difference(before.value, after.value) if before.territory == after.territory else ""
            if reason:
                found.setdefault((before.period, after.period), reason)
        return tuple(Break(before, after, reason) for (before, after), reason in sorted(found.items()))


def indicators() -> QuerySet[Indicator]:
    """Every indicator with how many values it has and the latest period."""
    return Indicator.objects.annotate(values=Count("observations"), last=Max("observations__period")).order_by(
        "label", "code"
    )


def levels_of(indicator: Indicator) -> list[str]:
    """Levels at which there are values, from the widest."""
    if indicator.code == Known.PROJECTS:
        held = set(SupportedProject.objects.order_by().values_list("territory__level", flat=True).distinct())
    elif indicator.code in DERIVED:
        held = set(Territory.objects.order_by().values_list("level", flat=True).distinct()) - {
            Level.COMMUNE.value,
            Level.IRIS.value,
        }
    else:
        held = set(indicator.observations.order_by().values_list("territory__level", flat=True).distinct())
    return [level.value for level in _LEVELS if level.value in held]


def series(indicator: Indicator, level: str) -> Series:
    """Every value of the indicator at a level; computed ones are computed here."""
    if indicator.code in DERIVED:
        return Series(indicator, level, tuple(_derived(indicator, level)))
    observations = (
        Observation.objects.filter(indicator=indicator, territory__level=level)
        .with_sources()
        .select_related("territory")
        .order_by("territory__sort_name", "territory__code", "period", "pk")
    )
    grouped: dict[tuple[Territory, str], list[Observation]] = defaultdict(list)
    for observation in observations:
        if observation.axis_id is not None:  # told apart here: SQLite would walk every observation without an axis
            continue
        grouped[observation.territory, observation.period].append(observation)
    return Series(
        indicator,
        level,
        tuple(
            Point(territory, period, value)
            for (territory, period), group in grouped.items()
            if (value := value_of(group)) is not None
        ),
    )


def editions_of(indicator: Indicator) -> list[SourceEdition]:
    """Editions that brought a value still in force, the latest first."""
    used = indicator.observations.order_by().values_list("edition_id", flat=True).distinct()
    return list(SourceEdition.objects.filter(pk__in=used).select_related("loaded_by").order_by("-loaded_at", "-pk"))


def _derived(indicator: Indicator, level: str) -> list[Point]:
    if indicator.code == Known.PROJECTS:
        return _projects(level)
    territories = list(Territory.objects.filter(level=level, valid_to__isnull=True).order_by("sort_name", "code"))
    read = populations if indicator.code == Known.POPULATION else poor_persons
    values = read(territories)
    return [Point(t, values[t.code].period, values[t.code]) for t in territories if values[t.code].known]


def _projects(level: str) -> list[Point]:
    counted = (
        SupportedProject.objects.filter(territory__level=level)
        .order_by("territory__sort_name", "year", "document__code")
        .values("territory", "year", "document__code")
        .annotate(number=Count("pk"))
    )
    rows = list(counted)
    territories = Territory.objects.in_bulk({row["territory"] for row in rows})
    return [
        Point(
            territories[row["territory"]],
            str(row["year"]),
            Value(
                amount=row["number"],
                unit="projects",
                period=str(row["year"]),
                sources=(Source(row["document__code"], row["document__code"], "", "document", row["document__code"]),),
            ),
        )
        for row in rows
    ]


def _difference(before: Value, after: Value) -> str:
    """Why two values do not compare; '' when nothing says so."""
    if before.perimeter != after.perimeter:
        return (
            f"Périmètres différents{NBSP}: «{NBSP}{before.perimeter or 'non précisé'}{NBSP}» puis "
            f"«{NBSP}{after.perimeter or 'non précisé'}{NBSP}»."
        )
    return ""
