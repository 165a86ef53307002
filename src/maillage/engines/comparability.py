"""Whether two things described may be put side by side: in time, in a ranking, on two axes of one drawing.

A refusal is worth as much as a drawing: it says what differs and what to choose instead. Nothing here reads a value:
only what a value is said to be (indicator, unit, perimeter, period, level, geography, device).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maillage.kernel.numbers import NBSP, french_list

COUNTED = frozenset({"stock", "flow"})  # natures that grow with the size of a territory


@dataclass(frozen=True, slots=True)
class Described:
    """What a value, or a set of values, is said to be. Empty texts: not said.

    `nature`: stock, flow, share or level. `geography`: the vintage of the boundaries. `device`: the source's apparatus,
    where it is told apart from the perimeter. `level` and `period` are codes, their labels are for the reader.
    """

    indicator: str
    label: str
    unit: str = ""
    nature: str = ""
    level: str = ""
    level_label: str = ""
    period: str = ""
    period_label: str = ""
    perimeter: str = ""
    geography: str = ""
    device: str = ""

    @property
    def when(self) -> str:
        return self.period_label or self.period


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` says why not, `instead` what to choose; `notes` are to be shown beside what is comparable."""

    reason: str = ""
    instead: str = ""
    notes: tuple[str, ...] = ()

    @property
    def comparable(self) -> bool:
        return not self.reason


def evolution(before: Described, after: Described) -> Verdict:
    """Two periods of one indicator: may a line join them, may a difference be written?"""
    if before.indicator != after.indicator:
        return Verdict(
            f"Une évolution se lit sur un seul indicateur{NBSP}; {_quoted(before.label)} et {_quoted(after.label)} "
            "en sont deux.",
            "Choisissez deux périodes du même indicateur, ou le nuage de points pour deux indicateurs.",
        )
    return _kept_measure(before, after) or Verdict(notes=_geography_note(before, after))


def _kept_measure(before: Described, after: Described) -> Verdict | None:
    """The refusal where the way of measuring changed between two periods; None where nothing says so."""
    if before.unit != after.unit:
        return Verdict(
            f"L'unité a changé{NBSP}: {before.unit or 'non précisée'} en {before.when}, {after.unit or 'non précisée'} "
            f"en {after.when}.",
            "Lisez les deux valeurs séparément.",
        )
    for word, one, other in (
        ("périmètre", before.perimeter, after.perimeter),
        ("dispositif", before.device, after.device),
    ):
        if one != other:
            return Verdict(
                f"Le {word} a changé entre {before.when} et {after.when}{NBSP}: {_said(one)} puis {_said(other)}.",
                f"Choisissez deux périodes de même {word}, ou lisez chaque valeur pour elle-même.",
            )
    return None


def _geography_note(before: Described, after: Described) -> tuple[str, ...]:
    if not before.geography or not after.geography or before.geography == after.geography:
        return ()
    said = (
        f"Les contours ont pu changer entre {before.when} (géographie {before.geography}) et {after.when} "
        f"(géographie {after.geography})."
    )
    return (said,)


def together(values: Iterable[Described]) -> Verdict:
    """Values of one indicator for one period, side by side in a ranking or a drawing: all share one perimeter."""
    held = list(values)
    for word, shared in (("indicateurs", "indicator"), ("périodes", "period"), ("niveaux", "level")):
        if len({getattr(one, shared) for one in held}) > 1:
            return Verdict(
                f"Ces valeurs n'ont pas toutes les mêmes {word}.", f"Choisissez des valeurs de mêmes {word}."
            )
    for word, perimeters in (
        ("périmètre", Counter(one.perimeter for one in held)),
        ("dispositif", Counter(one.device for one in held)),
    ):
        if len(perimeters) > 1:
            told = [f"{_said(text)} ({number})" for text, number in _by_number(perimeters)]
            return Verdict(
                f"Ces valeurs n'ont pas toutes le même {word}{NBSP}: {french_list(told)}.",
                f"Choisissez l'un de ces {word}s{NBSP}: le classement se fait entre valeurs de même {word}.",
            )
    return Verdict(notes=_size_note(held[:1]))


def _by_number(counted: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))


def _size_note(values: Sequence[Described]) -> tuple[str, ...]:
    if not any(one.nature in COUNTED for one in values):
        return ()
    return ("Ce sont des nombres, pas des taux : ils suivent d'abord la taille du territoire.",)


def alongside(first: Described, other: Described) -> Verdict:
    """Two territories drawn along time for one indicator: rates of two levels may be, numbers of two levels may not."""
    refused = _kept_measure(first, other) if first.period == other.period else None
    if refused is not None:
        return Verdict(
            f"Les deux territoires ne sont pas mesurés de même en {first.when}{NBSP}: {_said(first.perimeter)} et "
            f"{_said(other.perimeter)}.",
            "Choisissez des territoires de même périmètre.",
        )
    if first.level == other.level:
        return Verdict()
    levels = f"{first.level_label or first.level} et {other.level_label or other.level}"
    if COUNTED & {first.nature, other.nature}:
        return Verdict(
            f"{_quoted(first.label)} est un nombre, qui suit la taille{NBSP}: deux niveaux ({levels}) ne se comparent "
            "pas.",
            "Choisissez des territoires d'un seul niveau, ou un taux.",
        )
    return Verdict(notes=(f"Deux niveaux sur le même dessin{NBSP}: {levels}.",))


def scatter(across: Described, upward: Described) -> Verdict:
    """Two indicators at one level. Two periods are allowed, and said; two levels never are."""
    refused = _different_levels(across, upward) or _same_thing(across, upward)
    if refused is not None:
        return refused
    return Verdict(notes=tuple(_pair_notes(across, upward)))


def _different_levels(across: Described, upward: Described) -> Verdict | None:
    if across.level == upward.level:
        return None
    return Verdict(
        f"{_quoted(across.label)} est au niveau {across.level_label or across.level}, {_quoted(upward.label)} au "
        f"niveau {upward.level_label or upward.level}{NBSP}: les points ne seraient pas les mêmes territoires.",
        "Choisissez un niveau où les deux indicateurs ont des valeurs.",
    )


def _same_thing(across: Described, upward: Described) -> Verdict | None:
    if across.indicator != upward.indicator:
        return None
    if across.period == upward.period:
        return Verdict(
            f"C'est deux fois {_quoted(across.label)}, {across.when}{NBSP}: tous les points seraient sur une droite.",
            "Choisissez un autre indicateur, ou une autre période du même.",
        )
    first, last = sorted((across, upward), key=lambda one: one.period)
    return _kept_measure(first, last)


def _pair_notes(across: Described, upward: Described) -> Iterable[str]:
    if across.period != upward.period:
        yield (
            f"Deux périodes différentes{NBSP}: {across.when} pour {_quoted(across.label)}, {upward.when} pour "
            f"{_quoted(upward.label)}."
        )
    yield from _geography_note(across, upward)
    if across.perimeter != upward.perimeter and across.indicator != upward.indicator:
        yield (
            f"Deux périmètres{NBSP}: {_said(across.perimeter)} pour {_quoted(across.label)}, "
            f"{_said(upward.perimeter)} pour {_quoted(upward.label)}."
        )
    if across.nature in COUNTED and upward.nature in COUNTED:
        yield "Deux nombres grandissent ensemble avec la taille des territoires : comparez plutôt des taux."


def _quoted(text: str) -> str:
    return f"«{NBSP}{text}{NBSP}»"


def _said(text: str) -> str:
    return _quoted(text) if text else "non précisé"
