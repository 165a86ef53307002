"""Who may: the one question asked by the `perms` modules of every app.

A membership covers an object when its territory is in the object's lineage (the territory itself and all that contain
it) and its axis, if it names one, is the object's. Core knows codes only: the lineage comes from the app that asks.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import PermissionDenied

from maillage.core.enums import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from maillage.core.models import Job, Membership, User

COUNTRY = "FRANCE"


def memberships_in_force(user: User | AnonymousUser, on: date) -> list[Membership]:
    """The memberships of a user on a day, read once per user object."""
    if not user.is_authenticated:
        return []
    cached: list[Membership] | None = getattr(user, "_memberships", None)
    if cached is None:
        cached = list(user.memberships.all())
        user._memberships = cached  # type: ignore[attr-defined]  # a cache that lives as long as the request's user
    return [m for m in cached if m.starts_on <= on and (m.ends_on is None or on <= m.ends_on)]


def holds(
    user: User | AnonymousUser, roles: Collection[str], lineage: Collection[str], *, on: date, axis_code: str = ""
) -> bool:
    """Whether the user holds one of the roles over a perimeter that covers the object."""
    return any(
        m.role in roles and m.territory_code in lineage and m.axis_code in ("", axis_code)
        for m in memberships_in_force(user, on)
    )


def require(allowed: bool, message: str) -> None:
    """Refuse, in French, when not allowed."""
    if not allowed:
        raise PermissionDenied(message)


def instance_lineage() -> frozenset[str]:
    """Codes that cover the whole instance: its region, and the country."""
    return frozenset({settings.MAILLAGE_REGION, COUNTRY})


def leads_instance(user: User | AnonymousUser, on: date) -> bool:
    """Commissioner and team of the instance's region."""
    return holds(user, {Role.COMMISSIONER}, instance_lineage(), on=on)


def can_read_journal(user: User | AnonymousUser, on: date) -> bool:
    return holds(user, {Role.COMMISSIONER, Role.AUDITOR}, instance_lineage(), on=on)


def can_see_job(user: User | AnonymousUser, job: Job, on: date) -> bool:
    return (job.created_by_id is not None and job.created_by_id == user.pk) or leads_instance(user, on)


def can_cancel_job(user: User | AnonymousUser, job: Job, on: date) -> bool:
    return can_see_job(user, job, on)
