"""Grids that class communes: INSEE's density grid, the national rural zoning. One row, one commune, one class.

A table (CSV, XLSX, ODS) with a code and a class; a JSON object « code: class »; or a JSON list of records, flat or with
their values under `fields`. In JSON, rows count records from 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maillage.engines.rows import fold
from maillage.gateways.tabular import read_table
from maillage.kernel.errors import InputProblem, MaillageError, shorten
from maillage.kernel.territory import TerritoryCode
from maillage.territories.enums import ZoningScheme
from maillage.territories.importers.common import Columns, Problems, duplicates, read_json, refused, starts_as_json

CODES = ("CODGEO", "COM", "insee", "insee_code", "code_insee", "insee_com", "codcom", "depcom", "code commune", "code")
_STAMP = re.compile(r"(?<!\d)(20\d\d)(?:[01]\d[0-3]\d)?(?!\d)")

Read = Callable[[str], str]


@dataclass(frozen=True)
class Scheme:
    """A grid: the names of its column, its classes and their labels, and how a cell names one of them ('' if none)."""

    scheme: ZoningScheme
    columns: tuple[str, ...]
    classes: Mapping[str, str]
    read: Read
    expected: str


@dataclass(frozen=True, slots=True)
class ClassRow:
    """The class of a commune of the file's geography."""

    row: int
    code: str
    value: str


@dataclass
class Classes:
    """A parsed file. `year`: the one written in its name, if any."""

    rows: list[ClassRow]
    read: int
    year: int | None

    @property
    def scope(self) -> list[str]:
        return sorted({f"DEP-{TerritoryCode.parse(f'COM-{row.code}').departement}" for row in self.rows})


def parse_classes(path: Path, name: str, scheme: Scheme) -> Classes:
    """The class of each commune. Raises InputRefused with every problem."""
    problems = Problems(name)
    records = list(
        _of_json(read_json(path, name), name, scheme) if starts_as_json(path) else _of_table(path, name, scheme)
    )
    rows = [row for record in records if (row := _row(*record, scheme, problems)) is not None]
    for code, first, other in duplicates((row.code, row.row) for row in rows):
        problems.add(other, None, f"La commune {code} figure déjà ligne {first}.")
    if not rows and not problems.found:
        problems.add(None, None, "Le fichier ne contient aucune commune classée.")
    problems.refuse_if_any()
    stamp = {int(year) for year in _STAMP.findall(name)}
    return Classes(rows, len(records), stamp.pop() if len(stamp) == 1 else None)


Record = tuple[int, object, object, str]  # number, code, class, title of the column of the class


def _of_table(path: Path, name: str, scheme: Scheme) -> Iterable[Record]:
    table = read_table(path, name=name)
    columns = Columns(table)
    code_at, class_at = columns.place(*CODES), columns.place(*scheme.columns)
    if code_at is None or class_at is None:
        raise refused(name, [InputProblem(1, None, _not_this(scheme))])
    title = table.columns[class_at]
    return [
        (number, cells[code_at], cells[class_at], title)
        for number, cells in zip(table.row_numbers, table.rows, strict=True)
    ]


def _of_json(content: Any, name: str, scheme: Scheme) -> Iterable[Record]:
    if isinstance(content, dict) and all(not isinstance(value, dict | list) for value in content.values()):
        return [
            (number, code, value, str(scheme.scheme.label)) for number, (code, value) in enumerate(content.items(), 1)
        ]
    if not isinstance(content, list):
        raise refused(name, [InputProblem(None, None, _not_this(scheme))])
    problems = Problems(name)
    records = []
    for number, one in enumerate(content, start=1):
        values = one.get("fields", one) if isinstance(one, dict) else None
        named = {fold(str(key)): (str(key), value) for key, value in values.items()} if isinstance(values, dict) else {}
        code = next((named[fold(key)] for key in CODES if fold(key) in named), None)
        found = next((named[fold(key)] for key in scheme.columns if fold(key) in named), None)
        if code is None or found is None:
            problems.add(number, None, _not_this(scheme))
        else:
            records.append((number, code[1], found[1], found[0]))
    problems.refuse_if_any()
    return records


def _not_this(scheme: Scheme) -> str:
    return (
        f"Ce n'est pas le fichier attendu ({str(scheme.scheme.label).lower()}) : il faut un code de commune "
        f"({', '.join(CODES[:3])} …) et sa classe ({', '.join(scheme.columns[:3])} …), titres en première ligne."
    )


def _row(number: int, code: object, given: object, title: str, scheme: Scheme, problems: Problems) -> ClassRow | None:
    try:
        commune = TerritoryCode.parse(f"COM-{str(code or '').strip()}").insee
    except MaillageError as error:
        problems.add(number, "code", error.message_fr if code else "Le code de la commune manque.")
        return None
    text = "" if given is None or isinstance(given, bool) else str(given).strip()
    value = scheme.read(text)
    if value not in scheme.classes:
        shown = f"« {shorten(text, 30)} » n'est pas une classe" if text else "La classe manque"
        problems.add(number, title, f"{shown} : {scheme.expected}.")
        return None
    return ClassRow(number, commune, value)


# The labels of the zoning are those of the law's three outcomes; INSEE and the ministry write them in several ways.
RURAL = Scheme(
    scheme=ZoningScheme.RURAL,
    columns=("status", "ZRR_SIMP", "ZRR", "classement", "statut", "zonage"),
    classes={
        "C": "Classée en zone de revitalisation rurale",
        "PC": "Partiellement classée en zone de revitalisation rurale",
        "NC": "Non classée",
    },
    read=lambda text: {"P": "PC"}.get(
        text.partition(" - ")[0].strip().upper(), text.partition(" - ")[0].strip().upper()
    ),
    expected="il faut C (classée), PC (en partie) ou NC (non classée)",
)
