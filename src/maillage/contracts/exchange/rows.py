"""From a row of the workbook to edits of the text: which object it speaks of, which of its cells say something new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from maillage.contracts.exchange.cells import BETWEEN, Codes, Names, as_read, bare_code, read, same, written
from maillage.contracts.exchange.layout import REMOVE, Key, Tab, key_name
from maillage.contracts.exchange.reading import Book, SheetProblem, SheetRow
from maillage.contracts.values import clean
from maillage.engines.contract_text import REMOVED, Field, FieldKind, Text, at_path, bad_code
from maillage.kernel.errors import MaillageError, shorten
from maillage.kernel.numbers import NBSP

_PREFIX = {"line": "L", "signatory": "S"}


@dataclass
class RowEdits:
    """Path → value, the row that each path comes from, the rows that say nothing, and what is wrong."""

    edits: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, SheetRow] = field(default_factory=dict)
    silent: set[tuple[str, int]] = field(default_factory=set)
    problems: list[SheetProblem] = field(default_factory=list)
    seen: dict[str, SheetRow] = field(default_factory=dict)


class RowReader:
    """Reads rows against the text that the workbook was written from (`base`), new keys being free in `current`."""

    def __init__(self, base: Text, current: Text, codes: Codes, names: Names) -> None:
        self.base, self.current, self.codes, self.names = base, current, codes, names
        self._claimed: dict[str, set[str]] = {}  # path of a collection → keys that rows of the workbook name

    def claim(self, book: Book) -> None:
        """Take note of every key that the workbook names, so that a new row is given none of them."""
        for rows in book.rows.values():
            for row in rows:
                codes = self._codes(row, RowEdits())
                if codes is not None and codes and codes[-1]:
                    self._claimed.setdefault(row.tab.parent(codes), set()).add(codes[-1])

    def read(self, row: SheetRow, found: RowEdits) -> None:
        """Add what a row says to `found`."""
        codes = self._codes(row, found)
        if codes is None:
            return
        values = None
        if codes and not codes[-1]:
            values = self._values(row, None, found)
            codes = (*codes[:-1], self._key(row.tab, codes, values))
        path = row.tab.path(codes)
        if path in found.seen:
            message = f"La même ligne figure déjà ligne {found.seen[path].number}."
            found.problems.append(row.problem(key_name(row.tab.keys[-1]) if row.tab.keys else None, message))
            return
        found.seen[path] = row
        if self._is_removed(row, found):
            self._remove(row, path, found)
        else:
            self._edit(row, path, values, found)

    # --- which object -------------------------------------------------------------------------------------------------

    def _codes(self, row: SheetRow, found: RowEdits) -> tuple[str, ...] | None:
        """The codes that name the object of a row, '' for one to be made; None when they name nothing."""
        codes = []
        for key in row.tab.keys:
            name = key_name(key)
            code = self._code(key, row.cells.get(name, ""))
            if not code and not key.is_made:
                found.problems.append(row.problem(name, "Cette case doit être remplie."))
                return None
            codes.append(code)
        wrong = bad_code(row.tab.path(tuple(code or "L1" for code in codes))) if codes else ""
        if wrong:
            key = next(key for key, code in zip(row.tab.keys, codes, strict=True) if (code or "L1") == wrong)
            found.problems.append(row.problem(key_name(key), f"«{NBSP}{shorten(wrong, 30)}{NBSP}» n'est pas un code."))
            return None
        return tuple(codes)

    def _code(self, key: Key, raw: str) -> str:
        text = raw.split(BETWEEN)[0].strip() if key.name == "sheet" else raw
        if key.name != "indicator":
            return text.upper()
        known = self.codes.get("indicator", {})
        text = bare_code(text, known)
        return known.get(text.lower(), text)

    def _key(self, tab: Tab, codes: tuple[str, ...], values: Mapping[str, Any]) -> str:
        """The key of an object without one: that of the same object, if it was added meanwhile, else a new one."""
        parent = tab.parent(codes)
        claimed = self._claimed.setdefault(parent, set())
        held = {key: one for key, one in (at_path(self.current, parent) or {}).items() if key not in claimed}
        key = _equal(held, values, values) or _equal(held, values, tab.identity)
        if not key:
            taken = {*(at_path(self.current, parent) or {}), *(at_path(self.base, parent) or {}), *claimed}
            key = fresh_key(_PREFIX[tab.part.name], taken)
        claimed.add(key)
        return key

    # --- what it says -------------------------------------------------------------------------------------------------

    def _is_removed(self, row: SheetRow, found: RowEdits) -> bool:
        raw = row.cells.get(REMOVE, "").lower()
        try:
            return bool(clean(_YES_NO, raw, {}))
        except MaillageError as error:
            found.problems.append(row.problem(REMOVE, error.message_fr))
            return False

    def _remove(self, row: SheetRow, path: str, found: RowEdits) -> None:
        if at_path(self.base, path) is not None:
            found.edits[path] = REMOVED
            found.rows[path] = row
        else:
            found.silent.add((row.tab.name, row.number))

    def _edit(self, row: SheetRow, path: str, values: dict[str, Any] | None, found: RowEdits) -> None:
        content = at_path(self.base, path)
        if values is None:
            values = self._values(row, content, found)
        is_new = content is None
        if is_new and row.tab.is_silent and not any(value for value in values.values()):
            found.silent.add((row.tab.name, row.number))
            return
        found.rows[path] = row
        for name, value in values.items():
            if is_new or not _equals(value, content.get(name)):
                found.edits[f"{path}/{name}"] = value
                found.rows[f"{path}/{name}"] = row

    def _values(self, row: SheetRow, content: Mapping[str, Any] | None, found: RowEdits) -> dict[str, Any]:
        """Field → value, for the cells that do not say what the template wrote."""
        values: dict[str, Any] = {}
        for one in row.tab.part.fields:
            raw = row.cells.get(one.name)
            if raw is None or (content is not None and self._is_as_written(one, raw, content)):
                continue
            try:
                values[one.name] = read(one, raw, self.codes)
            except MaillageError as error:
                found.problems.append(row.problem(one.name, error.message_fr))
        return values

    def _is_as_written(self, one: Field, raw: str, content: Mapping[str, Any]) -> bool:
        return same(raw, as_read(written(one, content.get(one.name), self.names)))

    # --- what the rows say together -----------------------------------------------------------------------------------

    def check_references(self, found: RowEdits) -> None:
        """A row within a sheet that is not there, or that the same workbook takes out, is refused."""
        for path in [path for path, value in found.edits.items() if value is not REMOVED]:
            row = found.rows[path]
            gone = next((one for one in _above(path) if found.edits.get(one) is REMOVED), "")
            if gone and found.rows[gone] is not row:
                message = f"Cette ligne change ce que la feuille «{NBSP}{found.rows[gone].tab.name}{NBSP}» retire."
                _add_once(found, row.problem(None, message))
        for path, row in found.seen.items():
            owner = path.rsplit("/", 2)[0]
            if len(row.tab.keys) > 1 and path in found.rows and not self._exists(owner, found):
                key = row.tab.keys[-2]
                message = "Ce n'est ni dans le texte, ni ajouté par ce classeur : ajoutez-le d'abord dans sa feuille."
                found.problems.append(row.problem(key_name(key), message))

    def _exists(self, path: str, found: RowEdits) -> bool:
        if at_path(self.base, path) is not None or at_path(self.current, path) is not None:
            return True
        return path in found.seen and (found.seen[path].tab.name, found.seen[path].number) not in found.silent


_YES_NO = Field("remove", "Retirer", FieldKind.YES_NO, "")


def _above(path: str) -> list[str]:
    steps = path.split("/")
    return ["/".join(steps[:count]) for count in range(2, len(steps), 2)]


def _add_once(found: RowEdits, problem: SheetProblem) -> None:
    if problem not in found.problems:
        found.problems.append(problem)


def _equals(value: Any, before: Any) -> bool:
    """Whether the text says it already: a yes or no that is not said is a no, an empty text is an unknown."""
    return (value or None) == (before or None)


def _equal(held: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any], names: Any) -> str:
    """Key of the first object that says the same of these fields; '' when none does."""
    wanted = [name for name in names if name in values]
    if not wanted:
        return ""
    same_ones = (
        key for key, one in sorted(held.items()) if all(_equals(one.get(name), values[name]) for name in wanted)
    )
    return next(same_ones, "")


def fresh_key(prefix: str, taken: set[str]) -> str:
    """A key above every number in use, so that an object taken out is not mistaken for a new one."""
    numbers = [int(key[1:]) for key in taken if key[:1] == prefix and key[1:].isdecimal() and key.isascii()]
    return f"{prefix}{max(numbers, default=0) + 1}"
