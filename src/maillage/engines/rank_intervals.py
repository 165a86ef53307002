"""Ranks that say how far they can be trusted: from the intervals of the values, between which ranks each one stands.

Two values whose intervals overlap share ranks: nothing tells which is the higher. The method counts, for each value,
those surely above it and those surely below it; it assumes nothing of how a value is spread inside its interval.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from maillage.engines.estimates import Estimate

ENOUGH_VALUES = 20
MAX_POWER = 4


@dataclass(frozen=True, slots=True)
class Rank:
    """From the best rank to the worst, 1 the first; both ends included."""

    best: int
    worst: int

    @property
    def is_exact(self) -> bool:
        return self.best == self.worst

    def overlaps(self, other: Rank) -> bool:
        return self.best <= other.worst and other.best <= self.worst


def step_of(values: Iterable[Decimal], *, decimals: int) -> Decimal:
    """The step from one printed value to the next: the unit of the last decimal, or a coarser one that all keep to.

    A producer may round more at one level than at another (a rate to the point for communes, to the tenth for EPCI).
    A coarser step (1 or 5 times a power of ten) is believed where at least `ENOUGH_VALUES` different values keep to it.
    """
    different = {value for value in values if value}
    step = Decimal(1).scaleb(-decimals)
    if len(different) < ENOUGH_VALUES:
        return step
    for power in range(-decimals, MAX_POWER):
        for factor in (1, 5):
            wider = Decimal(factor).scaleb(power)
            if all(value % wider == 0 for value in different):
                step = max(step, wider)
    return step


def published(value: Decimal, *, step: Decimal, is_floor: bool = False) -> Estimate:
    """What a printed number stands for: half a step on each side; a floor starts at zero."""
    margin = step / 2
    return Estimate(Decimal(0) if is_floor and value > 0 else value - margin, value, value + margin)


def rank_intervals(values: Sequence[Estimate], *, highest_first: bool = True) -> list[Rank]:
    """The rank interval of each value, in the order given. Intervals that only touch are told apart by their values."""
    lows = sorted((one.low, one.value) for one in values)
    highs = sorted((one.high, one.value) for one in values)
    size = len(values)
    ranks = []
    for one in values:
        above = size - bisect_right(lows, (one.high, one.value))
        below = bisect_left(highs, (one.low, one.value))
        before, after = (above, below) if highest_first else (below, above)
        ranks.append(Rank(before + 1, size - after))
    return ranks
