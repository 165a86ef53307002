"""Two series of numbers read against each other: how closely they go together, and which points stand out.

A correlation is written with the number of points it rests on, and not at all under `ENOUGH` of them. It says nothing
of causes, and nothing of persons: what holds between territories need not hold inside them (the ecological fallacy;
Robinson, American Sociological Review, 1950).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import correlation

ENOUGH = 10  # points under which a correlation moves too much with any one of them


@dataclass(frozen=True, slots=True)
class Correlation:
    """Pearson's coefficient, from −1 to 1, and how many points it rests on."""

    coefficient: float
    points: int


def correlate(pairs: Sequence[tuple[float, float]]) -> Correlation | None:
    """None under `ENOUGH` points, and where one of the two numbers never varies."""
    across, upward = [one for one, _ in pairs], [other for _, other in pairs]
    if len(pairs) < ENOUGH or len(set(across)) == 1 or len(set(upward)) == 1:
        return None
    return Correlation(correlation(across, upward), len(pairs))


def extremes(pairs: Sequence[tuple[float, float]], each: int = 2) -> tuple[int, ...]:
    """Places of the points to name: the `each` lowest and highest of both numbers, in the order of the points."""
    named: set[int] = set()
    for axis in (0, 1):
        ordered = sorted(range(len(pairs)), key=lambda place: (pairs[place][axis], place))
        named.update(ordered[:each], ordered[-each:] if each else ())
    return tuple(sorted(named))
