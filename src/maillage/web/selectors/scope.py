"""Which territory a person looks at: the widest of their perimeters, or one inside it that they ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.conf import settings

from maillage.core.models import Membership, User
from maillage.core.perms import memberships_in_force
from maillage.territories.enums import Level
from maillage.territories.models import EpciPart, Territory
from maillage.territories.selectors import by_code, lineage_codes

WIDEST_FIRST = {level: rank for rank, level in enumerate((Level.COUNTRY, Level.REGION, Level.DEPARTEMENT, Level.EPCI))}
_NARROWEST = len(WIDEST_FIRST)


@dataclass(frozen=True)
class Perimeter:
    """What a person's memberships in force cover. `territories`: those of the memberships that are loaded."""

    memberships: tuple[Membership, ...]
    territories: tuple[Territory, ...]

    @cached_property
    def codes(self) -> frozenset[str]:
        return frozenset(membership.territory_code for membership in self.memberships)

    @cached_property
    def regions(self) -> frozenset[str]:
        """Codes of the regions in which the person holds something: neighbours inside them are read, not managed."""
        lines = {code for territory in self.territories for code in lineage_codes(territory)}
        return frozenset(code for code in lines if code.startswith("REG-"))

    @property
    def is_national(self) -> bool:
        return "FRANCE" in self.codes

    @property
    def widest(self) -> Territory | None:
        return self.territories[0] if self.territories else None

    def may_manage(self, territory: Territory) -> bool:
        """Whether the territory lies inside one of the memberships: its overview is for the person."""
        return self.is_national or bool(self.codes & lineage_codes(territory))

    def may_read(self, territory: Territory) -> bool:
        """Figures are read throughout one's own regions; another region's territories do not exist for the person.

        A territory whose region is not loaded (an EPCI across the border) belongs to whoever loaded it.
        """
        line = lineage_codes(territory)
        regions = {code for code in line if code.startswith("REG-")}
        if not self.memberships:
            return False
        own = self.is_national or not regions or bool(regions & self.regions) or bool(line & self.codes)
        return own or self._reaches(territory)

    def _reaches(self, territory: Territory) -> bool:
        """An EPCI seated in another region, with communes in one of the person's own."""
        if territory.level != Level.EPCI:
            return False
        return EpciPart.objects.filter(epci=territory, area__code__in=self.regions).exists()


def perimeter_of(user: User, on: date) -> Perimeter:
    """The memberships in force on a day and their territories, widest first: one query for the territories."""
    memberships = tuple(memberships_in_force(user, on))
    found = Territory.objects.select_related("parent__parent__parent").filter(
        code__in={membership.territory_code for membership in memberships}
    )
    return Perimeter(memberships, tuple(widest_first(found)))


def widest_first(territories: Iterable[Territory]) -> list[Territory]:
    return sorted(territories, key=lambda t: (WIDEST_FIRST.get(Level(t.level), _NARROWEST), t.sort_name, t.code))


def home_territory(perimeter: Perimeter) -> Territory | None:
    """Where the overview opens: the instance's region for who covers it, else the widest perimeter."""
    region = by_code(settings.MAILLAGE_REGION) if perimeter.is_national else None
    return region or perimeter.widest
