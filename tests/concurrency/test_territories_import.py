"""The communes of a whole country enter while a colleague saves, and while other files enter."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from django.db import connection

from maillage.core import audit, clock
from maillage.core.models import AuditEntry, User
from maillage.sources.models import SourceEdition
from maillage.territories.models import CodeMovement, Territory
from tests.concurrency.country import DEPARTEMENTS, SIZE, country, load_areas
from tests.factories import Held, make_user
from tests.territories.invented import COMMUNES, communes, load, movements

pytestmark = pytest.mark.django_db(transaction=True)


class Colleague(threading.Thread):
    """Somebody who saves small things all along, on a connection of their own."""

    def __init__(self, user: User) -> None:
        super().__init__()
        self.user = user
        self.done = threading.Event()
        self.saves = 0
        self.failed: list[Exception] = []

    def run(self) -> None:
        try:
            while not self.done.is_set():
                audit.record(action="test.save", obj=self.user, by=self.user, at=clock.now(), summary="Une écriture")
                self.saves += 1
                time.sleep(0.01)
        except Exception as error:  # noqa: BLE001  (told by the test, from its own thread)
            self.failed.append(error)
        finally:
            connection.close()


def test_a_colleague_saves_while_the_country_enters(tmp_path: Path) -> None:
    user = make_user("Aïcha Benali", Held("commissioner", "REG-52"))
    load_areas(tmp_path)
    colleague = Colleague(user)
    colleague.start()
    try:
        load(tmp_path, "cog", country(), vintage="2026")
        merged = [(32, "2015-01-01", f"{code}{n:03d}", f"{code}001") for code in DEPARTEMENTS for n in range(400, 500)]
        load(tmp_path, "movements", movements(*merged))
    finally:
        colleague.done.set()
        colleague.join(timeout=30)
    assert colleague.failed == []
    assert AuditEntry.objects.filter(action="test.save").count() == colleague.saves > 10
    assert Territory.objects.filter(level="commune").count() == SIZE
    assert CodeMovement.objects.count() == len(DEPARTEMENTS) * 100


def test_two_imports_at_once_both_enter(tmp_path: Path) -> None:
    load_areas(tmp_path)
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
