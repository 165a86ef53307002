"""INSEE, mouvements de communes: one line per event, from 1943 on (comma, UTF-8; MOD is the nature of the event)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from maillage.gateways.tabular import Table
from maillage.kernel.errors import InputProblem
from maillage.territories.importers.common import Columns, Problems, refused

NEEDED = ("MOD", "DATE_EFF", "TYPECOM_AV", "COM_AV", "TYPECOM_AP", "COM_AP")
KINDS = {10, 20, 21, 30, 31, 32, 33, 34, 35, 41, 50, 70, 71, 72}
TYPES = {"", "COM", "COMA", "COMD", "ARM"}
_CODE = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1940, 2100

Key = tuple[int, date, str, str, str, str, str, str]


@dataclass
class Movements:
    """Distinct events: (kind, effective on, code, type and name before, code, type and name after)."""

    keys: dict[Key, int]
    read: int
    twice: int

    @property
    def last(self) -> date:
        return max(key[1] for key in self.keys)

    @property
    def first(self) -> date:
        return min(key[1] for key in self.keys)

    @property
    def scope(self) -> frozenset[str]:
        return frozenset(f"DEP-{departement_of(key[2] or key[5])}" for key in self.keys)


def departement_of(commune: str) -> str:
    return commune[:3] if commune[:2] in {"97", "98"} else commune[:2]


def parse_movements(table: Table, name: str) -> Movements:
    """Every event of the file, once. Raises InputRefused with every problem."""
    columns = Columns(table)
    missing = [one for one in NEEDED if not columns.has(one)]
    if missing:
        message = f"Ce n'est pas la liste des mouvements de communes : il manque {', '.join(missing)}."
        raise refused(name, [InputProblem(1, None, message)])
    places = [columns.place(one) or 0 for one in NEEDED]
    labels = [columns.place("LIBELLE_AV", "NCCENR_AV"), columns.place("LIBELLE_AP", "NCCENR_AP")]
    problems = Problems(name)
    keys: dict[Key, int] = {}
    for number, cells in zip(table.row_numbers, table.rows, strict=True):
        kind, on, type_before, before, type_after, after = ((cells[place] or "").strip() for place in places)
        names = [(cells[place] or "").strip()[:200] if place is not None else "" for place in labels]
        day = _date(on, number, problems)
        checked = _kind(kind, number, problems)
        sides = [
            _side(type_before, before, "AV", number, problems),
            _side(type_after, after, "AP", number, problems),
        ]
        if day is None or checked is None or not all(sides):
            continue
        if not before and not after:
            problems.add(number, "COM_AP", "Ni code avant, ni code après.")
            continue
        keys.setdefault((checked, day, before, type_before, names[0], after, type_after, names[1]), number)
    if not keys and not problems.found:
        problems.add(None, None, "Le fichier ne contient aucun mouvement.")
    problems.refuse_if_any()
    return Movements(keys, len(table.rows), len(table.rows) - len(keys))


def _date(text: str, number: int, problems: Problems) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        problems.add(number, "DATE_EFF", f"« {text} » n'est pas une date qui existe (AAAA-MM-JJ).")
        return None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        problems.add(number, "DATE_EFF", f"« {text} » est hors des années {_FIRST_YEAR} à {_LAST_YEAR}.")
        return None
    return day


def _kind(text: str, number: int, problems: Problems) -> int | None:
    if text.isascii() and text.isdigit() and int(text) in KINDS:
        return int(text)
    problems.add(number, "MOD", f"« {text} » n'est pas une nature de mouvement connue.")
    return None


def _side(kind: str, code: str, side: str, number: int, problems: Problems) -> bool:
    if kind not in TYPES:
        problems.add(number, f"TYPECOM_{side}", f"« {kind} » n'est pas un type connu (COM, COMD, COMA, ARM).")
        return False
    if bool(kind) != bool(code) or (code and not _CODE.fullmatch(code)):
        problems.add(number, f"COM_{side}", f"« {code} » n'est pas un code de commune.")
        return False
    return True
