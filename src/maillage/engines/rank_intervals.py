"""Ranks that say how far they can be trusted: from the intervals of the values, between which ranks each one stands.

Two values whose intervals overlap share ranks: nothing tells which is the higher. The method counts, for each value,
those surely above it and those surely below it; it assumes nothing of how a value is spread inside its interval.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from maillage.engines.estimates import Estimate, half_step


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


def published(value: Decimal, *, decimals: int, is_floor: bool = False) -> Estimate:
    """What a printed number stands for: half a unit of its last decimal on each side; a floor starts at zero."""
    margin = half_step(decimals)
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
