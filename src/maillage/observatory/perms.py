"""Who may read the portrait of a territory."""

from __future__ import annotations

from datetime import date

from maillage.core import perms as core_perms
from maillage.core.models import User
from maillage.local_pacts.perms import regions_of
from maillage.territories.enums import Level
from maillage.territories.models import EpciPart, Territory
from maillage.territories.selectors import lineage_codes


def can_see_portrait(user: User, territory: Territory, on: date) -> bool:
    """Figures are read throughout the regions where one holds a role; those of another region do not exist for one.

    The country, and a territory whose region is not loaded, are read by whoever holds a role. An EPCI is read from
    each region that it touches.
    """
    if not core_perms.memberships_in_force(user, on):
        return False
    line = lineage_codes(territory)
    regions = {code for code in line if code.startswith("REG-")}
    own = regions_of(user, on)
    if not regions or core_perms.COUNTRY in own or regions & own:
        return True
    return (
        territory.level == Level.EPCI and EpciPart.objects.filter(epci=territory, area__code__in=sorted(own)).exists()
    )
