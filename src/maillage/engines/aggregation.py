"""Sums of readings across actions or territories: what may be added, over what, and what is missing from it.

Only validated readings are added. A share is made again from its numerators and denominators; a median or a mean is
never added nor averaged. What is not known makes the sum partial, never smaller in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from maillage.kernel.errors import shorten
from maillage.kernel.numbers import french_list
from maillage.kernel.rate import Rate

DOUBLE_COUNT_NOTE = "Des personnes peuvent être comptées plusieurs fois."

SHARE, LEVEL = "share", "level"
PERSONS = "persons"


class Across(StrEnum):
    """What the parts differ by."""

    ACTIONS = "actions"
    TERRITORIES = "territories"

    @property
    def label_fr(self) -> str:
        return "actions" if self is Across.ACTIONS else "territoires"


@dataclass(frozen=True, slots=True)
class Summable:
    """What the indicator allows. `nature` is stock, flow, share or level."""

    label: str
    nature: str
    summable_territories: bool = False
    summable_actions: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One reading to add, or one that is awaited (nothing known). `key` is its identity: no part counts twice.

    `counted` is persons (unique ones), visits or other; `period` the canonical text of the period it covers.
    """

    key: str
    label: str
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    validated: bool = False
    counted: str = "other"
    period: str = ""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`known` parts out of `expected` were added. `value` is None when none was known; a share has a `rate` besides.

    `value` of a share is in percent. `missing` names the parts left out and why.
    """

    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    known: int
    expected: int
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def partial(self) -> bool:
        return self.known < self.expected

    @property
    def rate(self) -> Rate | None:
        """The share that numerator and denominator make; None for what is not a share, or over nothing."""
        if self.numerator is None or self.denominator is None:
            return None
        return Rate.of(self.numerator, self.denominator)

    @property
    def coverage_fr(self) -> str:
        """« somme partielle (3 sur 5) », or « » when nothing is missing."""
        return f"somme partielle ({self.known} sur {self.expected})" if self.partial else ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A sum that would mean nothing. `reason_fr` says why, and what may be done instead."""

    reason_fr: str


def aggregate(indicator: Summable, parts: Iterable[Part], across: Across) -> Aggregate | Refused:
    """The sum of the parts over actions or territories, or why there is none.

    A `share` gives the sum of numerators over the sum of denominators, of the parts where both are known.
    """
    given = list(parts)
    reason = _obstacle(indicator, given, across)
    if reason:
        return Refused(reason)
    usable = [part for part in given if part.validated and _is_known(indicator, part)]
    notes = (DOUBLE_COUNT_NOTE,) if _may_count_twice(usable, across) else ()
    missing = tuple(_missing(indicator, part) for part in given if part not in usable)
    numerator = denominator = value = None
    if usable and indicator.nature == SHARE:
        numerator = _sum(part.numerator for part in usable)
        denominator = _sum(part.denominator for part in usable)
        rate = Rate.of(numerator, denominator)
        value = rate.percent if rate is not None else None
    elif usable:
        value = _sum(part.value for part in usable)
    return Aggregate(value, numerator, denominator, len(usable), len(given), notes, missing)


def _obstacle(indicator: Summable, parts: Sequence[Part], across: Across) -> str:
    name = f"« {shorten(indicator.label, 80)} »"
    if indicator.nature == LEVEL:
        return f"{name} est un niveau (médiane, moyenne) : il ne s'additionne pas et ne se moyenne pas."
    allowed = indicator.summable_actions if across is Across.ACTIONS else indicator.summable_territories
    if indicator.nature != SHARE and not allowed:
        return f"{name} ne s'additionne pas entre {across.label_fr} : lisez chaque valeur séparément."
    keys = [part.key for part in parts]
    twice = sorted({part.label for part in parts if keys.count(part.key) > 1})
    if twice:
        return f"{name} : {french_list(twice)} serait compté deux fois."
    if len({part.period for part in parts}) > 1:
        return f"{name} : les valeurs ne portent pas sur la même période."
    if len({part.counted for part in parts if part.validated}) > 1:
        return f"{name} : des personnes uniques et des passages ne s'additionnent pas."
    return ""


def _is_known(indicator: Summable, part: Part) -> bool:
    if indicator.nature == SHARE:
        return part.numerator is not None and part.denominator is not None
    return part.value is not None


def _may_count_twice(parts: Sequence[Part], across: Across) -> bool:
    """One person may be in several actions. One action alone counts each of its persons once."""
    return across is Across.ACTIONS and len(parts) > 1 and any(part.counted == PERSONS for part in parts)


def _missing(indicator: Summable, part: Part) -> str:
    if _is_known(indicator, part):
        return f"{part.label} : relevé non validé"
    words = "numérateur ou dénominateur non connu" if indicator.nature == SHARE else "valeur non connue"
    return f"{part.label} : {words}"


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal(0))
