"""Who may accept that a figure contradicts another. Who may load figures is in `sources.perms`."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from maillage.core import perms
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.indicators.models import StatedFigure
from maillage.territories.enums import Level
from maillage.territories.models import Territory
from maillage.territories.selectors import lineage_codes

WAIVERS = {Role.COMMISSIONER, Role.PREFECT, Role.DDETS}


def can_waive(user: User | AnonymousUser, figure: StatedFigure, on: date) -> bool:
    """State services over the figure's territory: the region's team, a prefect, the DDETS of its département."""
    axis_code = figure.axis.code if figure.axis is not None else ""
    return perms.holds(user, WAIVERS, answering_codes(figure.territory), on=on, axis_code=axis_code)


def answering_codes(territory: Territory) -> frozenset[str]:
    """Codes of the perimeters that answer for a figure on a territory.

    A figure on the whole country, in a document loaded here, is answered for by this instance's region.
    """
    codes = lineage_codes(territory)
    return codes | {settings.MAILLAGE_REGION} if territory.level == Level.COUNTRY else codes
