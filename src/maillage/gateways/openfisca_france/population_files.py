"""A population file, read block by block: Parquet, CSV, or a workbook. Memory does not depend on the number of rows.

One row per person. Rows are numbered as a spreadsheet shows them, heading included, whatever the kind of file. What is
read here is a table of cells; what the cells say is for `population_columns`.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from maillage.gateways.tabular.reader import OLE_MAGIC, ZIP_MAGIC, read_table, refused
from maillage.kernel.errors import InputProblem, InputRefused

PARQUET_MAGIC = b"PAR1"
BLOCK_ROWS = 200_000
"""Persons read at a time, some 90,000 households: twice as many take half as much memory again, and are no quicker."""

MOST_COLUMNS = 500
_DELIMITERS = ";,\t|"
_PIECE = 1 << 23
_FIRST_ROW = 2
_LONGEST_RECORD = 1 << 20


@dataclass(frozen=True)
class Block:
    """Some rows of a file. `rows`: their numbers; `done`: the share of the file read once they are, from 0 to 1."""

    frame: pl.DataFrame
    rows: npt.NDArray[np.int64]
    done: float


class PopulationFile(Protocol):
    """A file that is understood as a table."""

    @property
    def columns(self) -> Sequence[str]: ...

    def blocks(self, size: int = BLOCK_ROWS) -> Iterator[Block]:
        """Its rows, `size` at a time or fewer. Raises InputRefused where the table itself is broken."""
        ...


def open_population(path: Path) -> PopulationFile:
    """The file, by its content rather than its name. Raises InputRefused, in French."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise _refused(path, f"Le fichier ne s'ouvre pas : {error.strerror or type(error).__name__}.") from error
    if not start:
        raise _refused(path, "Il est vide.")
    if start.startswith(PARQUET_MAGIC):
        return ParquetFile(path)
    if start.startswith((ZIP_MAGIC, OLE_MAGIC)):
        return WorkbookFile(path)
    return CsvFile(path)


def _refused(path: Path, message: str, *, row: int | None = None) -> InputRefused:
    return refused(path.name, [InputProblem(row, None, message)])


