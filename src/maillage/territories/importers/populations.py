"""INSEE, populations légales by commune (`donnees_communes.csv`: semicolon, UTF-8, CRLF; spaces may group thousands).

Paris, Lyon and Marseille may be given by municipal arrondissement: these are summed into their commune, since a legal
municipal population counts each person once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from maillage.gateways.tabular import Table
from maillage.kernel.errors import InputProblem
from maillage.sources.registry import LeftOut
from maillage.territories.importers.common import Columns, Problems, duplicates, read_count, refused

# The three communes that the law divides into municipal arrondissements (loi « PLM » of 31 December 1982).
ARRONDISSEMENTS = {
    "75056": range(75101, 75121),
    "69123": range(69381, 69390),
    "13055": range(13201, 13217),
}
_COMMUNE_OF = {str(code): commune for commune, codes in ARRONDISSEMENTS.items() for code in codes}
_CODE = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}", re.ASCII)
_MUNICIPAL = r"PMUN[_ ]?(?P<year>\d{2}|\d{4})?|population municipale(?: \d{4})?"
_TOTAL = r"PTOT[_ ]?(?P<year>\d{2}|\d{4})?|population totale(?: \d{4})?"


@dataclass(frozen=True, slots=True)
class PopulationLine:
    """Municipal and total population of a commune of the file's geography; `row` is its first row."""

    row: int
    code: str
    municipal: int
    total: int | None


@dataclass
class Populations:
    """A parsed file. `year` is the reference year, when a heading tells it."""

    lines: list[PopulationLine]
    read: int
    year: int | None
    left_out: list[LeftOut] = field(default_factory=list)


def parse_populations(table: Table, name: str) -> Populations:
    """Populations by commune. Raises InputRefused with every problem."""
    columns = Columns(table)
    code_at = columns.place("COM", "CODGEO", "code commune", "insee", "depcom")
    municipal = columns.matching(_MUNICIPAL)
    total = columns.matching(_TOTAL)
    if code_at is None or len(municipal) != 1 or len(total) > 1:
        message = (
            "Ce n'est pas la liste des populations légales : il faut une colonne COM (code de la commune), une seule "
            "colonne PMUN (population municipale) et au plus une colonne PTOT (population totale)."
        )
        raise refused(name, [InputProblem(1, None, message)])
    problems = Problems(name)
    lines = _lines(table, code_at, municipal[0], total[0] if total else None, problems)
    for key, first, other in duplicates((line.code, line.row) for line in lines):
        problems.add(other, table.columns[code_at], f"La commune {key} figure déjà ligne {first}.")
    if not lines and not problems.found:
        problems.add(None, None, "Le fichier ne contient aucune population.")
    problems.refuse_if_any()
    merged, left_out = _arrondissements_summed(lines)
    return Populations(merged, len(table.rows), _year(municipal[0][1]), left_out)


def _lines(
    table: Table, code_at: int, municipal: tuple[int, str], total: tuple[int, str] | None, problems: Problems
) -> list[PopulationLine]:
    lines = []
    for number, cells in zip(table.row_numbers, table.rows, strict=True):
        code = (cells[code_at] or "").strip()
        if not _CODE.fullmatch(code):
            hint = " : son zéro initial a été perdu" if re.fullmatch(r"\d{4}", code) else ""
            message = f"« {code[:20]} » n'est pas un code de commune{hint}."
            problems.add(number, table.columns[code_at], message)
            continue
        counted = _counted(cells[municipal[0]], municipal[1], number, problems)
        whole = _counted(cells[total[0]], total[1], number, problems) if total else None
        if counted is None or (total and whole is None):
            continue
        if whole is not None and whole < counted:
            problems.add(number, municipal[1], f"La population municipale ({counted}) dépasse la totale ({whole}).")
            continue
        lines.append(PopulationLine(number, code, counted, whole))
    return lines


def _counted(text: str | None, column: str, number: int, problems: Problems) -> int | None:
    found = read_count(text)
    if isinstance(found, str):
        problems.add(number, column, found)
        return None
    return found


def _arrondissements_summed(lines: list[PopulationLine]) -> tuple[list[PopulationLine], list[LeftOut]]:
    given = {line.code for line in lines}
    kept = [line for line in lines if line.code not in _COMMUNE_OF]
    left_out = []
    for commune, codes in ARRONDISSEMENTS.items():
        parts = [line for line in lines if line.code in {str(code) for code in codes}]
        if not parts:
            continue
        if commune in given or len(parts) < len(codes):
            why = "la commune entière est donnée" if commune in given else "il en manque pour faire la commune"
            left_out.append(LeftOut(f"Arrondissements municipaux de {commune} : {why}.", len(parts)))
            continue
        totals = [part.total for part in parts if part.total is not None]
        total = sum(totals) if len(totals) == len(parts) else None
        kept.append(PopulationLine(parts[0].row, commune, sum(part.municipal for part in parts), total))
    return kept, left_out


def _year(title: str) -> int | None:
    """The reference year of a heading: PMUN23, PMUN_2023 …"""
    match = re.search(r"(\d{4}|\d{2})$", title.strip())
    if match is None:
        return None
    return int(match[1]) if len(match[1]) == 4 else 2000 + int(match[1])
