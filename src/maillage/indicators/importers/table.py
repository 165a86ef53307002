"""Any table (CSV, XLSX, ODS, JSON) read as its mapping says."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from maillage.gateways.tabular import DEFAULT_LIMITS, Table, read_table
from maillage.gateways.tabular import refused as unreadable
from maillage.indicators.importers.mapping import FileShape, Mapping
from maillage.indicators.importers.model import (
    MAX_NAMED,
    MAX_PROBLEMS,
    CellReader,
    Line,
    Measure,
    RowReader,
    Statistics,
    duplicated,
    not_taken,
)
from maillage.kernel.errors import InputProblem, MaillageError, shorten
from maillage.kernel.numbers import NBSP
from maillage.kernel.period import Period
from maillage.sources.registry import LeftOut
from maillage.territories.enums import Level
from maillage.territories.importers.common import Columns, refused

COUNTS = {"persons", "households", "families", "children", "foyers", "places", "structures", "communes"}
_FORMS = {
    Level.COMMUNE: r"(?:\d{2}|2[AB])\d{3}",
    Level.EPCI: r"\d{9}",
    Level.DEPARTEMENT: r"\d{2,3}|2[AB]",
    Level.REGION: r"\d{2}",
    Level.IRIS: r"(?:\d{2}|2[AB])\d{7}",
    Level.COUNTRY: r".+",
}
_WIDTHS = {Level.COMMUNE: 5, Level.IRIS: 9, Level.DEPARTEMENT: 2, Level.REGION: 2}
_PREFIX = re.compile(r"(?:COM|EPCI|DEP|REG|IRIS)-")
_NO_CODE = "Lignes sans code de territoire lisible (total, note, ligne vide)."


def read_described(path: Path, name: str, shape: FileShape) -> Table:
    """The table that a mapping describes. Raises InputRefused."""
    if Path(name).suffix.lower() == ".json":
        return _json_table(path, name, shape)
    source: Path | bytes = path
    if shape.encoding or shape.separator:
        source = _rewritten(path, name, shape)
    return read_table(source, name=name, sheet=shape.sheet or None, header_row=shape.header_row - 1)


def parse_table(table: Table, name: str, mapping: Mapping, summable: set[str], units: dict[str, str]) -> Statistics:
    """Lines of a table. `summable`: codes whose values add up; `units`: unit by code. Raises InputRefused."""
    return _Described(table, name, mapping, summable, units).parse()


@dataclass
class _Described:
    table: Table
    name: str
    mapping: Mapping
    summable: set[str]
    units: dict[str, str]
    problems: list[InputProblem] = field(default_factory=list)
    left: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def parse(self) -> Statistics:
        mapping = self.mapping
        code_at, name_at, period_at = (
            self._at(title) for title in (mapping.territory, mapping.name_column, mapping.period_column)
        )
        places = [self._at(one.column) for one in mapping.columns]
        if self.problems:
            raise refused(self.name, self.problems)
        readers = [
            (place, one.column, self._reader(n))
            for n, (place, one) in enumerate(zip(places, mapping.columns, strict=True))
            if place is not None
        ]
        reading = RowReader(self.table, readers)
        lines: list[Line] = []
        for number, row in zip(self.table.row_numbers, self.table.rows, strict=True):
            if len(self.problems) >= MAX_PROBLEMS:
                break
            code = self._code(row, code_at, number)
            period = self._period(row, period_at, number) if code else ""
            if not code or not period:
                continue
            named = (row[name_at] or "").strip() if name_at is not None else ""
            cells = reading.cells(row, number, self.problems)
            lines.append(Line(number, mapping.level, code, period, cells, named, mapping.geography))
        self.problems += duplicated(lines, mapping.territory or "code")
        if self.problems:
            raise refused(self.name, self.problems)
        used = {code_at, name_at, period_at, *places}
        return Statistics(
            [Measure(one.code, one.column, one.code in self.summable) for one in mapping.columns],
            lines,
            len(self.table.rows),
            dict.fromkeys((line.period for line in lines), mapping.perimeter),
            [LeftOut(why, len(named), tuple(named[:MAX_NAMED])) for why, named in self.left.items()],
            not_taken([title for place, title in enumerate(self.table.columns) if place not in used]),
        )

    def _at(self, title: str) -> int | None:
        """The place of a column; None for no title."""
        if not title:
            return None
        place = Columns(self.table).place(title)
        if place is None:
            there = ", ".join(shorten(one, 30) for one in self.table.columns[:20])
            message = f"Colonne manquante. Colonnes trouvées à cette ligne{NBSP}: {there}."
            self.problems.append(InputProblem(self.mapping.file.header_row, title, message))
        return place

    def _reader(self, place: int) -> CellReader:
        column = self.mapping.columns[place]
        return CellReader(
            self.mapping.markers,
            status=column.status,
            minimum=Decimal(0) if self.units.get(column.code) in COUNTS else None,
            rounded=column.rounding // 2,
            decimal_mark=column.decimal_mark,
        )

    def _code(self, row: Sequence[str | None], place: int | None, number: int) -> str:
        text = self.mapping.territory_code if place is None else (row[place] or "")
        code, level = _PREFIX.sub("", text.strip().upper()), self.mapping.level
        if self.mapping.pads_zeros and code.isdigit():
            code = code.zfill(_WIDTHS.get(level, 0))
        if re.fullmatch(_FORMS[level], code, re.ASCII):
            return code
        if self.mapping.refuses_unknown:
            message = f"«{NBSP}{shorten(text, 30)}{NBSP}» n'est pas un code de ce niveau ({level.label})."
            self.problems.append(InputProblem(number, self.mapping.territory or "code", message))
        else:
            self.left[_NO_CODE].append(shorten(text.strip() or f"ligne {number}", 30))
        return ""

    def _period(self, row: Sequence[str | None], place: int | None, number: int) -> str:
        if place is None:
            return self.mapping.period
        text = (row[place] or "").strip()
        found = re.fullmatch(r"(\d{4})(0[1-9]|1[0-2])", text, re.ASCII)
        try:
            return Period.parse(f"{found[1]}-{found[2]}" if found else text).canonical
        except MaillageError as error:
            self.problems.append(InputProblem(number, self.mapping.period_column, error.message_fr))
            return ""


def _rewritten(path: Path, name: str, shape: FileShape) -> bytes:
    """The CSV with the encoding and the separator that the mapping tells, written again as the reader expects it."""
    size = path.stat().st_size
    if size > DEFAULT_LIMITS.max_bytes:
        raise unreadable(
            name, [InputProblem(None, None, "Il est trop lourd. Découpez-le, par exemple par département.")]
        )
    try:
        text = path.read_bytes().decode(shape.encoding or "utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"Il n'est pas écrit en {shape.encoding or 'UTF-8'} (octet {error.start}). Corrigez « encodage »."
        raise unreadable(name, [InputProblem(None, None, message)]) from None
    if not shape.separator:
        return text.encode()
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n")
    try:
        writer.writerows(csv.reader(io.StringIO(text, newline=""), delimiter=shape.separator, strict=True))
    except csv.Error:
        message = "Les guillemets sont mal placés, ou le séparateur n'est pas celui que dit la correspondance."
        raise unreadable(name, [InputProblem(None, None, message)]) from None
    return written.getvalue().encode()


def _json_table(path: Path, name: str, shape: FileShape) -> Table:
    """A list of objects, at the path that the mapping tells; the row of an object is its rank in the list."""
    if path.stat().st_size > DEFAULT_LIMITS.max_bytes:
        raise unreadable(
            name, [InputProblem(None, None, "Il est trop lourd. Découpez-le, par exemple par département.")]
        )
    try:
        # Numbers stay as they are written: a code or an amount must not pass through a floating point.
        found = json.loads(path.read_bytes(), parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise unreadable(name, [InputProblem(None, None, "Ce n'est pas du JSON : il est coupé ou abîmé.")]) from None
    for step in filter(None, shape.path.split(".")):
        found = found.get(step) if isinstance(found, dict) else None
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        message = "Il faut une liste d'objets. Dites où elle est par la clé « chemin » de la correspondance."
        raise unreadable(name, [InputProblem(None, None, message)])
    columns = list(dict.fromkeys(key for one in found for key in one))
    if len(columns) > DEFAULT_LIMITS.max_columns or len(found) > DEFAULT_LIMITS.max_rows:
        raise unreadable(name, [InputProblem(None, None, "Il a trop de lignes ou de colonnes.")])
    rows = [[_text(one.get(column)) for column in columns] for one in found]
    return Table(columns, rows, range(1, len(rows) + 1))


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, dict | list):
        return None
    return str(value)
