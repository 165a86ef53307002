"""DGCL, composition communale des EPCI: a workbook with one row per member; the year is in sheet and column names.

`dept` is the département of the seat, `insee` the member: an EPCI may have members in several départements.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from maillage.gateways.tabular import Table
from maillage.kernel.errors import InputProblem, MaillageError
from maillage.kernel.territory import TerritoryCode
from maillage.territories.importers.common import Columns, Problems, read_count, refused, year_of

NEEDED = {
    "dept": ("dept", "dep_epci", "département siège"),
    "siren": ("siren", "siren_epci"),
    "name": ("raison_sociale", "nom_complet", "raison sociale"),
    "nature": ("nature_juridique", "nature juridique"),
    "insee": ("insee", "code_insee", "insee_membre"),
}


@dataclass
class Epci:
    """One EPCI: its seat, its members of the file, and what the file says of its whole."""

    row: int
    siren: str
    name: str
    nature: str
    seat: str
    members: list[str] = field(default_factory=list)
    announced: int | None = None
    municipal: int | None = None
    total: int | None = None

    @property
    def code(self) -> str:
        return f"EPCI-{self.siren}"

    @property
    def communes_total(self) -> int:
        return self.announced if self.announced is not None else len(self.members)

    @property
    def is_whole(self) -> bool:
        return len(self.members) == self.communes_total


@dataclass
class Composition:
    """A parsed file. `year` is the vintage that it tells."""

    epcis: list[Epci]
    rows_of: dict[str, int]
    read: int
    year: int | None
    notes: list[str] = field(default_factory=list)

    @property
    def scope(self) -> frozenset[str]:
        return frozenset(f"DEP-{TerritoryCode.parse(f'COM-{code}').departement}" for code in self.rows_of)


def parse_epci(table: Table, name: str) -> Composition:
    """The EPCI and their members. Raises InputRefused with every problem."""
    columns = Columns(table)
    places = {key: columns.place(*titles) for key, titles in NEEDED.items()}
    missing = [titles[0] for key, titles in NEEDED.items() if places[key] is None]
    if missing:
        message = f"Ce n'est pas la composition des EPCI : il manque les colonnes {', '.join(missing)}."
        raise refused(name, [InputProblem(1, None, message)])
    problems = Problems(name)
    reader = _Reader(table, columns, {key: place or 0 for key, place in places.items()}, problems)
    for number, cells in zip(table.row_numbers, table.rows, strict=True):
        reader.read(number, cells)
    reader.check()
    if not reader.epcis and not problems.found:
        problems.add(None, None, "Le fichier ne contient aucun EPCI.")
    problems.refuse_if_any()
    years = [year_in(table.sheet), *(year_in(title) for title in table.columns), year_of(name)]
    told = [year for year in years if year]
    notes = []
    if len(set(told)) > 1:
        notes.append(f"Plusieurs années sont écrites dans le fichier : {', '.join(map(str, sorted(set(told))))}.")
    return Composition(list(reader.epcis.values()), reader.rows_of, len(table.rows), told[0] if told else None, notes)


def year_in(text: str) -> int | None:
    """The year stuck to the name of a sheet or of a column, as in « Epcicom2025 » and « pmun_2025 »."""
    match = re.search(r"(20\d\d)\D*$", text)
    return int(match[1]) if match else None


class _Reader:
    """Rows into EPCI, one after the other."""

    def __init__(self, table: Table, columns: Columns, places: dict[str, int], problems: Problems) -> None:
        self.titles, self.places, self.problems = table.columns, places, problems
        self.announced_at = columns.place("nb_membres", "nombre de membres")
        self.municipal_at = columns.place("total_pop_mun")
        self.total_at = columns.place("total_pop_tot")
        self.epcis: dict[str, Epci] = {}
        self.rows_of: dict[str, int] = {}

    def read(self, number: int, cells: list[str | None]) -> None:
        values = {key: (cells[place] or "").strip() for key, place in self.places.items()}
        commune = self._code("COM", "insee", values["insee"], number)
        seat = self._code("DEP", "dept", values["dept"], number)
        siren = self._code("EPCI", "siren", values["siren"], number)
        if not values["name"] or not values["nature"]:
            self.problems.add(number, self.titles[self.places["name"]], "Le nom ou la nature juridique manque.")
            return
        if not (commune and seat and siren):
            return
        epci = self.epcis.get(siren)
        if epci is None:
            epci = self.epcis[siren] = Epci(number, siren, values["name"][:200], values["nature"][:20], seat)
            epci.announced = self._count(self.announced_at, cells, number)
            epci.municipal = self._count(self.municipal_at, cells, number)
            epci.total = self._count(self.total_at, cells, number)
        elif (epci.name, epci.nature, epci.seat) != (values["name"][:200], values["nature"][:20], seat):
            message = f"L'EPCI {siren} n'a pas le même nom, la même nature ou le même siège que ligne {epci.row}."
            self.problems.add(number, self.titles[self.places["siren"]], message)
            return
        if commune in self.rows_of:
            message = f"La commune {commune} figure déjà ligne {self.rows_of[commune]} : elle a un seul EPCI."
            self.problems.add(number, self.titles[self.places["insee"]], message)
            return
        self.rows_of[commune] = number
        epci.members.append(commune)

    def _code(self, prefix: str, key: str, text: str, number: int) -> str:
        try:
            return TerritoryCode.parse(f"{prefix}-{text}").insee
        except MaillageError as error:
            self.problems.add(number, self.titles[self.places[key]], error.message_fr if text else "Le code manque.")
            return ""

    def _count(self, place: int | None, cells: list[str | None], number: int) -> int | None:
        if place is None or cells[place] is None:
            return None
        found = read_count(cells[place])
        if isinstance(found, str):
            self.problems.add(number, self.titles[place], found)
            return None
        return found

    def check(self) -> None:
        for siren, count in Counter({siren: len(epci.members) for siren, epci in self.epcis.items()}).items():
            announced = self.epcis[siren].announced
            if announced is not None and count > announced:
                message = f"L'EPCI {siren} a {count} communes dans le fichier, qui en annonce {announced}."
                self.problems.add(self.epcis[siren].row, None, message)
