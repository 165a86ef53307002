"""Other processes on the test's own database, as in real life: workers that can be killed, writers that compete.

Run as `python processes.py worker`, `writer N LABEL` or `save REPORT FLAG`; the environment names the instance and the
database, and where the worker waits (see `holding`).
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

SETTINGS = "maillage.config.settings.base"


def start_django() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    import django

    django.setup()


def register_handlers() -> None:
    """Jobs that only tests know."""
    from django.db import transaction

    from maillage.core import clock, jobs
    from maillage.core.models import User
    from maillage.core.services import create_account
    from maillage.kernel.errors import MaillageError

    @jobs.handler("test.write", label="Écrire puis attendre")
    def write(progress: jobs.Progress, *, flag: str, seconds: float) -> jobs.Result:
        """Writes in a transaction, says so through a file, and stays inside."""
        progress.step(40, "Écriture")
        time.sleep(0.5)
        with transaction.atomic():
            create_account(
                email="au.milieu@exemple.test", full_name="Au milieu", password=PASSWORD, by=None, at=clock.now()
            )
            Path(flag).touch()
            time.sleep(seconds)
        return jobs.Result(data={"accounts": User.objects.count()}, url="/travaux/")

    @jobs.handler("test.steps", label="Avancer pas à pas")
    def steps(progress: jobs.Progress, *, count: int, pause: float) -> jobs.Result:
        for rank in range(count):
            progress.step(rank * 100 // count, f"Pas {rank}")
            time.sleep(pause)
        return jobs.Result(data={"count": count})

    @jobs.handler("test.refuse", label="Refuser")
    def refuse(progress: jobs.Progress) -> jobs.Result:
        raise MaillageError("Le fichier est refusé.")

    @jobs.handler("test.break", label="Se tromper")
    def break_(progress: jobs.Progress) -> jobs.Result:
        raise KeyError("secret@exemple.test")


PASSWORD = "une phrase de passe pour les essais"


def write_lines(count: int, label: str) -> None:
    """Audit lines and jobs, one transaction each, as fast as possible. Each reads before it writes, as services do."""
    from django.db import transaction

    from maillage.core import audit, clock, jobs
    from maillage.core.models import User

    for rank in range(count):
        with transaction.atomic():
            user = User.objects.select_for_update().get(email="aicha@exemple.test")
            audit.record(action=f"{label}.{rank}", obj=user, by=user, at=clock.now(), summary="Écriture concurrente")
            jobs.start(kind="test.refuse", title=f"{label} {rank}", parameters={}, by=user, at=clock.now())


def save_foreword(report_id: int, flag: Path) -> None:
    """What a person does on a page, once: it says when it begins."""
    from maillage.core import clock
    from maillage.core.models import User
    from maillage.reports.enums import Section
    from maillage.reports.models import AnnualReport
    from maillage.reports.services import save_narrative

    report = AnnualReport.objects.get(pk=report_id)
    author = User.objects.get(email="aicha@exemple.test")
    flag.touch()
    save_narrative(
        report=report, section=Section.FOREWORD, body="Écrit pendant.", base_number=0, by=author, at=clock.now()
    )


def work() -> None:
    from maillage.core.worker import run_child
    from tests.concurrency import holding

    if folder := os.environ.get(holding.FOLDER):
        holding.install(Path(folder))
    run_child()


def main() -> None:
    start_django()
    register_handlers()
    if sys.argv[1] == "worker":
        work()
    elif sys.argv[1] == "save":
        save_foreword(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        write_lines(int(sys.argv[2]), sys.argv[3])


if __name__ == "__main__":
    main()
