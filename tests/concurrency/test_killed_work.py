"""Real imports and reports whose worker is killed: all is as before, and the job says that it failed."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils.timezone import localdate
from django_tasks_db.models import DBTaskResult

from maillage.core import clock, files, jobs
from maillage.core.enums import JobStatus
from maillage.core.models import AuditEntry, Job, User
from maillage.core.worker import Supervisor
from maillage.demo.load import load as load_demonstration
from maillage.documents.enums import Format
from maillage.reports import services as reports
from maillage.reports.content import build
from maillage.reports.enums import ReportStatus, Section
from maillage.reports.models import AnnualReport, NarrativeVersion
from maillage.reports.selectors.annual import annual_data
from maillage.sources.models import SourceEdition
from maillage.sources.services import start_load, start_preview
from maillage.territories.models import Territory
from tests.concurrency.conftest import wait_until
from tests.concurrency.contents import changes, everything
from tests.concurrency.country import SIZE, country, load_areas
from tests.concurrency.holding import DRAWN, HALF_STORED, PARSED, STORED, WRITTEN, Hold
from tests.factories import Held, make_user

pytestmark = pytest.mark.django_db(transaction=True)

Start = Callable[[], Supervisor]


@pytest.fixture
def author(transactional_db: None) -> User:
    """The commissioner of an instance that holds the demonstration data."""
    load_demonstration(by=None, at=clock.now())
    return make_user("Aïcha Benali", Held("commissioner", "REG-52"), email="aicha@exemple.test")


@pytest.fixture
def report(author: User) -> AnnualReport:
    """A draft with words of its own: no other test has left its files on the disk."""
    region, at = Territory.objects.get(code="REG-52"), clock.now()
    opened = reports.open_report(territory=region, year=2020, by=author, at=at)
    reports.save_narrative(
        report=opened, section=Section.OUTLOOK, body=f"Un texte {uuid4()}.", base_number=0, by=author, at=at
    )
    return opened


def column(job: Job, name: str) -> object:
    return Job.objects.values_list(name, flat=True).get(pk=job.pk)


def loaded_communes() -> int:
    return Territory.objects.filter(level="commune", parent__parent__code="REG-84").count()


def done(job: Job) -> Job:
    """The job, once it has ended well."""
    over = {JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED}
    wait_until(lambda: column(job, "status") in over, 120, f"the end of {job.kind}")
    job.refresh_from_db()
    assert (job.status, job.error) == (JobStatus.DONE, "")
    return job


def examined(by: User) -> Job:
    """The file of the country, given on the page and examined by the worker."""
    uploaded = SimpleUploadedFile("communes.csv", country().encode(), "text/csv")
    job, _ = start_preview(kind="cog", vintage="2026", uploaded=uploaded, url="", by=by, at=clock.now())
    return done(job)


def marked_as_failed(job: Job) -> None:
    wait_until(lambda: column(job, "status") == JobStatus.FAILED, 60, "the job to be marked as failed")
    job.refresh_from_db()
    assert job.error == jobs.INTERRUPTED_MESSAGE
    assert (job.result, job.result_file) == ({}, None)
    assert AuditEntry.objects.filter(action="job.interrupted", object_id=str(job.pk)).count() == 1


def kill(supervisor: Supervisor, hold: Hold, job: Job) -> None:
    """SIGKILL at the armed moment, when the worker says that it is there."""
    wait_until(hold.is_reached, 120, "the armed moment")
    worker = supervisor.child_pid
    assert worker is not None
    assert column(job, "status") == JobStatus.RUNNING
    os.kill(worker, signal.SIGKILL)


def no_task_is_left_running() -> None:
    wait_until(lambda: not DBTaskResult.objects.running().exists(), 30, "the tasks of the dead to be closed")


@pytest.mark.parametrize("moment", [PARSED, WRITTEN])
def test_a_killed_import_leaves_the_database_as_before(
    author: User, supervised: Start, hold: Hold, tmp_path: Path, moment: str
) -> None:
    load_areas(tmp_path)
    supervisor = supervised()
    preview = examined(author)
    before = everything()

    hold.arm(moment)
    job = start_load(preview=preview, by=author, at=clock.now())
    kill(supervisor, hold, job)
    marked_as_failed(job)
    assert changes(before) == {}

    again = done(start_load(preview=preview, by=author, at=clock.now()))
    assert again.result["data"]["report"]["counts"] == {"added": SIZE}
    assert loaded_communes() == SIZE
    assert SourceEdition.objects.filter(kind="cog", part="communes").count() == 1
    no_task_is_left_running()


def test_a_colleague_saves_while_an_import_is_in_its_transaction(
    report: AnnualReport,
    author: User,
    supervised: Start,
    hold: Hold,
    other_process: Callable[..., list[str]],
    tmp_path: Path,
) -> None:
    load_areas(tmp_path)
    supervised()
    preview = examined(author)
    hold.arm(WRITTEN)
    job = start_load(preview=preview, by=author, at=clock.now())
    wait_until(hold.is_reached, 120, "the import to be in its transaction")

    begun = tmp_path / "begun"
    colleague = subprocess.Popen(other_process("save", str(report.pk), str(begun)))
    try:
        wait_until(begun.exists, 60, "the colleague to save")
        if connection.vendor == "sqlite":  # one writer at a time: the save waits its turn
            with pytest.raises(subprocess.TimeoutExpired):
                colleague.wait(timeout=0.5)
            hold.release()
        assert colleague.wait(timeout=60) == 0
    finally:
        hold.release()
        colleague.kill()
        colleague.wait()
    done(job)
    assert NarrativeVersion.objects.get(report=report, section=Section.FOREWORD).body == "Écrit pendant."
    assert loaded_communes() == SIZE


@pytest.mark.parametrize("moment", [DRAWN, HALF_STORED, STORED])
def test_a_killed_report_leaves_the_database_as_before(
    report: AnnualReport, author: User, supervised: Start, hold: Hold, moment: str
) -> None:
    supervisor = supervised()
    before = everything()

    hold.arm(moment)
    job = reports.start_build(report=report, format=Format.PDF, by=author, at=clock.now())
    kill(supervisor, hold, job)
    marked_as_failed(job)
    assert changes(before) == {}, "neither a file nor a rendition is left to be seen"

    again = done(reports.start_build(report=report, format=Format.PDF, by=author, at=clock.now()))
    rendition = report.renditions.get()
    assert again.result_file == rendition.file
    assert files.is_intact(rendition.file), "the half written by the dead is not taken for the file"
    no_task_is_left_running()


def test_a_killed_publication_publishes_nothing(
    report: AnnualReport, author: User, supervised: Start, hold: Hold
) -> None:
    found = build(annual_data(report, on=localdate(clock.now()), draft=False)).discrepancies
    supervisor = supervised()
    before = everything()

    hold.arm(STORED)
    job = reports.start_publication(report=report, acknowledged=found, by=author, at=clock.now())
    kill(supervisor, hold, job)
    marked_as_failed(job)
    assert changes(before) == {}

    done(reports.start_publication(report=report, acknowledged=found, by=author, at=clock.now()))
    report.refresh_from_db()
    assert report.status == ReportStatus.PUBLISHED
    assert all(files.is_intact(rendition.file) for rendition in report.renditions.all())
    assert report.renditions.count() == len(Format)


def test_a_report_whose_whole_service_is_killed_is_marked_at_the_next_start(
    report: AnnualReport, author: User, supervised: Start, hold: Hold, other_process: Callable[..., list[str]]
) -> None:
    """Nobody is left to see the death: the service that comes back notices the silence."""
    before = everything()
    hold.arm(DRAWN)
    job = reports.start_build(report=report, format=Format.ODT, by=author, at=clock.now())
    worker = subprocess.Popen(other_process("worker"), stdin=subprocess.PIPE)
    try:
        wait_until(hold.is_reached, 120, "the report to be drawn")
        wait_until(lambda: column(job, "step") == "Mise en page", 30, "its progress to be seen")
    finally:
        worker.kill()
        worker.communicate()
    assert column(job, "status") == JobStatus.RUNNING

    supervised()
    marked_as_failed(job)
    assert changes(before) == {}
    done(reports.start_build(report=report, format=Format.ODT, by=author, at=clock.now()))
    assert report.renditions.count() == 1
