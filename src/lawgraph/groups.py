"""How NumPy computes what depends on the composition of the groups, from the layout of a chunk (see `structure`).

Each function writes into `out`. Columns of persons come in the order of the chunk; `_slots` puts them in that of an
entity's layout: the first members of all groups, then the second ones…
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lawgraph.graph import Node
from lawgraph.structure import Chunk, GroupLayout, Structure

Array = npt.NDArray[Any]


class Context:
    """One chunk of a population: its inputs, its layout, its roles."""

    def __init__(self, person: str, structure: Structure, inputs: Mapping[str, Array], chunk: Chunk) -> None:
        self.person = person
        self.chunk = chunk
        self._structure = structure
        self._inputs = inputs
        self._roles: dict[str, Array] = {}
        self._masks: dict[tuple[Any, ...], Array] = {}
        self._holders: dict[tuple[Any, ...], tuple[Array, Array]] = {}

    def counts(self) -> dict[str, int]:
        """How many rows each entity has in the chunk."""
        return {self.person: len(self.chunk.persons)} | {key: len(one.order) for key, one in self.chunk.groups.items()}

    def rows(self, entity: str) -> Array:
        """The rows of the population that the chunk's rows of an entity are."""
        return self.chunk.persons if entity == self.person else self.chunk.groups[entity].order

    def input(self, node: Node, out: Array) -> None:
        np.take(self._inputs[node.attrs[0]], self.rows(str(node.entity)), out=out, mode="clip")

    def mask(self, group: str, keys: tuple[str, ...]) -> Array:
        """Which persons hold one of the roles."""
        found = self._masks.get((group, keys))
        if found is None:
            if group not in self._roles:
                self._roles[group] = self._structure.roles[group][self.chunk.persons]
            kind = next(one for one in self._structure.kinds if one.key == group)
            wanted = [kind.role_names.index(key) for key in keys]
            roles = self._roles[group]
            found = np.logical_or.reduce([roles == number for number in wanted])
            self._masks[group, keys] = found
        return found

    def holder(self, group: str, keys: tuple[str, ...]) -> tuple[Array, Array]:
        """For each group, the place (in slots) of the person who holds the role, and whether somebody does."""
        found = self._holders.get((group, keys))
        if found is None:
            layout = self.chunk.groups[group]
            mask = _slots(layout, self.mask(group, keys))
            place, there = np.zeros(len(layout.order), np.intp), np.zeros(len(layout.order), bool)
            for begin, held in _parts(layout):
                here = mask[begin : begin + held]
                place[:held][here] = np.flatnonzero(here) + begin
                there[:held] |= here
            found = self._holders[group, keys] = (place, there)
        return found


def _parts(layout: GroupLayout) -> Iterator[tuple[int, int]]:
    """Where the members of each position begin, and how many groups have one."""
    begin = 0
    for held in layout.slots:
        yield begin, held
        begin += held


def _slots(layout: GroupLayout, column: Array) -> Array:
    if column.ndim == 0:
        return np.broadcast_to(column, (sum(layout.slots),))
    return column if layout.persons is None else column.take(layout.persons)


def _input(context: Context, node: Node, out: Array) -> None:
    context.input(node, out)


def _role_mask(context: Context, node: Node, out: Array) -> None:
    out[:] = context.mask(node.attrs[0], node.attrs[1])


def _position(context: Context, node: Node, out: Array) -> None:
    layout = context.chunk.groups[node.attrs[0]]
    positions = np.repeat(np.arange(len(layout.slots)), layout.slots)
    out[:] = positions if layout.back is None else positions.take(layout.back)


def _group_size(context: Context, node: Node, out: Array) -> None:
    out[:] = context.chunk.groups[node.attrs[0]].sizes


def _gathering(ufunc: np.ufunc) -> Callable[..., None]:
    def gathered(context: Context, node: Node, out: Array, column: Array) -> None:
        layout = context.chunk.groups[node.attrs[0]]
        members = _slots(layout, column)
        if members.dtype != out.dtype:
            members = members.astype(out.dtype)
        out[:] = members[: len(out)]
        for begin, held in _parts(layout):
            if begin:
                part = out[:held]
                ufunc(part, members[begin : begin + held], part)

    return gathered


def _project(context: Context, node: Node, out: Array, column: Array) -> None:
    layout = context.chunk.groups[node.attrs[0]]
    if layout.back is None:
        for begin, held in _parts(layout):
            out[begin : begin + held] = column[:held]
        return
    spread = np.concatenate([column[:held] for held in layout.slots])
    np.take(spread, layout.back, out=out, mode="clip")


def _nth_person(context: Context, node: Node, out: Array, column: Array) -> None:
    layout = context.chunk.groups[node.attrs[0]]
    wanted = int(node.attrs[1])
    if wanted == 0:
        out[:] = _slots(layout, column)[: len(out)]
        return
    out[:] = node.attrs[2]
    if wanted < len(layout.slots):
        begin, held = sum(layout.slots[:wanted]), layout.slots[wanted]
        out[:held] = _slots(layout, column)[begin : begin + held]


def _from_role(context: Context, node: Node, out: Array, column: Array) -> None:
    group, keys, default = node.attrs
    place, there = context.holder(group, tuple(keys))
    np.take(_slots(context.chunk.groups[group], column), place, out=out, mode="clip")
    if not there.all():
        out[~there] = default


def _rank(context: Context, node: Node, out: Array, criteria: Array, condition: Array) -> None:
    """The rank of each member among those who meet the condition, -1 for the others; equals keep the members' order."""
    layout = context.chunk.groups[node.attrs[0]]
    chosen = np.array(_slots(layout, condition))
    values = np.where(chosen, _slots(layout, criteria), np.inf)
    rank = np.zeros(len(values), out.dtype)
    parts = list(_parts(layout))
    for later, (begin, held) in enumerate(parts):
        for before, _ in parts[:later]:
            first = values[before : before + held] <= values[begin : begin + held]
            rank[begin : begin + held] += first
            rank[before : before + held] += ~first
    rank[~chosen] = -1
    out[:] = rank if layout.back is None else rank.take(layout.back)


#: By operation: (context, node, out, operands…).
FUNCTIONS: dict[str, Callable[..., None]] = {
    "input": _input,
    "role_mask": _role_mask,
    "position": _position,
    "group_size": _group_size,
    "group_sum": _gathering(np.add),
    "group_any": _gathering(np.logical_or),
    "group_all": _gathering(np.logical_and),
    "group_max": _gathering(np.maximum),
    "group_min": _gathering(np.minimum),
    "project": _project,
    "nth_person": _nth_person,
    "from_role": _from_role,
    "rank": _rank,
}
