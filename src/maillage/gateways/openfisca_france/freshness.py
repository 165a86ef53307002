"""Whether the parameters that a right rests on were verified for the month asked. A right is flagged, never silent.

The rule, by class of parameter (freshness.csv):

- *revalued*: the law moves it every year in a known month. It is verified when its value, or its last verification,
  is not older than the last such month before the month asked. Otherwise the rights that it sets are
  « à vérifier »; another right, which meets it only through a resource, has a note.
- *stable*: a coefficient, an age, a rate. It is verified for `STABLE_MONTHS` after its last verification, or after its
  value when nobody recorded one. Otherwise a note says so; the right itself is not doubted.

Whatever the class, a value that a later one replaces is history, and settled. Corrections that no source confirms, and
values known to have changed without being known, are « à vérifier » from their date on.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from maillage.gateways.openfisca_france.corrections import Confidence, Correction, CorrectionRefused, corrections, leaf
from maillage.gateways.openfisca_france.system import system
from maillage.gateways.openfisca_france.timeline import Timeline
from maillage.kernel.numbers import NBSP
from maillage.kernel.period import MONTHS_FR

STABLE_MONTHS = 36

_CONDITIONS = {
    "contrat_engagement_jeune": "l'absence d'emploi et de formation, et l'engagement demandé, sont appréciés par la "
    "mission locale ou France Travail : OpenFisca ne les connaît pas.",
    "aah": "le taux d'incapacité et la restriction d'emploi sont reconnus par la MDPH.",
}


class Weight(StrEnum):
    """TO_VERIFY: the right is shown « à vérifier ». NOTE: told with the explanation, the right is not doubted."""

    TO_VERIFY = "to_verify"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Flag:
    """Why a right must be verified. `parameter`: its place in OpenFisca's tree. `verified_on`: None when never."""

    weight: Weight
    parameter: str
    reason_fr: str
    verified_on: date | None = None


@dataclass(frozen=True, slots=True)
class _Policy:
    pattern: str
    month: int | None
    """The month of the yearly revaluation; None for a stable parameter."""
    rights: frozenset[str]
    """The rights whose amount or ceiling it sets; « * » for every one."""


def flags(right: str, parameters: Iterable[str], month: str) -> tuple[Flag, ...]:
    """The flags of the right of this code, which rests on `parameters` (leaves, scales or whole nodes of the tree).

    OpenFisca is loaded to read them: call it where a program is traced, and keep the answer with the program. Names
    that are not in the tree are passed over. Raises MonthRefused. The heaviest first, then by
    parameter; one flag for one reason, though several parameters have it.
    """
    Timeline(month)
    leaves = dict(found for name in set(parameters) for found in _leaves(name))
    told = [flag for name, found in leaves.items() if (flag := _flag(right, name, found, month)) is not None]
    told += [_of_correction(one) for one in corrections() if one.parameter in leaves and _is_doubtful(one, month)]
    ordered = sorted(told, key=lambda flag: (flag.weight is Weight.NOTE, flag.parameter, flag.reason_fr))
    kept: dict[tuple[Weight, str], Flag] = {}
    for flag in ordered:
        kept.setdefault((flag.weight, flag.reason_fr), flag)
    return tuple(kept.values())


def condition_fr(right: str) -> str:
    """What OpenFisca cannot know of a right, in a sentence; empty when nothing."""
    return _CONDITIONS.get(right, "")


@cache
def _policies() -> tuple[_Policy, ...]:
    rows = csv.DictReader(files(__package__).joinpath("freshness.csv").read_text(encoding="utf-8").splitlines())
    return tuple(
        _Policy(
            row["pattern"],
            int(row["month"]) if row["class"] == "revalued" else None,
            frozenset(row["rights"].split("|")),
        )
        for row in rows
    )


def _leaves(name: str) -> Iterator[tuple[str, Any]]:
    """The dated parameters at or under a place of the tree."""
    try:
        found = leaf(system().parameters, name)
    except CorrectionRefused:
        return
    yield from _below(name, found)


def _below(name: str, found: Any) -> Iterator[tuple[str, Any]]:
    if hasattr(found, "values_list"):
        yield name, found
    elif hasattr(found, "brackets"):
        for rank, bracket in enumerate(found.brackets):
            for part, child in bracket.children.items():
                yield f"{name}[{rank}].{part}", child
    else:
        for part, child in getattr(found, "children", {}).items():
            yield from _below(f"{name}.{part}", child)


def _flag(right: str, name: str, found: Any, month: str) -> Flag | None:
    asked = f"{month}-01"
    if any(value.instant_str > asked for value in found.values_list):
        return None
    current = next((value.instant_str for value in found.values_list if value.value is not None), None)
    verified = _verified_on(name, found)
    policy = next(one for one in _policies() if fnmatchcase(name, one.pattern))
    known_on = max(verified.isoformat() if verified else "", current or "")
    if known_on >= _needed(policy, month):
        return None
    label = f"«{NBSP}{getattr(found, 'description', None) or name}{NBSP}»"
    if verified:
        reason = f"paramètre {label} vérifié pour la dernière fois le {_day(verified)}."
    else:
        since = f", valeur du {_day(date.fromisoformat(current))}" if current else ""
        reason = f"paramètre {label} dont la vérification n'est pas datée{since}."
    sets_it = policy.month is not None and bool(policy.rights & {right, "*"})
    weight = Weight.TO_VERIFY if sets_it else Weight.NOTE
    return Flag(weight, name, reason, verified)


def _needed(policy: _Policy, month: str) -> str:
    """The day since which a parameter must have been verified, to be sure of its value at `month`."""
    year, number = (int(part) for part in month.split("-"))
    if policy.month is None:
        rank = year * 12 + number - 1 - STABLE_MONTHS
        return f"{rank // 12}-{rank % 12 + 1:02d}-01"
    return f"{year if number >= policy.month else year - 1}-{policy.month:02d}-01"


def _verified_on(name: str, found: Any) -> date | None:
    """The recorded verification of a parameter, or of the scale that it is a bracket of."""
    text = (getattr(found, "metadata", None) or {}).get("last_value_still_valid_on")
    if not text and "[" in name:
        scale = leaf(system().parameters, name.partition("[")[0])
        text = (scale.metadata or {}).get("last_value_still_valid_on")
    return date.fromisoformat(str(text)[:10]) if text else None


def _is_doubtful(one: Correction, month: str) -> bool:
    return one.confidence is not Confidence.CONFIRMED and f"{month}-01" >= one.start_on.isoformat()


def _of_correction(one: Correction) -> Flag:
    return Flag(Weight.TO_VERIFY, one.parameter, one.note_fr)


def _day(day: date) -> str:
    return f"{'1er' if day.day == 1 else day.day} {MONTHS_FR[day.month - 1]} {day.year}"
