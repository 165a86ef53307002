"""From the rows of a contract to its text, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models

from maillage.contracts.models import (
    ActionSheet,
    ActionYear,
    AnnualCap,
    Contract,
    Funder,
    FundingLine,
    IndicatorTarget,
    Signatory,
    YearTarget,
)
from maillage.contracts.values import exact
from maillage.engines.contract_text import PARTS, Field, FieldKind, Part, Text
from maillage.indicators.models import Indicator
from maillage.kernel.errors import MaillageError
from maillage.pacts.models import Axis, BaseMeasure, Measure

_TABLES: dict[str, type[models.Model]] = {
    "axis": Axis,
    "measure": Measure,
    "base_measure": BaseMeasure,
    "indicator": Indicator,
    "funder": Funder,
}
_PART: dict[str, Part] = {part.name: part for part in PARTS}


# --- rows → text ----------------------------------------------------------------------------------------------------


def text_of(contract: Contract) -> Text:
    """The text that the rows of a contract hold, in nine queries whatever its size."""
    text: Text = {
        "contract": _fields(_PART["contract"], contract),
        "caps": {str(cap.year): _fields(_PART["cap"], cap) for cap in contract.caps.all()},
        "signatories": {one.key: _fields(_PART["signatory"], one) for one in contract.signatories.all()},
        "sheets": {},
    }
    sheets = contract.sheets.filter(in_text=True).select_related("axis", "measure", "base_measure", "need_indicator")
    sheets = sheets.prefetch_related("years", "lines__funder", "targets__indicator", "targets__years")
    for sheet in sheets:
        text["sheets"][sheet.code] = sheet_text(sheet)
    return text


def sheet_text(sheet: ActionSheet) -> dict[str, Any]:
    """One action sheet as the text holds it. Its years, lines and targets are read by the caller beforehand."""
    return {
        **_fields(_PART["sheet"], sheet),
        "years": {str(one.year): _fields(_PART["year"], one) for one in sheet.years.all()},
        "lines": {one.key: _fields(_PART["line"], one) for one in sheet.lines.all()},
        "targets": {one.indicator.code: _target_text(one) for one in sheet.targets.all()},
    }


def _target_text(target: IndicatorTarget) -> dict[str, Any]:
    years = {str(one.year): _fields(_PART["year_target"], one) for one in target.years.all()}
    return {**_fields(_PART["target"], target), "years": years}


def _fields(part: Part, row: models.Model) -> dict[str, Any]:
    return {field.name: _stored(field, getattr(row, field.name)) for field in part.fields}


def _stored(field: Field, value: Any) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, models.Model):
        return value.code  # type: ignore[attr-defined]  # every table that a field refers to has a code
    if field.kind in (FieldKind.AMOUNT, FieldKind.VALUE):
        return exact(Decimal(value))
    if field.kind is FieldKind.DATE:
        return value.isoformat()
    return str(value) if field.kind is FieldKind.YEAR else value


# --- text → rows ----------------------------------------------------------------------------------------------------


def write_text(contract: Contract, text: Text, *, keep_removed: bool) -> None:
    """Make the rows say what the text says. In the caller's transaction, the contract locked.

    `keep_removed`: a sheet that the text no longer has stays, out of the text, with what was done under it; otherwise
    it is deleted. Raises MaillageError where a row that carries money would go.
    """
    rows = _Codes(text)
    _save(contract, rows.values(_PART["contract"], text["contract"]))
    _sync(contract.caps, AnnualCap, "year", text["caps"], _PART["cap"], rows, contract=contract)
    _sync(contract.signatories, Signatory, "key", text["signatories"], _PART["signatory"], rows, contract=contract)
    sheets = _sync_sheets(contract, text["sheets"], rows, keep_removed)
    for code, content in text["sheets"].items():
        _write_sheet(sheets[code], content, rows)


class _Codes:
    """The rows that the codes of a text refer to, one query a table."""

    def __init__(self, text: Text) -> None:
        wanted: dict[str, set[str]] = {name: set() for name in _TABLES}
        for sheet in text["sheets"].values():
            for name in ("axis", "measure", "base_measure"):
                wanted[name].add(sheet.get(name) or "")
            wanted["indicator"] |= {sheet.get("need_indicator") or "", *sheet.get("targets", {})}
            wanted["funder"] |= {line.get("funder") or "" for line in sheet.get("lines", {}).values()}
        self.found: dict[str, dict[str, Any]] = {
            name: table._default_manager.in_bulk(wanted[name] - {""}, field_name="code")
            for name, table in _TABLES.items()
        }

    def row(self, table: str, code: str) -> Any:
        try:
            return self.found[table][code]
        except KeyError:
            raise MaillageError(f"« {code} » n'existe plus dans l'instance : choisissez un autre code.") from None

    def values(self, part: Part, content: Mapping[str, Any]) -> dict[str, Any]:
        return {field.name: self._value(field, content.get(field.name)) for field in part.fields}

    def _value(self, field: Field, value: Any) -> Any:
        if field.kind is FieldKind.CODE:
            return self.row(field.refers_to, value) if value else None
        if field.kind in (FieldKind.AMOUNT, FieldKind.VALUE):
            return Decimal(value) if value is not None else None
        if field.kind is FieldKind.DATE:
            return date.fromisoformat(value) if value else None
        if field.kind is FieldKind.YES_NO:
            return bool(value)
        if field.kind is FieldKind.YEAR:
            return int(value)
        return value or ""


def _save(row: models.Model, values: Mapping[str, Any]) -> bool:
    """Write what differs; tell whether something did."""
    differing = [name for name, value in values.items() if getattr(row, name) != value]
    for name in differing:
        setattr(row, name, values[name])
    if differing:
        row.save(update_fields=differing)
    return bool(differing)


def _sync(
    manager: Any,
    model: type[models.Model],
    key: str,
    wanted: Mapping[str, Mapping[str, Any]],
    part: Part,
    rows: _Codes,
    **owner: Any,
) -> dict[str, Any]:
    """Add, change and delete the rows of one owner; answers them by key."""
    existing = {str(getattr(row, key)): row for row in manager.all()}
    gone = [row.pk for code, row in existing.items() if code not in wanted]
    if gone:
        _delete(model, gone)
    made = []
    for code, content in wanted.items():
        values = rows.values(part, content)
        if code in existing:
            _save(existing[code], values)
        else:
            existing[code] = model(**{**owner, key: int(code) if key == "year" else code}, **values)
            made.append(existing[code])
    model._default_manager.bulk_create(made)
    return existing


def _delete(model: type[models.Model], keys: Iterable[int]) -> None:
    try:
        model._default_manager.filter(pk__in=list(keys)).delete()
    except models.ProtectedError as error:
        raise MaillageError(
            "Une ligne qui porte un engagement, un paiement ou un relevé ne peut pas être retirée du texte."
        ) from error


def _sync_sheets(
    contract: Contract, wanted: Mapping[str, Any], rows: _Codes, keep_removed: bool
) -> dict[str, ActionSheet]:
    existing = {sheet.code: sheet for sheet in contract.sheets.prefetch_related("years", "lines", "targets__years")}
    gone = [sheet for code, sheet in existing.items() if code not in wanted and sheet.in_text]
    if keep_removed:
        for sheet in gone:
            _save(sheet, {"in_text": False})
    elif gone:
        _delete(ActionSheet, [sheet.pk for sheet in gone])
    for rank, (code, content) in enumerate(wanted.items(), start=1):
        values = {**rows.values(_PART["sheet"], content), "position": rank, "in_text": True}
        if code in existing:
            _save(existing[code], values)
        else:
            existing[code] = ActionSheet.objects.create(contract=contract, code=code, **values)
    return existing


def _write_sheet(sheet: ActionSheet, content: Mapping[str, Any], rows: _Codes) -> None:
    _sync(sheet.years, ActionYear, "year", content.get("years", {}), _PART["year"], rows, sheet=sheet)
    _sync(sheet.lines, FundingLine, "key", content.get("lines", {}), _PART["line"], rows, sheet=sheet)
    targets = _sync_targets(sheet, content.get("targets", {}), rows)
    for code, target in content.get("targets", {}).items():
        years = target.get("years", {})
        _sync(targets[code].years, YearTarget, "year", years, _PART["year_target"], rows, target=targets[code])


def _sync_targets(sheet: ActionSheet, wanted: Mapping[str, Any], rows: _Codes) -> dict[str, IndicatorTarget]:
    existing = {target.indicator.code: target for target in sheet.targets.select_related("indicator")}
    gone = [target.pk for code, target in existing.items() if code not in wanted]
    if gone:
        _delete(IndicatorTarget, gone)
    for code, content in wanted.items():
        values = rows.values(_PART["target"], content)
        if code in existing:
            _save(existing[code], values)
        else:
            indicator = rows.row("indicator", code)
            existing[code] = IndicatorTarget.objects.create(sheet=sheet, indicator=indicator, **values)
    return existing


# --- the names that codes had -----------------------------------------------------------------------------------------

Names = dict[str, dict[str, str]]


def known_codes() -> dict[str, dict[str, str]]:
    """Table → what may be typed, folded → code: a code, or a name. What `values.clean` asks for.

    A name that two rows bear says neither: only their codes do.
    """
    return {
        name: _typed(list(_TABLES[name]._default_manager.values_list("code", label))) for name, label in _LABELS.items()
    }


def _typed(rows: list[tuple[str, str]]) -> dict[str, str]:
    borne = Counter(title.lower() for _, title in rows)
    by_name = {title.lower(): code for code, title in rows if borne[title.lower()] == 1}
    return by_name | {code.lower(): code for code, _ in rows}


_LABELS = {"axis": "title", "measure": "title", "base_measure": "title", "indicator": "label", "funder": "name"}


def names_of(text: Text) -> Names:
    """Table → code → name, for the codes that a text refers to: a signed text keeps them as they were.

    Two tables more: `unit` of indicators, `family` of funders (state, collectivity or other).
    """
    found = _Codes(text).found
    names = {table: {code: getattr(row, _LABELS[table]) for code, row in rows.items()} for table, rows in found.items()}
    names["unit"] = {code: row.unit for code, row in found["indicator"].items()}
    names["family"] = {code: row.family for code, row in found["funder"].items()}
    return names


def all_names() -> Names:
    """Table → code → name, for everything that may be chosen."""
    return {table: dict(_TABLES[table]._default_manager.values_list("code", label)) for table, label in _LABELS.items()}
