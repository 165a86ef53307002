"""What every parser of statistics gives: lines of cells, one line for a territory and a period, one cell a measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from maillage.gateways.tabular import Table
from maillage.indicators.enums import Status
from maillage.kernel.errors import InputProblem, MaillageError, shorten
from maillage.kernel.numbers import NBSP, parse_number
from maillage.sources.registry import LeftOut
from maillage.territories.enums import Level

DECIMALS = 4  # what the database keeps of a value
MAX_VALUE = Decimal(10) ** 16
MAX_NAMED = 5
MAX_PROBLEMS = 1000  # beyond, the file is of another shape altogether

UNKNOWN = {Status.SUPPRESSED.value, Status.UNAVAILABLE.value}
SECRET, MISSING = Status.SUPPRESSED.value, Status.UNAVAILABLE.value


class Cell(NamedTuple):
    """A value as the database takes it (decimal text), or None with the status that says why it is not known."""

    value: str | None
    status: str
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A column: the indicator that it fills and its title in the file. `summable`: mergers of territories add it up."""

    code: str
    title: str
    summable: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """The cells of a territory for a period, in the order of the measures; None where the file has no such cell.

    `code`: INSEE or SIREN code as the file writes it. `geography`: the year of that code, where the file says it.
    """

    row: int
    level: Level
    code: str
    period: str
    cells: Sequence[Cell | None]
    name: str = ""
    geography: int | None = None


@dataclass
class Statistics:
    """A parsed file. `perimeters`: what the values of a period cover; two texts that differ do not compare."""

    measures: list[Measure]
    lines: list[Line]
    read: int
    perimeters: Mapping[str, str] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def periods(self) -> list[str]:
        return sorted({line.period for line in self.lines})

    @property
    def levels(self) -> list[Level]:
        return [level for level in Level if any(line.level == level for line in self.lines)]


@dataclass
class CellReader:
    """Texts of one column made into cells, each distinct text read once.

    `markers`: what stands for an unknown value (folded text → status). `rounded`: half the width of the interval of a
    rounded count. `floor`: the printed value that means « this or less ». A count has `minimum` zero.
    """

    markers: Mapping[str, str]
    status: str = Status.PUBLISHED.value
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    floor: Decimal | None = None
    rounded: int = 0
    decimal_mark: str = ""
    known: dict[str | None, Cell] = field(default_factory=dict)

    def read(self, text: str | None) -> Cell | str:
        """The cell; or, in French, why there is none."""
        if text in self.known:
            return self.known[text]
        found = self._read((text or "").strip())
        if isinstance(found, Cell):
            self.known[text] = found
        return found

    def _read(self, text: str) -> Cell | str:
        marker = self.markers.get(text.casefold())
        if marker is not None:
            return Cell(None, marker)
        try:
            value = parse_number(self._dotted(text))
        except MaillageError as error:
            return error.message_fr
        shown = f"«{NBSP}{shorten(text, 20)}{NBSP}»"
        if abs(value) >= MAX_VALUE:
            return f"{shown} est hors de toute mesure."
        if self.minimum is not None and value < self.minimum:
            return f"{shown} est négatif{NBSP}: un nombre ou un taux ne peut pas l'être ici."
        if self.maximum is not None and value > self.maximum:
            return f"{shown} dépasse {self.maximum}."
        return self._cell(round(value, DECIMALS) if _decimals(value) > DECIMALS else value)

    def _dotted(self, text: str) -> str:
        """A text whose decimal mark is told: the other mark then groups thousands."""
        if self.decimal_mark == ",":
            return text.replace(".", "").replace(",", ".")
        return text.replace(",", "") if self.decimal_mark == "." else text

    def _cell(self, value: Decimal) -> Cell:
        if self.floor is not None and value == self.floor:
            return Cell(f"{value:f}", Status.FLOOR.value, "0", f"{value:f}")
        if self.rounded:
            low, high = max(Decimal(0), value - self.rounded), value + self.rounded
            return Cell(f"{value:f}", Status.ROUNDED.value, f"{low:f}", f"{high:f}")
        return Cell(f"{value:f}", self.status)


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


class RowReader:
    """The cells of the rows of a table, by (place, title, reader).

    Each distinct text of a column is read beforehand: a country has a million cells, and few different ones.
    """

    def __init__(self, table: Table, readers: Sequence[tuple[int, str, CellReader]]) -> None:
        self.readers = readers
        for place, _, reader in readers:
            for text in {row[place] for row in table.rows}:
                reader.read(text)
        self._known = [(place, reader.known) for place, _, reader in readers]

    def cells(self, row: Sequence[str | None], number: int, problems: list[InputProblem]) -> list[Cell | None]:
        """The cells of a row; what cannot be read is told, and leaves no cell."""
        try:
            return [known[row[place]] for place, known in self._known]
        except KeyError:
            return [self._cell(row[place], number, title, reader, problems) for place, title, reader in self.readers]

    def _cell(
        self, text: str | None, number: int, title: str, reader: CellReader, problems: list[InputProblem]
    ) -> Cell | None:
        found = reader.read(text)
        if isinstance(found, Cell):
            return found
        problems.append(InputProblem(number, title, found))
        return None


def least(table: Table, place: int) -> Decimal | None:
    """The least number of a column, whatever else it holds."""
    found: list[Decimal] = []
    for text in {row[place] for row in table.rows}:
        try:
            found.append(parse_number(text or ""))
        except MaillageError:
            continue
    return min(found, default=None)


def duplicated(lines: Sequence[Line], title: str) -> list[InputProblem]:
    """A problem for each line whose territory and period stand on an earlier one."""
    first: dict[tuple[str, str, str], int] = {}
    problems = []
    for line in lines:
        key = (line.level, line.code, line.period)
        if key in first:
            message = f"«{NBSP}{line.code}{NBSP}» figure déjà ligne {first[key]} pour {line.period}."
            problems.append(InputProblem(line.row, title, message))
        first.setdefault(key, line.row)
    return problems


def not_taken(titles: Sequence[str]) -> list[str]:
    """A note that names the columns left aside."""
    if not titles:
        return []
    named = ", ".join(shorten(title, 40) for title in titles[:12]) + (" …" if len(titles) > 12 else "")
    return [f"Colonnes non reprises{NBSP}: {named}."]
