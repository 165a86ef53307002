"""Texts of contracts as Hypothesis draws them: any field of the catalogue, unknown or not, any object or none."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from maillage.engines.contract_text import PARTS, Field, FieldKind, Part

_PART = {part.name: part for part in PARTS}
YEARS = ("2024", "2025", "2028")
SHEETS = ("A01", "B-2", "2028", "YEARS")  # a sheet may bear the name of a year, or of a collection
KEYS = ("L1", "L2", "2028")
INDICATORS = ("ENFANTS", "2028")

_KINDS: dict[FieldKind, st.SearchStrategy[Any]] = {
    FieldKind.LINE: st.sampled_from(["", "Département", "« É »"]),
    FieldKind.LONG: st.sampled_from(["", "Un besoin\nsur deux lignes"]),
    FieldKind.AMOUNT: st.sampled_from(["0", "5000", "12.5"]),
    FieldKind.VALUE: st.sampled_from(["0", "0.25", "-3"]),
    FieldKind.DATE: st.sampled_from(["2024-01-01", "2025-12-31"]),
    FieldKind.YEAR: st.sampled_from(YEARS),
    FieldKind.YES_NO: st.booleans(),
    FieldKind.CHOICE: st.sampled_from(["new", "state"]),
    FieldKind.CODE: st.sampled_from(["ETAT", "DEP"]),
}


def values(field: Field) -> st.SearchStrategy[Any]:
    return st.none() | _KINDS[field.kind]


def objects(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """One object of a part: each of its fields given, unknown, or absent."""
    part: Part = _PART[name]
    return st.fixed_dictionaries({}, optional={field.name: values(field) for field in part.fields})


def _some(codes: tuple[str, ...], one: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(codes), one, max_size=2)


def _with(
    base: st.SearchStrategy[dict[str, Any]], **inner: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(base, st.fixed_dictionaries({}, optional=inner)).map(lambda both: {**both[0], **both[1]})


_TARGET = _with(objects("target"), years=_some(YEARS, objects("year_target")))
_SHEET = _with(
    objects("sheet"),
    years=_some(YEARS, objects("year")),
    lines=_some(KEYS, objects("line")),
    targets=_some(INDICATORS, _TARGET),
)

texts = st.fixed_dictionaries(
    {
        "contract": objects("contract"),
        "caps": _some(YEARS, objects("cap")),
        "signatories": _some(KEYS, objects("signatory")),
        "sheets": _some(SHEETS, _SHEET),
    }
)
