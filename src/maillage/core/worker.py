"""The processes that do the jobs: a supervisor that never works, and a child that does.

The child may be killed at any moment: the supervisor sees it die, marks its job as failed and starts another. If the
supervisor itself dies, the child sees the end of its standard input and stops.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from types import FrameType

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django.db.utils import OperationalError
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult
from django_tasks_db.utils import exclusive_transaction, is_locked_database_exception

from maillage.core import clock, health, jobs
from maillage.core.enums import JobStatus
from maillage.core.models import Job

logger = logging.getLogger("maillage.worker")

WORKER_ID = "MAILLAGE_WORKER_ID"
SERVICE_BEAT_SECONDS = 10.0
STOP_GRACE_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 30.0


class Pulse(threading.Thread):
    """The heartbeat of a worker, on a connection of its own.

    It writes the progress of the job under way and reads whether someone asked to cancel it. When the handler holds the
    database (SQLite has one writer), the pulse gives up quickly and tries again: a job is never slowed by its progress.
    """

    def __init__(self) -> None:
        super().__init__(name="maillage-pulse", daemon=True)
        self._wake = threading.Event()
        self._end = threading.Event()
        self._lock = threading.Lock()
        self._job: Job | None = None
        self._progress: jobs.Progress | None = None
        self._last_service_beat = 0.0
        self.stopping = False

    def follow(self, job: Job) -> jobs.Progress:
        """The progress that the handler of this job will fill in."""
        progress = jobs.Progress(wake=self._wake.set)
        if self.stopping:
            progress.stopping.set()
        with self._lock:
            self._job, self._progress = job, progress
        self._wake.set()
        return progress

    def release(self) -> None:
        """The handler has ended: its job gives no more sign of life, whatever became of it."""
        with self._lock:
            self._job = self._progress = None

    def stop_work(self) -> None:
        """The service closes: the handler stops at its next step."""
        self.stopping = True
        with self._lock:
            if self._progress is not None:
                self._progress.stopping.set()

    def close(self) -> None:
        self._end.set()
        self._wake.set()

    def run(self) -> None:
        try:
            while not self._end.is_set():
                self._beat()
                self._wake.wait(settings.MAILLAGE_JOB_BEAT_SECONDS)
                self._wake.clear()
                self._end.wait(0.1)  # a handler that says a hundred steps a second writes ten
        finally:
            connection.close()

    def _beat(self) -> None:
        try:
            self._be_brief()
            self._beat_service()
            self._beat_job()
        except DatabaseError:
            connection.close()  # busy or gone: the next beat tries again

    def _be_brief(self) -> None:
        if connection.vendor == "sqlite" and connection.connection is None:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout=500")

    def _beat_service(self) -> None:
        if time.monotonic() - self._last_service_beat >= SERVICE_BEAT_SECONDS:
            health.beat(clock.now())
            self._last_service_beat = time.monotonic()

    def _beat_job(self) -> None:
        with self._lock:
            job, progress = self._job, self._progress
        if job is None or progress is None:
            return
        row = Job.objects.filter(pk=job.pk, status=JobStatus.RUNNING)
        row.update(heartbeat_at=clock.now(), progress=progress.percent, step=progress.text)
        if row.filter(cancel_asked_at__isnull=False).exists():
            progress.cancelled.set()


class JobWorker(Worker):
    """The worker of django-tasks-db, which looks before it locks: an idle worker never holds the database."""

    def run(self) -> None:
        while self.running:
            close_old_connections()
            task = self._claim()
            if task is not None:
                self.run_task(task)
            elif self.running:
                time.sleep(self.interval)

    def _claim(self) -> DBTaskResult | None:
        waiting = DBTaskResult.objects.ready().filter(backend_name=self.backend_name)
        try:
            if not waiting.exists():
                return None
            with exclusive_transaction(waiting.db):
                task = waiting.get_locked()
                if task is not None:
                    task.claim(self.worker_id)
                return task
        except OperationalError as error:
            if is_locked_database_exception(error):
                return None
            raise


_pulse: Pulse | None = None


def current_id() -> str:
    """The name of this worker process; empty outside a worker."""
    return os.environ.get(WORKER_ID, "")


def execute(job_id: uuid.UUID) -> None:
    """Do one job in this process, followed by the pulse when there is one."""
    pulse = _pulse
    if pulse is None:
        jobs.execute(job_id, worker=current_id())
        return
    try:
        jobs.execute(job_id, worker=current_id(), follow=pulse.follow)
    finally:
        pulse.release()


def _end_with_parent() -> None:
    """Leave when the supervisor is gone, however it went: its end of our standard input closes."""
    stdin = sys.stdin.fileno()  # read without Python's buffer, whose lock would hold up our own end

    def watch() -> None:
        while os.read(stdin, 1):
            pass
        os._exit(1)

    threading.Thread(target=watch, name="maillage-parent", daemon=True).start()


def run_child() -> None:
    """The life of a worker process: do jobs until SIGTERM, or until the supervisor is gone."""
    global _pulse
    _pulse = Pulse()
    worker = JobWorker(
        queue_names=["default"],
        interval=settings.MAILLAGE_JOB_POLL_SECONDS,
        batch=False,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=current_id() or uuid.uuid4().hex,
        excluded_queue_names=[],
    )

    def stop(signum: int, frame: FrameType | None) -> None:
        worker.running = False
        if _pulse is not None:
            _pulse.stop_work()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the supervisor decides
    _end_with_parent()
    _pulse.start()
    worker.run()
    _pulse.close()
    _pulse.join(timeout=5)


class Supervisor:
    """Keeps one worker process alive, and marks as failed the jobs of those that die.

    `command` starts a process that ends up in `run_child`.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._end = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._worker_id = ""

    @property
    def child_pid(self) -> int | None:
        return self._child.pid if self._child is not None else None

    def stop(self) -> None:
        """Ask `run` to end: the child finishes its step, then everything closes."""
        self._end.set()

    def run(self) -> None:
        pause = settings.MAILLAGE_JOB_POLL_SECONDS
        try:
            while not self._end.is_set():
                started = time.monotonic()
                self._start()
                self._watch()
                if self._end.is_set():
                    break
                self._close_pipe()
                logger.warning("worker died", extra={"worker": self._worker_id})
                self._reap(dead=self._worker_id)
                lived_long = time.monotonic() - started > LONGEST_PAUSE_SECONDS
                pause = settings.MAILLAGE_JOB_POLL_SECONDS if lived_long else min(pause * 2, LONGEST_PAUSE_SECONDS)
                self._end.wait(pause)
        finally:
            self._finish()
            connection.close()

    def _start(self) -> None:
        self._worker_id = uuid.uuid4().hex
        self._child = subprocess.Popen(  # noqa: S603  (our own interpreter and our own module)
            self._command, stdin=subprocess.PIPE, env={**os.environ, WORKER_ID: self._worker_id}
        )

    def _watch(self) -> None:
        """Until the child dies or we are asked to end; reaps now and then what other hosts left."""
        assert self._child is not None  # noqa: S101  (set by _start)
        next_reap = 0.0
        while not self._end.is_set() and self._child.poll() is None:
            if time.monotonic() >= next_reap:
                self._reap()
                next_reap = time.monotonic() + settings.MAILLAGE_JOB_LATE_SECONDS / 6
            self._end.wait(0.2)

    def _reap(self, dead: str = "") -> None:
        try:
            if dead:
                jobs.reap_worker(worker=dead, at=clock.now())
            else:
                jobs.reap(at=clock.now(), alive=frozenset({self._worker_id}))
        except DatabaseError:
            logger.warning("reaper could not write")  # busy or gone: the next turn tries again
            connection.close()

    def _finish(self) -> None:
        child = self._child
        if child is None:
            return
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(timeout=STOP_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._close_pipe()
        self._reap(dead=self._worker_id)

    def _close_pipe(self) -> None:
        if self._child is not None and self._child.stdin is not None:
            self._child.stdin.close()
