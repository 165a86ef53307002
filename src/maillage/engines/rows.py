"""Texts of a table made into typed rows, with every problem told by row and column.

A file is read whole before anything is refused, so that its author corrects it once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from maillage.kernel.errors import InputProblem, InputRefused, MaillageError, shorten
from maillage.kernel.numbers import NBSP, parse_number
from maillage.kernel.period import Period
from maillage.kernel.territory import TerritoryCode

Reader = Callable[[str], Any]


class Texts(Protocol):
    """A table of texts, as a file gives it. `row_numbers` are the places a spreadsheet shows, heading included."""

    @property
    def columns(self) -> Sequence[str]: ...
    @property
    def rows(self) -> Sequence[Sequence[str | None]]: ...
    @property
    def row_numbers(self) -> Sequence[int]: ...


@dataclass(frozen=True)
class Field:
    """A column that is understood: the headers it goes by, whether it must be there, and how a cell is read.

    `needed`: the column must exist. `filled`: no cell may be empty. An empty cell reads as `empty`.
    """

    name: str
    headers: tuple[str, ...]
    read: Reader = str
    needed: bool = False
    filled: bool = False
    empty: Any = ""
    max_length: int | None = None


@dataclass
class Row:
    """One line of the file: its number as a spreadsheet shows it, and its values by field name."""

    number: int
    values: dict[str, Any]
    headers: Mapping[str, str] = field(repr=False)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def get(self, name: str, default: Any = None) -> Any:
        return self.values.get(name, default)

    def problem(self, name: str, message: str) -> InputProblem:
        """A problem in this row, named by the header that the file itself uses."""
        return InputProblem(self.number, self.headers.get(name, name), message)


def fold(text: str) -> str:
    """A header as it is compared: no accents, case, underscores or doubled spaces."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()
    return re.sub(r"[\s_\-'’]+", " ", plain).strip()


def recognises(columns: Sequence[str], fields: Sequence[Field]) -> bool:
    """Whether the headings hold every needed column of `fields` and no other than theirs."""
    known = _by_header(fields)
    found = {known[fold(column)].name for column in columns if fold(column) in known}
    return all(fold(c) in known for c in columns if c.strip()) and {f.name for f in fields if f.needed} <= found


def read_rows(table: Texts, fields: Sequence[Field]) -> list[Row]:
    """The typed rows; lines of mere spaces are left out. Raises InputRefused with every problem found."""
    columns = table.columns
    places, problems = _places(columns, fields)
    if problems:
        raise InputRefused(problems, "Les colonnes du fichier ne conviennent pas.")
    headers = {one.name: columns[index] for index, one in places.items()}
    result = []
    for number, cells in zip(table.row_numbers, table.rows, strict=True):
        if any((cell or "").strip() for cell in cells):
            result.append(_read_row(number, cells, places, fields, headers, problems))
    if problems:
        raise InputRefused(problems)
    if not result:
        raise InputRefused([InputProblem(None, None, "le fichier ne contient aucune ligne.")])
    return result


def unique(rows: Iterable[Row], *names: str) -> list[InputProblem]:
    """A problem for every row whose values of `names` stand on an earlier row."""
    seen: dict[tuple[Any, ...], int] = {}
    problems = []
    for row in rows:
        key = tuple(row.get(name) for name in names)
        if key in seen:
            shown = ", ".join(str(part) for part in key if part not in (None, ""))
            message = f"«{NBSP}{shorten(shown, 80)}{NBSP}» figure déjà ligne {seen[key]}."
            problems.append(row.problem(names[0], message))
        seen.setdefault(key, row.number)
    return problems


# Readers of cells: each returns a value or raises a MaillageError whose message completes the place.


class CellRefused(MaillageError):
    """A cell that does not hold what its column needs."""


def number(*, minimum: Decimal | None = None, digits: int = 20, decimals: int = 4) -> Reader:
    """A Decimal that the database can hold as it is."""

    def read(text: str) -> Decimal:
        value = parse_number(text)
        exponent = value.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > decimals:
            raise CellRefused(f"«{NBSP}{shorten(text, 40)}{NBSP}» a plus de {decimals} décimales.")
        if abs(value) >= Decimal(10) ** (digits - decimals):
            raise CellRefused(f"«{NBSP}{shorten(text, 40)}{NBSP}» est trop grand.")
        if minimum is not None and value < minimum:
            raise CellRefused(f"«{NBSP}{shorten(text, 40)}{NBSP}» : une valeur négative n'est pas possible ici.")
        return value

    return read


