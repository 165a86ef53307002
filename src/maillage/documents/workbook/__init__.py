"""Workbooks that people fill and send back: several pages, closed lists, cells to fill and cells that are locked.

Described once, written as XLSX or as ODS. Codes and texts are text cells, so that no spreadsheet makes a number or a
date of them; nothing is ever a formula.
"""

from __future__ import annotations

from maillage.documents.workbook.model import Box, Choices, Column, Look, Page, Value
from maillage.documents.workbook.ods import write_ods
from maillage.documents.workbook.xlsx import write_xlsx

WRITERS = {"xlsx": write_xlsx, "ods": write_ods}

__all__ = ["WRITERS", "Box", "Choices", "Column", "Look", "Page", "Value", "write_ods", "write_xlsx"]
