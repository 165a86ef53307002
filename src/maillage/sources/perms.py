"""Who may load official files, and read the history of what was loaded."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.models import AnonymousUser

from maillage.core import files, perms
from maillage.core.enums import Role
from maillage.core.models import StoredFile, User
from maillage.sources.models import SourceEdition

IMPORTERS = {Role.COMMISSIONER, Role.OBSERVER}


def can_import(user: User | AnonymousUser, on: date) -> bool:
    """The regional team and the observers: they answer for the figures of the whole instance."""
    return perms.holds(user, IMPORTERS, perms.instance_lineage(), on=on)


def can_see_sources(user: User | AnonymousUser, on: date) -> bool:
    """Whoever holds a role somewhere in the instance: every number shown must be traceable by its reader."""
    return bool(perms.memberships_in_force(user, on))


@files.access_rule
def may_download(user: User, file: StoredFile, on: date) -> bool:
    """The file kept with an edition, to whoever loads files: it may hold more than what was taken from it."""
    return can_import(user, on) and SourceEdition.objects.filter(file=file).exists()
