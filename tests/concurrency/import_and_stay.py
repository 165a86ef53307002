"""Imports communes in a process that can be killed: it says when its rows are written and stays in the transaction.

Run as `python import_and_stay.py FILE FLAG`; the environment names the instance and the database.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path


def main(file: Path, flag: Path) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "maillage.config.settings.base"
    import django

    django.setup()
    from maillage.core import clock
    from maillage.sources import bulk
    from maillage.sources.registry import ImportRequest
    from maillage.sources.services import run_import
    from maillage.territories.models import Territory

    written = bulk.insert

    def insert_and_stay(model: type, fields: tuple[str, ...], rows: list[bulk.Row]) -> None:
        written(model, fields, rows)
        assert Territory.objects.filter(level="commune").exists()
        flag.touch()
        time.sleep(600)

    bulk.insert = insert_and_stay  # type: ignore[assignment]  # the very moment when a power cut would hurt
    run_import(kind="cog", request=ImportRequest(path=file, name=file.name, by=None, at=clock.now(), vintage="2026"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