def whole(*, minimum: int = 0, maximum: int = 32_767) -> Reader:
    """An integer between two bounds."""

    def read(text: str) -> int:
        value = parse_number(text)
        if value != value.to_integral_value() or not minimum <= value <= maximum:
            raise CellRefused(f"«{NBSP}{shorten(text, 40)}{NBSP}» : il faut un entier de {minimum} à {maximum}.")
        return int(value)

    return read


_IDENTIFIER = re.compile(r"\w[\w.:\-]{0,59}")


def identifier(text: str) -> str:
    """A code that can stand in an address: letters, digits, and . : - _ inside."""
    if not _IDENTIFIER.fullmatch(text):
        raise CellRefused(
            f"«{NBSP}{shorten(text, 40)}{NBSP}» n'est pas un identifiant : lettres, chiffres, point, tiret, 60 au plus."
        )
    return text


def period(text: str) -> str:
    """The canonical text of a period."""
    return Period.parse(text).canonical


def territory(text: str) -> str:
    """A territory code, well formed."""
    return str(TerritoryCode.parse(text))


def choice(codes: Mapping[str, str]) -> Reader:
    """One of the codes, or a word that stands for it (folded text → code)."""
    known = {fold(word): code for word, code in codes.items()}

    def read(text: str) -> str:
        code = known.get(fold(text))
        if code is None:
            allowed = ", ".join(dict.fromkeys(codes.values()))
            raise CellRefused(f"«{NBSP}{shorten(text, 40)}{NBSP}» n'est pas connu. Valeurs admises : {allowed}.")
        return code

    return read


def yes_no(text: str) -> bool:
    answers = dict.fromkeys(("oui", "yes", "true", "vrai", "1"), True)  # a spreadsheet writes VRAI and FAUX
    answers |= dict.fromkeys(("non", "no", "false", "faux", "0"), False)
    if fold(text) not in answers:
        raise CellRefused(f"«{NBSP}{shorten(text, 40)}{NBSP}» : répondez par oui ou non.")
    return answers[fold(text)]


def _by_header(fields: Sequence[Field]) -> dict[str, Field]:
    return {fold(header): one for one in fields for header in (one.name, *one.headers)}


def _places(columns: Sequence[str], fields: Sequence[Field]) -> tuple[dict[int, Field], list[InputProblem]]:
    known = _by_header(fields)
    places: dict[int, Field] = {}
    problems = []
    for index, column in enumerate(columns):
        one = known.get(fold(column))
        if one is None:
            expected = ", ".join(field_.headers[0] if field_.headers else field_.name for field_ in fields)
            shown = column.strip() or f"(sans titre, n° {index + 1})"
            problems.append(InputProblem(1, shown, f"colonne inconnue. Colonnes admises : {expected}."))
        elif one in places.values():
            problems.append(InputProblem(1, column, "cette colonne est donnée deux fois."))
        else:
            places[index] = one
    missing = [one for one in fields if one.needed and one not in places.values()]
    problems.extend(InputProblem(1, (*one.headers, one.name)[0], "colonne manquante.") for one in missing)
    return places, problems


def _read_row(
    number_: int,
    cells: Sequence[str | None],
    places: Mapping[int, Field],
    fields: Sequence[Field],
    headers: Mapping[str, str],
    problems: list[InputProblem],
) -> Row:
    row = Row(number_, {one.name: one.empty for one in fields}, headers)
    for index, one in places.items():
        text = (cells[index] or "").strip() if index < len(cells) else ""
        try:
            row.values[one.name] = _read_cell(text, one)
        except MaillageError as error:
            problems.append(row.problem(one.name, error.message_fr))
    return row


def _read_cell(text: str, one: Field) -> Any:
    if not text:
        if one.filled:
            raise CellRefused("cette cellule doit être remplie.")
        return one.empty
    if "\x00" in text:
        raise CellRefused("cette cellule contient un caractère nul.")
    if one.max_length is not None and len(text) > one.max_length:
        raise CellRefused(f"texte de {len(text)} caractères : {one.max_length} au plus.")
    return one.read(text)
