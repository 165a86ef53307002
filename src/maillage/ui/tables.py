"""Tables that a page shows, sorts and exports. The data come as they are; how they are written is decided here."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format

from maillage.ui import export as exporting
from maillage.ui import statuses, units
from maillage.ui.export import FORMATS

KINDS = ("text", "number", "money", "percent", "date", "link", "status", "badge", "code")
NUMERIC = frozenset({"number", "money", "percent"})
UNITS = {"money": "EUR", "percent": "%"}


@dataclass(frozen=True)
class Column:
    """`kind` is one of KINDS. `decimals` None shows those the number has (see `units.format_value`).

    `total` is "" (none), "sum" (sum of the values known, marked as partial where some are not), or a text to show.
    A rate or a median is never summed: leave "" and give the table a `footer`.
    """

    key: str
    label: str
    kind: str = "text"
    help: str = ""
    decimals: int | None = None
    total: str = ""
    unit: str = ""  # for a number: code or text of its unit, shown in the header

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of column: {self.kind}")
        if self.kind == "percent" and self.total == "sum":
            raise ValueError("a percentage is never summed")

    @property
    def numeric(self) -> bool:
        return self.kind in NUMERIC

    @property
    def header_unit(self) -> str:
        return units.suffix_of(self.unit) if self.unit else ""


@dataclass(frozen=True)
class Cell:
    """A value, and what goes with it. `value` None is unknown, never zero; "" has no sense here and shows nothing.

    `text` replaces the way the value is written; `url` is where it leads (its source, its page); `sort` replaces the
    value when sorting; `status` is a code of `statuses` (for a badge, a kind); `note` a short text under the value.
    """

    value: Any
    text: str = ""
    url: str = ""
    sort: Any = None
    status: str = ""
    note: str = ""


NOTHING = Cell("")  # has no sense here, which is not the same as unknown


@dataclass(frozen=True)
class Table:
    """`id` is unique in the page (letters, digits, hyphens). `row_header` names the row (else the first column)."""

    id: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]
    source: str = ""
    note: str = ""
    empty: str = "Aucune ligne à afficher."
    source_url: str = ""
    footer: Mapping[str, Any] | None = None
    row_header: str = ""
    sortable: bool = True
    exportable: bool = True
    sort: tuple[str, str] = field(default=("", ""))  # the column the rows are sorted by, and "asc" or "desc"

    @property
    def header_key(self) -> str:
        return self.row_header or self.columns[0].key

    def column(self, key: str) -> Column | None:
        return next((column for column in self.columns if column.key == key), None)

    def cell(self, row: Mapping[str, Any], key: str) -> Cell:
        value = row.get(key)
        return value if isinstance(value, Cell) else Cell(value)

    def sorted_by(self, params: Mapping[str, Any]) -> Table:
        """The rows in the order asked by the address (`<id>-tri`, `<id>-sens`); the rows as they came otherwise.

        Unknown values come last in both directions.
        """
        key = str(params.get(f"{self.id}-tri", ""))
        column = self.column(key)
        if column is None or not self.sortable:
            return self
        descending = params.get(f"{self.id}-sens") == "desc"
        known = [row for row in self.rows if sort_key(self.cell(row, key)) is not None]
        unknown = [row for row in self.rows if sort_key(self.cell(row, key)) is None]
        known.sort(key=lambda row: sort_key(self.cell(row, key)) or (0, 0, ""), reverse=descending)
        return replace(self, rows=[*known, *unknown], sort=(key, "desc" if descending else "asc"))

    def footer_cells(self) -> dict[str, Cell] | None:
        """Cells of the last line: the given footer, completed by the totals of the columns. None without any."""
        given = {key: value if isinstance(value, Cell) else Cell(value) for key, value in (self.footer or {}).items()}
        totals = {column.key: self._total(column) for column in self.columns if column.total and self.rows}
        cells = {**totals, **given}
        if not cells:
            return None
        cells.setdefault(self.header_key, Cell("Total"))
        return {column.key: cells.get(column.key, NOTHING) for column in self.columns}

    def _total(self, column: Column) -> Cell:
        if column.total != "sum":
            return Cell(column.total)
        numbers = [units.to_decimal(self.cell(row, column.key).value) for row in self.rows]
        known = [number for number in numbers if number is not None]
        if not known:
            return Cell(None)
        return Cell(sum(known, Decimal(0)), status="partial" if len(known) < len(numbers) else "")

    def used_statuses(self) -> list[tuple[str, statuses.Mark]]:
        """The marks that stand beside numbers of this table, for its legend."""
        numeric = [column.key for column in self.columns if column.numeric]
        lines = [*self.rows, self.footer_cells() or {}]
        codes = {self.cell(row, key).status for row in lines for key in numeric}
        return [(code, mark) for code, mark in statuses.MARKS.items() if code in codes and mark.symbol]


def sort_key(cell: Cell) -> tuple[int, Any, str] | None:
    """What two cells are compared by; None for an unknown value. Numbers, then dates, then texts without accents."""
    value = cell.sort if cell.sort is not None else cell.value
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return (1, value.timestamp(), "")
    if isinstance(value, date):
        return (1, float(value.toordinal()), "")
    number = None if isinstance(value, str) else units.to_decimal(value)
    if number is not None:
        return (0, number, "")
    return (2, 0, fold(str(value)))


def fold(text: str) -> str:
    """A text as it is sorted: without accents or case (« Évreux » between « Étampes » and « Fécamp »)."""
    decomposed = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()


def display(column: Column, cell: Cell) -> str:
    """The text of a cell."""
    value = cell.value
    if cell.text or value == "":
        return cell.text
    if value is None:
        return unknown_text(cell.status) if column.kind not in ("text", "link", "badge", "code") else ""
    if column.kind == "status":
        return statuses.mark(str(value)).label or str(value)
    if column.numeric:
        return units.format_value(value, unit=UNITS.get(column.kind, ""), decimals=column.decimals)
    return written(value)


def written(value: Any) -> str:
    """A value as a reader expects it: dates in French, texts as they are."""
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return date_format(local, "j F Y, H:i")
    if isinstance(value, date):
        return date_format(value, "j F Y")
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, int | float | Decimal):
        return units.format_value(value)
    return str(value)


def unknown_text(status: str) -> str:
    """What stands for a value that is not known: its reason where there is one."""
    if status == "suppressed":
        return "secret"
    return "n.\u00a0d." if status == "unavailable" else units.UNKNOWN


def export(table: Table, fmt: str, *, on: date | None = None) -> HttpResponse:
    """The whole table as a file: `fmt` is csv, xlsx or ods; `on` the date of the export, in its description."""
    return exporting.response(table_sheet(table, on), fmt)


def respond(request: HttpRequest, *tables: Table) -> HttpResponse | None:
    """The file asked by `?export=csv&tableau=<id>`, or None for the page itself. The order of the page is kept."""
    fmt = request.GET.get("export", "")
    asked = request.GET.get("tableau", "")
    table = next((table for table in tables if table.id == asked and table.exportable), None)
    if fmt not in FORMATS or table is None:
        return None
    return export(table.sorted_by(request.GET), fmt, on=timezone.localdate())


def table_sheet(table: Table, on: date | None) -> exporting.Sheet:
    """The table as typed columns and rows; statuses and notes become columns of their own."""
    extras = [_extras(table, column) for column in table.columns]
    header = [
        name
        for column, extra in zip(table.columns, extras, strict=True)
        for name in (_exported_label(column), *(f"{column.label} : {word}" for word in extra))
    ]
    rows = [
        [
            value
            for column, extra in zip(table.columns, extras, strict=True)
            for value in _values(column, table.cell(row, column.key), extra)
        ]
        for row in table.rows
    ]
    about = [("Titre", table.caption), ("Source", table.source), ("Note", table.note)]
    if on is not None:
        about.append(("Exporté le", date_format(on, "j F Y")))
    return exporting.Sheet(name=table.id, title=table.caption, header=header, rows=rows, about=about)


def _exported_label(column: Column) -> str:
    unit = "€" if column.kind == "money" else "%" if column.kind == "percent" else column.header_unit
    return f"{column.label} ({unit})" if unit else column.label


def _extras(table: Table, column: Column) -> list[str]:
    """What else the cells of a column say, each to be a column of the file."""
    cells = [table.cell(row, column.key) for row in table.rows]
    extras = ["statut"] if column.numeric and any(cell.status for cell in cells) else []
    return [*extras, "note"] if any(cell.note for cell in cells) else extras


def _values(column: Column, cell: Cell, extras: list[str]) -> list[Any]:
    said = {"statut": statuses.mark(cell.status).label or cell.status, "note": cell.note}
    return [_typed(column, cell), *(said[extra] for extra in extras)]


def _typed(column: Column, cell: Cell) -> Any:
    """The value as a spreadsheet types it: what is unknown stays empty, it is not zero."""
    if cell.value is None:
        return cell.text or None
    if column.numeric:
        number = units.to_decimal(cell.value)
        return number if number is not None or cell.value == "" else str(cell.value)
    if isinstance(cell.value, datetime) and timezone.is_aware(cell.value):
        return timezone.localtime(cell.value).replace(tzinfo=None)
    if isinstance(cell.value, date | int | float | Decimal) and not isinstance(cell.value, bool):
        return cell.value
    return display(column, cell)
