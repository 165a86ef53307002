"""Who is near a service, and who is not: demand, supply, a model of travel, a threshold.

Method. The distance is that of the great circle between the point of a commune and that of a service, lengthened by a
detour; the time divides it by a speed that depends on how dense both ends are, and adds what it takes to start and to
park. The nearest service is the one reached in the least time, whoever runs it and whichever side of a border it is on.
A threshold in kilometres is as the crow flies, with no model at all.

What counts. A service in the commune itself is reached whatever the threshold: nobody knows where in the commune people
live. A remote service is never coverage; a service that moves about is counted apart. Water is not a road: an island is
reached from itself only. Without a point, or without a service in reach of a road, nothing is known or nothing is
reached, and the two are told apart.

Limits. A time of this model is an order of magnitude, good to compare and to rank: no bridge, no slope, no timetable,
no car that a household may not have. The assumptions are data (`TravelModel`), to be stated wherever a result is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy
from numpy.typing import NDArray

EARTH_KM = 6371.0088  # mean radius (IUGG)
_AT_A_TIME = 2_000_000  # pairs of points compared at once: some tens of megabytes

Floats = NDArray[numpy.float64]
Booleans = NDArray[numpy.bool_]


@dataclass(frozen=True, slots=True)
class Demand:
    """Where people live. `persons` and `poor` are None where they are not known; `density` is '' where no class is.

    `island`: '' on the mainland, else a name that its own services share.
    """

    code: str
    label: str
    latitude: float | None
    longitude: float | None
    persons: int | None = None
    poor: Decimal | None = None
    density: str = ""
    island: str = ""


@dataclass(frozen=True, slots=True)
class Supply:
    """A service at a point. `commune`: the code of the demand it lies in. `remote`: given at a distance."""

    code: str
    label: str
    latitude: float | None
    longitude: float | None
    commune: str = ""
    density: str = ""
    island: str = ""
    remote: bool = False


@dataclass(frozen=True, slots=True)
class TravelModel:
    """Assumptions. `speeds`: km/h by class of density, '' for the others; `detour`: by how much a road is longer than
    the great circle; `start_minutes`: to start and to park. Between two classes the speed is their mean."""

    detour: float
    speeds: Mapping[str, float]
    start_minutes: float = 0.0

    def __post_init__(self) -> None:
        if self.detour < 1 or self.start_minutes < 0 or not self.speeds or min(self.speeds.values()) <= 0:
            raise ValueError("a road is not shorter than the great circle, and nobody stands still")
        if "" not in self.speeds:
            raise ValueError("a speed is needed where no class of density is known")

    def speed(self, density: str) -> float:
        return self.speeds.get(density, self.speeds[""])


@dataclass(frozen=True, slots=True)
class Threshold:
    """One of the two: minutes by the model, or kilometres as the crow flies."""

    minutes: float | None = None
    km: float | None = None

    def __post_init__(self) -> None:
        given = [one for one in (self.minutes, self.km) if one is not None]
        if len(given) != 1 or given[0] <= 0:
            raise ValueError("a threshold is a number of minutes or of kilometres, above zero")


@dataclass(frozen=True, slots=True)
class Reached:
    """The nearest service of a demand. `km`: as the crow flies; `minutes`: by the model. `within` is None where the
    demand has no point: nothing is known. `nearest` is '' where no road leads to any service."""

    demand: Demand
    nearest: str
    km: float | None
    minutes: float | None
    within: bool | None


@dataclass(frozen=True, slots=True)
class Summary:
    """Demands added up. What is not known is in no sum: `uncounted` and `poor_uncounted` say of how many demands the
    persons, and the poor persons, are not known; a sum of nothing known is None."""

    demands: int
    persons: int
    beyond: int
    unplaced: int
    poor: Decimal | None
    poor_beyond: Decimal | None
    demands_beyond: int
    uncounted: int
    poor_uncounted: int

    @property
    def share_within(self) -> float | None:
        """Of the persons that are placed and counted; None where there is none."""
        placed = self.persons - self.unplaced
        return (placed - self.beyond) / placed if placed else None


@dataclass(frozen=True, slots=True)
class NewPlace:
    """One more service, at the point of a demand: the persons that it would bring within the threshold."""

    code: str
    label: str
    gained: int
    gained_poor: Decimal | None


def coverage(
    demands: Sequence[Demand], supplies: Sequence[Supply], threshold: Threshold, model: TravelModel
) -> tuple[Reached, ...]:
    """For each demand, its nearest service and whether it is within the threshold. Every pair is compared: exact."""
    usable = [one for one in supplies if not one.remote and one.latitude is not None and one.longitude is not None]
    served = {one.commune for one in supplies if not one.remote and one.commune}
    placed = [one for one in demands if one.latitude is not None and one.longitude is not None]
    found = _nearest(placed, usable, threshold, model)
    reached = []
    for demand in demands:
        rank, km, minutes = found.get(demand.code, (-1, None, None))
        near = usable[rank].code if rank >= 0 else ""
        reached.append(Reached(demand, near, km, minutes, _within(demand, km, minutes, threshold, served)))
    return tuple(reached)


def _within(
    demand: Demand, km: float | None, minutes: float | None, threshold: Threshold, served: set[str]
) -> bool | None:
    if demand.code in served:
        return True
    if demand.latitude is None:
        return None
    measured, limit = (km, threshold.km) if threshold.km is not None else (minutes, threshold.minutes)
    return measured is not None and limit is not None and measured <= limit


def _nearest(
    demands: Sequence[Demand], supplies: Sequence[Supply], threshold: Threshold, model: TravelModel
) -> dict[str, tuple[int, float | None, float | None]]:
    """Rank, kilometres and minutes of the nearest supply of each demand: by time, or by distance as the crow flies."""
    if not supplies:
        return {}
    rows = max(1, _AT_A_TIME // len(supplies))
    found: dict[str, tuple[int, float | None, float | None]] = {}
    for begin in range(0, len(demands), rows):
        part = demands[begin : begin + rows]
        km, minutes = _pairs(part, supplies, model)
        measured = km if threshold.km is not None else minutes
        best = measured.argmin(axis=1)
        for row, (demand, rank) in enumerate(zip(part, best, strict=True)):
            if numpy.isfinite(measured[row, rank]):
                found[demand.code] = (int(rank), float(km[row, rank]), float(minutes[row, rank]))
    return found


def _pairs(demands: Sequence[Any], supplies: Sequence[Any], model: TravelModel) -> tuple[Floats, Floats]:
    """Kilometres and minutes from each to each; infinite across water."""
    km = _great_circles(_points(demands), _points(supplies))
    km[_islands(demands)[:, None] != _islands(supplies)[None, :]] = numpy.inf
    speed = (_speeds(demands, model)[:, None] + _speeds(supplies, model)[None, :]) / 2
    return km, km * model.detour / speed * 60 + model.start_minutes


def _points(places: Sequence[Any]) -> Floats:
    """Unit vectors, one a row."""
    latitude = numpy.radians([float(one.latitude) for one in places])
    longitude = numpy.radians([float(one.longitude) for one in places])
    flat = numpy.cos(latitude)
    return numpy.stack([flat * numpy.cos(longitude), flat * numpy.sin(longitude), numpy.sin(latitude)], axis=1)


def _great_circles(one: Floats, other: Floats) -> Floats:
    """From the chord, exact for near points too."""
    squared = numpy.maximum(2 - 2 * (one @ other.T), 0)
    result: Floats = 2 * EARTH_KM * numpy.arcsin(numpy.minimum(numpy.sqrt(squared) / 2, 1))
    return result


def _islands(places: Sequence[Any]) -> NDArray[numpy.str_]:
    return numpy.array([one.island for one in places], dtype=str)


def _speeds(places: Sequence[Any], model: TravelModel) -> Floats:
    return numpy.array([model.speed(one.density) for one in places], dtype=float)


def summary(reached: Iterable[Reached]) -> Summary:
    """Persons and poor persons, and those beyond the threshold."""
    rows = list(reached)
    beyond = [one for one in rows if one.within is False]
    return Summary(
        demands=len(rows),
        persons=_persons(rows),
        beyond=_persons(beyond),
        unplaced=_persons(one for one in rows if one.within is None),
        poor=_poor(rows),
        poor_beyond=_poor(beyond) if beyond or _poor(rows) is None else Decimal(0),
        demands_beyond=len(beyond),
        uncounted=sum(one.demand.persons is None for one in rows),
        poor_uncounted=sum(one.demand.poor is None for one in rows),
    )


def _persons(rows: Iterable[Reached]) -> int:
    return sum(one.demand.persons or 0 for one in rows)


def _poor(rows: Sequence[Reached]) -> Decimal | None:
    known = [one.demand.poor for one in rows if one.demand.poor is not None]
    return sum(known, Decimal(0)) if known else None


def best_places(
    reached: Sequence[Reached], count: int, threshold: Threshold, model: TravelModel, *, by_poor: bool = False
) -> tuple[NewPlace, ...]:
    """Where `count` more services would bring the most persons within the threshold, one after the other.

    Each is put at the point of a demand. The choice is greedy: together they bring at least 1 - 1/e (63 %) of what the
    best choice of as many places would (Nemhauser, Wolsey and Fisher, « An analysis of approximations for maximizing
    submodular set functions », Mathematical Programming, 1978). Fewer come back when no more would help.
    """
    placed = [one.demand for one in reached if one.demand.latitude is not None and one.demand.longitude is not None]
    beyond = [one.demand for one in reached if one.within is False]
    if not placed or not beyond or count < 1:
        return ()
    brings = _brings(placed, beyond, threshold, model)
    worth = numpy.array([float((one.poor if by_poor else one.persons) or 0) for one in beyond])
    left, chosen = numpy.ones(len(beyond), bool), []
    for _ in range(count):
        gains = brings @ (worth * left)
        rank = int(gains.argmax())  # the first of equals: the order of the demands decides
        if gains[rank] <= 0:
            break
        gained = [one for one, is_new in zip(beyond, brings[rank] & left, strict=True) if is_new]
        chosen.append(_new_place(placed[rank], gained))
        left &= ~brings[rank]
    return tuple(chosen)


def _brings(
    candidates: Sequence[Demand], beyond: Sequence[Demand], threshold: Threshold, model: TravelModel
) -> Booleans:
    """Whether a service at each candidate would bring each demand within the threshold."""
    rows = max(1, _AT_A_TIME // len(beyond))
    parts = []
    for begin in range(0, len(candidates), rows):
        km, minutes = _pairs(candidates[begin : begin + rows], beyond, model)
        parts.append(km <= threshold.km if threshold.km is not None else minutes <= float(threshold.minutes or 0))
    found: Booleans = numpy.concatenate(parts)
    at = {one.code: rank for rank, one in enumerate(candidates)}
    for column, one in enumerate(beyond):
        found[at[one.code], column] = True
    return found


def _new_place(place: Demand, gained: Sequence[Demand]) -> NewPlace:
    known = [one.poor for one in gained if one.poor is not None]
    poor = sum(known, Decimal(0)) if len(known) == len(gained) else None
    return NewPlace(place.code, place.label, sum(one.persons or 0 for one in gained), poor)
