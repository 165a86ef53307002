"""What every parser of official files shares: columns by name whatever their case, vintages, counts, problems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from maillage.engines.rows import fold
from maillage.gateways.tabular import Table
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
