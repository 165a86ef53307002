"""The long works of the reports, done by the worker."""

from __future__ import annotations

from django.urls import reverse

from maillage.core import clock, jobs
from maillage.core.models import User
from maillage.documents.enums import Format
from maillage.reports import services
from maillage.reports.models import AnnualReport


def _report(report_id: int) -> AnnualReport:
    return AnnualReport.objects.select_related("territory__parent__parent", "pact").get(pk=report_id)


@jobs.handler("report.annual", label="Rapport annuel")
def build(progress: jobs.Progress, *, report_id: int, format: str, by_id: int | None) -> jobs.Result:
    rendition = services.build_rendition(
        report=_report(report_id),
        format=Format(format),
        by=User.objects.get(pk=by_id) if by_id is not None else None,
        at=clock.now(),
        advance=progress.step,
    )
    return jobs.Result({"sha256": rendition.file.sha256}, rendition.file, reverse("report", args=[report_id]))


@jobs.handler("report.publish", label="Publication d'un rapport")
def publish(progress: jobs.Progress, *, report_id: int, acknowledged: list[str], by_id: int) -> jobs.Result:
    renditions = services.publish(
        report=_report(report_id),
        acknowledged=acknowledged,
        by=User.objects.get(pk=by_id),
        at=clock.now(),
        advance=progress.step,
    )
    data = {"sha256": [rendition.file.sha256 for rendition in renditions]}
    return jobs.Result(data, renditions[0].file, reverse("report", args=[report_id]))
