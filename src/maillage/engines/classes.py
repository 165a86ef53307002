"""Classes of a map: where to cut a set of values, and how to say it.

Breaks are rounded to the precision that the legend prints, and values are classed against the rounded breaks: what the
reader reads is what was done. A value equal to a break goes in the class above it. An unknown value has no class.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import pairwise

from maillage.kernel.numbers import NBSP, format_number

UNKNOWN_LABEL = "n. c. (non connu)"


class Method(StrEnum):
    """How the breaks are chosen."""

    QUANTILE = "quantile"  # as many territories in each class
    EQUAL = "equal"  # as wide an interval for each class
    NATURAL = "natural"  # groups that differ least inside (Fisher-Jenks)
    MANUAL = "manual"  # breaks given by the reader

    @property
    def label_fr(self) -> str:
        return {
            "quantile": "effectifs égaux",
            "equal": "amplitudes égales",
            "natural": "seuils naturels (Jenks)",
            "manual": "bornes choisies",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Classes:
    """Inner `breaks`, ascending and distinct: n breaks part the values in n + 1 classes.

    `lowest` and `highest` are the extreme values, exact; None when no value is known. `counts` gives the number of
    known values in each class, `unknown` the number of values that are not known.
    """

    breaks: tuple[Decimal, ...]
    lowest: Decimal | None
    highest: Decimal | None
    counts: tuple[int, ...]
    unknown: int
    method: Method
    decimals: int

    @property
    def size(self) -> int:
        """Number of classes: 0 when no value is known."""
        return len(self.counts)

    def index_of(self, value: Decimal | None) -> int | None:
        """Rank of the class of a value, from 0; None for an unknown value, never the lowest class."""
        if value is None:
            return None
        return bisect_right(self.breaks, value)

    def labels(self, unit: str = "") -> tuple[str, ...]:
        """French labels, from the lowest class to the highest: « moins de 7,2 % », « de 7,2 à moins de 9 % » …"""
        suffix = f"{NBSP}{unit}" if unit else ""
        if not self.size:
            return ()
        if not self.breaks:
            return (self._single_label(suffix),)
        printed = [format_number(limit, self.decimals) for limit in self.breaks]
        between = [f"de {low} à moins de {high}{suffix}" for low, high in pairwise(printed)]
        return (f"moins de {printed[0]}{suffix}", *between, f"{printed[-1]}{suffix} et plus")

    def _single_label(self, suffix: str) -> str:
        low, high = (format_number(value or Decimal(0), self.decimals) for value in (self.lowest, self.highest))
        return f"{low}{suffix}" if low == high else f"de {low} à {high}{suffix}"


def cut(
    values: Iterable[Decimal | None], *, count: int = 5, method: Method = Method.QUANTILE, decimals: int = 1
) -> Classes:
    """At most `count` classes. Breaks that ties make equal, or that would leave a class empty, are dropped."""
    if count < 1:
        raise ValueError("at least one class")
    if method is Method.MANUAL:
        raise ValueError("breaks chosen by the reader go to `cut_at`")
    everything = list(values)
    known = sorted(value for value in everything if value is not None)
    unknown = len(everything) - len(known)
    if not known:
        return Classes((), None, None, (), unknown, method, decimals)
    step = Decimal(1).scaleb(-decimals)
    breaks = _useful(known, {limit.quantize(step, rounding=ROUND_HALF_UP) for limit in _CUTS[method](known, count)})
    return _counted(known, breaks, unknown, method, decimals)


def cut_at(values: Iterable[Decimal | None], limits: Iterable[Decimal], *, decimals: int = 1) -> Classes:
    """The classes between breaks that a reader chose. They are kept as they are: a class may be empty.

    `decimals` is raised to print the breaks as they were chosen. Raises ValueError when two breaks are equal.
    """
    breaks = tuple(sorted(limits))
    if len(set(breaks)) != len(breaks):
        raise ValueError("two breaks are equal")
    everything = list(values)
    known = sorted(value for value in everything if value is not None)
    unknown = len(everything) - len(known)
    for limit in breaks:
        exponent = limit.normalize().as_tuple().exponent
        decimals = max(decimals, -exponent if isinstance(exponent, int) else 0)
    if not known:
        return Classes((), None, None, (), unknown, Method.MANUAL, decimals)
    return _counted(known, breaks, unknown, Method.MANUAL, decimals)


def _counted(known: list[Decimal], breaks: tuple[Decimal, ...], unknown: int, method: Method, decimals: int) -> Classes:
    """Classes of sorted values, with how many are in each."""
    places = [0, *(bisect_left(known, limit) for limit in breaks), len(known)]
    counts = tuple(end - start for start, end in pairwise(places))
    return Classes(breaks, known[0], known[-1], counts, unknown, method, decimals)


def _quantiles(known: list[Decimal], count: int) -> list[Decimal]:
    """Middle of the two values on either side of each cut, so that a break belongs to nobody when it can."""
    limits = []
    for k in range(1, count):
        place = min(max(round(len(known) * k / count), 1), len(known) - 1) if len(known) > 1 else 0
        limits.append((known[place - 1] + known[place]) / 2 if place else known[0])
    return limits


def _equal(known: list[Decimal], count: int) -> list[Decimal]:
    width = (known[-1] - known[0]) / count
    return [known[0] + width * k for k in range(1, count)]


def _natural(known: list[Decimal], count: int) -> list[Decimal]:
    """Middle of the two values on either side of each cut."""
    from maillage.engines.natural_breaks import groups  # brings NumPy: only for those who ask

    return [(known[at - 1] + known[at]) / 2 for at in groups([float(value) for value in known], count)]


_CUTS = {Method.QUANTILE: _quantiles, Method.EQUAL: _equal, Method.NATURAL: _natural}


def _useful(known: list[Decimal], limits: set[Decimal]) -> tuple[Decimal, ...]:
    """Breaks, ascending, each with at least one known value between it and the previous one, and one above the last."""
    kept: list[Decimal] = []
    reached = 0  # how many values lie under the last break kept
    for limit in sorted(limits):
        below = bisect_left(known, limit)
        if reached < below < len(known):
            kept.append(limit)
            reached = below
    return tuple(kept)
