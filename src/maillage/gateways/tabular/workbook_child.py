"""The process that parses one workbook, under limits. Run as a script; imports nothing of Maillage.

Reads a request (JSON) on standard input, writes the rows (JSON) to the file it names. Only text comes out: whatever a
hostile file does to the parser stays in this process.
"""

import contextlib
import json
import re
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

try:
    import resource
except ImportError:  # not on every system; the time limit of the parent remains
    resource = None  # type: ignore[assignment]  # the module is absent there

_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br=[\"']([A-Z]{1,3})([0-9]{1,7})[\"']")
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\s[^>]*?\bref=[\"'](?:[A-Z]+[0-9]+:)?([A-Z]{1,3})([0-9]{1,7})[\"']")
_UNCOMPUTED = re.compile(
    rb"<c\s[^>]*?\br=\"([A-Z]{1,3})([0-9]{1,7})\"[^>]*>\s*<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>"
)
_MAX_UNCOMPUTED = 1000
_HEADING_ROWS = 1000  # a title and notes may stand above the table


def limit(memory_bytes: int, seconds: int) -> None:
    if resource is None:
        return
    for name, value in (("RLIMIT_AS", memory_bytes), ("RLIMIT_CPU", seconds), ("RLIMIT_CORE", 0)):
        with contextlib.suppress(ValueError, OSError):  # a system may refuse one of them; the others hold
            resource.setrlimit(getattr(resource, name), (value, value))


def column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def sheet_paths(archive: zipfile.ZipFile) -> dict[str | None, str]:
    """Sheet name → its file in the archive. Parsed here because here is where memory is limited."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314  (this process exists to be expendable)
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314  (as above)
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    paths = {}
    for sheet in book.iter("{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet"):
        ident = sheet.get("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id")
        target = targets.get(ident, "").lstrip("/")
        paths[sheet.get("name")] = target if target.startswith("xl/") else f"xl/{target}"
    return paths


def measure(xml: bytes) -> tuple[int, int]:
    """(rows, columns) that a sheet claims, by its dimension or by its furthest cells."""
    rows = columns = 0
    for pattern in (_DIMENSION, _CELL):
        for letters, row in pattern.findall(xml):
            rows = max(rows, int(row))
            columns = max(columns, column_number(letters))
    return rows, columns


def uncomputed(xml: bytes) -> list[tuple[int, int, str]]:
    """(row, column, column letters) of the formulas that no program has computed: they have no value to read."""
    found = []
    for match in _UNCOMPUTED.finditer(xml):
        found.append((int(match[2]), column_number(match[1]), match[1].decode()))
        if len(found) >= _MAX_UNCOMPUTED:
            break
    return found


def text(value: object) -> str | None:
    """One cell as text. A float keeps the fifteen digits that a spreadsheet shows."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "VRAI" if value else "FAUX"
    if isinstance(value, int | float):
        return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else _decimal(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


def _decimal(value: float) -> str:
    written = f"{value:.15g}"
    if "e" not in written:
        return written
    return f"{value:.20f}".rstrip("0").rstrip(".") if abs(value) < 1 else f"{value:.0f}"


def sheet_of(request: dict[str, Any], names: list[str]) -> str | None:
    if not names:
        return None
    wanted = request["sheet"]
    if wanted is None:
        return names[0]
    return wanted if wanted in names else None


def claims(request: dict[str, Any], name: str) -> tuple[int, int, list[tuple[int, int, str]]]:
    """What an XLSX claims before the parser believes it; nothing for ODS, which memory limits alone hold."""
    with zipfile.ZipFile(request["path"]) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return 0, 0, []
        path = sheet_paths(archive).get(name)
        if path not in archive.namelist():
            return 0, 0, []
        with archive.open(path) as member:
            xml = member.read(request["max_unpacked_bytes"])
        return *measure(xml), uncomputed(xml)


def run(request: dict[str, Any]) -> dict[str, Any]:
    import python_calamine  # after the limits are set

    if request.get("all"):
        return run_all(request)
    try:
        book = python_calamine.CalamineWorkbook.from_path(request["path"])
        name = sheet_of(request, book.sheet_names)
        if name is None:
            return {"status": "no_sheet", "sheets": book.sheet_names}
        rows, columns, formulas = claims(request, name)
        too_large = {"status": "too_large", "rows": rows, "columns": columns}
        if (
            rows > request["max_rows"] + _HEADING_ROWS
            or columns > request["max_columns"]
            or rows * columns > request["max_cells"]
        ):
            return too_large
        values = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, zipfile.BadZipFile, ElementTree.ParseError, KeyError, ValueError):
        return {"status": "damaged"}
    if values and len(values[0]) > request["max_columns"]:
        return {"status": "too_large", "rows": len(values), "columns": len(values[0])}
    return {
        "status": "read",
        "sheet": name,
        "rows": [[text(value) for value in row] for row in values],
        "uncomputed": formulas,
    }


def run_all(request: dict[str, Any]) -> dict[str, Any]:
    """Every sheet, one after the other: the limits are those of the whole workbook."""
    import python_calamine

    try:
        names = python_calamine.CalamineWorkbook.from_path(request["path"]).sheet_names
    except (python_calamine.CalamineError, zipfile.BadZipFile, ValueError):
        return {"status": "damaged"}
    if len(names) > request["max_sheets"]:
        return {"status": "too_many", "count": len(names)}
    sheets = []
    for name in names:
        answer = run({**request, "all": False, "sheet": name})
        if answer["status"] != "read":
            return {**answer, "sheet": name}
        sheets.append(answer)
        request["max_cells"] -= sum(len(row) for row in answer["rows"])
    return {"status": "read", "sheets": sheets}


def main() -> None:
    request = json.loads(sys.stdin.buffer.read())
    limit(request["memory_bytes"], request["seconds"])
    Path(request["out"]).write_text(json.dumps(run(request)), encoding="utf-8")


if __name__ == "__main__":
    main()
