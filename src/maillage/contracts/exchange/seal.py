"""The hidden sheet that says from which text a workbook was written, so that what others did meanwhile is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing

from maillage.contracts.exchange.layout import SEAL
from maillage.contracts.models import Amendment, Contract
from maillage.documents.workbook import Box, Column, Page
from maillage.engines.contract_text import Text, token

FORMAT = "maillage-contrat-1"
SALT = "maillage.contracts.workbook"
_CHUNK = 8000  # characters of a cell; a spreadsheet keeps 32 767
_TEXT, _START = "texte", "t:"  # the mark keeps a piece from starting with a sign of formula


@dataclass(frozen=True, slots=True)
class Seal:
    """`text` is the one that the template was filled from; `amendment` the primary key of its amendment, if any."""

    contract: int
    amendment: int | None
    text: Text


def seal_page(contract: Contract, amendment: Amendment | None, text: Text, at: datetime) -> Page:
    """Reference, day, token of each part, and the text itself, signed by this instance."""
    held = {"contract": contract.pk, "amendment": amendment.pk if amendment else None, "text": text}
    packed = signing.dumps(held, salt=SALT, compress=True)
    pieces = [packed[start : start + _CHUNK] for start in range(0, len(packed), _CHUNK)]
    rows = [
        ("format", FORMAT),
        ("contrat", contract.reference),
        ("avenant", str(amendment.number) if amendment else ""),
        ("écrit le", at.isoformat(timespec="seconds")),
        *((f"jeton {place}", token(text, place)) for place in places_of(text)),
        *((_TEXT, f"{_START}{piece}") for piece in pieces),
    ]
    columns = [Column("Ce que cette feuille retient", 30), Column("Ne la modifiez pas", 60)]
    return Page(SEAL, columns, [[Box(label), Box(value)] for label, value in rows], protected=True, hidden=True)


def places_of(text: Text) -> list[str]:
    """The parts that are changed together: the contract, each cap, signatory and action sheet."""
    held = ((name, code) for name in ("caps", "signatories", "sheets") for code in sorted(text[name]))
    return ["contract", *(f"{name}/{code}" for name, code in held)]


def read_seal(rows: Sequence[Sequence[str | None]]) -> Seal | None:
    """What the hidden sheet says; None where it is absent, changed, or written by another instance."""
    pieces = [str(row[1]) for row in rows if len(row) > 1 and row[0] == _TEXT and row[1]]
    try:
        held: Any = signing.loads("".join(piece.removeprefix(_START) for piece in pieces), salt=SALT)
    except signing.BadSignature:
        return None
    return Seal(held["contract"], held["amendment"], held["text"])
