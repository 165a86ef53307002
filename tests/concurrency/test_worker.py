"""Workers that are killed, and what is left: the database as before, and a job that says it failed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django_tasks_db.models import DBTaskResult

from maillage.core import clock, health, jobs
from maillage.core.enums import JobStatus
from maillage.core.models import AuditEntry, Job, User
from maillage.core.worker import Supervisor
from tests.concurrency import processes
from tests.concurrency.conftest import wait_until
from tests.factories import Held, make_user

pytestmark = pytest.mark.django_db(transaction=True)

processes.register_handlers()


def job_of(kind: str, by: User | None = None, **parameters: object) -> Job:
    return jobs.start(kind=kind, title="Essai", parameters=parameters, by=by, at=clock.now())


def state(job: Job) -> str:
    return Job.objects.values_list("status", flat=True).get(pk=job.pk)


def test_a_job_is_done_with_its_progress(supervised: Callable[[], Supervisor]) -> None:
    job = job_of("test.steps", count=20, pause=0.1)
    supervised()
    seen: set[int] = set()

    def done() -> bool:
        seen.add(Job.objects.values_list("progress", flat=True).get(pk=job.pk))
        return state(job) == JobStatus.DONE

    wait_until(done, 30, "the job to be done")
    assert len(seen) >= 3, "the progress moved while the job was running"
    job.refresh_from_db()
    assert (job.progress, job.result["data"], job.error) == (100, {"count": 20}, "")
    assert job.started_at is not None
    assert job.finished_at is not None
    wait_until(lambda: health.worker_seen_at() is not None, 5, "the worker's sign of life")


def test_kill_9_in_the_middle_leaves_the_database_as_before(
    supervised: Callable[[], Supervisor], settings: object, tmp_path: Path
) -> None:
    # As in production: silence would take half a minute to notice, the supervisor notices a death at once.
    settings.MAILLAGE_JOB_LATE_SECONDS = 30.0  # type: ignore[attr-defined]  # pytest-django's settings
    accounts = User.objects.count()
    flag = tmp_path / "in-the-middle"
    job = job_of("test.write", flag=str(flag), seconds=60)
    supervisor = supervised()
    wait_until(flag.exists, 30, "the job to be in the middle of its transaction")
    first = supervisor.child_pid
    assert first is not None

    os.kill(first, signal.SIGKILL)
    killed = time.monotonic()

    wait_until(lambda: state(job) == JobStatus.FAILED, 60, "the job to be marked as failed")
    assert time.monotonic() - killed < 20
    job.refresh_from_db()
    assert job.error == jobs.INTERRUPTED_MESSAGE
    assert User.objects.count() == accounts, "nothing of the killed transaction remains"
    assert not AuditEntry.objects.filter(action="account.create").exists()
    assert AuditEntry.objects.filter(action="job.interrupted", object_id=str(job.pk)).exists()

    next_job = job_of("test.steps", count=1, pause=0)
    wait_until(lambda: state(next_job) == JobStatus.DONE, 30, "another worker to take over")
    assert supervisor.child_pid != first


def test_a_worker_without_supervisor_is_reaped_by_time(
    other_process: Callable[..., list[str]], settings: object, tmp_path: Path
) -> None:
    import subprocess

    settings.MAILLAGE_JOB_LATE_SECONDS = 1.0  # type: ignore[attr-defined]  # pytest-django's settings
    flag = tmp_path / "in-the-middle"
    job = job_of("test.write", flag=str(flag), seconds=60)
    worker = subprocess.Popen(other_process("worker"), stdin=subprocess.PIPE)
    try:
        wait_until(flag.exists, 30, "the job to be in the middle of its transaction")
        assert jobs.reap(at=Job.objects.get(pk=job.pk).heartbeat_at or clock.now()) == 0, "it gave a sign of life"
    finally:
        worker.kill()
        worker.communicate()
    time.sleep(1.2)
    job.refresh_from_db()
    assert job.status == JobStatus.RUNNING
    assert jobs.display_status(job, clock.now()) == jobs.INTERRUPTED, "a page says so before anyone writes it"
    assert jobs.reap(at=clock.now()) == 1
    assert state(job) == JobStatus.FAILED
    assert not DBTaskResult.objects.running().exists(), "the dead worker's task is closed too"


def test_a_worker_whose_supervisor_is_gone_leaves(other_process: Callable[..., list[str]]) -> None:
    import subprocess

    job = job_of("test.steps", count=1, pause=0)
    worker = subprocess.Popen(other_process("worker"), stdin=subprocess.PIPE)
    try:
        wait_until(lambda: state(job) == JobStatus.DONE, 30, "the worker to be up")
        assert worker.stdin is not None
        worker.stdin.close()
        assert worker.wait(timeout=10) == 1
    finally:
        worker.kill()
        worker.wait()


def test_a_job_under_way_stops_when_asked(supervised: Callable[[], Supervisor]) -> None:
    user = make_user("Aïcha Benali", Held("commissioner", "REG-52"))
    job = job_of("test.steps", by=user, count=600, pause=0.1)
    supervised()
    wait_until(lambda: state(job) == JobStatus.RUNNING, 30, "the job to run")
    jobs.cancel(job=job, by=user, at=clock.now())
    wait_until(lambda: state(job) == JobStatus.CANCELLED, 15, "the job to stop")


def test_the_end_of_the_service_ends_the_job_with_a_reason(supervised: Callable[[], Supervisor]) -> None:
    job = job_of("test.steps", count=600, pause=0.1)
    supervisor = supervised()
    wait_until(lambda: state(job) == JobStatus.RUNNING, 30, "the job to run")
    supervisor.stop()
    wait_until(lambda: state(job) == JobStatus.FAILED, 20, "the job to end")
    job.refresh_from_db()
    assert job.error == jobs.STOPPED_MESSAGE


def test_refusals_are_shown_and_faults_are_not(supervised: Callable[[], Supervisor]) -> None:
    refused, broken = job_of("test.refuse"), job_of("test.break")
    supervised()
    wait_until(lambda: {state(refused), state(broken)} == {JobStatus.FAILED}, 30, "both to fail")
    refused.refresh_from_db()
    broken.refresh_from_db()
    assert refused.error == "Le fichier est refusé."
    assert str(broken.pk) in broken.error
    assert "secret" not in broken.error
    traces = DBTaskResult.objects.values_list("traceback", flat=True)
    assert "secret@exemple.test" not in "".join(traces), "the task rows keep no personal data"
