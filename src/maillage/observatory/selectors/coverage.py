"""How far people live from points of service: communes and points read, the engine asked, results by territory.

Points of the whole country are read: a neighbour's service counts. Poor persons of a commune are those of its EPCI,
shared as its inhabitants are: an estimate that says so, and never a figure of the commune.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from django.db.models import Max

from maillage.directory.enums import PointKind
from maillage.directory.models import ServicePoint
from maillage.directory.selectors import latest_list, open_points
from maillage.engines.coverage import Demand, NewPlace, Reached, Summary, Supply, Threshold, TravelModel
from maillage.engines.coverage import best_places as places_of
from maillage.engines.coverage import coverage as reached_by
from maillage.engines.coverage import summary as summed
from maillage.indicators.selectors.poor_counts import poor_counts
from maillage.kernel.errors import MaillageError
from maillage.sources.models import SourceEdition
from maillage.territories import selectors as territories
from maillage.territories.enums import Level, ZoningScheme
from maillage.territories.models import EpciMember, Population, Territory, Zoning

POOR_RULE = "Personnes pauvres de l'EPCI, réparties comme ses habitants : une estimation, jamais un chiffre de commune."


@dataclass(frozen=True)
class Part:
    """A département or an EPCI, and what its communes of the area add up to."""

    territory: Territory
    summary: Summary


@dataclass(frozen=True)
class Coverage:
    """The coverage of an area. `missing`: what was not loaded and is therefore not known, in French."""

    area: Territory
    network: str
    threshold: Threshold
    model: TravelModel
    reached: tuple[Reached, ...]
    summary: Summary
    by_departement: tuple[Part, ...]
    by_epci: tuple[Part, ...]
    places: tuple[NewPlace, ...]
    points: int
    edition: SourceEdition | None
    missing: tuple[str, ...]

    @property
    def widest(self) -> list[Reached]:
        """Communes beyond the threshold, the most inhabited first."""
        beyond = [one for one in self.reached if one.within is False]
        return sorted(beyond, key=lambda one: (-(one.demand.persons or 0), one.demand.code))


@cache
def travel_model() -> TravelModel:
    """The assumptions of travel, as the product ships them (travel.csv, each with its date and reference)."""
    detour, start, speeds = 1.0, 0.0, {}
    for row in _rows("travel.csv"):
        if row["parameter"] == "speed":
            speeds[row["class"]] = float(row["value"])
        elif row["parameter"] == "detour":
            detour = float(row["value"])
        else:
            start = float(row["value"])
    return TravelModel(detour, speeds, start)


@cache
def islands() -> dict[str, str]:
    """INSEE code of a commune that no road leads to → the name of its island."""
    return {row["commune"]: row["island"] for row in _rows("islands.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    path = files("maillage.observatory").joinpath("data", "coverage", name)
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def networks() -> list[str]:
    """Networks of which points are loaded."""
    return list(ServicePoint.objects.order_by("network").values_list("network", flat=True).distinct())


def coverage(
    area: Territory, network: str, threshold: Threshold, *, mobile: bool = False, places: int = 0, by_poor: bool = False
) -> Coverage:
    """The coverage of an area by a network. Raises MaillageError where communes or points are not loaded.

    `mobile`: services that move about are counted as points too. `places`: how many new places to look for.
    """
    communes = list(territories.communes_of(area).order_by("sort_name", "code"))
    if not communes:
        raise MaillageError("Aucune commune n'est chargée ici. Chargez le code officiel géographique (import cog).")
    if network not in networks():
        known = ", ".join(networks()) or "aucun"
        raise MaillageError(f"Aucun point du réseau « {network[:40]} » n'est chargé. Réseaux chargés : {known}.")
    density, members = _densities(), _members()
    epci_of = {one.code: members.get(one.pk) for one in communes}
    supplies = _supplies(network, density, mobile=mobile)
    demands, missing = _demands(communes, density, members)
    model = travel_model()
    reached = reached_by(demands, supplies, threshold, model)
    return Coverage(
        area=area,
        network=network,
        threshold=threshold,
        model=model,
        reached=reached,
        summary=summed(reached),
        by_departement=_parts(reached, {one.code: one.parent_id for one in communes}),
        by_epci=_parts(reached, epci_of),
        places=places_of(reached, places, threshold, model, by_poor=by_poor),
        points=len(supplies),
        edition=latest_list(network),
        missing=tuple(missing),
    )


def _supplies(network: str, density: Mapping[int, str], *, mobile: bool) -> list[Supply]:
    """Open points of the whole country; one without coordinates is at its commune's centre."""
    points = open_points(network).select_related("territory")
    if not mobile:
        points = points.exclude(kind=PointKind.MOBILE)
    found = []
    for point in points:
        commune = point.territory
        latitude, longitude = point.latitude, point.longitude
        if (latitude is None or longitude is None) and commune is not None:
            latitude, longitude = commune.latitude, commune.longitude
        found.append(
            Supply(
                code=point.code,
                label=point.name,
                latitude=latitude,
                longitude=longitude,
                commune=commune.code if commune is not None else "",
                density=density.get(commune.pk, "") if commune is not None else "",
                island=islands().get(commune.insee, "") if commune is not None else "",
            )
        )
    return found


