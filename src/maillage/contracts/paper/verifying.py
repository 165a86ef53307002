"""What a sheet of paper is worth: its reference, its number and its fingerprint against the versions that are kept.

The fingerprint must be given to learn anything, whether a contract of that reference exists included: it is compared in
constant time, and a paper that is not recognised gets one answer whatever was wrong. It is only told apart from a slip
of the pen, where most of the sixteen digits are right: nobody has those without the paper.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from maillage.contracts.models import ContractVersion
from maillage.contracts.paper.references import DIGITS, DRAFT_NUMBER
from maillage.contracts.services.versions import is_intact, read_version

ALMOST = 12  # digits of sixteen at their place: a slip of the pen, not a guess
_NO_DIGITS = "g" * DIGITS  # compared with nothing found, so that the answer takes as long
_HEX = re.compile(r"[0-9a-f]{16,64}")


class Standing(StrEnum):
    """What a paper is worth."""

    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    ENDED = "ended"
    DRAFT = "draft"
    MISTYPED = "mistyped"
    UNKNOWN = "unknown"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Recognised:
    """What the paper itself says, read from the snapshot of its version: no amount, no person."""

    reference: str
    title: str
    number: int
    territory: str
    parties: tuple[str, ...]
    starts_on: date | None
    ends_on: date | None
    signed_on: date | None
    fingerprint: str
    is_demonstration: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """`paper` is None where nothing may be said. `last` and `since`: the version in force now, and its first day."""

    standing: Standing
    paper: Recognised | None = None
    last: int | None = None
    since: date | None = None
    ending: str = ""


def digits_of(typed: str) -> str:
    """The digits of a fingerprint as people type it, spaces and capitals aside; '' when it cannot be one."""
    folded = re.sub(r"[\s·.…-]", "", typed).lower()
    return folded[:DIGITS] if _HEX.fullmatch(folded) else ""


def number_of(typed: str) -> str:
    """« 2 », « v2 », « version 2 » → « 2 »; « projet » → `DRAFT_NUMBER`; '' for anything else."""
    folded = typed.strip().lower()
    if folded.startswith(DRAFT_NUMBER):
        return DRAFT_NUMBER
    match = re.fullmatch(r"(?:version|v)?\s*0*([1-9][0-9]{0,3})", folded)
    return match[1] if match else ""


def verify(reference: str, number: str, digits: str) -> Verdict:
    """The standing of a paper. `number` and `digits` as `number_of` and `digits_of` give them."""
    if number == DRAFT_NUMBER:
        return Verdict(Standing.DRAFT)
    found = _version(reference, number)
    kept = found.sha256[:DIGITS] if found is not None else _NO_DIGITS
    same = hmac.compare_digest(kept, digits or "x" * DIGITS)
    if found is None or not same:
        close = sum(one == other for one, other in zip(kept, digits, strict=False)) >= ALMOST
        return Verdict(Standing.MISTYPED if close else Standing.UNKNOWN)
    return _standing(found)


def _version(reference: str, number: str) -> ContractVersion | None:
    if not number:
        return None
    found = ContractVersion.objects.filter(contract__reference__iexact=reference.strip(), number=int(number))
    return found.select_related("contract").order_by("pk").first()


def _standing(version: ContractVersion) -> Verdict:
    if not is_intact(version):
        return Verdict(Standing.DAMAGED)
    paper = _recognised(version)
    contract = version.contract
    last = contract.versions.order_by("-number").first()
    if contract.status != "in_force":
        return Verdict(Standing.ENDED, paper, ending=contract.get_status_display())
    if last is not None and last.number > version.number:
        return Verdict(Standing.SUPERSEDED, paper, last.number, last.signed_on)
    return Verdict(Standing.IN_FORCE, paper)


def _recognised(version: ContractVersion) -> Recognised:
    held: Mapping[str, Any] = read_version(version)
    contract, parties = held["text"]["contract"], held["text"]["signatories"]
    return Recognised(
        reference=contract["reference"],
        title=contract["title"],
        number=held["number"],
        territory=held["territory"]["name"],
        parties=tuple(one["organisation"] for one in parties.values() if one.get("organisation")),
        starts_on=_day(contract.get("starts_on")),
        ends_on=_day(contract.get("ends_on")),
        signed_on=_day(held["signed_on"]),
        fingerprint=version.sha256[:DIGITS],
        is_demonstration=held["is_demonstration"],
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
