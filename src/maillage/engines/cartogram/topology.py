"""Shared borders, each simplified once: neighbours keep touching, whatever is dropped.

Rings are cut where their company changes (a corner where two rings that pass do not have the same two neighbours), as
TopoJSON does. Two territories therefore hold the same pieces of line, called arcs, and a border that is simplified
is simplified for both. Corners are told equal once rounded to a grid.

Simplification: Douglas-Peucker on each arc, its ends kept, all the arcs of a map together, depth by depth. A ring that
would be left without a surface gets back the farthest corner of each of its arcs.

Sources: M. Bostock, TopoJSON specification and « How to infer topology », 2013; D. Douglas and T. Peucker, « Algorithms
for the reduction of the number of points », Cartographica 10(2), 1973.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maillage.engines.cartogram.sheet import Point

Corners = NDArray[np.int64]  # n × 2, units of the grid
Ints = NDArray[np.int64]
Ring = Sequence[Point] | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Topology:
    """`arcs` are lines of (x, y) on the grid; a ring is a chain of arcs, `~i` for the arc i run backwards.

    `grid` is how many units of the grid make a unit of the drawing. `users` tells which shapes hold each arc: one at
    the outer border, two between neighbours.
    """

    arcs: tuple[Corners, ...]
    shapes: Mapping[str, tuple[tuple[int, ...], ...]]
    grid: float

    def ring(self, chain: Sequence[int]) -> list[Point]:
        """The corners of a ring in units of the drawing, its first corner not repeated."""
        lines = [self.arcs[at] if at >= 0 else self.arcs[~at][::-1] for at in chain]
        corners = np.concatenate([line[:-1] for line in lines]) / self.grid
        return [(x, y) for x, y in corners.tolist()]

    @property
    def users(self) -> list[list[str]]:
        """Codes of the shapes that hold each arc."""
        held: list[list[str]] = [[] for _ in self.arcs]
        for code, rings in self.shapes.items():
            for chain in rings:
                for at in chain:
                    held[at if at >= 0 else ~at].append(code)
        return held


def build(
    rings: Mapping[str, Sequence[Sequence[Point] | NDArray[np.float64]]], *, tolerance: float, grid: float = 10.0
) -> Topology:
    """The topology of rings given by territory code in units of the drawing, simplified.

    No corner dropped is farther than `tolerance` units from what is kept of its arc; rounding to the grid adds half a
    step at most. A ring of fewer than three corners on the grid is left out.
    """
    owners = [(code, ring) for code, parts in rings.items() for ring in parts]
    lines = [_on_grid(ring, grid) for _, ring in owners]
    kept = [(code, line) for (code, _), line in zip(owners, lines, strict=True) if len(line) >= 3]
    chains, arcs = _cut([line for _, line in kept])
    shapes: dict[str, list[tuple[int, ...]]] = {}
    for (code, _), chain in zip(kept, chains, strict=True):
        shapes.setdefault(code, []).append(chain)
    simplified = _simplified(arcs, chains, tolerance * grid)
    return Topology(tuple(simplified), {code: tuple(parts) for code, parts in shapes.items()}, grid)


def simplify(ring: Sequence[Point], tolerance: float) -> list[Point]:
    """One closed ring, simplified; three corners at least. It does not matter where the ring begins.

    The ring is cut at its leftmost corner and at the one farthest from it.
    """
    points = np.array(ring, dtype=np.float64)
    points = points[:-1] if len(points) > 1 and (points[0] == points[-1]).all() else points
    points = _closed(np.roll(points, -int(np.lexsort((points[:, 1], points[:, 0]))[0]), axis=0))
    if len(points) < 5:
        return [(x, y) for x, y in points[:-1].tolist()]
    bounds, middle = np.array([0, len(points)]), [_far(points)]
    kept = _keep(points, bounds, tolerance, middle)
    if kept.sum() < 4:  # its first corner is counted twice
        kept |= _keep(points, bounds, -1.0, middle, depth=1)
    return [(x, y) for x, y in points[kept][:-1].tolist()]


# --- cutting rings in arcs -------------------------------------------------------------------------------------------


def _on_grid(ring: Ring, grid: float) -> Corners:
    """Corners rounded to the grid, without those that repeat the one before; the first is not repeated at the end."""
    corners = np.rint(np.asarray(ring, dtype=np.float64) * grid).astype(np.int64).reshape(-1, 2)
    kept: Corners = corners[(corners != np.roll(corners, 1, axis=0)).any(axis=1)]
    return kept if len(kept) > 8 or len(np.unique(kept, axis=0)) >= 3 else kept[:0]


def _cut(lines: Sequence[Corners]) -> tuple[list[tuple[int, ...]], list[Corners]]:
    """The chain of arcs of each ring, and the arcs, each once."""
    if not lines:
        return [], []
    corners = np.concatenate(lines)
    _, names = np.unique(corners[:, 0] * (1 << 32) + corners[:, 1], return_inverse=True)
    ends = np.cumsum([len(line) for line in lines])
    junctions = _junctions(names, ends)
    found: dict[bytes, int] = {}
    arcs: list[Corners] = []
    chains = []
    for line, named, cuts in _by_ring(lines, names, junctions, ends):
        chain = []
        for piece, piece_names in _pieces(line, named, cuts):
            backwards = _is_backwards(piece_names)
            key = (piece_names[::-1] if backwards else piece_names).tobytes()
            if key not in found:
                found[key] = len(arcs)
                arcs.append(piece[::-1] if backwards else piece)
            chain.append(~found[key] if backwards else found[key])
        chains.append(tuple(chain))
    return chains, arcs


def _junctions(names: Ints, ends: Ints) -> NDArray[np.bool_]:
    """By corner: whether rings that pass there do not all have the same two neighbours."""
    before, after = np.roll(names, 1), np.roll(names, -1)
    starts = np.concatenate([[0], ends[:-1]])
    before[starts], after[ends - 1] = names[ends - 1], names[starts]
    size = int(names.max()) + 1
    company = np.minimum(before, after) * size + np.maximum(before, after)
    least, most = np.full(size, np.iinfo(np.int64).max), np.full(size, -1)
    np.minimum.at(least, names, company)
    np.maximum.at(most, names, company)
    differs: NDArray[np.bool_] = (least != most)[names]
    return differs


def _by_ring(
    lines: Sequence[Corners], names: Ints, junctions: NDArray[np.bool_], ends: Ints
) -> Iterator[tuple[Corners, Ints, Ints]]:
    """Each ring, the names of its corners, and where it is cut."""
    start = 0
    for line, end in zip(lines, ends.tolist(), strict=True):
        yield line, names[start:end], np.flatnonzero(junctions[start:end])
        start = end


def _pieces(line: Corners, names: Ints, cuts: Ints) -> Iterator[tuple[Corners, Ints]]:
    """The ring from cut to cut; a ring without any begins at its leftmost corner, whoever drew it."""
    begin = int(cuts[0]) if len(cuts) else int(np.lexsort((line[:, 1], line[:, 0]))[0])
    turned, turned_names = _closed(np.roll(line, -begin, axis=0)), np.roll(names, -begin)
    turned_names = np.append(turned_names, turned_names[0])
    places = [*(cuts - begin).tolist(), len(line)] if len(cuts) else [0, len(line)]
    for first, last in pairwise(places):
        yield turned[first : last + 1], turned_names[first : last + 1]


def _closed(line: NDArray[Any]) -> NDArray[Any]:
    """The first corner again at the end."""
    return np.concatenate([line, line[:1]])


def _is_backwards(names: Ints) -> bool:
    """One way to write an arc, whichever side of the border it is read from."""
    first, last = int(names[0]), int(names[-1])
    return int(names[1]) > int(names[-2]) if first == last else first > last


# --- simplifying arcs ------------------------------------------------------------------------------------------------


def _simplified(arcs: Sequence[Corners], chains: Sequence[tuple[int, ...]], tolerance: float) -> list[Corners]:
    if not arcs:
        return []
    points = np.concatenate(arcs).astype(np.float64)
    bounds = np.concatenate([[0], np.cumsum([len(arc) for arc in arcs])])
    loops = [at for at, arc in enumerate(arcs) if (arc[0] == arc[-1]).all()]
    middles = [int(bounds[at]) + _far(points[bounds[at] : bounds[at + 1]]) for at in loops]
    kept = _keep(points, bounds, tolerance, middles)
    counts = np.add.reduceat(kept.astype(np.int64), bounds[:-1])
    flat = [chain for chain in chains if sum(int(counts[at if at >= 0 else ~at]) - 1 for at in chain) < 3]
    if flat:
        wanted = {at if at >= 0 else ~at for chain in flat for at in chain}
        again = _keep(points, bounds, -1.0, middles, depth=1)
        for at in wanted:
            kept[bounds[at] : bounds[at + 1]] |= again[bounds[at] : bounds[at + 1]]
    return [arc[kept[start:end]] for arc, start, end in zip(arcs, bounds[:-1], bounds[1:], strict=True)]


def _far(points: NDArray[np.float64]) -> int:
    """Rank of the corner farthest from the first."""
    return int(np.argmax(((points - points[0]) ** 2).sum(axis=1)))


def _keep(
    points: NDArray[np.float64], bounds: Ints, tolerance: float, middles: Sequence[int], depth: int = 0
) -> NDArray[np.bool_]:
    """Which points stay, of lines that lie one after the other; `middles` are kept too, and cut what they lie in.

    `depth` bounds how many times each line is halved (0: as long as it takes).
    """
    kept = np.zeros(len(points), dtype=bool)
    kept[bounds[:-1]] = kept[bounds[1:] - 1] = True
    kept[list(middles)] = True
    at = np.flatnonzero(kept)
    first, last = at[:-1], at[1:]
    halved = 0
    while len(first) and (not depth or halved < depth):
        between = last - first > 1
        first, last = first[between], last[between]
        if not len(first):
            break
        far, distance = _farthest(points, first, last)
        cut = distance > tolerance
        first, last, far = first[cut], last[cut], far[cut]
        kept[far] = True
        first, last = np.concatenate([first, far]), np.concatenate([far, last])
        halved += 1
    return kept


def _farthest(points: NDArray[np.float64], first: Ints, last: Ints) -> tuple[Ints, NDArray[np.float64]]:
    """For each pair of ranks: the point between them farthest from their segment, and how far it is."""
    widths = last - first - 1
    begins = np.concatenate([[0], np.cumsum(widths)[:-1]])
    owner = np.repeat(np.arange(len(first)), widths)
    inner = np.arange(int(widths.sum())) - begins[owner] + first[owner] + 1
    start, span = points[first], points[last] - points[first]
    squared = (span**2).sum(axis=1)
    away = points[inner] - start[owner]
    along = (away * span[owner]).sum(axis=1) / np.where(squared > 0, squared, 1.0)[owner]
    away -= np.clip(along, 0.0, 1.0)[:, None] * span[owner]
    distance = np.sqrt((away**2).sum(axis=1))
    most = np.maximum.reduceat(distance, begins)
    ranks = np.where(distance == most[owner], np.arange(len(distance)), len(distance))
    return inner[np.minimum.reduceat(ranks, begins)], most
