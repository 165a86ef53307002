"""Workbooks as XLSX."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.worksheet.datavalidation import DataValidation

from maillage.documents.workbook.model import Box, Choices, Column, Look, Page, letters, settled
from maillage.ui.export import neutral

MAX_PROMPT = 250  # characters of the help that Excel shows on a cell
MAX_INLINE = 250  # characters of a list that stands in its rule
LINE_HEIGHT, MAX_LINES = 15, 12  # points of a line of text, lines of the highest row
_FILLS = {Look.OPEN: "EAF1F8", Look.CLOSED: "E4E4E4"}
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")  # what XLSX reads as a character written by its number
_LINE = Side(style="thin", color="C8CDD3")
_BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)


def write_xlsx(pages: Sequence[Page], *, title: str = "") -> bytes:
    """The workbook. A page that is not hidden comes first, or the file does not open."""
    book = Workbook()
    book.properties.title, book.properties.creator = neutral(title) or None, "Maillage"
    book.remove(book.active)
    for page in pages:
        _write_page(book.create_sheet(page.name), page)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write_page(sheet: Any, page: Page) -> None:
    for place, column in enumerate(page.columns):
        sheet.column_dimensions[letters(place)].width = column.width
        if page.has_heading:
            head = sheet.cell(1, place + 1, neutral(column.heading))
            head.font, head.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    if page.has_heading:
        _fit_height(sheet, 1, [column.heading for column in page.columns], page.columns)
    for number, row in enumerate(page.rows, start=page.first_row):
        for place, (box, column) in enumerate(zip(row, page.columns, strict=True), start=1):
            _write_cell(sheet.cell(number, place), box, column)
        _fit_height(sheet, number, [box.value for box in row], page.columns)
    if page.has_heading:
        sheet.freeze_panes = f"{letters(page.frozen)}2"
        sheet.print_title_rows = "1:1"
        _validate(sheet, page)
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth = "landscape", 1
    sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage = 0, True
    if page.protected:
        _protect(sheet)
    if page.hidden:
        sheet.sheet_state = "hidden"


def _fit_height(sheet: Any, number: int, values: Sequence[Any], columns: Sequence[Column]) -> None:
    """The height that wrapped texts need: a file that no program has opened has none."""
    texts = [(value, column.width) for value, column in zip(values, columns, strict=True) if isinstance(value, str)]
    lines = max((sum(-(-len(line) // width) or 1 for line in text.split("\n")) for text, width in texts), default=1)
    if lines > 1:
        sheet.row_dimensions[number].height = LINE_HEIGHT * min(lines, MAX_LINES)


def _protect(sheet: Any) -> None:
    """Without a password. Widths, heights, sorting and filtering stay free."""
    sheet.protection.sheet = True
    for free in ("formatColumns", "formatRows", "sort", "autoFilter", "insertRows"):
        setattr(sheet.protection, free, False)


def _write_cell(cell: Any, box: Box, column: Column) -> None:
    value = settled(box.value)
    if isinstance(value, str):
        value = _ESCAPED.sub(lambda found: f"_x005F_x{found[1]}_", neutral(value)) or None
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
    cell.number_format = _number_format(value, column)
    if box.look in _FILLS:
        cell.fill, cell.border = PatternFill("solid", fgColor=_FILLS[box.look]), _BORDER
    cell.protection = Protection(locked=box.look is not Look.OPEN)
    cell.font = Font(bold=box.look is Look.TITLE)
    side = "left" if isinstance(value, int) else None  # a year is read as a word
    cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal=side)


def _number_format(value: Any, column: Column) -> str:
    if isinstance(value, Decimal):
        return "#,##0" if value == value.to_integral_value() else "#,##0.####"
    if isinstance(value, date):
        return "dd/mm/yyyy"
    if isinstance(value, int):
        return "0"
    if value is None and column.is_number:
        return "#,##0.##"
    if value is None and column.is_date:
        return "dd/mm/yyyy"
    return "@"  # text: « 2025-06 » and « 01004 » stay as they are


def _validate(sheet: Any, page: Page) -> None:
    """Closed lists, lengths, and the help of each column on its cells."""
    if not page.rows:
        return
    last = page.first_row + len(page.rows) - 1
    for place, column in enumerate(page.columns):
        rule = _rule(column)
        if rule is None:
            continue
        if column.help:
            rule.promptTitle, rule.prompt = column.heading[:32], column.help[:MAX_PROMPT]
            rule.showInputMessage = True
        letter = letters(place)
        rule.add(f"{letter}{page.first_row}:{letter}{last}")
        sheet.add_data_validation(rule)


def _rule(column: Column) -> DataValidation | None:
    if column.choices is not None and column.choices.values:
        rule = DataValidation(type="list", formula1=_formula(column.choices), allow_blank=True)
        rule.errorStyle = "stop" if column.choices.strict else "warning"
        rule.errorTitle, rule.error = column.heading[:32], "Choisissez dans la liste, ou laissez vide."
    elif column.max_length:
        limit = str(column.max_length)
        rule = DataValidation(type="textLength", operator="lessThanOrEqual", formula1=limit, allow_blank=True)
        rule.errorTitle, rule.error = column.heading[:32], f"{limit} caractères au plus."
    elif column.help:
        return DataValidation(allow_blank=True)
    else:
        return None
    rule.showErrorMessage = True
    return rule


def _formula(choices: Choices) -> str:
    if not choices.page:
        inline = f'"{",".join(choices.values)}"'
        if len(inline) > MAX_INLINE:
            raise ValueError("a list that long stands on a page")
        return inline
    letter, name = letters(choices.column), choices.page.replace("'", "''")
    return f"'{name}'!${letter}$2:${letter}${len(choices.values) + 1}"
