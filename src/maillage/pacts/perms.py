"""Who may change what the pact's documents list."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.auth.models import AnonymousUser

from maillage.core import perms
from maillage.core.enums import Role
from maillage.core.models import User


def can_load(user: User | AnonymousUser, on: date) -> bool:
    """The commissioner's team of the region that this instance serves."""
    return perms.holds(user, {Role.COMMISSIONER}, {settings.MAILLAGE_REGION}, on=on)
