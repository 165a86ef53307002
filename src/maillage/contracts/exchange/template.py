"""The workbook of a contract: what the text says, in cells to fill; what is closed now, locked and said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from maillage.contracts.exchange.cells import Names, named_code, written
from maillage.contracts.exchange.guide import guide_page
from maillage.contracts.exchange.layout import (
    LISTS,
    REMINDER_HEADING,
    REMOVE_HEADING,
    TABS,
    Key,
    Tab,
    heading_of,
    objects,
)
from maillage.contracts.exchange.seal import seal_page
from maillage.contracts.models import Contract
from maillage.contracts.selectors.choices import Choices as Offered
from maillage.contracts.selectors.drafts import Draft
from maillage.documents.workbook import WRITERS, Box, Choices, Column, Look, Page, Value
from maillage.engines.contract_text import Change, Field, FieldKind

ChangeRefusal = Callable[[Change], str]  # a change → why it may not be made now, in French, or ''
BLANK_ROWS = {"sheet": 15, "line": 40, "target": 20, "year_target": 20, "signatory": 5, "cap": 2, "year": 10}
_WIDTHS = {FieldKind.LONG: 48, FieldKind.LINE: 30, FieldKind.CODE: 36, FieldKind.AMOUNT: 16}
_YES_NO = Choices(("oui", "non"))
_LIST_HEADINGS = {
    "axis": "Axes",
    "measure": "Mesures",
    "base_measure": "Mesures socle",
    "indicator": "Indicateurs",
    "funder": "Financeurs",
}
_SHEETS_LISTED = 200  # rows of « Fiches » that other sheets offer: those added below are offered too


@dataclass(frozen=True)
class Given:
    """What a workbook is written from. `offered`: what may be chosen; `closed`: why a change may not be made now."""

    draft: Draft
    names: Names
    offered: Mapping[str, Offered]
    closed: ChangeRefusal
    state: str

    @property
    def contract(self) -> Contract:
        return self.draft.contract

    @cached_property
    def years(self) -> list[str]:
        """The years of the text that is worked on."""
        terms = self.draft.text["contract"]
        return [str(year) for year in range(int(terms["starts_on"][:4]), int(terms["ends_on"][:4]) + 1)]

    @cached_property
    def lists(self) -> dict[str, list[str]]:
        """Table → « code · name », in the order of the pages."""
        return {
            table: [named_code(code, self.names.get(table, {}).get(code, "")) for code in _codes(self.offered[table])]
            for table in _LIST_HEADINGS
        }


def write_template(given: Given, fmt: str, at: datetime) -> bytes:
    """The workbook in a format of `WRITERS`: « xlsx », « ods »."""
    return WRITERS[fmt](template_pages(given, at), title=f"{given.contract.reference}, à remplir")


def template_pages(given: Given, at: datetime) -> list[Page]:
    """How to fill it, one page a part, the lists, and what was read."""
    pages = [_page(given, tab) for tab in TABS]
    draft = given.draft
    return [
        guide_page(given.contract, draft.amendment, given.state),
        *pages,
        _lists(given),
        seal_page(given.contract, draft.amendment, draft.text, at),
    ]


def _codes(offered: Offered) -> Iterator[str]:
    for code, inner in offered:
        if isinstance(inner, str):
            yield code
        else:
            yield from (one for one, _ in inner)


# --- a page of the text -----------------------------------------------------------------------------------------------


def _page(given: Given, tab: Tab) -> Page:
    rows = [_row(given, tab, codes, content) for codes, content in objects(given.draft.text, tab)]
    rows += _awaited(given, tab)
    closed = {field.name: _is_closed(given, tab, field) for field in tab.part.fields}
    columns = [
        *(_key_column(given, tab, key) for key in tab.keys),
        *([Column(REMINDER_HEADING, 34)] if tab.has_reminder else []),
        *(_column(given, field, is_closed=closed[field.name]) for field in tab.part.fields),
        *([Column(REMOVE_HEADING, 10, _YES_NO, help="« oui » retire cette ligne du texte.")] if tab.can_remove else []),
    ]
    if not _adding_refusal(given, tab):
        rows += [_blank(tab)] * BLANK_ROWS.get(tab.part.name, 0)
    fields = _fields_of(tab, rows)
    is_protected = any(box.look is Look.CLOSED for row in fields for box in row)
    return Page(tab.name, columns, rows, frozen=len(tab.keys), protected=is_protected)


def _fields_of(tab: Tab, rows: Sequence[Sequence[Box]]) -> Iterator[Sequence[Box]]:
    first = len(tab.keys) + tab.has_reminder
    return (row[first : first + len(tab.part.fields)] for row in rows)


def _is_closed(given: Given, tab: Tab, field: Field) -> bool:
    """Whether a column is closed on every row, new ones included."""
    if not _adding_refusal(given, tab):
        return False
    paths = [tab.path(codes) for codes, _ in objects(given.draft.text, tab)]
    return all(given.closed(Change(f"{path}/{field.name}", "changed", None, "")) for path in paths)


def _adding_refusal(given: Given, tab: Tab) -> str:
    """Why no row may be added to a sheet of the workbook, if none may."""
    if not tab.keys:
        return "Il n'y a qu'un contrat."
    sheets = [*given.draft.text["sheets"], "NEW"] if tab.part.path[0] == "sheets" and len(tab.keys) > 1 else [""]
    refusals = [
        given.closed(Change(tab.path(_new_codes(tab, sheet, year)), "added", None, {"year": year}))
        for sheet in sheets
        for year in (given.years[-1], str(int(given.years[-1]) + 1))
    ]
    return "" if not all(refusals) else refusals[0]


def _new_codes(tab: Tab, sheet: str, year: str) -> tuple[str, ...]:
    return tuple(year if key.name == "year" else sheet if key.name == "sheet" and sheet else "NEW" for key in tab.keys)


def _row(given: Given, tab: Tab, codes: tuple[str, ...], content: Mapping[str, Any]) -> list[Box]:
    path = tab.path(codes)
    boxes = [Box(_key_value(given, key, code)) for key, code in zip(tab.keys, codes, strict=True)]
    if tab.has_reminder:
        boxes.append(Box(_title(given, codes[0])))
    for field in tab.part.fields:
        value = content.get(field.name)
        refusal = given.closed(Change(f"{path}/{field.name}", "changed", value, ""))
        boxes.append(Box(written(field, value, given.names), Look.CLOSED if refusal else Look.OPEN))
    if tab.can_remove:
        refusal = given.closed(Change(path, "removed", content, None))
        boxes.append(Box(None, Look.CLOSED if refusal else Look.OPEN))
    return boxes


def _awaited(given: Given, tab: Tab) -> list[list[Box]]:
    """The rows that the years of the contract call for and that the text does not have yet, to be filled."""
    text = given.draft.text
    wanted: list[tuple[str, ...]] = []
    if tab.part.name == "cap":
        wanted = [(year,) for year in given.years if year not in text["caps"]]
    elif tab.part.name == "year":
        wanted = [(code, year) for code, sheet in _sheets(text) for year in given.years if year not in sheet["years"]]
    elif tab.part.name == "year_target":
        wanted = [
            (code, indicator, year)
            for code, sheet in _sheets(text)
            for indicator, target in sorted(sheet["targets"].items())
            for year in given.years
            if year not in target.get("years", {})
        ]
    return [_awaited_row(given, tab, codes) for codes in wanted if not _closed_object(given, tab, codes)]


def _sheets(text: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for code, sheet in sorted(text["sheets"].items()):
        yield code, {"years": sheet.get("years", {}), "targets": sheet.get("targets", {})}


def _closed_object(given: Given, tab: Tab, codes: tuple[str, ...]) -> str:
    return given.closed(Change(tab.path(codes), "added", None, {"year": codes[-1]}))


def _awaited_row(given: Given, tab: Tab, codes: tuple[str, ...]) -> list[Box]:
    boxes = [Box(_key_value(given, key, code)) for key, code in zip(tab.keys, codes, strict=True)]
    boxes += [Box(_title(given, codes[0]))] if tab.has_reminder else []
    return [*boxes, *(Box(None, Look.OPEN) for _ in tab.part.fields), Box(None, Look.OPEN)]


def _blank(tab: Tab) -> list[Box]:
    boxes = [Box(None, Look.PLAIN if key.is_made else Look.OPEN) for key in tab.keys]
    boxes += [Box(None)] if tab.has_reminder else []
    return [*boxes, *(Box(None, Look.OPEN) for _ in tab.part.fields), Box(None, Look.OPEN)]


def _key_value(given: Given, key: Key, code: str) -> Value:
    if key.name == "year":
        return int(code)
    return named_code(code, given.names["indicator"].get(code, "")) if key.name == "indicator" else code


def _title(given: Given, code: str) -> str:
    return str(given.draft.text["sheets"].get(code, {}).get("title") or "")


# --- columns ----------------------------------------------------------------------------------------------------------


def _key_column(given: Given, tab: Tab, key: Key) -> Column:
    if key.name == "year":
        return Column(key.heading, 10)
    if key.name == "indicator":
        return Column(key.heading, 40, _listed(given, "indicator"))
    if key.name == "sheet" and tab.part.name != "sheet":
        return Column(key.heading, 12, Choices(("",) * _SHEETS_LISTED, "Fiches", 0, strict=False))
    told = "Laissez vide pour une nouvelle ligne : Maillage donne le code." if key.is_made else ""
    return Column(key.heading, 12, help=told or "Le code d'une fiche : A01. Ne changez pas un code donné.")


def _column(given: Given, field: Field, *, is_closed: bool) -> Column:
    choices = None
    if field.kind is FieldKind.YES_NO:
        choices = _YES_NO
    elif field.kind is FieldKind.CHOICE:
        choices = Choices(tuple((field.choices or {}).values()))
    elif field.kind is FieldKind.CODE:
        choices = _listed(given, field.refers_to)
    return Column(
        heading_of(field, is_closed=is_closed),
        _WIDTHS.get(field.kind, 14),
        choices,
        field.max_length,
        field.help,
        is_number=field.kind in (FieldKind.AMOUNT, FieldKind.VALUE),
        is_date=field.kind is FieldKind.DATE,
    )


def _listed(given: Given, table: str) -> Choices:
    return Choices(given.lists[table], LISTS, list(_LIST_HEADINGS).index(table), strict=False)


# --- the other pages --------------------------------------------------------------------------------------------------


def _lists(given: Given) -> Page:
    columns = [Column(heading, 60) for heading in _LIST_HEADINGS.values()]
    longest = max((len(one) for one in given.lists.values()), default=0)
    rows = [
        [Box(one[rank] if rank < len(one) else None) for one in (given.lists[table] for table in _LIST_HEADINGS)]
        for rank in range(longest)
    ]
    return Page(LISTS, columns, rows, protected=True)
