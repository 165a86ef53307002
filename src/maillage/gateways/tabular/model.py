"""What a table is once read, and how much of one is accepted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """How big a file may be. Every limit exists because a small hostile file can ask for a huge amount of memory."""

    max_bytes: int = 150 * MEBIBYTE
    max_rows: int = 1_500_000
    max_columns: int = 500
    max_cells: int = 40_000_000
    # Workbooks are zip archives: what they claim to hold once unpacked, and how far one member may be compressed.
    max_unpacked_bytes: int = 400 * MEBIBYTE
    max_ratio: int = 250
    # The process that parses a workbook.
    seconds: int = 60
    memory_bytes: int = 2048 * MEBIBYTE
    max_sheets: int = 60  # where every sheet is read


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Table:
    """Text as it was in the file; None for an empty cell. Blank rows are left out.

    `row_numbers[i]` is the place of `rows[i]` in the file, counted from 1, heading included, as a spreadsheet shows it.
    """

    columns: list[str]
    rows: list[list[str | None]]
    row_numbers: Sequence[int]
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""

    def records(self) -> Iterator[tuple[int, dict[str, str | None]]]:
        """Each row with its number in the file, as a mapping from column to text."""
        for number, row in zip(self.row_numbers, self.rows, strict=True):
            yield number, dict(zip(self.columns, row, strict=True))


@dataclass(frozen=True)
class RawSheet:
    """One sheet of a workbook as it is, title rows and blank rows included. `rows[0]` is the row 1 of a spreadsheet.

    `uncomputed`: (row, column), both from 1, of the formulas that no program has computed: their cell is empty here.
    """

    name: str
    rows: Sequence[Sequence[str | None]]
    uncomputed: Sequence[tuple[int, int]] = ()
