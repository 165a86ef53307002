"""INSEE, code officiel géographique: `regions.csv`, `departements.csv`, `communes.csv`, told apart by their headings.

Format: comma, UTF-8, codes are text. Only the communes (TYPECOM=COM) are territories here: delegated and associated
communes and municipal arrondissements are parts of one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from maillage.gateways.tabular import Table
from maillage.kernel.errors import InputProblem, MaillageError
from maillage.kernel.territory import TerritoryCode
from maillage.sources.registry import LeftOut
from maillage.territories.importers.common import Columns, Problems, duplicates, refused

REGIONS, DEPARTEMENTS, COMMUNES = "regions", "departements", "communes"
COUNTRY = "FRANCE"
_PARTS_OF_COMMUNES = {
    "COMD": "communes déléguées",
    "COMA": "communes associées",
    "ARM": "arrondissements municipaux",
}


@dataclass(frozen=True, slots=True)
class CogRow:
    """One territory of the file, with the code of the territory that contains it."""

    row: int
    code: str
    insee: str
    name: str
    parent: str
    region: str = ""


@dataclass
class Cog:
    """A parsed file. `scope`: the codes of the areas that the file covers (départements, for communes)."""

    part: str
    rows: list[CogRow]
    read: int
    left_out: list[LeftOut] = field(default_factory=list)
    parent_column: str = ""

    @property
    def scope(self) -> frozenset[str]:
        return frozenset(row.parent for row in self.rows)


def part_of(table: Table, name: str) -> str:
    """Which of the three files this is. Raises InputRefused when it is none."""
    columns = Columns(table)
    if columns.has("TYPECOM", "COM", "DEP", "REG", "LIBELLE"):
        return COMMUNES
    if columns.has("DEP", "REG", "LIBELLE") and not any(columns.has(one) for one in ("COM", "ARR", "CAN", "TYPECOM")):
        return DEPARTEMENTS
    if columns.has("REG", "LIBELLE") and not any(columns.has(one) for one in ("DEP", "COM", "ARR", "CAN", "CTCD")):
        return REGIONS
    message = (
        "Les colonnes ne sont pas celles du code officiel géographique. Attendues : REG et LIBELLE (régions) ; "
        "DEP, REG et LIBELLE (départements) ; TYPECOM, COM, DEP, REG et LIBELLE (communes)."
    )
    raise refused(name, [InputProblem(1, None, message)])


def parse_cog(table: Table, name: str) -> Cog:
    """The territories of the file. Raises InputRefused with every problem."""
    part = part_of(table, name)
    problems = Problems(name)
    if part == COMMUNES:
        parsed = _communes(table, problems)
    elif part == DEPARTEMENTS:
        parsed = _simple(table, part, "DEP", "REG", problems)
    else:
        parsed = _simple(table, part, "REG", None, problems)
    for key, first, other in duplicates((row.code, row.row) for row in parsed.rows):
        problems.add(other, None, f"{key} figure déjà ligne {first}.")
    if not parsed.rows and not problems.found:
        problems.add(None, None, "Le fichier ne contient aucun territoire à charger.")
    problems.refuse_if_any()
    return parsed


def _simple(table: Table, part: str, own: str, parent: str | None, problems: Problems) -> Cog:
    columns = Columns(table)
    code_at, name_at = columns.place(own) or 0, columns.place("LIBELLE") or 0
    parent_at = columns.place(parent) if parent else None
    rows = []
    for number, cells in zip(table.row_numbers, table.rows, strict=True):
        code = _code(own, cells[code_at], number, problems)
        label = _label(cells[name_at], number, problems)
        above = COUNTRY if parent_at is None else _code("REG", cells[parent_at], number, problems)
        if code and label and above:
            rows.append(CogRow(number, code, code.partition("-")[2], label, above))
    return Cog(part, rows, len(table.rows), parent_column=parent or "")


def _communes(table: Table, problems: Problems) -> Cog:
    columns = Columns(table)
    places = [columns.place(one) or 0 for one in ("TYPECOM", "COM", "DEP", "REG", "LIBELLE")]
    type_at, com_at, dep_at, reg_at, name_at = places
    rows: list[CogRow] = []
    others: Counter[str] = Counter()
    for number, cells in zip(table.row_numbers, table.rows, strict=True):
        kind = (cells[type_at] or "").strip()
        if kind != "COM":
            if kind in _PARTS_OF_COMMUNES:
                others[kind] += 1
            else:
                problems.add(number, "TYPECOM", f"« {kind} » n'est pas un type connu (COM, COMD, COMA, ARM).")
            continue
        code = _code("COM", cells[com_at], number, problems)
        departement = _code("DEP", cells[dep_at], number, problems)
        region = _code("REG", cells[reg_at], number, problems)
        label = _label(cells[name_at], number, problems)
        if not (code and departement and region and label):
            continue
        if f"DEP-{TerritoryCode.parse(code).departement}" != departement:
            problems.add(number, "DEP", f"La commune {code[4:]} n'est pas du département {departement[4:]}.")
            continue
        rows.append(CogRow(number, code, code[4:], label, departement, region))
    left_out = [
        LeftOut(f"Ce sont des {_PARTS_OF_COMMUNES[kind]} : le territoire suivi est la commune.", count)
        for kind, count in sorted(others.items())
    ]
    return Cog(COMMUNES, rows, len(table.rows), left_out, "DEP")


def _code(prefix: str, text: str | None, number: int, problems: Problems) -> str:
    """The territory code of a cell, '' when it is not one (the problem is told)."""
    try:
        return str(TerritoryCode.parse(f"{prefix}-{(text or '').strip()}"))
    except MaillageError as error:
        problems.add(number, prefix, error.message_fr if text else "Le code manque.")
        return ""


def _label(text: str | None, number: int, problems: Problems) -> str:
    label = (text or "").strip()
    if not label:
        problems.add(number, "LIBELLE", "Le nom manque.")
    elif len(label) > 200:
        problems.add(number, "LIBELLE", "Le nom dépasse 200 caractères.")
        return ""
    return label
