"""Reading the tables that people send: CSV, XLSX and ODS, from anyone, in any state.

Two entry points: `read_table` for one table, `read_book` for every sheet of a workbook as it is. Everything comes back
as text (or None for an empty cell), because a code such as 01004 is not a number. Whatever cannot be read surely is
refused with the row and the column, in French.
"""

from __future__ import annotations

from maillage.gateways.tabular.model import DEFAULT_LIMITS, MEBIBYTE, Limits, RawSheet, Table
from maillage.gateways.tabular.reader import WEB_PAGE, is_web_page, read_book, read_table, refused

__all__ = [
    "DEFAULT_LIMITS",
    "MEBIBYTE",
    "WEB_PAGE",
    "Limits",
    "RawSheet",
    "Table",
    "is_web_page",
    "read_book",
    "read_table",
    "refused",
]
