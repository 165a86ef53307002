"""Who is in which group, with which role: read from the columns, checked, and laid out so that groups cost little.

The layout. Persons are taken chunk by chunk; in a chunk, the groups of an entity are sorted by size, largest first, and
the persons by position: first the first person of every group, then the second of every group that has one, and so on.
The second persons are then beside the first ones of the same groups, shifted: a sum over the members is an addition of
slices, a projection is a copy of slices, and nothing is looked up. That holds for one entity; another entity that
groups the same persons in the same way (most households are one family and one tax unit) shares the layout, and one
that does not goes through an index.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lawgraph.errors import BadColumns
from lawgraph.ranges import LARGEST_GROUP

Indices = npt.NDArray[np.int64]


class Arrays(dict[str, npt.NDArray[Any]]):
    """Columns by name, never replaced once made: who works on them chunk by chunk tells them from others by identity.

    A plain dict cannot be referred to without being kept alive.
    """


@dataclass(frozen=True)
class GroupKind:
    """A kind of group: its key, and for each role that a person can hold the most persons who can (None: any)."""

    key: str
    roles: tuple[tuple[str, int | None], ...]

    @property
    def role_names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.roles)


@dataclass(frozen=True)
class Structure:
    """The composition of a population. `members[group]`: the number of each person's group; `roles[group]`: the index
    of the person's role among the kind's; `counts`: how many groups of each kind."""

    persons: int
    kinds: tuple[GroupKind, ...]
    members: Mapping[str, Indices]
    roles: Mapping[str, npt.NDArray[np.int8]]
    counts: Mapping[str, int]

    @classmethod
    def read(cls, kinds: tuple[GroupKind, ...], columns: Mapping[str, npt.NDArray[np.generic]]) -> Structure:
        """Read "<group>.id" and "<group>.role"; every person is in one group of each kind. Raises `BadColumns`."""
        problems: list[str] = []
        members, roles, counts = {}, {}, {}
        names = [name for kind in kinds for name in (f"{kind.key}.id", f"{kind.key}.role")]
        missing = [name for name in names if name not in columns]
        if missing:
            raise BadColumns([f"{name}: the column is missing" for name in missing])
        flat = [name for name in names if columns[name].ndim != 1]
        if flat:
            raise BadColumns([f"{name}: one value a row is expected" for name in flat])
        lengths = {len(columns[f"{kind.key}.id"]) for kind in kinds}
        if len(lengths) != 1:
            raise BadColumns(["the columns of the groups do not all have as many rows"])
        persons = lengths.pop()
        for kind in kinds:
            members[kind.key], counts[kind.key] = _members(kind, columns[f"{kind.key}.id"], problems)
            roles[kind.key] = _roles(kind, columns[f"{kind.key}.role"], persons, problems)
        if not problems:
            for kind in kinds:
                _check(kind, members[kind.key], roles[kind.key], counts[kind.key], problems)
        if problems:
            raise BadColumns(problems)
        return cls(persons, kinds, members, roles, counts)


MOST_PROBLEMS = 20
#: Persons tied together by any chain of groups are computed together: that many at most.
LARGEST_ISLAND = 10_000


def _members(kind: GroupKind, given: npt.NDArray[np.generic], problems: list[str]) -> tuple[Indices, int]:
    if not len(given):
        return np.zeros(0, np.int64), 0
    if given.dtype.kind not in "iu":
        problems.append(f"{kind.key}.id: whole numbers are expected, not {given.dtype}")
        return np.zeros(0, np.int64), 0
    ids = given.astype(np.int64)
    if ids.min() < 0:
        problems.append(f"{kind.key}.id, row {int(np.argmin(ids)) + 1}: a group number below 0")
        return ids, 0
    count = int(ids.max()) + 1
    if count > len(ids):
        problems.append(f"{kind.key}.id, row {int(np.argmax(ids)) + 1}: group {count - 1}, but {len(ids)} persons")
        return ids, 0
    return ids, count


def _roles(kind: GroupKind, given: npt.NDArray[np.generic], persons: int, problems: list[str]) -> npt.NDArray[np.int8]:
    if len(given) != persons:
        problems.append(f"{kind.key}.role: {len(given)} rows for {persons} persons")
        return np.zeros(persons, np.int8)
    if given.dtype.kind in "iu":
        numbers = given.astype(np.int64)
        bad = np.flatnonzero((numbers < 0) | (numbers >= len(kind.roles)))
        found = numbers.astype(np.int8)
    else:
        text = given if given.dtype.kind == "U" else given.astype(str)
        found = np.full(persons, -1, np.int8)
        for number, name in enumerate(kind.role_names):
            np.copyto(found, np.int8(number), where=text == name)
        bad = np.flatnonzero(found < 0)
    known = ", ".join(kind.role_names)
    problems += [f"{kind.key}.role, row {row + 1}: not a role of {kind.key} ({known})" for row in bad[:MOST_PROBLEMS]]
    return found


def _check(kind: GroupKind, members: Indices, roles: npt.NDArray[np.int8], count: int, problems: list[str]) -> None:
    sizes = np.bincount(members, minlength=count)
    empty = np.flatnonzero(sizes == 0)
    problems += [f"{kind.key} {group}: it has no member" for group in empty[:MOST_PROBLEMS]]
    large = np.flatnonzero(sizes > LARGEST_GROUP)
    problems += [
        f"{kind.key} {group}: {sizes[group]} members, more than {LARGEST_GROUP}" for group in large[:MOST_PROBLEMS]
    ]
    for number, (name, most) in enumerate(kind.roles):
        if most is None:
            continue
        held = np.bincount(members[roles == number], minlength=count)
        over = np.flatnonzero(held > most)
        problems += [
            f"{kind.key} {group}: {held[group]} persons are '{name}', {most} at most" for group in over[:MOST_PROBLEMS]
        ]


@dataclass(frozen=True)
class GroupLayout:
    """The groups of one kind in a chunk.

    `order`: the groups' numbers in the population. `slots`: how many groups have a first member, a second one…; the
    persons of the chunk, once taken through `persons` (None: they are in that order already), are the first members,
    then the second ones…; `back` is the way back. `holder[role]`: the place of the person who holds a unique role
    (persons taken in slots), -1 where nobody does.
    """

    order: Indices
    slots: tuple[int, ...]
    persons: Indices | None
    back: Indices | None
    sizes: Indices


@dataclass(frozen=True)
class Chunk:
    """Some persons, with the whole of their groups. `persons`: their rows in the population."""

    persons: Indices
    groups: Mapping[str, GroupLayout]


def chunks(structure: Structure, size: int) -> Iterator[Chunk]:
    """Cut a population into chunks of about `size` islands: persons tied by any group stay together."""
    if not structure.persons:
        return
    islands = _islands(structure)
    simple = np.ones(len(islands.sizes), bool)
    for kind in structure.kinds:
        simple &= islands.groups[kind.key] == 1
    order = np.lexsort((-islands.sizes, ~simple))
    starts = np.concatenate(([0], np.cumsum(islands.sizes)))
    complex_from = int(simple.sum())
    for first, last in _cuts(islands.sizes[order], complex_from, size):
        chosen = order[first:last]
        if last <= complex_from:
            yield _simple_chunk(structure, islands, chosen, starts)
        else:
            yield _complex_chunk(structure, islands, chosen, starts)


@dataclass(frozen=True)
class _Islands:
    """Persons grouped by island: `persons` in island order, `sizes` of the islands, how many groups of each kind."""

    persons: Indices
    sizes: Indices
    groups: Mapping[str, Indices]


def _islands(structure: Structure) -> _Islands:
    label = _labels(structure)
    heads = label == np.arange(structure.persons)
    names, number = np.flatnonzero(heads), (np.cumsum(heads) - 1)[label]
    sizes = np.bincount(number, minlength=len(names))
    if len(sizes) and sizes.max() > LARGEST_ISLAND:
        first = int(names[np.argmax(sizes)]) + 1
        raise BadColumns([f"row {first}: {sizes.max()} persons are tied by their groups, more than {LARGEST_ISLAND}"])
    persons = np.argsort(number, kind="stable")
    groups = {}
    for kind in structure.kinds:
        of_group = np.zeros(structure.counts[kind.key], np.int64)
        of_group[structure.members[kind.key]] = number
        groups[kind.key] = np.bincount(of_group, minlength=len(names))
    return _Islands(persons, sizes, groups)


def _labels(structure: Structure) -> Indices:
    """For each person, the first person of its island."""
    label: Indices = np.arange(structure.persons)
    while True:
        before = label
        for kind in structure.kinds:
            members = structure.members[kind.key]
            lowest: Indices = np.full(structure.counts[kind.key], structure.persons)
            np.minimum.at(lowest, members, label)
            label = lowest[members]
        label = label[label]  # a label is a person, who may know of an earlier one: long chains are short this way
        if np.array_equal(before, label):
            return label


def _cuts(sizes: Indices, complex_from: int, size: int) -> Iterator[tuple[int, int]]:
    """Where to cut: never across the border between simple and complex islands, and not too many persons at once."""
    most_persons = size * 3
    for begin, end in ((0, complex_from), (complex_from, len(sizes))):
        cumulated = np.cumsum(sizes[begin:end])
        first = 0
        while first < end - begin:
            base = cumulated[first - 1] if first else 0
            last = int(np.searchsorted(cumulated, base + most_persons, side="right"))
            last = min(max(last, first + 1), first + size, end - begin)
            yield begin + first, begin + last
            first = last


def _simple_chunk(structure: Structure, islands: _Islands, chosen: Indices, starts: Indices) -> Chunk:
    """Every island is one group of each kind: one layout for all. The islands are sorted, largest first."""
    sizes, begin = islands.sizes[chosen], starts[chosen]
    slots = tuple(int((sizes > position).sum()) for position in range(int(sizes[0])))
    rows = np.concatenate([begin[:held] + position for position, held in enumerate(slots)])
    persons = islands.persons[rows]
    heads = persons[: len(chosen)]
    groups = {
        kind.key: GroupLayout(structure.members[kind.key][heads], slots, None, None, sizes) for kind in structure.kinds
    }
    return Chunk(persons, groups)


def _complex_chunk(structure: Structure, islands: _Islands, chosen: Indices, starts: Indices) -> Chunk:
    persons = np.sort(
        np.concatenate([islands.persons[starts[one] : starts[one] + islands.sizes[one]] for one in chosen])
    )
    return Chunk(persons, {kind.key: _layout(structure.members[kind.key][persons]) for kind in structure.kinds})


def _layout(members: Indices) -> GroupLayout:
    """The layout of the groups of some persons, given by their group numbers."""
    names, group, sizes = np.unique(members, return_inverse=True, return_counts=True)
    by_size = np.argsort(-sizes, kind="stable")
    rank = np.empty_like(by_size)
    rank[by_size] = np.arange(len(by_size))
    order = np.argsort(rank[group], kind="stable")  # persons, group after group
    sorted_sizes = sizes[by_size]
    begin = np.concatenate(([0], np.cumsum(sorted_sizes)))[:-1]
    slots = tuple(int((sorted_sizes > position).sum()) for position in range(int(sorted_sizes[0])))
    taken = order[np.concatenate([begin[:held] + position for position, held in enumerate(slots)])]
    back = np.empty_like(taken)
    back[taken] = np.arange(len(taken))
    return GroupLayout(names[by_size], slots, taken, back, sorted_sizes)
