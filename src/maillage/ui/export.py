"""Sheets written as CSV, XLSX or ODS: typed, described, without a limit of rows, and without live formulas.

XLSX and ODS are written row by row. ODS is written here rather than with a document library: a sheet of values needs
forty lines of XML, and a tree of a hundred thousand rows needs a gigabyte.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from django.http import HttpResponse
from django.utils.text import slugify
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

FORMATS = {
    "csv": ("CSV", "text/csv; charset=utf-8"),
    "xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "ods": ("ODS", "application/vnd.oasis.opendocument.spreadsheet"),
}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
MAX_SHEET_ROWS = 1_048_575  # of an XLSX sheet, its header apart; the rest goes on to a next sheet
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True)
class Sheet:
    """`rows` hold texts, Decimal or int, dates, or None for what is not known. `about` describes the sheet."""

    name: str
    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[Any]]
    about: Sequence[tuple[str, str]] = ()


def response(sheet: Sheet, fmt: str) -> HttpResponse:
    """The sheet as a file to download."""
    writers = {"csv": write_csv, "xlsx": write_xlsx, "ods": write_ods}
    content = writers[fmt](sheet)
    answer = HttpResponse(content, content_type=FORMATS[fmt][1])
    filename = f"{slugify(sheet.title)[:80] or sheet.name}.{fmt}"
    answer["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer


def neutral(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets a leading apostrophe; other values are left as they are."""
    if not isinstance(value, str):
        return value
    cleaned = _NOT_IN_XML.sub("", value)
    return f"'{cleaned}" if cleaned.startswith(FORMULA_STARTS) else cleaned


def unneutral(text: str) -> str:
    """A text that came back, without the apostrophe that `neutral` put."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text


def write_csv(sheet: Sheet) -> bytes:
    """UTF-8 with its mark, semicolons and decimal commas: what a French spreadsheet opens without a question."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([neutral(label) for label in sheet.header])
    writer.writerows([_csv_value(value) for value in row] for row in sheet.rows)
    return out.getvalue().encode("utf-8-sig")


def _csv_value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal | float):
        return plain_number(value).replace(".", ",")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return value.isoformat() if isinstance(value, date) else str(neutral(value))


def plain_number(value: Decimal | float) -> str:
    """A number without exponent or useless zeros."""
    text = f"{Decimal(str(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def write_xlsx(sheet: Sheet) -> bytes:
    book = Workbook(write_only=True)
    book.properties.title = neutral(sheet.title)
    book.properties.creator = "Maillage"
    for number, rows in enumerate(_chunks(sheet.rows, MAX_SHEET_ROWS), start=1):
        page = book.create_sheet("Données" if number == 1 else f"Données {number}")
        page.freeze_panes = "B2"
        for position, label in enumerate(sheet.header, start=1):
            page.column_dimensions[get_column_letter(position)].width = min(48, max(12, len(label) + 2))
        page.append([_bold(page, neutral(label)) for label in sheet.header])
        for row in rows:
            page.append([_xlsx_cell(page, value) for value in row])
    about = book.create_sheet("À propos")
    about.column_dimensions["A"].width, about.column_dimensions["B"].width = 14, 90
    for label, text in sheet.about:
        about.append([_bold(about, label), neutral(text)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _chunks(rows: Sequence[Sequence[Any]], size: int) -> Iterator[Sequence[Sequence[Any]]]:
    for start in range(0, max(len(rows), 1), size):
        yield rows[start : start + size]


def _bold(page: Any, text: Any) -> WriteOnlyCell:
    cell = WriteOnlyCell(page, value=text)
    cell.font = Font(bold=True)
    return cell


def _xlsx_cell(page: Any, value: Any) -> Any:
    if isinstance(value, Decimal):
        cell = WriteOnlyCell(page, value=value)
        cell.number_format = "#,##0" if value == value.to_integral_value() else "#,##0.00"
        return cell
    return neutral(value)


def write_ods(sheet: Sheet) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), FORMATS["ods"][1])  # first and not compressed, says the standard
        archive.writestr("META-INF/manifest.xml", ODS_MANIFEST)
        archive.writestr("meta.xml", ODS_META.format(title=escape(str(neutral(sheet.title)))))
        with archive.open("content.xml", "w") as content:
            for piece in _ods_content(sheet):
                content.write(piece.encode())
    return out.getvalue()


def _ods_content(sheet: Sheet) -> Iterator[str]:
    yield _ODS_HEAD
    yield from _ods_table("Données", [list(sheet.header)], sheet.rows)
    yield from _ods_table("À propos", [], sheet.about)
    yield "</office:spreadsheet></office:body></office:document-content>"


def _ods_table(name: str, head: Iterable[Sequence[Any]], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    yield f"<table:table table:name={quoteattr(name)}>"
    for row in head:
        cells = "".join(_ods_cell(label, "bold") for label in row)
        yield f"<table:table-header-rows><table:table-row>{cells}</table:table-row></table:table-header-rows>"
    for row in rows:
        yield f"<table:table-row>{''.join(_ods_cell(value) for value in row)}</table:table-row>"
    yield "</table:table>"


def _ods_cell(value: Any, style: str = "") -> str:
    if value is None or value == "":
        return "<table:table-cell/>"
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        number = plain_number(value)
        return (
            f'<table:table-cell office:value-type="float" office:value="{number}">'
            f"<text:p>{number.replace('.', ',')}</text:p></table:table-cell>"
        )
    if isinstance(value, date):
        iso = value.strftime("%Y-%m-%dT%H:%M:%S") if isinstance(value, datetime) else value.isoformat()
        return (
            f'<table:table-cell table:style-name="date" office:value-type="date" office:date-value="{iso}">'
            f"<text:p>{value.strftime('%d/%m/%Y')}</text:p></table:table-cell>"
        )
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(neutral(value)).split("\n"))
    styled = f' table:style-name="{style}"' if style else ""
    return f'<table:table-cell{styled} office:value-type="string">{lines}</table:table-cell>'


ODS_NAMESPACES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" '
    'xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" office:version="1.3"'
)
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ODS_HEAD = (
    f"{XML}<office:document-content {ODS_NAMESPACES}><office:automatic-styles>"
    '<number:date-style style:name="day"><number:day number:style="long"/><number:text>/</number:text>'
    '<number:month number:style="long"/><number:text>/</number:text><number:year number:style="long"/>'
    "</number:date-style>"
    '<style:style style:name="date" style:family="table-cell" style:data-style-name="day"/>'
    '<style:style style:name="bold" style:family="table-cell"><style:text-properties fo:font-weight="bold"/>'
    "</style:style></office:automatic-styles><office:body><office:spreadsheet>"
)
ODS_META = (
    f"{XML}<office:document-meta {ODS_NAMESPACES}><office:meta><dc:title>{{title}}</dc:title>"
    "</office:meta></office:document-meta>"
)
ODS_MANIFEST = (
    f'{XML}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
    'manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{FORMATS["ods"][1]}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    '<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)
