"""What every parser of official files shares: columns by name whatever their case, vintages, counts, problems."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maillage.engines.rows import fold
from maillage.gateways.tabular import DEFAULT_LIMITS, MEBIBYTE, Table
from maillage.gateways.tabular import refused as unreadable
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError, shorten
from maillage.kernel.numbers import SPACES

MAX_COUNT = 2_000_000_000  # above any population of the Earth's countries that a row could honestly hold, below 2³¹
_YEAR = re.compile(r"(?<!\d)(19[4-9]\d|20\d\d)(?!\d)")
_SPACES = re.compile(f"[{SPACES}]")


@dataclass
class Problems:
    """Every reason why a file is refused, kept to be told together."""

    name: str
    found: list[InputProblem] = field(default_factory=list)

    def add(self, row: int | None, column: str | None, message: str) -> None:
        self.found.append(InputProblem(row, column, message))

    def refuse_if_any(self) -> None:
        if self.found:
            raise refused(self.name, self.found)


def refused(name: str, problems: Sequence[InputProblem]) -> InputRefused:
    return InputRefused(problems, f"Le fichier « {shorten(name, 80)} » est refusé : rien n'est chargé.")


def starts_as_json(path: Path) -> bool:
    """Whether a file opens as JSON does; a table does not."""
    with path.open("rb") as handle:
        return handle.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"["))


def read_json(path: Path, name: str) -> Any:
    """The content of a JSON file in UTF-8, its size and its depth being bounded. Raises InputRefused.

    A key written twice in one object is refused: which of its values is meant is not known.
    """
    if path.stat().st_size > DEFAULT_LIMITS.max_bytes:
        message = f"Il pèse plus de {DEFAULT_LIMITS.max_bytes // MEBIBYTE} Mio : découpez-le."
        raise unreadable(name, [InputProblem(None, None, message)])
    try:
        return json.loads(
            path.read_text(encoding="utf-8-sig"), parse_constant=_no_constant, object_pairs_hook=_once_each
        )
    except _Twice as error:
        message = f"La clé « {shorten(str(error), 40)} » est écrite deux fois."
        raise unreadable(name, [InputProblem(None, None, message)]) from None
    except UnicodeDecodeError:
        raise unreadable(name, [InputProblem(None, None, "Il n'est pas en UTF-8.")]) from None
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise unreadable(name, [InputProblem(line, None, "Ce n'est pas du JSON bien formé, en UTF-8.")]) from None


class _Twice(Exception):
    """A key written twice in one object."""


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        raise _Twice(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]  # add gives None
    return found


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is not a number of JSON")


def sort_name(name: str) -> str:
    """A name as it is sorted and searched: no accent, no case, no hyphen, ligatures undone."""
    return fold(name).replace("œ", "oe").replace("æ", "ae")


class Columns:
    """Places of the columns of a table, by any of the names that they go by. Case and accents do not matter."""

    def __init__(self, table: Table) -> None:
        self.titles = table.columns
        self._places = {fold(title): place for place, title in reversed(list(enumerate(table.columns)))}

    def has(self, *names: str) -> bool:
        return all(fold(name) in self._places for name in names)

    def place(self, *names: str) -> int | None:
        """The place of the first of these names that the table has."""
        return next((self._places[fold(name)] for name in names if fold(name) in self._places), None)

    def matching(self, pattern: str) -> list[tuple[int, str]]:
        """Places and titles of the columns whose title matches, case apart."""
        return [
            (n, title) for n, title in enumerate(self.titles) if re.fullmatch(pattern, title.strip(), re.IGNORECASE)
        ]


def year_of(text: str) -> int | None:
    """The one year written in a name; None when there is none, or several different ones."""
    years = set(_YEAR.findall(text))
    return int(years.pop()) if len(years) == 1 else None


def vintage_year(vintage: str) -> int | None:
    """The year asked for; None when none is. Raises MaillageError when it is not a year."""
    if not vintage:
        return None
    if not re.fullmatch(r"(?:19[4-9]\d|20\d\d)", vintage.strip(), re.ASCII):
        raise MaillageError(f"Millésime « {shorten(vintage, 20)} » refusé : écrivez une année, par exemple 2026.")
    return int(vintage)


def read_count(text: str | None) -> int | str:
    """A whole number of persons or communes, thousands grouped or not; otherwise why it is not one, in French."""
    if text is None or not text.strip():
        return "La valeur manque."
    digits = _SPACES.sub("", text.strip())
    if digits.isascii() and digits.isdigit():
        number = int(digits) if len(digits) <= 12 else MAX_COUNT + 1
        return number if number <= MAX_COUNT else f"« {shorten(text, 20)} » est hors de toute mesure."
    if re.fullmatch(r"[-−–]\d+", digits):
        return f"« {shorten(text, 20)} » est négatif : un nombre ne peut pas l'être."
    return f"« {shorten(text, 20)} » n'est pas un nombre entier."


def duplicates(rows: Iterable[tuple[str, int]]) -> Iterable[tuple[str, int, int]]:
    """(key, first row, other row) of the keys written several times."""
    first: dict[str, int] = {}
    for key, number in rows:
        if key in first:
            yield key, first[key], number
        else:
            first[key] = number
