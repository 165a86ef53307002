"""Who a portrait speaks of besides its territory: its peers, what it is set beside, its parts in other areas."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.db.models import BooleanField, ExpressionWrapper, Q

from maillage.indicators.selectors.level_values import inside
from maillage.kernel.numbers import NBSP, french_list
from maillage.territories.enums import Level
from maillage.territories.models import EpciPart, Population, Territory
from maillage.territories.selectors import BORDER_RULES, current, epci_of_commune, lineage

_LIGHT = ("code", "level", "insee", "name", "sort_name", "nature", "parent", "latitude", "longitude")
_PLURAL = {
    Level.REGION: "régions",
    Level.DEPARTEMENT: "départements",
    Level.EPCI: "EPCI",
    Level.COMMUNE: "communes",
}
# In the order of preference of a reader: the widest first.
_WIDTH = {Level.COUNTRY: 0, Level.REGION: 1, Level.DEPARTEMENT: 2, Level.EPCI: 3, Level.COMMUNE: 4}


@dataclass(frozen=True)
class Surroundings:
    """The territory, the line above it, its EPCI (of a commune), its peers and their latest legal populations."""

    territory: Territory
    line: tuple[Territory, ...]  # from the parent to the widest
    epci: Territory | None
    parts: tuple[EpciPart, ...]
    peers: tuple[Territory, ...]  # the territory among them
    neighbours: tuple[Territory, ...]  # those that the map shows
    populations: tuple[Population, ...]
    area: Territory | None  # where the peers are taken; None: the whole country

    @cached_property
    def containing(self) -> tuple[Territory, ...]:
        """The territories that hold the whole of this one, the narrowest first."""
        return (self.epci, *self.line) if self.epci is not None else self.line

    @property
    def peers_label(self) -> str:
        """« EPCI de la région … », « communes du département … »."""
        level = _PLURAL[Level(self.territory.level)]
        if self.area is None:
            return f"{level} de France"
        kind = "de la région" if self.area.level == Level.REGION else "du département"
        return f"{level} {kind} {self.area.name}"

    @property
    def peers_rule(self) -> str:
        """The border rule, where there is one to state."""
        if self.territory.level != Level.EPCI or self.area is None:
            return ""
        return f"Sont comptés les {BORDER_RULES['touches']}, chacun en entier."

    @property
    def across(self) -> str:
        """« 14 de ses 28 communes dans la région … » for an EPCI that several regions share."""
        regions = [part for part in self.parts if part.area.level == Level.REGION]
        if len(regions) < 2 and not any(part.communes < part.communes_total for part in regions):
            return ""
        said = [
            f"{part.communes} de ses {part.communes_total} communes dans la région {part.area.name}" for part in regions
        ]
        return f"EPCI à cheval{NBSP}: {french_list(said)}. Ses chiffres portent sur l’ensemble."

    @cached_property
    def nearest(self) -> Territory | None:
        """The peer of the same nature whose population is the nearest; None where populations are not loaded."""
        latest = {row.territory_id: row.municipal for row in self.populations}  # read by year: the last stays
        own = latest.get(self.territory.pk)
        if not own or self.territory.level == Level.REGION:
            return None
        others = [one for one in self.peers if one.pk != self.territory.pk and latest.get(one.pk)]
        same = [one for one in others if one.nature == self.territory.nature] or others
        return min(same, key=lambda one: (abs(latest[one.pk] - own), one.code), default=None)


def surroundings(territory: Territory) -> Surroundings:
    """In four queries at most, whatever the territory."""
    line = tuple(lineage(territory)[1:])
    epci = epci_of_commune(territory) if territory.level == Level.COMMUNE else None
    parts = _parts(territory) if territory.level == Level.EPCI else ()
    area = _area(territory, line, parts)
    around = _around(territory, area, epci)
    peers = tuple(one for one in around if _is_peer(one, territory, area))
    wanted = {territory.pk, *(one.pk for one in (*line, *peers)), *((epci.pk,) if epci else ())}
    rows = Population.objects.filter(territory__in=wanted).select_related("edition")
    populations = tuple(rows.defer("edition__report", "edition__scope").order_by("year", "pk"))
    shown = tuple(one for one in around if _on_map(one, territory))
    return Surroundings(territory, line, epci, parts, peers, shown, populations, area)


def _parts(epci: Territory) -> tuple[EpciPart, ...]:
    rows = list(EpciPart.objects.filter(epci=epci).select_related("area").order_by("vintage", "area__code"))
    latest = rows[-1].vintage if rows else None
    return tuple(row for row in rows if row.vintage == latest)


def _area(territory: Territory, line: tuple[Territory, ...], parts: tuple[EpciPart, ...]) -> Territory | None:
    """Where peers are taken: the département of a commune, the region of an EPCI (this instance's if it has a part)."""
    if territory.level == Level.COMMUNE:
        return next((one for one in line if one.level == Level.DEPARTEMENT), None)
    if territory.level != Level.EPCI:
        return None
    here = next((part.area for part in parts if part.area.code == settings.MAILLAGE_REGION), None)
    return here or next((one for one in line if one.level == Level.REGION), None)


def _around(territory: Territory, area: Territory | None, epci: Territory | None) -> list[Territory]:
    """Peers and neighbours in one query, as light as a map needs them."""
    found = current().only(*_LIGHT).order_by("sort_name", "code")
    level = territory.level
    if level == Level.COUNTRY:
        return []
    if level == Level.REGION:
        touching = EpciPart.objects.filter(area=territory).values("epci")
        epcis = Q(parent__parent=territory) | Q(pk__in=touching)
        return list(found.filter(Q(level=Level.REGION) | Q(epcis, level=Level.EPCI)))
    if level == Level.DEPARTEMENT:
        return list(found.filter(level=level))
    if level == Level.EPCI:
        touching = EpciPart.objects.filter(area=area).values("epci")
        here = Q(pk__in=touching) | Q(pk=territory.pk)
        return list(found.filter(here | Q(parent__parent=area) if area is not None else here, level=level))
    members = inside(epci, level) if epci is not None else Q(parent=area)
    near = ExpressionWrapper(members | Q(pk=territory.pk), output_field=BooleanField())
    return list(found.filter(members | Q(parent=area) | Q(pk=territory.pk), level=level).annotate(near=near))


def _is_peer(one: Territory, territory: Territory, area: Territory | None) -> bool:
    if one.level != territory.level:
        return False
    return one.level != Level.COMMUNE or area is None or one.parent_id == area.pk


def _on_map(one: Territory, territory: Territory) -> bool:
    """A region is seen by its EPCI, a département among those of its region, a commune in its EPCI."""
    if territory.level == Level.REGION:
        return one.level == Level.EPCI
    if territory.level == Level.DEPARTEMENT:
        return one.parent_id == territory.parent_id
    return bool(getattr(one, "near", True))  # annotated on communes: those of the EPCI


@dataclass(frozen=True)
class Choice:
    """A territory that the portrait may be set beside."""

    territory: Territory
    label: str


def choices(around: Surroundings) -> list[Choice]:
    """The references offered, the widest first, then the nearest by size."""
    wide = sorted(around.containing, key=lambda one: _WIDTH[Level(one.level)])
    found = [Choice(one, one.name) for one in wide]
    if around.nearest is not None:
        found.append(Choice(around.nearest, f"{around.nearest.name} (la taille la plus proche)"))
    return found
