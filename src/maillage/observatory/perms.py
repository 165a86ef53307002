"""Who may read the portrait of a territory."""

from __future__ import annotations

from collections.abc import Iterable
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
    held = {one.territory_code for one in core_perms.memberships_in_force(user, on)}
    return bool(held & lineage_codes(territory)) or territory.code in visible_portraits(user, [territory], on)


def visible_portraits(user: User, territories: Iterable[Territory], on: date) -> frozenset[str]:
    """Codes of the territories whose portrait one may read (see `can_see_portrait`), in two queries of any number.

    The parents of the territories are to be read with them.
    """
    if not core_perms.memberships_in_force(user, on):
        return frozenset()
    own = regions_of(user, on)
    open_, elsewhere = set(), []
    for territory in territories:
        regions = {code for code in lineage_codes(territory) if code.startswith("REG-")}
        if not regions or core_perms.COUNTRY in own or regions & own:
            open_.add(territory.code)
        elif territory.level == Level.EPCI:
            elsewhere.append(territory)
    if elsewhere:
        touching = EpciPart.objects.filter(epci__in=elsewhere, area__code__in=sorted(own))
        open_.update(touching.order_by().values_list("epci__code", flat=True))
    return frozenset(open_)
