"""What a workbook would change: its rows against the text it was written from, then against the text as it is now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from maillage.contracts.exchange.cells import Codes, Names
from maillage.contracts.exchange.layout import TABS
from maillage.contracts.exchange.reading import REFUSED, Book, SheetProblem, SheetRow
from maillage.contracts.exchange.rows import RowEdits, RowReader
from maillage.engines.contract_text import Change, Merge, Text, changes, edited, label_of, merged, unfit
from maillage.kernel.errors import InputRefused

ChangeRefusal = Callable[[Change], str]  # a change → why it may not be made now, in French, or ''
ERASED = "erased"  # a field that the sheet leaves empty, where the text said something


@dataclass(frozen=True, slots=True)
class TabCount:
    """What became of the rows of a sheet."""

    name: str
    rows: int
    touched: int

    @property
    def same(self) -> int:
        return self.rows - self.touched


@dataclass(frozen=True)
class Plan:
    """`made`: what confirming changes in the text as it is. `merge.conflicts`: what someone must choose.

    `base` is the text that the workbook was written from, `rows` the row of the workbook by path of what it changes.
    """

    base: Text
    current: Text
    edits: Mapping[str, Any]
    merge: Merge
    made: tuple[Change, ...]
    rows: Mapping[str, SheetRow]
    counts: tuple[TabCount, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def places(self) -> tuple[str, ...]:
        """The parts of the text that are touched: the contract, a cap, a signatory, a sheet."""
        return tuple(sorted({place_of(path) for path in self.edits}))

    @property
    def kinds(self) -> Mapping[str, int]:
        """How many changes of each kind: changed, erased, added, removed."""
        return Counter(kind_of(change) for change in self.made)

    def row_of(self, path: str) -> SheetRow | None:
        """The row that speaks of a path, or of something within it."""
        return _row_of(path, self.rows)


def place_of(path: str) -> str:
    """The part that holds a path: « sheets/A01 » for all that is in the sheet."""
    return "contract" if path.startswith("contract/") else "/".join(path.split("/")[:2])


def kind_of(change: Change) -> str:
    return ERASED if change.kind == "changed" and change.after in (None, "") else change.kind


def plan_book(
    book: Book, *, current: Text, base: Text | None, codes: Codes, names: Names, closed: ChangeRefusal
) -> Plan:
    """Compare a workbook with the text. Raises InputRefused with every problem, by sheet, row and column.

    `base`: the text that the workbook was written from; None when it does not say, and every difference with `current`
    is then a change. `closed`: why a change may not be made now.
    """
    start = current if base is None else base
    reader = RowReader(start, current, codes, names)
    reader.claim(book)
    found = RowEdits()
    for tab in TABS:
        for row in book.rows.get(tab.name, []):
            reader.read(row, found)
    reader.check_references(found)
    _refuse(found.problems)
    merge = merged(start, found.edits, current)
    after = edited(current, merge.kept)
    made = tuple(changes(current, after))
    _refuse([*_closed(made, closed, found), *_unfit(after, found)])
    return Plan(start, current, found.edits, merge, made, found.rows, tuple(_counts(book, found)), tuple(book.notes))


def _refuse(problems: list[SheetProblem]) -> None:
    if problems:
        rank = {tab.name: place for place, tab in enumerate(TABS)}
        ordered = sorted(problems, key=lambda one: (rank.get(one.sheet, len(rank)), one.row or 0))
        raise InputRefused(ordered, REFUSED)


def _closed(made: tuple[Change, ...], closed: ChangeRefusal, found: RowEdits) -> list[SheetProblem]:
    return [
        _problem(change.path, change.label, f"Ce champ est fermé. {reason}", found)
        for change in made
        if (reason := closed(change))
    ]


def _unfit(after: Text, found: RowEdits) -> list[SheetProblem]:
    return [_problem(path, label_of(path), message, found) for path, message in unfit(after)]


def _problem(path: str, label: str, message: str, found: RowEdits) -> SheetProblem:
    row = _row_of(path, found.rows)
    if row is None:
        return SheetProblem(None, label or None, message)
    name = path.rpartition("/")[2]
    return row.problem(name if name in row.headings else None, message)


def _row_of(path: str, rows: Mapping[str, SheetRow]) -> SheetRow | None:
    if path in rows:
        return rows[path]
    parent = path.rpartition("/")[0]
    if parent in rows:
        return rows[parent]
    return next((row for one, row in rows.items() if one.startswith(f"{path}/")), None)


def _counts(book: Book, found: RowEdits) -> Iterator[TabCount]:
    touched = Counter((row.tab.name, row.number) for path, row in found.rows.items() if path in found.edits)
    for tab in TABS:
        if tab.name in book.rows:
            numbers = [row.number for row in book.rows[tab.name] if not _is_awaited(row, found)]
            yield TabCount(tab.name, len(numbers), sum((tab.name, number) in touched for number in numbers))


def _is_awaited(row: SheetRow, found: RowEdits) -> bool:
    return (row.tab.name, row.number) in found.silent
