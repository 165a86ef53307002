"""Reading the tables that people send: CSV, XLSX and ODS, from anyone, in any state.

One entry point, `read_table`. Everything comes back as text (or None for an empty cell), because a code such as 01004
is not a number. Whatever cannot be read surely is refused with the row and the column, in French.
"""

from __future__ import annotations

from maillage.gateways.tabular.model import DEFAULT_LIMITS, MEBIBYTE, Limits, Table
from maillage.gateways.tabular.reader import read_table, refused

__all__ = ["DEFAULT_LIMITS", "MEBIBYTE", "Limits", "Table", "read_table", "refused"]
