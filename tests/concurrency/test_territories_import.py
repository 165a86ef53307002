"""The communes of a whole country enter while a colleague saves; an import that is killed leaves nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from maillage.core import audit, clock
from maillage.core.models import AuditEntry, User
from maillage.sources.models import SourceEdition
from maillage.territories.models import CodeMovement, Territory
from tests.concurrency import import_and_stay
from tests.concurrency.conftest import wait_until
from tests.factories import Held, make_user
from tests.territories.invented import COMMUNES, communes, departements, load, movements, regions

pytestmark = pytest.mark.django_db(transaction=True)

DEPARTEMENTS = [f"{number:02d}" for number in range(1, 96) if number != 20]
PER_DEPARTEMENT = 370
LONGEST_WAIT = 3.0  # seconds: the longest that a colleague's save may wait for an import


def _areas(folder: Path) -> None:
    load(folder, "cog", regions(("84", "Une région")), vintage="2026")
    load(folder, "cog", departements(*((code, "84", f"Département {code}") for code in DEPARTEMENTS)), vintage="2026")


def _country() -> str:
    """34,780 invented communes: as many as France has."""
    listed = (
        communes("84", code, *((f"{code}{n:03d}", f"Commune {n} de l'Étang") for n in range(1, PER_DEPARTEMENT + 1)))
        for code in DEPARTEMENTS
    )
    return COMMUNES + "".join(listed)


class Colleague(threading.Thread):
    """Somebody who saves small things all along, on a connection of their own."""

    def __init__(self, user: User) -> None:
        super().__init__()
        self.user = user
        self.done = threading.Event()
        self.waits: list[float] = []
        self.failed: list[Exception] = []

    def run(self) -> None:
        try:
            while not self.done.is_set():
                started = time.monotonic()
                audit.record(action="test.save", obj=self.user, by=self.user, at=clock.now(), summary="Une écriture")
                self.waits.append(time.monotonic() - started)
                time.sleep(0.01)
        except Exception as error:  # noqa: BLE001  (told by the test, from its own thread)
            self.failed.append(error)
        finally:
            connection.close()


def test_a_colleague_saves_while_the_country_enters(tmp_path: Path) -> None:
    user = make_user("Aïcha Benali", Held("commissioner", "REG-52"))
    _areas(tmp_path)
    colleague = Colleague(user)
    colleague.start()
    try:
        report = load(tmp_path, "cog", _country(), vintage="2026")
        merged = [(32, "2015-01-01", f"{code}{n:03d}", f"{code}001") for code in DEPARTEMENTS for n in range(400, 500)]
        load(tmp_path, "movements", movements(*merged))
    finally:
        colleague.done.set()
        colleague.join(timeout=30)
    assert colleague.failed == []
    assert max(colleague.waits) < LONGEST_WAIT
    assert report.locked_seconds < LONGEST_WAIT
    assert AuditEntry.objects.filter(action="test.save").count() == len(colleague.waits) > 10
    assert Territory.objects.filter(level="commune").count() == len(DEPARTEMENTS) * PER_DEPARTEMENT
    assert CodeMovement.objects.count() == len(DEPARTEMENTS) * 100


def test_two_imports_at_once_both_enter(tmp_path: Path) -> None:
    _areas(tmp_path)
    failed: list[Exception] = []

    def enter(code: str) -> None:
        folder = tmp_path / code
        folder.mkdir()
        try:
            rows = [(f"{code}{n:03d}", f"Commune {n}") for n in range(1, 600)]
            load(folder, "cog", COMMUNES + communes("84", code, *rows), vintage="2026")
        except Exception as error:  # noqa: BLE001  (as above)
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=enter, args=(code,)) for code in ("01", "02", "03")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failed == []
    assert Territory.objects.filter(level="commune").count() == 3 * 599
    assert SourceEdition.objects.filter(part="communes", is_current=True).count() == 3


def test_an_import_killed_while_it_writes_leaves_the_database_as_before(
    other_process: Callable[..., list[str]], tmp_path: Path
) -> None:
    _areas(tmp_path)
    file, flag = tmp_path / "communes.csv", tmp_path / "flag"
    file.write_text(_country(), encoding="utf-8")
    before = (Territory.objects.count(), SourceEdition.objects.count(), AuditEntry.objects.count())
    process = subprocess.Popen([sys.executable, import_and_stay.__file__, str(file), str(flag)])
    try:
        wait_until(flag.exists, 60, "the rows to be written")
    finally:
        process.kill()
        process.wait(timeout=30)
    assert (Territory.objects.count(), SourceEdition.objects.count(), AuditEntry.objects.count()) == before
    report = load(tmp_path, "cog", _country(), vintage="2026")
    assert report.counts == {"added": len(DEPARTEMENTS) * PER_DEPARTEMENT}
