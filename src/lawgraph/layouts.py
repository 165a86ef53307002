"""Cutting a population into chunks, with the layout of every chunk's groups (see `structure` for what a layout is).

Islands whose groups are all one (most households) share one layout for all their groups. For the others the layouts of
many chunks are made at once, by a few sorts, and a chunk is a slice of them; its persons come in the order of one kind
of group, the one that most operations are about, which then looks nothing up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from lawgraph import ops
from lawgraph.graph import Node
from lawgraph.structure import Chunk, GroupLayout, Indices, Structure, _Islands, _islands

#: More than the members of any group (see `ranges.LARGEST_GROUP`).
_PLACES = 128
#: Persons in a chunk, for each island asked: large islands come fewer at a time.
PERSONS_PER_ISLAND = 3


#: Islands that are sorted by size together. The rows of a chunk are spread over that many islands of the batch: few
#: enough for their columns to be still in the cache when the next chunk reads between them.
WINDOW = 4_096


def chunks(structure: Structure, size: int, first: str = "") -> Iterator[Chunk]:
    """Cut a population into chunks of about `size` islands: persons tied by any group stay together.

    `first`: the kind of group whose operations cost least in every chunk; the first kind unless told.
    """
    if not structure.persons:
        return
    islands = _islands(structure)
    starts = np.cumsum(islands.sizes) - islands.sizes
    single = np.ones(len(islands.sizes), bool)
    for kind in structure.kinds:
        single &= islands.groups[kind.key] == 1
    for begin in range(0, len(single), max(WINDOW, size)):
        window = slice(begin, begin + max(WINDOW, size))
        order = _by_size(islands.sizes[window], single[window]) + begin
        yield from _of_single(structure, islands, starts, order, size)
        order = _by_size(islands.sizes[window], ~single[window]) + begin
        yield from _of_others(structure, islands, starts, order, size, first)


def busiest(nodes: Iterable[Node]) -> str:
    """The kind of group that most operations of a program are about; none when there is no such operation."""
    counted = Counter(str(node.attrs[0]) for node in nodes if node.op in ops.GROUP)
    return max(counted, key=lambda key: counted[key], default="")


def _by_size(sizes: Indices, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Indices:
    """The islands chosen, largest first, as they come among equals."""
    places = np.flatnonzero(chosen)
    held = -sizes[places]
    if len(held) and held.min() >= np.iinfo(np.int16).min:
        held = held.astype(np.int16)  # NumPy sorts short numbers in one pass
    found: Indices = places[np.argsort(held, kind="stable")]
    return found


def _cuts(sizes: Indices, size: int) -> Iterator[tuple[int, int]]:
    """Where to cut islands: so many at most, and not too many persons at once."""
    most = size * PERSONS_PER_ISLAND
    cumulated = np.cumsum(sizes)
    first = 0
    while first < len(sizes):
        before = cumulated[first - 1] if first else 0
        last = int(np.searchsorted(cumulated, before + most, side="right"))
        last = min(max(last, first + 1), first + size, len(sizes))
        yield first, last
        first = last


def _of_single(structure: Structure, islands: _Islands, starts: Indices, order: Indices, size: int) -> Iterator[Chunk]:
    """Chunks of islands that are one group of each kind. Islands are sorted, largest first: slots are slices."""
    sizes, begins = islands.sizes[order], starts[order]
    heads = islands.persons[begins]
    groups = {kind.key: structure.members[kind.key][heads] for kind in structure.kinds}
    for first, last in _cuts(sizes, size):
        held, begin = sizes[first:last], begins[first:last]
        slots = tuple(np.searchsorted(-held, -np.arange(held[0]), side="left").tolist())
        rows = np.concatenate([begin[:count] + place for place, count in enumerate(slots)])
        layouts = {key: GroupLayout(numbers[first:last], slots, None, None, held) for key, numbers in groups.items()}
        yield Chunk(islands.persons[rows], layouts)


@dataclass(frozen=True)
class _Layouts:
    """The layouts of one kind of group in all chunks. Groups: their numbers and sizes, and where each chunk begins.
    `held[chunk, place]`: how many groups have so many members. `taken`: persons in slots, chunk after chunk."""

    numbers: Indices
    sizes: Indices
    begins: Indices
    held: Indices
    taken: Indices

    def of(self, chunk: int, persons: Indices | None, back: Indices | None) -> GroupLayout:
        begin, end = self.begins[chunk], self.begins[chunk + 1]
        slots = tuple(self.held[chunk, : self.sizes[begin]].tolist())
        return GroupLayout(self.numbers[begin:end], slots, persons, back, self.sizes[begin:end])


def _of_others(
    structure: Structure, islands: _Islands, starts: Indices, order: Indices, size: int, first: str
) -> Iterator[Chunk]:
    """Chunks of islands where groups of several kinds differ."""
    cuts = list(_cuts(islands.sizes[order], size))
    if not cuts:
        return
    persons, chunk, begins = _rows(islands, starts, order, cuts)
    layouts = {kind.key: _layouts(structure.members[kind.key][persons], chunk, len(cuts)) for kind in structure.kinds}
    first = first or structure.kinds[0].key
    rows = persons[layouts[first].taken]
    backs = {key: _reversed(layout.taken) for key, layout in layouts.items()}
    places = {key: backs[first][layout.taken] for key, layout in layouts.items() if key != first}
    for number in range(len(cuts)):
        begin, end = begins[number], begins[number + 1]
        groups: dict[str, GroupLayout] = {}
        for key, layout in layouts.items():
            if key == first:
                groups[key] = layout.of(number, None, None)
            else:
                taken = places[key][begin:end] - begin
                groups[key] = layout.of(number, taken, _reversed(taken))
        yield Chunk(rows[begin:end], groups)


def _rows(
    islands: _Islands, starts: Indices, order: Indices, cuts: list[tuple[int, int]]
) -> tuple[Indices, Indices, Indices]:
    """The persons of each chunk in the order of the population, the chunk of each, and where each chunk begins."""
    sizes = islands.sizes[order]
    of_island = np.repeat(np.arange(len(cuts)), [last - first for first, last in cuts])
    chunk = np.repeat(of_island, sizes)
    ends = np.cumsum(sizes)
    places = np.arange(ends[-1]) - np.repeat(ends - sizes, sizes) + np.repeat(starts[order], sizes)
    persons = islands.persons[places]
    begins = np.concatenate(([0], ends[[last - 1 for _, last in cuts]]))
    by_row = np.argsort(chunk * (int(persons.max()) + 1) + persons)
    return persons[by_row], chunk, begins


def _layouts(members: Indices, chunk: Indices, chunks: int) -> _Layouts:
    """The layouts of one kind of group, from the group number of each person of each chunk in turn."""
    count = len(members)
    order = np.argsort(members * count + np.arange(count))  # group after group; in a group, as they come
    sorted_members = members[order]
    begin = np.flatnonzero(np.concatenate(([True], sorted_members[1:] != sorted_members[:-1])))
    sizes = np.diff(np.append(begin, count))
    place = np.arange(count) - np.repeat(begin, sizes)
    of_group = chunk[order[begin]]
    by_size = np.argsort((of_group * _PLACES + (_PLACES - 1 - sizes)) * len(sizes) + np.arange(len(sizes)))
    rank = _reversed(by_size)
    slots = chunk[order] * _PLACES + place
    taken = order[np.argsort(slots * len(sizes) + np.repeat(rank, sizes))]
    held = np.bincount(slots, minlength=chunks * _PLACES).reshape(chunks, _PLACES)
    begins = np.concatenate(([0], np.cumsum(held[:, 0])))
    return _Layouts(sorted_members[begin][by_size], sizes[by_size], begins, held, taken)


def _reversed(order: Indices) -> Indices:
    """Where each element went."""
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return back
