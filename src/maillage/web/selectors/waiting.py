"""What waits for a person: drawn from states, never typed, and only what that person's roles let them do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from maillage.core.enums import JobStatus
from maillage.core.models import Job, User
from maillage.reports.enums import ReportStatus
from maillage.reports.models import AnnualReport
from maillage.reports.perms import can_write
from maillage.territories.models import Territory
from maillage.web.links import address

FAILED_FOR = timedelta(days=14)


@dataclass(frozen=True)
class Task:
    """One thing to do, and where. `kind` is a status of the interface."""

    title: str
    detail: str
    url: str
    kind: str
    mark: str


def tasks(user: User, territory: Territory, *, to_waive: int, on: date, at: datetime) -> list[Task]:
    """`to_waive`: open discrepancies on which the person may decide. Three queries at most."""
    found = []
    if to_waive:
        plural = "s" if to_waive > 1 else ""
        found.append(
            Task(
                f"{to_waive} écart{plural} à corriger à la source ou à accepter par dérogation",
                "Un écart accepté reste visible, avec son motif.",
                address("consistency"),
                "contradicts_document",
                "Écarts",
            )
        )
    return [*found, *_reports(user, territory, on), *_jobs(user, at)]


def _reports(user: User, territory: Territory, on: date) -> list[Task]:
    drafts = AnnualReport.objects.filter(territory=territory, status=ReportStatus.DRAFT).order_by("-year", "pk")
    mine = [one for one in drafts.select_related("territory__parent__parent") if can_write(user, one, on)]
    return [_task("draft", "Brouillon", f"Bilan {one.year}", _TO_PUBLISH, "report", str(one.pk)) for one in mine]


def _jobs(user: User, at: datetime) -> list[Task]:
    failed = Job.objects.filter(created_by=user, status=JobStatus.FAILED, finished_at__gte=at - FAILED_FOR)
    latest = failed.order_by("-finished_at", "pk")[:5]
    return [_task("failed", "Échec", job.title, "Sa page dit quoi faire.", "job", str(job.pk)) for job in latest]


_TO_PUBLISH = "À compléter, relire et publier."


def _task(kind: str, mark: str, title: str, detail: str, url_name: str, key: str) -> Task:
    return Task(title, detail, address(url_name, key), kind, mark)
