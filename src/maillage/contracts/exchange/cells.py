"""A value of the text as a cell holds it, and a cell as a value of the text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from maillage.contracts.values import clean, exact
from maillage.documents.workbook import Value
from maillage.documents.workbook.model import settled
from maillage.engines.contract_text import Field, FieldKind
from maillage.ui.export import neutral, unneutral

Codes = Mapping[str, Mapping[str, str]]  # table → folded name or code → code
Names = Mapping[str, Mapping[str, str]]  # table → code → name
BETWEEN = " · "  # between a code and its name, in one cell

_BLANKS = re.compile(r"[ \t\u00a0\u202f]+")
_DASHED_DAY = re.compile(r"([0-9]{1,2})-([0-9]{1,2})-([0-9]{4})")
_WORDED_DAY = re.compile(r"([0-9]{1,2})(?:er)? ([a-z]+)\.? ([0-9]{4})")
_MONTHS = [
    *("janvier", "fevrier", "mars", "avril", "mai", "juin"),
    *("juillet", "aout", "septembre", "octobre", "novembre", "decembre"),
]


def named_code(code: str, name: str) -> str:
    """« PACTE-1 · Enfance »: the code is what counts, the name is for the reader."""
    return f"{code}{BETWEEN}{' '.join(name.split())}" if name else code


def bare_code(text: str, known: Mapping[str, Any]) -> str:
    """The code of « PACTE-1 · Enfance » where it is one; else the text as it is, which may be a name."""
    head = text.split(BETWEEN.strip())[0].strip()
    return head if head.lower() in known else text


def written(field: Field, value: Any, names: Names) -> Value:
    """What the template writes in a cell; None for what is not known."""
    if field.kind is FieldKind.YES_NO:
        return "oui" if value else "non"
    if value is None or value == "":
        return None
    if field.kind in (FieldKind.AMOUNT, FieldKind.VALUE):
        return Decimal(value)
    if field.kind is FieldKind.DATE:
        return date.fromisoformat(value)
    if field.kind is FieldKind.YEAR:
        return int(value)
    if field.kind is FieldKind.CHOICE:
        return (field.choices or {}).get(value, str(value))
    if field.kind is FieldKind.CODE:
        return named_code(value, names.get(field.refers_to, {}).get(value, ""))
    return str(value)


def as_read(value: Value) -> str:
    """The text that reading a cell of the template gives back."""
    kept = settled(value)
    if kept is None:
        return ""
    if isinstance(kept, Decimal):
        return exact(kept)
    if isinstance(kept, date):
        return kept.isoformat()
    return str(neutral(str(kept)))


def same(one: str, other: str) -> bool:
    """Whether two texts differ by their blanks only: a spreadsheet keeps line breaks, and not always the rest."""
    return _tidy(one) == _tidy(other)


def _tidy(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
    return "\n".join(_BLANKS.sub(" ", line).strip() for line in lines)


def read(field: Field, raw: str, codes: Codes) -> Any:
    """A cell as a value of the text. Raises MaillageError, in French, for what is none."""
    text = unneutral(raw.strip())
    if field.kind is FieldKind.CODE:
        text = bare_code(text, codes.get(field.refers_to, {}))
    elif field.kind is FieldKind.DATE:
        text = _usual_day(text)
    return clean(field, text, codes)


def _usual_day(text: str) -> str:
    """« 5-3-2024 » and « 5 mars 2024 » as 5/3/2024; any other text as it is."""
    if dashed := _DASHED_DAY.fullmatch(text):
        return "/".join(dashed.groups())
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    worded = _WORDED_DAY.fullmatch(_BLANKS.sub(" ", plain))
    if worded and worded[2] in _MONTHS:
        return f"{worded[1]}/{_MONTHS.index(worded[2]) + 1}/{worded[3]}"
    return text
