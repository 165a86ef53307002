"""Reads about accounts, jobs and the journal."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from maillage.core import perms
from maillage.core.models import AuditEntry, Job, Membership, User


def jobs_seen_by(user: User, *, on: date) -> QuerySet[Job]:
    """The jobs that a person may see: her own, or all of them for the commissioner's team."""
    found = Job.objects.select_related("created_by", "result_file")
    return found if perms.leads_instance(user, on) else found.filter(created_by=user)


def journal(
    *, object_type: str = "", object_id: str = "", since: date | None = None, until: date | None = None
) -> QuerySet[AuditEntry]:
    """Lines of the journal, the newest first. Days are days of the instance's time zone, both included."""
    found = AuditEntry.objects.select_related("actor")
    if object_type:
        found = found.filter(object_type=object_type)
    if object_id:
        found = found.filter(object_id=object_id)
    if since:
        found = found.filter(at__date__gte=since)
    if until:
        found = found.filter(at__date__lte=until)
    return found


def journal_object_types() -> list[str]:
    """The kinds of object that the journal speaks of."""
    return list(AuditEntry.objects.order_by("object_type").values_list("object_type", flat=True).distinct())


def memberships_of(user: User) -> list[Membership]:
    return list(user.memberships.order_by("-starts_on", "role", "territory_code", "pk"))


def accounts() -> QuerySet[User]:
    return User.objects.prefetch_related("memberships")