def _demands(
    communes: Sequence[Territory], density: Mapping[int, str], members: Mapping[int, int]
) -> tuple[list[Demand], list[str]]:
    everywhere = _populations()
    persons = {one.pk: everywhere[one.pk] for one in communes if one.pk in everywhere}
    poor = _poor(communes, members, everywhere)
    missing = []
    if not density:
        missing.append("Grille de densité non chargée : une seule vitesse partout (maillage import density).")
    if lacking := sum(one.pk not in persons for one in communes):
        missing.append(f"Population non connue pour {lacking} communes (maillage import populations).")
    if alone := sum(one.pk not in poor for one in communes):
        missing.append(f"Personnes pauvres non estimées, hors des sommes : {alone} communes sans taux d'EPCI.")
    if unplaced := sum(one.latitude is None for one in communes):
        missing.append(f"Sans coordonnées, donc sans distance : {unplaced} communes (maillage import contours).")
    demands = [
        Demand(
            code=one.code,
            label=one.name,
            latitude=one.latitude,
            longitude=one.longitude,
            persons=persons.get(one.pk),
            poor=poor.get(one.pk),
            density=density.get(one.pk, ""),
            island=islands().get(one.insee, ""),
        )
        for one in communes
    ]
    return demands, missing


def _populations() -> dict[int, int]:
    """The latest legal population of each commune of the country: an EPCI may cross the area's border."""
    found = Population.objects.filter(territory__level=Level.COMMUNE).order_by("year", "pk")
    return dict(found.values_list("territory_id", "municipal"))


def _densities() -> dict[int, str]:
    classed = Zoning.objects.filter(scheme=ZoningScheme.DENSITY).order_by("pk")
    return dict(classed.values_list("territory_id", "value"))


def _members() -> dict[int, int]:
    """Key of a commune → that of its EPCI, in the latest composition."""
    latest = EpciMember.objects.aggregate(latest=Max("vintage"))["latest"]
    return dict(EpciMember.objects.filter(vintage=latest).order_by("pk").values_list("commune_id", "epci_id"))


def _poor(communes: Sequence[Territory], members: Mapping[int, int], persons: Mapping[int, int]) -> dict[int, Decimal]:
    """Poor persons of each commune by `POOR_RULE`; communes whose EPCI has no estimate are not there."""
    wanted = {members[one.pk] for one in communes if one.pk in members}
    whole: dict[int, int] = defaultdict(int)
    for commune, epci in members.items():
        whole[epci] += persons.get(commune, 0)
    epcis = list(Territory.objects.filter(pk__in=wanted).order_by("pk"))
    estimates = poor_counts(epcis)
    rates = {
        epci.pk: amount / whole[epci.pk]
        for epci in epcis
        if (amount := estimates[epci.code].amount) is not None and whole[epci.pk]
    }
    return {
        one.pk: rates[members[one.pk]] * persons[one.pk]
        for one in communes
        if one.pk in persons and members.get(one.pk) in rates
    }


def _parts(reached: Iterable[Reached], owner: Mapping[str, int | None]) -> tuple[Part, ...]:
    """Results by territory, by name; communes that are in none are left to the whole."""
    rows: dict[int, list[Reached]] = defaultdict(list)
    for one in reached:
        key = owner.get(one.demand.code)
        if key is not None:
            rows[key].append(one)
    held = Territory.objects.filter(pk__in=rows).select_related("parent").order_by("sort_name", "code")
    return tuple(Part(territory, summed(rows[territory.pk])) for territory in held)
