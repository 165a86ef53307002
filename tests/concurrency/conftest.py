"""Real processes on the test's database: nothing here works inside a transaction that is rolled back."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from maillage.core.worker import Supervisor
from tests.concurrency import holding, processes

PROCESSES = Path(processes.__file__)

# A dead job is noticed in seconds here, in half a minute in production: the same code, other figures.
FAST = {"MAILLAGE_JOB_LATE_SECONDS": "3", "MAILLAGE_JOB_BEAT_SECONDS": "0.3", "MAILLAGE_JOB_POLL_SECONDS": "0.1"}


def database_url() -> str:
    """The address of the test's own database."""
    told = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{told['NAME']}"
    host, port, password = told["HOST"] or "", told["PORT"] or "", told["PASSWORD"] or ""
    credentials = f"{told['USER']}:{password}" if password else f"{told['USER']}"
    if host.startswith("/"):
        return f"postgres://{credentials}@{host.replace('/', '%2F')}:{port or 5432}/{told['NAME']}"
    return f"postgres://{credentials}@{host}:{port or 5432}/{told['NAME']}"


@pytest.fixture
def other_process(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """`other_process("worker")`: the command that does it; the environment of this test names the same database."""
    monkeypatch.setenv("MAILLAGE_DATA_DIR", str(settings.DATA_DIR))
    monkeypatch.setenv("MAILLAGE_DATABASE_URL", database_url())
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["src", "."]))
    for name, value in FAST.items():
        monkeypatch.setenv(name, value)

    def command(*arguments: str) -> list[str]:
        return [sys.executable, str(PROCESSES), *arguments]

    return command


@pytest.fixture
def supervised(
    other_process: Callable[..., list[str]], settings: pytest.FixtureRequest
) -> Iterator[Callable[[], Supervisor]]:
    """Starts a supervisor and its worker; both are gone at the end of the test."""
    settings.MAILLAGE_JOB_LATE_SECONDS = 3.0
    settings.MAILLAGE_JOB_BEAT_SECONDS = 0.3
    settings.MAILLAGE_JOB_POLL_SECONDS = 0.1
    running: list[tuple[Supervisor, threading.Thread]] = []

    def start() -> Supervisor:
        supervisor = Supervisor(other_process("worker"))
        thread = threading.Thread(target=supervisor.run)
        thread.start()
        running.append((supervisor, thread))
        return supervisor

    yield start
    for supervisor, thread in running:
        supervisor.stop()
        thread.join(timeout=30)
        assert not thread.is_alive()


@pytest.fixture
def hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> holding.Hold:
    """Where the workers of this test wait; to be asked for before they start."""
    folder = tmp_path / "hold"
    folder.mkdir()
    monkeypatch.setenv(holding.FOLDER, str(folder))
    return holding.Hold(folder)


@contextmanager
def patience(seconds: float, what: str) -> Iterator[Callable[[], None]]:
    """Waits between two looks, and fails when it has lasted too long."""
    deadline = time.monotonic() + seconds

    def wait() -> None:
        assert time.monotonic() < deadline, f"waited {seconds} s for: {what}"
        time.sleep(0.05)

    yield wait


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    with patience(seconds, what) as wait:
        while not condition():
            wait()
