"""Tables of the archive: each is a CSV for spreadsheets, and a page for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import is_aware, localtime

from maillage.kernel.money import Money
from maillage.kernel.numbers import format_number
from maillage.ui.export import Sheet, write_csv

UNKNOWN = "non connu"


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file of the archive. `path` '' when it could not be put there; `note` says what is wrong with it."""

    path: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell of a page: its words, and the file that it leads to."""

    text: str
    url: str = ""
    is_number: bool = False
    is_unknown: bool = False


@dataclass(frozen=True)
class ArchiveTable:
    """`rows` hold texts, Money, Decimal, int, dates, FileRef, or None for what is not known."""

    name: str
    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[Any]]
    note: str = ""

    @property
    def csv_path(self) -> str:
        return f"tableaux/{self.name}.csv"

    @property
    def page_path(self) -> str:
        return f"pages/{self.name}.html"

    def csv(self) -> bytes:
        """UTF-8 with its mark, semicolons, decimal commas; a text that a spreadsheet would run is neutralised."""
        rows = [[_plain(value) for value in row] for row in self.rows]
        return write_csv(Sheet(self.name, self.title, list(self.header), rows))

    def shown(self, up: str = "../") -> Iterable[list[Shown]]:
        """The rows for a page; `up` leads from it to the root of the archive."""
        return ([_shown(value, up) for value in row] for row in self.rows)


def instant(at: datetime | None) -> str:
    """An instant to the second, with its distance from universal time."""
    return "" if at is None else localtime(at).isoformat(timespec="seconds")


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return value.euros
    if isinstance(value, FileRef):
        return value.path or value.note
    if isinstance(value, datetime) and is_aware(value):
        return instant(value)
    return "oui" if value is True else "non" if value is False else value


def _shown(value: Any, up: str) -> Shown:
    if value is None:
        return Shown(UNKNOWN, is_unknown=True)
    if isinstance(value, FileRef):
        text = value.path.rpartition("/")[2]
        both = " : ".join(part for part in (text, value.note) if part)
        return Shown(both, f"{up}{value.path}" if value.path else "")
    if isinstance(value, bool):
        return Shown("oui" if value else "non")
    if isinstance(value, Money):
        return Shown(str(value), is_number=True)
    if isinstance(value, Decimal):
        return Shown(format_number(value), is_number=True)
    if isinstance(value, datetime):
        return Shown(date_format(localtime(value), "j F Y, H:i:s"))
    if isinstance(value, date):
        return Shown(date_format(value, "j F Y"))
    return Shown(str(value))
