"""A zip written once, entry after entry, each with its SHA-256: files of any size go through by pieces."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from types import TracebackType
from typing import IO

SUMS = "SHA256SUMS"
CHUNK = 1024 * 1024
_LARGE = 2**31 - 1  # beyond, an entry needs the long form of its sizes
# These do not get smaller: they are copied as they are.
_PACKED = frozenset({".pdf", ".docx", ".odt", ".xlsx", ".ods", ".png", ".jpg", ".jpeg", ".zip"})
_FIRST_YEAR = 1980  # of the calendar of zip files


class Unreadable(Exception):
    """The source failed on the way; what was read of it is in the archive, with its own sum."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the archive, as it was written."""

    path: str
    size: int
    sha256: str


class Writer:
    """Entries of one date, in the order given. `close` writes the sums of all the others."""

    def __init__(self, out: IO[bytes], at: datetime) -> None:
        """`at` in local time: the date of every entry."""
        self._zip = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED)
        self._date = (max(at.year, _FIRST_YEAR), at.month, at.day, at.hour, at.minute, at.second)
        self.entries: list[Entry] = []

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._text(SUMS, sums_of(self.entries))
        self._zip.close()

    def add(self, path: str, text: str | bytes) -> Entry:
        """A whole file; a text is UTF-8."""
        entry = self._text(path, text)
        self.entries.append(entry)
        return entry

    def _text(self, path: str, text: str | bytes) -> Entry:
        content = text.encode() if isinstance(text, str) else text
        with self._open(path, len(content)) as out:
            out.write(content)
        return Entry(path, len(content), hashlib.sha256(content).hexdigest())

    def copy(self, path: str, source: IO[bytes], size: int) -> Entry:
        """A file read by pieces. Raises Unreadable where the source fails on the way: the entry holds what was read."""
        digest, written, failure = hashlib.sha256(), 0, None
        with self._open(path, size) as out:
            try:
                for piece in _pieces(source):
                    out.write(piece)
                    digest.update(piece)
                    written += len(piece)
            except OSError as error:
                failure = error
        entry = Entry(path, written, digest.hexdigest())
        self.entries.append(entry)
        if failure is not None:
            raise Unreadable(path) from failure
        return entry

    @contextmanager
    def _open(self, path: str, size: int) -> Iterator[IO[bytes]]:
        info = zipfile.ZipInfo(path, self._date)
        info.create_system = 3  # as every system reads the rights below
        info.external_attr = 0o644 << 16
        packed = PurePosixPath(path).suffix.lower() in _PACKED
        info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        with self._zip.open(info, "w", force_zip64=size > _LARGE) as out:
            yield out


def _pieces(source: IO[bytes]) -> Iterator[bytes]:
    while piece := source.read(CHUNK):
        yield piece


def sums_of(entries: list[Entry]) -> str:
    """What `sha256sum -c` reads, in the order of paths."""
    return "".join(f"{one.sha256}  {one.path}\n" for one in sorted(entries, key=lambda one: one.path))
