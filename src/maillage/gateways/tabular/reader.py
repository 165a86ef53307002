"""From a path or bytes to a table: which kind of file it is, then the reader of that kind."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from maillage.gateways.tabular.delimited import read_delimited
from maillage.gateways.tabular.model import DEFAULT_LIMITS, MEBIBYTE, Limits, RawSheet, Table
from maillage.gateways.tabular.workbook import read_sheets, read_workbook
from maillage.kernel.errors import InputProblem, InputRefused, shorten

ZIP_MAGIC = b"PK\x03\x04"
_WEB_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of .xls, and of workbooks under a password
WORKBOOK_SUFFIXES = {".xlsx", ".ods", ".xlsm"}


def refused(name: str, problems: list[InputProblem]) -> InputRefused:
    """The refusal of a whole file, under one title."""
    return InputRefused(problems, f"Le fichier « {shorten(name, 80)} » ne peut pas être lu.")


WEB_PAGE = "C'est une page web, non un fichier de données : prenez l'adresse du fichier lui-même, puis recommencez."


def is_web_page(content: bytes) -> bool:
    """Whether these bytes begin as HTML: an address often answers by a page that says why the file is not there."""
    return _WEB_PAGE.match(content[:1024]) is not None


def read_table(
    source: str | Path | bytes,
    *,
    name: str,
    sheet: str | None = None,
    header_row: int = 0,
    max_rows: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Table:
    """Read one table. `name` is the name shown in messages; `header_row` counts the rows above the heading.

    The kind is read from the content, not from the name. For a workbook `sheet` names the sheet (None: the first one).
    Raises InputRefused, in French, with every problem found.
    """
    if max_rows is not None:
        limits = replace(limits, max_rows=max_rows)
    content = _content(source, name, limits)
    if content.startswith(OLE_MAGIC):
        raise refused(name, [InputProblem(None, None, _ole_message(name))])
    if is_web_page(content):
        raise refused(name, [InputProblem(None, None, WEB_PAGE)])
    if content.startswith(ZIP_MAGIC):
        columns_and_rows = read_workbook(content, sheet=sheet, header_row=header_row, limits=limits)
    elif Path(name).suffix.lower() in WORKBOOK_SUFFIXES:
        raise refused(
            name,
            [InputProblem(None, None, "Ce n'est pas un classeur : le fichier est abîmé, ou son extension est fausse.")],
        )
    else:
        columns_and_rows = read_delimited(content, header_row=header_row, limits=limits)
    if isinstance(columns_and_rows, list):
        raise refused(name, columns_and_rows)
    return columns_and_rows


def read_book(source: str | Path | bytes, *, name: str, limits: Limits = DEFAULT_LIMITS) -> dict[str, RawSheet]:
    """Every sheet of a workbook (XLSX or ODS), by name, in one reading. Raises InputRefused, in French."""
    content = _content(source, name, limits)
    if content.startswith(OLE_MAGIC):
        raise refused(name, [InputProblem(None, None, _ole_message(name))])
    if not content.startswith(ZIP_MAGIC):
        raise refused(name, [InputProblem(None, None, "Ce n'est pas un classeur XLSX ou ODS.")])
    sheets = read_sheets(content, limits=limits)
    problems = [one for one in sheets if isinstance(one, InputProblem)]
    if problems:
        raise refused(name, problems)
    return {one.name: one for one in sheets if isinstance(one, RawSheet)}


def _content(source: str | Path | bytes, name: str, limits: Limits) -> bytes:
    """The bytes, read only once their number is known to be accepted."""
    size = len(source) if isinstance(source, bytes) else Path(source).stat().st_size
    if size > limits.max_bytes:
        message = (
            f"Il pèse {size // MEBIBYTE} Mio ; la limite est de {limits.max_bytes // MEBIBYTE} Mio. "
            "Découpez-le, par exemple par département."
        )
        raise refused(name, [InputProblem(None, None, message)])
    if size == 0:
        raise refused(name, [InputProblem(None, None, "Il est vide.")])
    return source if isinstance(source, bytes) else Path(source).read_bytes()


def _ole_message(name: str) -> str:
    if Path(name).suffix.lower() == ".xls":
        return "L'ancien format .xls n'est pas accepté : enregistrez le classeur en .xlsx, .ods ou .csv."
    return "Le classeur est protégé par un mot de passe : enregistrez-le sans protection."
