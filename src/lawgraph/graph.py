"""The graph: operations on columns, each written once.

A node is (operation, operands, attributes, type, entity). Two equal nodes are one (value numbering), a node whose
operands are all constants is computed at once (folding), and a few identities are applied as nodes are made
(`simplify`). The entity says which population a column has one value a row for; a constant belongs to none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lawgraph import ops, ranges
from lawgraph.ranges import Range


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. `dtype` as NumPy writes it without byte order ("f4", "b1", "M8[D]"), `entity` None for a
    constant."""

    op: str
    args: tuple[int, ...]
    attrs: tuple[Any, ...]
    dtype: str
    entity: str | None


def dtype_name(dtype: Any) -> str:
    """The short name of a type: "f4", "i4", "b1", "M8[D]", "U5"."""
    return str(np.dtype(dtype).str[1:])


@dataclass
class Graph:
    """Nodes in an order where operands come first. `recorded` counts what was asked, before anything was shared."""

    nodes: list[Node] = field(default_factory=list)
    ranges: list[Range] = field(default_factory=list)
    recorded: int = 0
    #: The call that made each node first, and the one being traced (see `trace.Call`).
    origins: list[int] = field(default_factory=list)
    here: int = -1
    #: What NumPy's functions gave for the operands that they met, see `symbolic.apply`.
    applied: dict[tuple[Any, ...], int] = field(default_factory=dict)
    _index: dict[tuple[Any, ...], int] = field(default_factory=dict)
    _values: dict[int, np.generic] = field(default_factory=dict)

    def constant(self, value: Any, dtype: str | None = None) -> int:
        """The node of one value, the same for every row."""
        scalar = np.asarray(value) if dtype is None else np.asarray(value).astype(dtype)
        name = dtype_name(scalar.dtype)
        key = ("const", name, scalar.tobytes())
        found = self._index.get(key)
        if found is None:
            one = scalar.reshape(1)[0]
            found = self._append(Node("const", (), (scalar.tobytes(),), name, None), ranges.of_constant(one))
            self._index[key] = found
            self._values[found] = one
        return found

    def value(self, node: int) -> np.generic:
        """The value of a constant."""
        return self._values[node]

    def is_constant(self, node: int) -> bool:
        return self.nodes[node].op == "const"

    def source(self, op: str, attrs: tuple[Any, ...], dtype: str, entity: str, bounds: Range) -> int:
        """An input column, or what the structure gives."""
        key = (op, attrs, dtype, entity)
        found = self._index.get(key)
        if found is None:
            found = self._append(Node(op, (), attrs, dtype, entity), bounds)
            self._index[key] = found
        return found

    def make(self, op: str, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None) -> int:
        """The node of an operation: an older one when it is the same, simpler, or already a constant."""
        from lawgraph.simplify import simplify  # it makes nodes in its turn

        self.recorded += 1
        if op in ops.COMMUTATIVE and args[0] > args[1]:
            args = (args[1], args[0])
        key = (op, args, attrs, dtype, entity)
        found = self._index.get(key)
        if found is not None:
            return found
        if op not in ops.GROUP and all(self.is_constant(arg) for arg in args):
            simpler: int | None = self._fold(op, args, attrs, dtype)
        else:
            simpler = simplify(self, op, args, attrs, dtype, entity)
        if simpler is None:
            simpler = self._append(Node(op, args, attrs, dtype, entity), self._bounds(op, args, attrs, dtype))
        self._index[key] = simpler
        return simpler

    def cast(self, node: int, dtype: str) -> int:
        if self.nodes[node].dtype == dtype:
            return node
        return self.make("cast", (node,), (dtype,), dtype, self.nodes[node].entity)

    def _append(self, node: Node, bounds: Range) -> int:
        self.nodes.append(node)
        self.ranges.append(bounds)
        self.origins.append(self.here)
        return len(self.nodes) - 1

    def _fold(self, op: str, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str) -> int:
        operands = [np.array([self.value(arg)]) for arg in args]
        with np.errstate(all="ignore"):
            result = ops.compute(op, attrs, operands)
        return self.constant(np.asarray(result).reshape(-1)[0], dtype)

    def _bounds(self, op: str, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str) -> Range:
        operands = [self.ranges[arg] for arg in args]
        kinds = [self.nodes[arg].dtype for arg in args]
        if any(kind[0] in "mM" for kind in kinds) and op not in ops.GROUP and dtype != "b1":
            return ranges.of_dates(op, operands, kinds, dtype)
        if op == "cast":
            return ranges.of_cast(operands[0], dtype)
        if op == "take":
            return ranges.of_table(attrs[0], attrs[1])
        if op in ops.GROUP:
            default = float(attrs[-1]) if op in {"nth_person", "from_role"} and dtype[0] in "fiub" else 0.0
            return (0.0, 1.0) if dtype == "b1" else ranges.of_group(op, operands[0], default, dtype)
        if op == "round":
            return ranges.of_round(operands[0], attrs[0], dtype)
        return ranges.of_operation(op, operands, dtype)


def reachable(nodes: list[Node], outputs: list[int]) -> list[int]:
    """The nodes that the outputs need, operands first: the others are dead."""
    alive = [False] * len(nodes)
    for output in outputs:
        alive[output] = True
    for number in range(len(nodes) - 1, -1, -1):
        if alive[number]:
            for arg in nodes[number].args:
                alive[arg] = True
    return [number for number, live in enumerate(alive) if live]


def kept(nodes: list[Node], outputs: list[int]) -> tuple[list[Node], list[int]]:
    """The nodes that the outputs need, renumbered, and the outputs' new numbers."""
    numbers = reachable(nodes, outputs)
    new = {old: number for number, old in enumerate(numbers)}
    lives = [nodes[old] for old in numbers]
    moved = [Node(one.op, tuple(new[arg] for arg in one.args), one.attrs, one.dtype, one.entity) for one in lives]
    return moved, [new[output] for output in outputs]
