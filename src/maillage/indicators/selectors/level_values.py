"""The values of one indicator at one level for one period, read in few queries: what maps, rankings and portraits show.

A country has 35,000 communes: rows are read as plain columns, and a value keeps what it is worth and where it is from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet

from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors import series as whole_series
from maillage.indicators.selectors.values import Source, Value, reason_of
from maillage.territories import selectors as territories
from maillage.territories.enums import Level
from maillage.territories.models import Territory


@dataclass(frozen=True, slots=True)
class Place:
    """A territory as pages of many rows need it. `parent` is the key of the one above on the administrative line."""

    pk: int
    code: str
    name: str
    sort_name: str
    level: str
    parent: int | None
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True, slots=True)
class LevelValues:
    """One value a place, by name. `periods`: all that the indicator has at this level, the latest last."""

    indicator: Indicator
    level: str
    period: str
    periods: tuple[str, ...]
    rows: tuple[tuple[Place, Value], ...]

    @property
    def known(self) -> tuple[tuple[Place, Value], ...]:
        return tuple((place, value) for place, value in self.rows if value.known)

    def of(self, code: str) -> Value | None:
        """The value of a territory, by its code."""
        return next((value for place, value in self.rows if place.code == code), None)


_PLACE = ("pk", "code", "name", "sort_name", "level", "parent_id", "latitude", "longitude")
_VALUE = ("value", "status", "low", "high", "perimeter", "note", "locator", "document__code", "edition_id")


def places(level: str, within: Territory | None = None) -> tuple[Place, ...]:
    """Territories of a level that exist today, by name. EPCI of an area: those with a commune in it at least."""
    found = territories.current().filter(level=level).order_by("sort_name", "code")
    if within is not None:
        found = found.filter(inside(within, level))
    return tuple(Place(*row) for row in found.values_list(*_PLACE))


def inside(area: Territory, level: str, path: str = "") -> Q:
    """The territories of a level that an area holds. `path`: how they are reached from the rows filtered.

    EPCI: those with a commune in the area at least (the rule « touches »), told by the parts or, without any, the seat.
    """
    if area.level == Level.COUNTRY:
        return Q()
    if level == area.level:
        return Q(**{f"{path}pk": area.pk})
    if area.level == Level.EPCI:
        members = territories.communes_of(area).order_by().values("pk")
        return Q(**{f"{path}pk__in": members}) if level == Level.COMMUNE else Q(**{f"{path}parent__in": members})
    if level == Level.EPCI:
        held = [one.epci.pk for one in territories.epci_of(area)]
        return Q(**{f"{path}pk__in": held})
    steps = _STEPS.index(Level(level)) - _STEPS.index(Level(area.level))
    if steps < 1:
        return Q(pk__in=[])
    return Q(**{path + "__".join(["parent"] * steps): area.pk})


_STEPS = [Level.COUNTRY, Level.REGION, Level.DEPARTEMENT, Level.COMMUNE, Level.IRIS]


def at_level(indicator: Indicator, level: str, *, period: str = "", within: Territory | None = None) -> LevelValues:
    """Values at a level for a period (the latest when it has none such), of every place: unknown where none is."""
    if indicator.code in whole_series.DERIVED:
        return _derived(indicator, level, period, within)
    observations = Observation.objects.filter(indicator=indicator, territory__level=level)
    # Axes are told apart here: asked of SQLite, they make it walk every observation without one.
    held_in = observations.order_by("period").values_list("period", "axis_id").distinct()
    periods = tuple(dict.fromkeys(one for one, axis in held_in if axis is None))
    chosen = period if period in periods else (periods[-1] if periods else "")
    held = {place.pk: place for place in places(level, within)}
    values = _values(indicator, observations.filter(period=chosen), chosen, held.keys()) if chosen else {}
    missing = Value(None, indicator.unit, status="unavailable", period=chosen, reason="aucune valeur chargée")
    rows = tuple((place, values.get(pk, missing)) for pk, place in held.items())
    return LevelValues(indicator, level, chosen, periods, rows)


def _values(
    indicator: Indicator, observations: QuerySet[Observation], period: str, wanted: Iterable[int]
) -> dict[int, Value]:
    """The value in force of each territory: of several sources, the one loaded last."""
    wanted = set(wanted)
    sources: dict[tuple[str | None, int | None, str], Source] = {}
    found: dict[int, Value] = {}
    rows = observations.order_by("edition__loaded_at", "pk").values_list(
        "territory_id", "axis_id", *_VALUE, "edition__publisher", "edition__title"
    )
    for pk, axis, amount, status, low, high, perimeter, note, locator, document, edition, publisher, title in rows:
        if axis is not None or pk not in wanted:
            continue
        key = (document, edition, locator)
        if key not in sources:
            sources[key] = _source(indicator, document, locator, publisher, title)
        reason = reason_of(status, amount)
        found[pk] = Value(amount, indicator.unit, status, period, reason, low, high, perimeter, note, (sources[key],))
    return found


def _source(
    indicator: Indicator, document: str | None, locator: str, publisher: str | None, title: str | None
) -> Source:
    if document:
        return Source(document, document, locator, "document", document)
    label = ", ".join(part for part in (publisher, title) if part) or indicator.producer or "Source à préciser"
    return Source(label, "", locator, "indicator", indicator.code)


def _derived(indicator: Indicator, level: str, period: str, within: Territory | None) -> LevelValues:
    """Of what is computed when it is read."""
    read = whole_series.series(indicator, level)
    periods = read.periods
    chosen = period if period in periods else (periods[-1] if periods else "")
    values = {point.territory.pk: point.value for point in read.points if point.period == chosen}
    missing = Value(None, indicator.unit, status="unavailable", period=chosen, reason="aucune valeur chargée")
    rows = tuple((place, values.get(place.pk, missing)) for place in places(level, within))
    return LevelValues(indicator, level, chosen, periods, rows)


def amounts(rows: Iterable[tuple[Place, Value]]) -> list[Decimal | None]:
    """The numbers alone, None where unknown."""
    return [value.amount for _, value in rows]
