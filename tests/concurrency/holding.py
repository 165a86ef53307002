"""Moments at which a real worker waits, so that a test kills it exactly there and not about there.

The test arms a moment. The worker that gets there says so, and stays until it is released or killed. A moment is
disarmed by being reached: the worker that takes over goes through.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

FOLDER = "MAILLAGE_TEST_HOLD"  # environment variable: where the test and the worker speak to each other

PARSED = "parsed"  # the file is read and checked, nothing is compared yet
WRITTEN = "written"  # in the transaction of an import, the rows are written
DRAWN = "drawn"  # a first picture of a report is drawn
HALF_STORED = "half-stored"  # in the transaction of a report, half of its file is on disk
STORED = "stored"  # in the same transaction, its file has its row, which nothing names yet

_AFTER = {
    PARSED: ("maillage.territories.importers.cog", "parse_cog"),
    WRITTEN: ("maillage.sources.bulk", "insert"),
    DRAWN: ("maillage.documents.renderers.pictures", "svg"),
    STORED: ("maillage.core.files", "store"),
}
_LONGEST_STAY = 120.0  # seconds: a test that forgets its worker does not keep it


class Hold:
    """The test's side, and the worker's: files of one folder, that both see at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def arm(self, moment: str) -> None:
        self._file("reached").unlink(missing_ok=True)
        self._file("released").unlink(missing_ok=True)
        self._file(moment).touch()

    def is_reached(self) -> bool:
        return self._file("reached").exists()

    def release(self) -> None:
        self._file("released").touch()

    def stay(self, moment: str) -> None:
        """In the worker: wait here, if the test armed this moment."""
        try:
            self._file(moment).unlink()
        except FileNotFoundError:
            return
        self._file("reached").touch()
        deadline = time.monotonic() + _LONGEST_STAY
        while not self._file("released").exists() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _file(self, name: str) -> Path:
        return self.folder / name


def install(folder: Path) -> None:
    """In the worker: the real functions do their real work, then wait when they were asked to."""
    hold = Hold(folder)
    for moment, (module, name) in _AFTER.items():
        owner = importlib.import_module(module)
        setattr(owner, name, _staying(getattr(owner, name), hold, moment))
    _stay_in_the_middle_of_files(hold)


def _staying(function: Callable[..., Any], hold: Hold, moment: str) -> Callable[..., Any]:
    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        hold.stay(moment)
        return result

    return wrapper


def _stay_in_the_middle_of_files(hold: Hold) -> None:
    """Storage asks a file for its pieces and writes each as it comes."""
    from django.core.files.base import File

    whole = File.chunks

    def chunks(self: File[Any], chunk_size: int | None = None) -> Iterator[Any]:
        for piece in whole(self, chunk_size):
            middle = len(piece) // 2
            yield piece[:middle]
            hold.stay(HALF_STORED)
            yield piece[middle:]

    File.chunks = chunks  # type: ignore[method-assign]  # a power cut in the middle of a write
