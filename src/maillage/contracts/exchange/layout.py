"""The sheets of the workbook: which part of the text each one holds, by which columns its rows are named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from maillage.engines.contract_text import PARTS, Field, Part
from maillage.engines.rows import fold

GUIDE, LISTS, SEAL = "Mode d'emploi", "Listes", "maillage"
CLOSED_MARK, NEEDED_MARK = "[fermé]", "*"
REMOVE, REMINDER = "remove", "reminder"
REMOVE_HEADING, REMINDER_HEADING = "Retirer", "Intitulé de la fiche"
_MARKS = re.compile(r"\s*(\[ferm[ée]e?\]|\*)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Key:
    """A column that names the object of a row. `is_made`: left empty, it is chosen by Maillage."""

    name: str
    heading: str
    is_made: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """A sheet of the workbook. `keys` fill the stars of the path of `part`, in their order."""

    name: str
    part: Part
    keys: tuple[Key, ...]
    identity: tuple[str, ...] = ()  # fields by which an object without a key is found again

    @property
    def can_remove(self) -> bool:
        return bool(self.keys)

    @property
    def has_reminder(self) -> bool:
        """Whether a column reminds the title of the action sheet, since its code alone says little."""
        return len(self.keys) > 1

    @property
    def is_silent(self) -> bool:
        """Whether an object that says nothing is no object: a year without a cost, a line without an amount."""
        return self.part.name in ("cap", "year", "line", "year_target")

    def path(self, codes: tuple[str, ...]) -> str:
        """The path of an object: « sheets/A01/lines/L1 »."""
        left = list(codes)
        return "/".join(left.pop(0) if step == "*" else step for step in self.part.path)

    def parent(self, codes: tuple[str, ...]) -> str:
        """The path of the collection that holds it: « sheets/A01/lines »."""
        return self.path(codes).rpartition("/")[0]

    def headings(self) -> dict[str, str]:
        """Folded heading → name, for everything that a column of this sheet may be."""
        known = {fold(one.label): one.name for one in self.part.fields}
        known |= {fold(key.heading): key_name(key) for key in self.keys}
        known |= {fold(REMOVE_HEADING): REMOVE} if self.can_remove else {}
        return known | ({fold(REMINDER_HEADING): REMINDER} if self.has_reminder else {})


def key_name(key: Key) -> str:
    """The name of a column of keys, which never is that of a field."""
    return f"key:{key.name}"


def heading_of(field: Field, *, is_closed: bool) -> str:
    needed = f" {NEEDED_MARK}" if field.needed else ""
    return f"{field.label}{needed}{f' {CLOSED_MARK}' if is_closed else ''}"


def bare(heading: str) -> str:
    """A heading as it is compared, without the marks that the template adds."""
    text = heading
    while _MARKS.search(text):
        text = _MARKS.sub("", text)
    return fold(text)


_PART = {part.name: part for part in PARTS}
_CODE, _YEAR, _INDICATOR = Key("sheet", "Fiche"), Key("year", "Année"), Key("indicator", "Indicateur")

TABS: tuple[Tab, ...] = (
    Tab("Contrat", _PART["contract"], ()),
    Tab("Plafonds", _PART["cap"], (_YEAR,)),
    Tab("Signataires", _PART["signatory"], (Key("signatory", "Code", is_made=True),), ("side", "organisation")),
    Tab("Fiches", _PART["sheet"], (_CODE,)),
    Tab("Coûts", _PART["year"], (_CODE, _YEAR)),
    Tab("Financement", _PART["line"], (_CODE, Key("line", "Ligne", is_made=True)), ("year", "funder", "in_kind")),
    Tab("Indicateurs", _PART["target"], (_CODE, _INDICATOR)),
    Tab("Cibles", _PART["year_target"], (_CODE, _INDICATOR, _YEAR)),
)


def objects(text: Mapping[str, Any], tab: Tab) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """(codes, content) of every object of the text that a sheet of the workbook holds, in its order."""
    yield from _found(text, tab.part.path, ())


def _found(
    content: Mapping[str, Any], pattern: tuple[str, ...], codes: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    if not pattern:
        yield codes, content
        return
    step, rest = pattern[0], pattern[1:]
    if step != "*":
        yield from _found(content.get(step, {}), rest, codes)
        return
    for code in sorted(content):
        yield from _found(content[code], rest, (*codes, code))
