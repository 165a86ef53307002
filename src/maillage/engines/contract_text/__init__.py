"""The text of a contract as plain data: its fields, its paths, what changes from one text to another, its fingerprint.

A text is nested mappings of JSON values, so that a form, a grid, a spreadsheet, a paste and an amendment all change it
the same way, are compared the same way, and are signed the same way. Amounts and values are text in their shortest
exact writing, dates are ISO, an unknown is None.

    {"contract": {field: value},
     "caps": {"2024": {field: value}},
     "signatories": {"S1": {field: value}},
     "sheets": {"A01": {field: value,
                        "years": {"2024": {field: value}},
                        "lines": {"L1": {field: value}},
                        "targets": {"INDICATOR": {field: value, "years": {"2024": {"value": "12"}}}}}}}
"""

from __future__ import annotations

from maillage.engines.contract_text.fields import (
    CAP,
    CONTRACT,
    FIELDS,
    PARTS,
    SHEET,
    SIGNATORY,
    TARGET,
    Field,
    FieldKind,
    Part,
    bad_code,
    field_at,
    label_of,
    part_at,
)
from maillage.engines.contract_text.fitness import unfit
from maillage.engines.contract_text.merging import Conflict, Merge, edits_for, merged
from maillage.engines.contract_text.text import (
    REMOVED,
    Change,
    Text,
    at_path,
    canonical,
    changes,
    edited,
    edits_of,
    empty_text,
    sha256_of,
    token,
)
from maillage.engines.contract_text.unlocking import kind_labels, locked_changes, unlocking_kinds

__all__ = [
    "CAP",
    "CONTRACT",
    "FIELDS",
    "PARTS",
    "REMOVED",
    "SHEET",
    "SIGNATORY",
    "TARGET",
    "Change",
    "Conflict",
    "Field",
    "FieldKind",
    "Merge",
    "Part",
    "Text",
    "at_path",
    "bad_code",
    "canonical",
    "changes",
    "edited",
    "edits_for",
    "edits_of",
    "empty_text",
    "field_at",
    "kind_labels",
    "label_of",
    "locked_changes",
    "merged",
    "part_at",
    "sha256_of",
    "token",
    "unfit",
    "unlocking_kinds",
]
