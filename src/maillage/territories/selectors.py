"""Reads about territories shared by pages, permissions and reports."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, IntegerField, Max, Q, QuerySet, Value, When

from maillage.engines.passage import History, Movement, Passage
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition
from maillage.territories.enums import Level
from maillage.territories.importers.common import sort_name
from maillage.territories.models import CodeMovement, EpciMember, EpciPart, Population, Territory

_CODE_TYPED = re.compile(r"2[ABab][0-9]*|[0-9]+")

BORDER_RULES = {
    "touches": "EPCI dont une commune au moins est dans le territoire",
    "seat": "EPCI dont le siège est dans le territoire",
    "whole": "EPCI dont toutes les communes sont dans le territoire",
}


@dataclass(frozen=True)
class EpciInArea:
    """An EPCI seen from a région or a département. Counts are None when no composition tells them.

    `vintage`: year of the composition the counts come from.
    """

    epci: Territory
    communes_in_area: int | None
    communes_total: int | None
    vintage: int | None
    seat_in_area: bool

    @property
    def crosses_border(self) -> bool:
        """Whether a part of it lies outside the area."""
        if self.communes_in_area is None or self.communes_total is None:
            return False
        return self.communes_in_area < self.communes_total

    @property
    def part_fr(self) -> str:
        """« 8 communes sur 31 », or '' when it is unknown."""
        if self.communes_in_area is None or self.communes_total is None:
            return ""
        plural = "s" if self.communes_in_area > 1 else ""
        return f"{self.communes_in_area} commune{plural} sur {self.communes_total}"


# --- the administrative line ----------------------------------------------------------------------------------------


def by_code(code: str) -> Territory | None:
    """The territory of a code, with its parents ready."""
    return Territory.objects.select_related("parent__parent__parent", "edition").filter(code=code).first()


def lineage(territory: Territory) -> list[Territory]:
    """The territory and all that contain it along the administrative line, the narrowest first."""
    line = [territory]
    while line[-1].parent is not None:
        line.append(line[-1].parent)
    return line


def lineage_codes(territory: Territory) -> frozenset[str]:
    """Codes of the territory and of all that contain it along the administrative line."""
    return frozenset(one.code for one in lineage(territory))


def breadcrumbs_for(territory: Territory) -> list[Territory]:
    """From the widest to the territory itself; the country is left out, except for itself."""
    line = [one for one in reversed(lineage(territory)) if one.level != Level.COUNTRY]
    return line or [territory]


def instance_region() -> Territory | None:
    """The region that this instance serves (setting `MAILLAGE_REGION`), if it is loaded."""
    return Territory.objects.select_related("parent").filter(code=settings.MAILLAGE_REGION).first()


def current() -> QuerySet[Territory]:
    """Territories that exist today, by level and name."""
    return Territory.objects.filter(valid_to__isnull=True).order_by("level", "sort_name", "code")


def children(territory: Territory) -> QuerySet[Territory]:
    """Territories just below on the administrative line, EPCI apart (these are not a step of it)."""
    return current().filter(parent=territory).exclude(level=Level.EPCI)


def departements_of(region: Territory) -> QuerySet[Territory]:
    """Départements of a region, by code."""
    return current().filter(parent=region, level=Level.DEPARTEMENT).select_related("parent").order_by("insee")


def communes_of(territory: Territory) -> QuerySet[Territory]:
    """Communes of a territory of any level; for an EPCI, those of its latest composition."""
    communes = current().filter(level=Level.COMMUNE).select_related("parent")
    if territory.level == Level.EPCI:
        vintage = EpciMember.objects.filter(epci=territory).aggregate(latest=Max("vintage"))["latest"]
        return communes.filter(epci_links__epci=territory, epci_links__vintage=vintage)
    if territory.level == Level.COMMUNE:
        return communes.filter(pk=territory.pk)
    path = {Level.DEPARTEMENT: "parent", Level.REGION: "parent__parent"}.get(Level(territory.level))
    return communes.filter(**{path: territory}) if path else communes


_BREADTH = Case(
    *(When(level=level, then=Value(rank)) for rank, level in enumerate(Level)),
    default=Value(9),
    output_field=IntegerField(),
)


def search(text: str, levels: Iterable[str] = (), *, within: Territory | None = None) -> QuerySet[Territory]:
    """Existing territories whose name has words that start as those typed (accents, case folded), or whose code does.

    `within` keeps a region and what it contains (EPCI: those with a commune in it). The widest first, then by name.
    IRIS, which few people name, only when asked by level.
    """
    found = current().select_related("parent").order_by(_BREADTH, "sort_name", "code")
    wanted = list(levels)
    found = found.filter(level__in=wanted) if wanted else found.exclude(level=Level.IRIS)
    if within is not None:
        found = found.filter(_inside(within))
    typed = text.strip()
    if not typed:
        return found
    if _CODE_TYPED.fullmatch(typed):
        return found.filter(insee__startswith=typed.upper())
    for word in sort_name(typed).split():
        found = found.filter(Q(sort_name__startswith=word) | Q(sort_name__contains=f" {word}"))
    return found


def _inside(region: Territory) -> Q:
    """The region, its départements and communes, and the EPCI that touch it."""
    touching = EpciPart.objects.filter(area=region).values("epci_id")
    line = Q(pk=region.pk) | Q(parent=region) | Q(parent__parent=region)
    return line | Q(pk__in=touching)


def parts_in(area: Territory, territories: Iterable[Territory]) -> dict[int, EpciInArea]:
    """Key of EPCI → its part in an area, for the EPCI among these territories, in one query."""
    epcis = {one.pk: one for one in territories if one.level == Level.EPCI}
    if not epcis:
        return {}
    found = EpciPart.objects.filter(area=area, epci_id__in=epcis).order_by("vintage", "pk")
    return {part.epci_id: _in_area(epcis[part.epci_id], part, _is_seated(epcis[part.epci_id], area)) for part in found}


def _is_seated(epci: Territory, area: Territory) -> bool:
    parent = epci.parent
    return parent is not None and area.pk in (parent.pk, parent.parent_id)


# --- EPCI -----------------------------------------------------------------------------------------------------------


def epci_of(area: Territory, rule: str = "touches") -> list[EpciInArea]:
    """EPCI of a région or a département by one of `BORDER_RULES`, by name: the rule is to be stated where they show.

    Where no composition tells the parts, the seat alone decides.
    """
    if rule not in BORDER_RULES:
        raise ValueError(f"unknown border rule {rule}")
    parts: dict[int, EpciPart] = {}
    for part in EpciPart.objects.filter(area=area).order_by("vintage", "pk"):
        parts[part.epci_id] = part  # the latest vintage stays
    epcis = current().filter(level=Level.EPCI).select_related("parent__parent").order_by("sort_name", "code")
    seated = set(epcis.filter(_seat_in(area)).values_list("pk", flat=True))
    found = [
        _in_area(epci, parts.get(epci.pk), epci.pk in seated) for epci in epcis.filter(pk__in=seated | parts.keys())
    ]
    if rule == "seat":
        return [one for one in found if one.seat_in_area]
    if rule == "whole":
        return [one for one in found if one.communes_total is not None and not one.crosses_border]
    return found


def _seat_in(area: Territory) -> Q:
    if area.level == Level.DEPARTEMENT:
        return Q(parent=area)
    return Q(parent__parent=area) if area.level == Level.REGION else Q(level=Level.EPCI)


def _in_area(epci: Territory, part: EpciPart | None, seated: bool) -> EpciInArea:
    if part is None:
        return EpciInArea(epci, None, None, None, seated)
    return EpciInArea(epci, part.communes, part.communes_total, part.vintage, seated)


def epci_of_commune(commune: Territory) -> Territory | None:
    """The EPCI of a commune in the latest composition, or None (a few islands are in none)."""
    link = EpciMember.objects.filter(commune=commune).select_related("epci__parent").order_by("-vintage").first()
    return link.epci if link is not None else None


# --- populations ----------------------------------------------------------------------------------------------------


def latest_population(territory: Territory) -> Population | None:
    """The most recent legal population of a territory."""
    found = Population.objects.filter(territory=territory).select_related("edition")
    return found.order_by("-year").first()


def populations_for(territories: Sequence[Territory], year: int | None = None) -> dict[int, Population]:
    """Key of territory → its population of `year`, or its most recent one (None), in one query."""
    found = Population.objects.filter(territory__in=territories).select_related("edition").order_by("year", "pk")
    if year is not None:
        found = found.filter(year=year)
    return {population.territory_id: population for population in found}


# --- code passage ---------------------------------------------------------------------------------------------------

_MOVEMENT = (
    "kind",
    "effective_on",
    "code_before",
    "type_before",
    "name_before",
    "code_after",
    "type_after",
    "name_after",
)


def movement_of(values: Sequence[Any]) -> Movement:
    """A movement of the engine, from the columns of `_MOVEMENT`."""
    kind, on, before, type_before, _, after, type_after, _ = values
    return Movement(kind, on, before, type_before, after, type_after)


def movements() -> list[tuple[int, Movement]]:
    """Every movement loaded, with its key."""
    rows = CodeMovement.objects.order_by("pk").values_list("pk", *_MOVEMENT)
    return [(pk, movement_of(values)) for pk, *values in rows]


def has_movements() -> bool:
    return CodeMovement.objects.exists()


def history() -> History:
    """The lives of the codes of communes, from the movements loaded. Built once per edition of the movements."""
    latest = SourceEdition.objects.filter(kind=EditionKind.MOVEMENTS).aggregate(last=Max("pk"))["last"]
    found = CodeMovement.objects.aggregate(last=Max("pk"), number=Count("pk"))
    return _history(latest or 0, found["last"] or 0, found["number"])


@lru_cache(maxsize=1)
def _history(edition: int, last: int, number: int) -> History:
    return History(movement for _, movement in movements())


def passage(code: str, start: date, end: date) -> Passage:
    """What the commune of INSEE code `code` at `start` is at `end`."""
    return history().passage(code, start, end)


def names_of(codes: Iterable[str]) -> dict[str, str]:
    """INSEE code → name of communes, from those loaded, else from the movements."""
    wanted = set(codes)
    names: dict[str, str] = {}
    for before, name_before, after, name_after in CodeMovement.objects.order_by("effective_on", "pk").values_list(
        "code_before", "name_before", "code_after", "name_after"
    ):
        names |= {code: name for code, name in ((before, name_before), (after, name_after)) if code in wanted and name}
    loaded = Territory.objects.filter(level=Level.COMMUNE, insee__in=wanted).order_by("pk")
    return names | dict(loaded.values_list("insee", "name"))


def counts_by_level() -> dict[str, int]:
    """How many existing territories of each level are loaded."""
    counted = (
        Territory.objects.filter(valid_to__isnull=True).values("level").annotate(number=Count("pk")).order_by("level")
    )
    return {row["level"]: row["number"] for row in counted}
