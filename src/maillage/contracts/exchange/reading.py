"""A workbook that came back, in whatever state: its sheets, its columns wherever they are, its rows as texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from maillage.contracts.exchange.layout import REMINDER, SEAL, TABS, Tab, bare, key_name
from maillage.contracts.exchange.seal import Seal, read_seal
from maillage.engines.rows import fold
from maillage.gateways.tabular import MEBIBYTE, Limits, RawSheet, read_book
from maillage.kernel.errors import InputProblem, InputRefused, shorten
from maillage.kernel.numbers import NBSP

LIMITS = Limits(max_bytes=10 * MEBIBYTE, max_rows=20_000, max_columns=200, max_cells=1_000_000, seconds=20)
HEADING_SOUGHT = 20  # rows above a heading: a title, notes, merged cells
REFUSED = "Le tableur est refusé : rien n'est enregistré."
_PASSED_OVER = frozenset(fold(name) for name in ("Mode d'emploi", "Listes", SEAL))


@dataclass(frozen=True, slots=True)
class SheetProblem(InputProblem):
    """A problem somewhere in a workbook: on which sheet too."""

    sheet: str = ""

    def __str__(self) -> str:
        told = InputProblem.__str__(self)
        if not self.sheet:
            return told
        place = f"Feuille «{NBSP}{shorten(self.sheet, 40)}{NBSP}»"
        has_place = self.row is not None or self.column is not None
        return f"{place}, {told[0].lower()}{told[1:]}" if has_place else f"{place} : {told}"


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row: its number as a spreadsheet shows it, and the text of each column that is understood, by name."""

    tab: Tab
    number: int
    cells: Mapping[str, str]
    headings: Mapping[str, str] = field(repr=False)

    def problem(self, name: str | None, message: str) -> SheetProblem:
        return SheetProblem(self.number, self.headings.get(name or "", name) or None, message, self.tab.name)


@dataclass
class Book:
    """Rows by name of their sheet. `notes`: what was left aside, in French. `read`: the sheets that were found."""

    seal: Seal | None
    rows: dict[str, list[SheetRow]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[InputProblem] = field(default_factory=list)


def read_workbook(content: bytes, *, name: str) -> Book:
    """The rows of a workbook. Raises InputRefused when it cannot be read, or holds nothing that is looked for."""
    sheets = read_book(content, name=name, limits=LIMITS)
    by_name = {fold(one): sheet for one, sheet in sheets.items()}
    sealed = by_name.get(fold(SEAL))
    book = Book(read_seal(sealed.rows) if sealed is not None else None)
    for tab in TABS:
        found = by_name.pop(fold(tab.name), None)
        if found is not None:
            _read_tab(book, tab, found)
    _tell_the_rest(book, [one for folded, one in by_name.items() if folded not in _PASSED_OVER])
    if book.problems:
        raise InputRefused(book.problems, REFUSED)
    return book


def _tell_the_rest(book: Book, others: Sequence[RawSheet]) -> None:
    expected = ", ".join(f"«{NBSP}{tab.name}{NBSP}»" for tab in TABS)
    if not book.rows and not book.problems:
        names = ", ".join(f"«{NBSP}{shorten(one.name, 40)}{NBSP}»" for one in others[:10]) or "aucune"
        message = f"Aucune feuille n'est reconnue. Feuilles du modèle : {expected}. Feuilles trouvées : {names}."
        book.problems.append(SheetProblem(None, None, message))
    for one in others:
        if any(any(row) for row in one.rows):
            book.notes.append(f"La feuille «{NBSP}{shorten(one.name, 40)}{NBSP}» n'est pas du modèle : ignorée.")


def _read_tab(book: Book, tab: Tab, sheet: RawSheet) -> None:
    places, start = _heading(tab, sheet)
    missing = [key.heading for key in tab.keys if not key.is_made and key_name(key) not in places.values()]
    if missing or not places:
        named = " et ".join(f"«{NBSP}{one}{NBSP}»" for one in missing) or "des titres"
        message = f"La ligne d'en-tête est introuvable : il faut la colonne {named}."
        book.problems.append(SheetProblem(None, None, message, sheet.name))
        return
    headings = {name: (sheet.rows[start][place] or "").strip() for place, name in places.items()}
    twice = {name for name in places.values() if list(places.values()).count(name) > 1}
    for name in sorted(twice):
        book.problems.append(SheetProblem(start + 1, headings[name], "Cette colonne est donnée deux fois.", sheet.name))
    _tell_columns(book, tab, sheet, places, start)
    uncomputed = {(row, column) for row, column in sheet.uncomputed if column - 1 in places}
    for row, column in sorted(uncomputed):
        message = "Formule sans valeur enregistrée : ouvrez le classeur, laissez-le calculer et enregistrez-le."
        book.problems.append(SheetProblem(row, headings[places[column - 1]], message, sheet.name))
    rows = (
        SheetRow(tab, number, _cells(row, places), headings)
        for number, row in enumerate(sheet.rows[start + 1 :], start=start + 2)
    )
    book.rows[tab.name] = [row for row in rows if any(text for name, text in row.cells.items() if name != REMINDER)]


def _heading(tab: Tab, sheet: RawSheet) -> tuple[dict[int, str], int]:
    """Place of a column → its name, and the row of the heading: the one that has the most of them."""
    known = tab.headings()
    best: dict[int, str] = {}
    start = 0
    for number, row in enumerate(sheet.rows[:HEADING_SOUGHT]):
        found = {place: known[bare(cell)] for place, cell in enumerate(row) if cell and bare(cell) in known}
        if len(set(found.values())) > len(set(best.values())):
            best, start = found, number
    return best, start


def _tell_columns(book: Book, tab: Tab, sheet: RawSheet, places: Mapping[int, str], start: int) -> None:
    """Columns of the person's own are left aside; columns taken away leave the text as it is. Both are said."""
    row = sheet.rows[start]
    own = [(cell or "").strip() for place, cell in enumerate(row) if place not in places and (cell or "").strip()]
    if own:
        named = ", ".join(f"«{NBSP}{shorten(one, 40)}{NBSP}»" for one in own[:10])
        book.notes.append(f"Feuille «{NBSP}{tab.name}{NBSP}», colonne {named} : pas du modèle, ignorée.")
    absent = [one.label for one in tab.part.fields if one.name not in places.values()]
    if absent:
        named = ", ".join(f"«{NBSP}{one}{NBSP}»" for one in absent)
        book.notes.append(f"Feuille «{NBSP}{tab.name}{NBSP}», colonne absente {named} : laissée telle quelle.")


def _cells(row: Sequence[str | None], places: Mapping[int, str]) -> dict[str, str]:
    return {name: (row[place] or "").strip() if place < len(row) else "" for place, name in places.items()}
