"""Natural breaks: the parting of numbers in k groups that differ least inside (Fisher-Jenks), exact.

    minimise  Σ over groups of Σ (x − mean of its group)²

In one dimension an optimal group is an interval of the sorted values, so the optimum follows from dynamic programming:
D[g][j], the least cost of the first j values in g groups, is the least over i of D[g-1][i] + cost(i, j). The best i
never falls as j grows, hence the search halves (divide and conquer): O(k · n · log n), and 35,000 values take a
fraction of a second. Equal values are one point with a weight: they are never parted.

Sources: W. D. Fisher, « On grouping for maximum homogeneity », JASA 53, 1958; G. F. Jenks, « The data model concept in
statistical mapping », International Yearbook of Cartography 7, 1967; H. Wang and M. Song, « Ckmeans.1d.dp », The R
Journal 3(2), 2011.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def groups(values: Sequence[float], count: int) -> tuple[int, ...]:
    """Where to part sorted `values` in at most `count` groups: the rank of the first value of each group but the first.

    Fewer groups than asked when there are fewer distinct values. Raises ValueError without a group.
    """
    if count < 1:
        raise ValueError("at least one group")
    if not len(values):
        return ()
    points, first, weights = np.unique(np.asarray(values, dtype=np.float64), return_index=True, return_counts=True)
    wanted = min(count, len(points))
    if wanted == 1:
        return ()
    costs = _Costs(points, weights)
    best = costs.between(np.zeros(len(points), dtype=np.int64), np.arange(1, len(points) + 1))
    choices: list[Ints] = []
    for done in range(1, wanted):
        best, chosen = _one_more(best, costs, done)
        choices.append(chosen)
    return tuple(int(first[start]) for start in _starts(choices, len(points)))


def _starts(choices: Sequence[Ints], size: int) -> list[int]:
    """Read back where each group begins, from the last group to the second."""
    end, found = size, []
    for chosen in reversed(choices):
        end = int(chosen[end - 1])
        found.append(end)
    return found[::-1]


class _Costs:
    """Sum of squared distances to the mean of the points from i (in) to j (out), from running sums."""

    def __init__(self, points: Floats, weights: Ints) -> None:
        centred = points - np.average(points, weights=weights)  # smaller squares lose fewer digits
        self.weight = np.concatenate([[0.0], np.cumsum(weights, dtype=np.float64)])
        self.total = np.concatenate([[0.0], np.cumsum(weights * centred)])
        self.squares = np.concatenate([[0.0], np.cumsum(weights * centred**2)])

    def between(self, start: Ints, end: Ints) -> Floats:
        total = self.total[end] - self.total[start]
        spread = self.squares[end] - self.squares[start] - total**2 / (self.weight[end] - self.weight[start])
        return np.maximum(np.asarray(spread, dtype=np.float64), 0.0)


def _one_more(best: Floats, costs: _Costs, done: int) -> tuple[Floats, Ints]:
    """From the best costs in `done` groups to those in one more, and where the last group then begins.

    `best[j - 1]` is for the first j points. All the middles of one depth of the search are weighed together.
    """
    size = len(best)
    after, chosen = np.full(size, np.inf), np.zeros(size, dtype=np.int64)
    low, high = np.array([done + 1]), np.array([size])  # numbers of points j still to settle, ends included
    least, most = np.array([done]), np.array([size - 1])  # where their last group may begin
    while len(low):
        middle = (low + high) // 2
        until = np.minimum(most, middle - 1)
        widths = until - least + 1
        begins = np.concatenate([[0], np.cumsum(widths)[:-1]])
        owner = np.repeat(np.arange(len(middle)), widths)
        start = np.arange(int(widths.sum())) - begins[owner] + least[owner]
        weighed = best[start - 1] + costs.between(start, middle[owner])
        lowest = np.minimum.reduceat(weighed, begins)
        ranks = np.where(weighed == lowest[owner], np.arange(len(weighed)), len(weighed))
        at = start[np.minimum.reduceat(ranks, begins)]
        after[middle - 1], chosen[middle - 1] = lowest, at
        left, right = low < middle, middle < high
        low, high, least, most = (
            np.concatenate([low[left], middle[right] + 1]),
            np.concatenate([middle[left] - 1, high[right]]),
            np.concatenate([least[left], at[right]]),
            np.concatenate([at[left], most[right]]),
        )
    return after, chosen