class ParquetFile:
    """A Parquet file: typed columns, read by row group."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._table = pl.scan_parquet(path, glob=False, hive_partitioning=False)
            self.columns = self._table.collect_schema().names()
            self._rows = int(self._table.select(pl.len()).collect().item())
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _refused(path, "Ce fichier Parquet est abîmé ou n'est pas lisible.") from error

    def blocks(self, size: int = BLOCK_ROWS) -> Iterator[Block]:
        first = 0
        try:
            while first < self._rows:  # by slices: a stream of batches reads far ahead
                frame = self._table.slice(first, size).collect()
                if not frame.height:
                    raise _refused(
                        self._path, "Ce fichier a moins de lignes qu'il ne l'annonce.", row=first + _FIRST_ROW
                    )
                rows = np.arange(first, first + frame.height) + _FIRST_ROW
                first += frame.height
                yield Block(frame, rows, first / self._rows)
        except pl.exceptions.PolarsError as error:
            row = first + _FIRST_ROW
            raise _refused(self._path, "Ce fichier Parquet est abîmé à partir d'ici.", row=row) from error


class WorkbookFile:
    """The first sheet of an XLSX or ODS workbook: for populations that a spreadsheet can hold."""

    def __init__(self, path: Path) -> None:
        table = read_table(path, name=path.name)
        self.columns = table.columns
        self._cells, self._rows = table.rows, np.array(table.row_numbers, np.int64)

    def blocks(self, size: int = BLOCK_ROWS) -> Iterator[Block]:
        for first in range(0, len(self._cells), size):
            yield Block(
                _texts(self._cells[first : first + size], self.columns),
                self._rows[first : first + size],
                min(1.0, (first + size) / len(self._cells)),
            )


def _texts(cells: Sequence[Sequence[str | None]], columns: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(cells, schema=dict.fromkeys(columns, pl.String), orient="row", strict=False)


class CsvFile:
    """A CSV file: its encoding and its delimiter are found out, and the width of every row is checked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size
        self._encoding = _encoding(path)
        with self._opened() as file:
            heading = file.readline(_LONGEST_RECORD)
        if not heading.strip():
            raise _refused(path, "La première ligne est vide : elle doit nommer les colonnes.", row=1)
        self._delimiter = max(_DELIMITERS, key=heading.count)
        self.columns = [one.strip() for one in next(csv.reader([heading], delimiter=self._delimiter))]
        while len(self.columns) > 1 and not self.columns[-1]:
            self.columns.pop()
        if len(self.columns) > MOST_COLUMNS:
            raise _refused(path, f"Il a {len(self.columns)} colonnes ; la limite est de {MOST_COLUMNS}.")

    def blocks(self, size: int = BLOCK_ROWS) -> Iterator[Block]:
        with self._opened() as file:
            file.readline()
            rest = Block(self._frame(b""), np.zeros(0, np.int64), 0.0)
            for frame, numbers in self._pieces(file):
                rest = Block(pl.concat([rest.frame, frame]), np.concatenate([rest.rows, numbers]), self._done(file))
                while rest.frame.height >= size:
                    yield Block(rest.frame[:size], rest.rows[:size], rest.done)
                    rest = Block(rest.frame[size:], rest.rows[size:], rest.done)
            if rest.frame.height:
                yield Block(rest.frame, rest.rows, 1.0)

    def _opened(self) -> io.TextIOWrapper:
        return self._path.open(encoding=self._encoding, newline=None)  # every end of line reads as one sign

    def _done(self, file: io.TextIOWrapper) -> float:
        return min(1.0, os.lseek(file.fileno(), 0, os.SEEK_CUR) / max(1, self._size))

    def _pieces(self, file: io.TextIOWrapper) -> Iterator[tuple[pl.DataFrame, npt.NDArray[np.int64]]]:
        """The rows that are not blank, with their numbers, some thousands at a time."""
        number, rest = _FIRST_ROW, ""
        while True:
            read = file.read(_PIECE)
            text = rest + read
            if not text:
                return
            if read and len(text) > _PIECE + _LONGEST_RECORD:
                raise _refused(
                    self._path, "Une ligne est bien trop longue : un guillemet manque sans doute.", row=number
                )
            records, rest = _cut(text) if read else (text, "")
            if not records.strip():
                number += records.count("\n")
                continue
            frame, rows, count = self._plain(records, number) or self._quoted(records, number)
            number += count
            if frame.height:
                yield frame, rows

    def _plain(self, text: str, first: int) -> tuple[pl.DataFrame, npt.NDArray[np.int64], int] | None:
        """Rows without quotes and all of one width, which nearly all files are, read at once; None for others."""
        if '"' in text:
            return None
        data = (text if text.endswith("\n") else f"{text}\n").encode()
        signs = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(signs == ord("\n"))
        cells = np.diff(np.searchsorted(np.flatnonzero(signs == ord(self._delimiter)), ends), prepend=0) + 1
        if (cells != len(self.columns)).any():
            return None
        frame = self._frame(data)
        if frame.height != len(ends):
            return None
        rows = np.arange(first, first + len(ends))
        blank = frame.select(pl.all_horizontal(pl.all().is_null())).to_series().to_numpy()
        if blank.any():
            return frame.filter(~blank), rows[~blank], len(ends)
        return frame, rows, len(ends)

    def _quoted(self, text: str, first: int) -> tuple[pl.DataFrame, npt.NDArray[np.int64], int]:
        """Any other rows, one by one: those that are blank are left, those of another width are refused."""
        blank = f"{self._delimiter} \t\n"
        lines, rows, count = [], [], 0
        for count, line in enumerate(_records(text), start=1):
            if line.strip(blank):
                lines.append(self._mended(line, first + count - 1))
                rows.append(first + count - 1)
        frame = self._frame("".join(lines).encode())
        if frame.height != len(rows):
            raise _refused(self._path, "Des lignes ne se lisent pas une à une à partir d'ici.", row=first)
        return frame, np.array(rows, np.int64), count

    def _mended(self, line: str, number: int) -> str:
        """A record written again, with quotes only where they are needed. Refused when its width is wrong."""
        try:
            cells = next(csv.reader([line], delimiter=self._delimiter, strict=True))
        except (csv.Error, StopIteration) as error:
            message = "Les guillemets sont mal placés, ou l'un d'eux n'est pas refermé."
            raise _refused(self._path, message, row=number) from error
        width = len(self.columns)
        if len(cells) > width and not any(cells[width:]):
            cells = cells[:width]
        if len(cells) != width:
            cause = "un séparateur ou un guillemet manque, ou est de trop"
            raise _refused(
                self._path, f"{len(cells)} cellule{'s' * (len(cells) > 1)} au lieu de {width} : {cause}.", row=number
            )
        out = io.StringIO()
        csv.writer(out, delimiter=self._delimiter, lineterminator="\n").writerow(cells)
        return out.getvalue()

    def _frame(self, data: bytes) -> pl.DataFrame:
        schema = dict.fromkeys(self.columns, pl.String)
        if not data:
            return pl.DataFrame(schema=schema)
        return pl.read_csv(io.BytesIO(data), has_header=False, separator=self._delimiter, schema=schema)


def _cut(text: str) -> tuple[str, str]:
    """Whole records, and the beginning of the last one. A record whose quotes are open goes on after the line."""
    end = text.rfind("\n") + 1
    if text.count('"', 0, end) % 2:
        end = text.rfind("\n", 0, text.rfind('"', 0, end)) + 1  # before the record that the last quote opens
    return text[:end], text[end:]


def _records(text: str) -> Iterator[str]:
    """The records of a text; one in quotes may take several lines."""
    lines = io.StringIO(text)
    for line in lines:
        whole = line
        while whole.count('"') % 2 and (more := next(lines, "")):
            whole += more
        yield whole


def _encoding(path: Path) -> str:
    """utf-8 (with its mark or without), utf-16 with its mark, or Windows-1252."""
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
    if _decodes(path, "utf-8"):
        return "utf-8-sig"
    if start.startswith(codecs.BOM_UTF8) or not _decodes(path, "cp1252"):
        raise _refused(path, "Deux encodages sont mêlés : enregistrez le fichier en entier en CSV UTF-8.")
    return "cp1252"


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while chunk := file.read(_PIECE):
            if b"\x00" in chunk:
                raise _refused(path, "Un octet nul : ce n'est ni du texte, ni un fichier Parquet, ni un classeur.")
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return False
    return True
