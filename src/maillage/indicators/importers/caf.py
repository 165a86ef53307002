"""CNAF: households that receive a benefit of a CAF, by commune (yearly series) and by IRIS.

Both count the CAF scheme alone: the MSA, which serves farmers, is absent, and a low count in the countryside misleads.
By commune (`s_ben_com_f`, December only): counts rounded to 5. By IRIS: exact counts, blanks under secrecy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from maillage.gateways.tabular import Table
from maillage.indicators.importers.definitions import definitions
from maillage.indicators.importers.model import (
    MAX_NAMED,
    MAX_PROBLEMS,
    MISSING,
    SECRET,
    CellReader,
    Line,
    Measure,
    RowReader,
    Statistics,
    duplicated,
    not_taken,
)
from maillage.kernel.errors import InputProblem, shorten
from maillage.kernel.numbers import NBSP
from maillage.sources.registry import LeftOut
from maillage.territories.enums import Level
from maillage.territories.importers.common import Columns, refused

HALF_OF_ROUNDING = 2  # a whole number rounded to the nearest 5 stands within 2 of it
SCHEME = "Régime des CAF seul (MSA absente), situation au 31 décembre"

_BY_COMMUNE = {
    "indfoy_ndur": "CAF-HOUSEHOLDS",
    "indnbp_ndur": "CAF-PERSONS",
    "indfoy_rsa": "CAF-RSA",
    "indfoy_ppa": "CAF-PPA",
    "indfoy_ndural": "CAF-HOUSING",
    "indfoy_aah": "CAF-AAH",
    "indfoy_af": "CAF-FAMILY",
    "indfoy_ndurpaje": "CAF-PAJE",
}
_BY_IRIS = {
    "a": "CAF-HOUSEHOLDS",
    "percou": "CAF-PERSONS",
    "ai": "CAF-ALONE",
    "am": "CAF-SINGLE-PARENTS",
    "acssenf": "CAF-COUPLES-NO-CHILD",
    "acavenf": "CAF-COUPLES-CHILDREN",
    "ac3enf": "CAF-COUPLES-3-CHILDREN",
    "enf": "CAF-CHILDREN",
    "enf_2": "CAF-CHILDREN-0-2",
    "enf_3_5": "CAF-CHILDREN-3-5",
    "enf_6_10": "CAF-CHILDREN-6-10",
    "enf_11_14": "CAF-CHILDREN-11-14",
    "enf_15_17": "CAF-CHILDREN-15-17",
    "enf_18_24": "CAF-CHILDREN-18-24",
    "a_etud": "CAF-STUDENTS",
    "a_netud_24": "CAF-UNDER-25",
    "aal": "CAF-HOUSING",
    "aapl": "CAF-APL",
    "aaah": "CAF-AAH",
    "appa": "CAF-PPA",
    "arsas": "CAF-RSA",
}
_DAY = re.compile(r"(?P<year>20\d\d)-?(?P<month>0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?", re.ASCII)
_COMMUNE = re.compile(r"(?:\d{2}|2[AB])\d{3}", re.ASCII)
_IRIS = re.compile(r"(?:\d{2}|2[AB])\d{7}", re.ASCII)
_NOT_LOCATED = "Allocataires que la CAF ne localise pas (code de commune vide ou masqué)."
_NOT_DECEMBER = "Situations d'un autre mois que décembre."


def parse_caf(table: Table, name: str) -> Statistics:
    """The communal series. Raises InputRefused with every problem."""
    columns = Columns(table)
    period_at, code_at, name_at = columns.place("dtreffre"), columns.place("numcomdo"), columns.place("nomcom")
    readers, measures = _columns(table, _BY_COMMUNE, MISSING, HALF_OF_ROUNDING)
    if period_at is None or code_at is None or not measures:
        message = (
            "Ce n'est pas la série communale des CAF : il faut, sur la première ligne, les colonnes dtreffre (mois), "
            "numcomdo (commune) et au moins une colonne comme indfoy_rsa."
        )
        raise refused(name, [InputProblem(1, None, message)])
    reading = RowReader(table, readers)
    problems: list[InputProblem] = []
    lines: list[Line] = []
    left: dict[str, list[str]] = {_NOT_LOCATED: [], _NOT_DECEMBER: []}
    for number, row in zip(table.row_numbers, table.rows, strict=True):
        if len(problems) >= MAX_PROBLEMS:
            break
        code, told = (row[code_at] or "").strip().upper(), (row[period_at] or "").strip()
        day = _DAY.fullmatch(told)
        if day is None:
            message = f"«{NBSP}{shorten(told, 20)}{NBSP}» n'est pas un mois{NBSP}: écrivez 2024-12 ou 202412."
            problems.append(InputProblem(number, table.columns[period_at], message))
        elif not code.strip("X0"):
            left[_NOT_LOCATED].append(told)
        elif day["month"] != "12":
            left[_NOT_DECEMBER].append(told)
        elif not _COMMUNE.fullmatch(code):
            problems.append(InputProblem(number, table.columns[code_at], _bad(code, "de commune : 5 caractères")))
        else:
            named = (row[name_at] or "").strip() if name_at is not None else ""
            cells = reading.cells(row, number, problems)
            lines.append(Line(number, Level.COMMUNE, code, f"{day['year']}-12", cells, named))
    problems += duplicated(lines, table.columns[code_at])
    if problems:
        raise refused(name, problems)
    used = {period_at, code_at, name_at, *(place for place, _, _ in readers)}
    others = [title for place, title in enumerate(table.columns) if place not in used]
    left_out = [LeftOut(why, len(told), tuple(sorted(set(told))[:MAX_NAMED])) for why, told in left.items() if told]
    return _statistics(measures, lines, len(table.rows), left_out, not_taken(others))


def parse_caf_iris(table: Table, name: str, year: int | None) -> Statistics:
    """Counts by IRIS at 31 December of `year`, told by the file's name or asked for. Raises InputRefused."""
    columns = Columns(table)
    code_at = columns.place("iris_code", "iris", "codgeo")
    name_at = columns.place("lib_iris", "libiris", "nom_iris", "libgeo")
    readers, measures = _columns(table, _BY_IRIS, SECRET, 0)
    if code_at is None or len(measures) < 2:
        message = (
            "Ce n'est pas le fichier des CAF par IRIS : il faut, sur la première ligne, la colonne iris_code et des "
            "colonnes comme a, percou ou arsas."
        )
        raise refused(name, [InputProblem(1, None, message)])
    if year is None:
        message = "Le fichier ne dit pas son année : indiquez-la (millésime), ou écrivez-la dans son nom."
        raise refused(name, [InputProblem(None, None, message)])
    reading = RowReader(table, readers)
    problems: list[InputProblem] = []
    lines: list[Line] = []
    for number, row in zip(table.row_numbers, table.rows, strict=True):
        if len(problems) >= MAX_PROBLEMS:
            break
        code = (row[code_at] or "").strip().upper()
        if not _IRIS.fullmatch(code):
            problems.append(InputProblem(number, table.columns[code_at], _bad(code, "d'IRIS : 9 caractères")))
            continue
        named = (row[name_at] or "").strip() if name_at is not None else ""
        cells = reading.cells(row, number, problems)
        lines.append(Line(number, Level.IRIS, code, f"{year}-12", cells, named))
    problems += duplicated(lines, table.columns[code_at])
    if problems:
        raise refused(name, problems)
    used = {code_at, name_at, columns.place("note"), *(place for place, _, _ in readers)}
    others = [title for place, title in enumerate(table.columns) if place not in used]
    return _statistics(measures, lines, len(table.rows), [], not_taken(others))


def _columns(
    table: Table, known: Mapping[str, str], blank: str, rounded: int
) -> tuple[list[tuple[int, str, CellReader]], list[Measure]]:
    """Readers and measures of the columns that are known."""
    readers, measures = [], []
    markers = {"": blank, "s": SECRET, "nd": MISSING}
    for place, title in enumerate(table.columns):
        code = known.get(title.strip().lower())
        if code is not None:
            readers.append((place, title, CellReader(markers, minimum=Decimal(0), rounded=rounded)))
            measures.append(Measure(code, title, definitions()[code].summable))
    return readers, measures


def _statistics(
    measures: list[Measure], lines: list[Line], read: int, left_out: list[LeftOut], notes: list[str]
) -> Statistics:
    perimeters = dict.fromkeys((line.period for line in lines), SCHEME)
    return Statistics(measures, lines, read, perimeters, left_out, notes)


def _bad(code: str, what: str) -> str:
    lost = " Le zéro de tête a sans doute été perdu." if re.fullmatch(r"\d{4}|\d{8}", code, re.ASCII) else ""
    return f"«{NBSP}{shorten(code, 20)}{NBSP}» n'est pas un code {what}.{lost}"
