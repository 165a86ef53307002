"""Who may see, write and publish reports. A report is seen as a whole: its territory decides, never an axis."""

from __future__ import annotations

from datetime import date

from maillage.core import files, perms
from maillage.core.enums import Role
from maillage.core.models import StoredFile, User
from maillage.reports.enums import ReportStatus
from maillage.reports.models import AnnualReport, Rendition
from maillage.territories.models import Territory
from maillage.territories.selectors import lineage_codes

WRITERS = frozenset({Role.COMMISSIONER, Role.PREFECT})
# A draft is the team's work: those who are given the whole territory to read may follow it, nobody else.
DRAFT_READERS = WRITERS | {Role.READER, Role.AUDITOR, Role.OBSERVER}


def roles_on(user: User, territory: Territory, on: date) -> frozenset[str]:
    """The roles that the user holds over the whole territory."""
    lineage = lineage_codes(territory)
    held = perms.memberships_in_force(user, on)
    return frozenset(m.role for m in held if m.territory_code in lineage and not m.axis_code)


def can_write(user: User, report: AnnualReport, on: date) -> bool:
    """Open, write, build and publish the report of a territory."""
    return bool(roles_on(user, report.territory, on) & WRITERS)


def can_view(user: User, report: AnnualReport, on: date) -> bool:
    """A published report is for everyone who signs in; a draft does not exist for those outside."""
    if report.status == ReportStatus.PUBLISHED:
        return True
    return follows_draft(user, report, on)


def follows_draft(user: User, report: AnnualReport, on: date) -> bool:
    """Read the draft and its files."""
    return bool(roles_on(user, report.territory, on) & DRAFT_READERS)


def can_see_rendition(user: User, rendition: Rendition, on: date) -> bool:
    """A published file is open; a draft's file follows the draft, even once the report is published."""
    if rendition.published_at is not None:
        return True
    return follows_draft(user, rendition.report, on)


@files.access_rule
def may_download(user: User, file: StoredFile, on: date) -> bool:
    """A file of a report goes to those who may see that rendition."""
    renditions = Rendition.objects.filter(file=file).select_related("report__territory__parent__parent")
    return any(can_see_rendition(user, rendition, on) for rendition in renditions)
