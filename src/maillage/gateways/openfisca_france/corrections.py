"""Dated corrections of parameters that the installed version of OpenFisca-France does not have right.

Only what a source confirms changes an amount. What is still to verify, and what nobody knows yet, changes nothing: it
is told, so that the right is flagged instead of being answered in silence.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from maillage.kernel.errors import MaillageError

if TYPE_CHECKING:
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem

_FILE = "corrections.csv"


class CorrectionRefused(MaillageError):
    """A correction names a parameter that the installed version does not have."""


class Confidence(StrEnum):
    CONFIRMED = "confirmed"
    TO_VERIFY = "to_verify"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Correction:
    """What is known of one parameter from one day on. `parameter` is its place in OpenFisca's tree; brackets by rank.

    `value` is None when it is known only that the parameter changed. `reference` and `note_fr` are read by users.
    """

    parameter: str
    start_on: date
    value: float | None
    confidence: Confidence
    reference: str
    note_fr: str

    @property
    def is_applied(self) -> bool:
        return self.confidence is Confidence.CONFIRMED and self.value is not None


@cache
def corrections() -> tuple[Correction, ...]:
    """Every row of the data file, by parameter and date."""
    rows = csv.DictReader(files(__package__).joinpath(_FILE).read_text(encoding="utf-8").splitlines())
    found = [
        Correction(
            parameter=row["parameter"],
            start_on=date.fromisoformat(row["start_on"]),
            value=float(row["value"]) if row["value"] else None,
            confidence=Confidence(row["confidence"]),
            reference=row["reference"],
            note_fr=row["note"],
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda one: (one.parameter, one.start_on)))


def apply(system: TaxBenefitSystem) -> None:
    """Put the confirmed corrections into the parameters of `system`, before anything has read them.

    Each holds from its date on; a later value of the installed version wins. Raises CorrectionRefused.
    """
    for one in corrections():
        found = leaf(system.parameters, one.parameter)
        if not one.is_applied:
            continue
        later = [value.instant_str for value in found.values_list if value.instant_str > one.start_on.isoformat()]
        known = {value.instant_str: value.value for value in found.values_list if value.instant_str in later}
        found.update(start=one.start_on.isoformat(), value=one.value)
        for instant in sorted(known):
            found.update(start=instant, value=known[instant])


def leaf(parameters: Any, path: str) -> Any:
    """The parameter at a place such as `a.b.scale[2].threshold`. Raises CorrectionRefused when there is none."""
    found = parameters
    for part in path.split("."):
        name, _, rank = part.partition("[")
        found = getattr(found, name, None)
        if found is not None and rank:
            brackets = getattr(found, "brackets", [])
            place = int(rank.rstrip("]"))
            found = brackets[place] if place < len(brackets) else None
        if found is None:
            raise CorrectionRefused(
                f"Le paramètre « {path} » n'existe pas dans la version installée d'OpenFisca-France."
            )
    return found
