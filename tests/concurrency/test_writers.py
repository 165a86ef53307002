"""Two processes that write at the same time lose nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from django_tasks_db.models import DBTaskResult

from maillage.core.models import AuditEntry, Job
from tests.factories import Held, make_user

pytestmark = pytest.mark.django_db(transaction=True)

LINES = 60


def test_two_processes_lose_nothing(other_process: Callable[..., list[str]]) -> None:
    make_user("Aïcha Benali", Held("commissioner", "REG-52"), email="aicha@exemple.test")
    writers = [subprocess.Popen(other_process("writer", str(LINES), label)) for label in ("un", "deux")]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]

    for label in ("un", "deux"):
        written = set(AuditEntry.objects.filter(action__startswith=f"{label}.").values_list("action", flat=True))
        assert written == {f"{label}.{rank}" for rank in range(LINES)}
        titles = set(Job.objects.filter(title__startswith=f"{label} ").values_list("title", flat=True))
        assert titles == {f"{label} {rank}" for rank in range(LINES)}
    queued = {row["args"][0] for row in DBTaskResult.objects.values_list("args_kwargs", flat=True)}
    assert queued == {str(pk) for pk in Job.objects.values_list("pk", flat=True)}, "each job has its task"
