"""A block pasted into the funding grid of a sheet: which column is what, which line each row is, what it changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from maillage.contracts.exchange.cells import Codes, read
from maillage.contracts.exchange.rows import fresh_key
from maillage.engines.contract_text import Field, Text, at_path, field_at
from maillage.engines.pasted import Cells, cut, separator_of
from maillage.engines.rows import fold
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError, shorten
from maillage.kernel.numbers import NBSP

TITLE = "Le bloc collé est refusé : rien n'est changé."
AMOUNTS = ("planned", "planned_cp")
_NOTHING = frozenset({"", "-", "\u2013", "\u2014"})
_YEAR = re.compile(r"(?<![0-9])((?:19|20|21)[0-9]{2})(?![0-9])")
_IN_KIND = {"en nature": "oui", "credits": "non", "credit": "non", "numeraire": "non"}
_YES_NO = frozenset({"", "oui", "non", "o", "n", "x", "vrai", "faux", *_IN_KIND})
_LABELS = {
    "funder": "Financeur",
    "in_kind": "En nature",
    "year": "Année",
    "line": "Ligne",
    "planned": "Prévu (AE)",
    "planned_cp": "Prévu en paiement (CP)",
    "": "ignorée",
}


@dataclass(frozen=True, slots=True)
class Role:
    """What a column is: `name` of `_LABELS`, '' when it is ignored; `year` for an amount of one year."""

    name: str
    year: str = ""

    @property
    def label(self) -> str:
        return f"{_LABELS[self.name]} {self.year}".strip()


@dataclass(frozen=True, slots=True)
class PastedColumn:
    """A column as the page shows it: its heading, or its place, and what it was taken for."""

    heading: str
    role: Role


@dataclass
class Pasted:
    """`edits` of the text, and the number of the pasted row by path. `has_heading`: columns were named."""

    columns: Sequence[PastedColumn]
    has_heading: bool
    edits: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def lines(self) -> int:
        return len({path.rpartition("/")[0] for path in self.rows})


def read_paste(text: str, *, place: str, base: Text, current: Text, years: Sequence[str], codes: Codes) -> Pasted:
    """The edits that a block makes to the lines of the sheet at `place`. Raises InputRefused, by row and column.

    A row is an existing line when funder, nature and year are its own. An empty cell leaves what is there.
    `base`: the text that its author saw; lines added since to `current` are found too.
    """
    rows = cut(text, separator_of(text))
    if not rows:
        raise InputRefused([InputProblem(None, None, "Il est vide : collez des cellules copiées d'un tableur.")], TITLE)
    roles, first = _roles([cells for _, cells in rows], years)
    names = rows[0][1] if first else []
    columns = [
        PastedColumn(heading or f"colonne {rank}", role)
        for rank, (heading, role) in enumerate(zip_longest(names, roles, fillvalue=""), start=1)
        if isinstance(role, Role)
    ]
    reader = _Reader(place, base, current, years, codes, Pasted(columns, has_heading=first > 0))
    for number, cells in rows[first:]:
        reader.read(number, cells)
    if reader.problems:
        raise InputRefused(reader.problems, TITLE)
    return reader.pasted


# --- which column is what ---------------------------------------------------------------------------------------------


def _roles(rows: Sequence[Cells], years: Sequence[str]) -> tuple[list[Role], int]:
    """The role of each column, and how many rows are headings."""
    roles = [_named(cell) for cell in rows[0]]
    if any(role.name == "funder" for role in roles):
        second = rows[1] if len(rows) > 1 and _is_second_heading(rows[1]) else None
        return _spread(rows[0], roles, second), 1 if second is None else 2
    return _by_place(rows, years), 0


def _named(heading: str) -> Role:
    folded = fold(heading)
    words = set(re.findall(r"[a-z0-9]+", folded))
    if folded.startswith("financeur"):
        return Role("funder")
    if folded in ("annee", "exercice"):
        return Role("year")
    if folded in ("ligne", "code"):
        return Role("line")
    if "nature" in words and not words & {"ae", "cp"}:
        return Role("in_kind")
    found = _YEAR.search(heading)
    if words & {"cp", "paiement"}:
        return Role("planned_cp", found[1] if found else "")
    if found or words & {"ae", "prevu", "montant"}:
        return Role("planned", found[1] if found else "")
    return Role("")


def _is_second_heading(cells: Cells) -> bool:
    """The line under years in merged cells: « Prévu (AE) », « Paiement (CP) », and no funder."""
    said = [cell for cell in cells if cell]
    return bool(said) and not cells[0] and all(_named(cell).name in AMOUNTS and not _YEAR.search(cell) for cell in said)


def _spread(first: Cells, roles: Sequence[Role], second: Cells | None) -> list[Role]:
    """A year written over two merged cells stands on the first alone: the second is its payment."""
    spread: list[Role] = []
    year = ""
    width = max(len(first), len(second or ()))
    for rank in range(width):
        role = roles[rank] if rank < len(roles) else Role("")
        year = role.year or (year if not (first[rank] if rank < len(first) else "") else "")
        under = _named(second[rank]) if second is not None and rank < len(second) and second[rank] else None
        if under is not None and year:
            role = Role(under.name, year)
        elif not role.name and year:
            role = Role("planned_cp", year)
        spread.append(role)
    return spread


def _by_place(rows: Sequence[Cells], years: Sequence[str]) -> list[Role]:
    """Columns in the order of the grid, or of a list of lines when the first one holds years."""
    width = max(len(cells) for cells in rows)

    def column(place: int) -> list[str]:
        return [fold(cells[place]) if place < len(cells) else "" for cells in rows]

    head = [Role("funder")]
    if all(_YEAR.fullmatch(cell) for cell in column(0)):
        head = [Role("year"), Role("funder")]
    if width > len(head) and all(cell in _YES_NO for cell in column(len(head))) and width > len(head) + 1:
        head.append(Role("in_kind"))
    if head[0].name == "year":
        amounts = [Role("planned"), Role("planned_cp")]
    elif width - len(head) == len(years):
        amounts = [Role("planned", year) for year in years]
    else:
        amounts = [Role(name, year) for year in years for name in AMOUNTS]
    return [*head, *amounts]


# --- which line each row is -------------------------------------------------------------------------------------------


class _Reader:
    def __init__(
        self, place: str, base: Text, current: Text, years: Sequence[str], codes: Codes, pasted: Pasted
    ) -> None:
        self.place, self.years, self.codes, self.pasted = place, years, codes, pasted
        self.before: Mapping[str, Mapping[str, Any]] = at_path(base, f"{place}/lines") or {}
        self.lines = {**(at_path(current, f"{place}/lines") or {}), **self.before}
        self.taken = set(self.lines)
        self.problems: list[InputProblem] = []
        self._seen: dict[str, int] = {}

    def read(self, number: int, cells: Cells) -> None:
        """One pasted row: the amounts of one line, or of one funder over the years."""
        known, amounts = self._sorted(number, cells)
        funder = known.get("funder", "")
        if fold(funder).startswith("total"):
            self.pasted.notes.append(f"Ligne {number} : un total, ignoré.")
            return
        count = len(self.problems)
        who = (self._value("funder", funder, number), self._in_kind(known.get("in_kind", ""), number))
        if not funder:
            self._refuse(number, "Financeur", "Donnez le financeur de cette ligne.")
        if len(self.problems) > count:
            return
        for year in dict.fromkeys(year for _, year in amounts):
            given = {name: raw for (name, one), raw in amounts.items() if one == year and raw not in _NOTHING}
            if given:
                self._line(number, year or known.get("year", ""), known.get("line", ""), who, given)

    def _sorted(self, number: int, cells: Cells) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
        """The cells that say which line, and the amounts by (field, year)."""
        known: dict[str, str] = {}
        amounts: dict[tuple[str, str], str] = {}
        roles = [one.role for one in self.pasted.columns]
        for role, cell in zip(roles, cells, strict=False):
            if role.name in AMOUNTS:
                amounts[role.name, role.year] = cell
            elif role.name:
                known[role.name] = cell
        if any(cells[len(roles) :]):
            self._refuse(number, None, f"{len(cells)} cellules : au plus {len(roles)}, dans l'ordre de la grille.")
        return known, amounts

    def _in_kind(self, raw: str, number: int) -> bool:
        return bool(self._value("in_kind", _IN_KIND.get(fold(raw), raw), number))

    def _value(self, name: str, raw: str, number: int, year: str = "") -> Any:
        """A cell as a value of the text; None, and a problem, where it is none."""
        try:
            return read(_spec(name), raw, self.codes)
        except MaillageError as error:
            self._refuse(number, Role(name, year).label, error.message_fr)
            return None

    def _line(self, number: int, year: str, key: str, who: tuple[Any, bool], given: Mapping[str, str]) -> None:
        if year not in self.years:
            told = f"«{NBSP}{shorten(year, 20)}{NBSP}» n'est pas une année du contrat : {', '.join(self.years)}."
            self._refuse(number, "Année", told)
            return
        values = {name: self._value(name, raw, number, year) for name, raw in given.items()}
        found = self._key(number, key.upper(), (*who, year))
        if found is None:
            return
        if found in self._seen:
            self._refuse(number, None, f"La même ligne de financement figure déjà ligne {self._seen[found]}.")
            return
        self._seen[found] = number
        if found not in self.lines and values.get("planned") is None:
            self._refuse(number, Role("planned", year).label, "Donnez le prévu (AE) de cette nouvelle ligne.")
            return
        self._edit(number, found, {"year": year, "funder": who[0], "in_kind": who[1], **values})

    def _key(self, number: int, key: str, wanted: tuple[Any, bool, str]) -> str | None:
        """The line that a row speaks of, or a key for a new one; None, and a problem, when it cannot be told."""
        if key:
            if key in self.lines:
                return key
            self._refuse(number, "Ligne", f"«{NBSP}{shorten(key, 20)}{NBSP}» n'est pas une ligne de cette fiche.")
            return None
        same = [one for one, line in self.lines.items() if _identity(line) == wanted]
        if len(same) > 1:
            told = f"Plusieurs lignes pour ce financeur et cette année ({', '.join(sorted(same))}) : collez leur code."
            self._refuse(number, "Ligne", told)
            return None
        if same:
            return same[0]
        made = fresh_key("L", self.taken)
        self.taken.add(made)
        return made

    def _edit(self, number: int, key: str, values: Mapping[str, Any]) -> None:
        before = self.before.get(key)
        path = f"{self.place}/lines/{key}"
        for name, value in values.items():
            self.pasted.rows[f"{path}/{name}"] = number
            if before is None or (value or None) != (before.get(name) or None):
                self.pasted.edits[f"{path}/{name}"] = value

    def _refuse(self, number: int, column: str | None, message: str) -> None:
        self.problems.append(InputProblem(number, column, message))


def _identity(line: Mapping[str, Any]) -> tuple[Any, bool, str]:
    return line.get("funder"), bool(line.get("in_kind")), str(line.get("year") or "")


def _spec(name: str) -> Field:
    found = field_at(f"sheets/A01/lines/L1/{name}")
    if found is None:
        raise ValueError(f"no such field of a line: {name}")
    return found[1]


def row_of(pasted: Pasted, path: str) -> int | None:
    """The pasted row that a path comes from."""
    below: Iterator[int] = (number for one, number in pasted.rows.items() if one.startswith(f"{path}/"))
    return pasted.rows.get(path) or next(below, None)
