"""From the graph of a program to one that a processor understands.

Texts become numbers, group operations and tables get what they need, and the operations that stay with NumPy are told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lawgraph import ops
from lawgraph.graph import Node
from lawgraph.native.bounds import Bounds, bounds
from lawgraph.native.support import supported
from lawgraph.native.texts import LONGEST, Texts, is_text
from lawgraph.program import Program


@dataclass
class Lowered:
    """`nodes`: as a program's, with numbers for texts. `numpy`: those that NumPy computes, on the program's own types.
    `values`: of constants. `place`: where each node of the program is among these."""

    nodes: list[Node] = field(default_factory=list)
    numpy: set[int] = field(default_factory=set)
    values: dict[int, Any] = field(default_factory=dict)
    place: list[int] = field(default_factory=list)
    #: For each entity, whether every check holds on a row; `broken`: some check fails on every row.
    checks: dict[str, int] = field(default_factory=dict)
    broken: bool = False


def lower(program: Program) -> Lowered:
    """The program, lowered."""
    lowering = _Lowering(program)
    for number, node in enumerate(program.nodes):
        lowering.place(number, node)
    for number, _, _ in program.checks:
        lowering.check(number)
    return lowering.lowered


class _Lowering:
    def __init__(self, program: Program) -> None:
        self._source = program.nodes
        self._person = program.person
        self._roles = {kind.key: kind.role_names for kind in program.kinds}
        self._texts = Texts(program.nodes, list(program.outputs.values()))
        self._bounds: list[Bounds] = []
        self._made: dict[Node, int] = {}
        self.lowered = Lowered()

    def place(self, number: int, node: Node) -> None:
        args = tuple(self.lowered.place[arg] for arg in node.args)
        kind = self._texts.kind(number, node)
        if node.op == "const":
            found = self._constant(node, kind)
        elif kind == "numpy" or (kind is None and not supported(node, [self._source[arg].dtype for arg in node.args])):
            found = self._make(Node(node.op, args, node.attrs, node.dtype, node.entity))
            self.lowered.numpy.add(found)
        elif kind is not None:
            found = self._on_texts(node, args, kind)
        else:
            found = self._on_numbers(node, args)
        self.lowered.place.append(found)

    def check(self, number: int) -> None:
        """Join a check to the others of its entity."""
        lowered, place = self.lowered, self.lowered.place[number]
        entity = lowered.nodes[place].entity
        if entity is None:
            lowered.broken |= not lowered.values[place]
        elif entity in lowered.checks:
            both = (lowered.checks[entity], place)
            lowered.checks[entity] = self._make(Node("logical_and", both, (), "b1", entity))
        else:
            lowered.checks[entity] = place

    def _make(self, node: Node) -> int:
        nodes = self.lowered.nodes
        nodes.append(node)
        self._bounds.append(bounds(node, self._bounds, self.lowered.values.get(len(nodes) - 1)))
        return len(nodes) - 1

    def _constant(self, node: Node, kind: str | None) -> int:
        value = np.frombuffer(node.attrs[0], dtype=node.dtype)[0]
        dtype = node.dtype
        if kind is not None and kind != "numpy":
            value, dtype = self._texts.number(kind, value), _TEXT_TYPES[kind]
        elif dtype[0] in "mM":
            value = value.astype("i8")
        self.lowered.values[len(self.lowered.nodes)] = value
        return self._make(Node("const", (), node.attrs, dtype, None))

    def _on_texts(self, node: Node, args: tuple[int, ...], kind: str) -> int:
        dtype = _TEXT_TYPES[kind] if is_text(node.dtype) else node.dtype
        attrs = node.attrs
        if node.op == "cast":
            return args[0]
        if node.op == "input":
            attrs = (attrs[0], int(node.dtype[1:]))
        elif node.op == "take":
            attrs = (tuple(self._texts.number(kind, one) for one in attrs[0]), dtype)
        elif node.op in {"nth_person", "from_role"}:
            attrs = (*attrs[:2], self._texts.number(kind, attrs[2]))
        elif node.op in {"search", "isin", "startswith"}:
            if kind == "rank":
                return self._on_numbers(Node("take", (), (self._texts.lookup(node), dtype), dtype, node.entity), args)
            attrs = self._packed_attrs(node)
        return self._on_numbers(Node(node.op, (), attrs, dtype, node.entity), args)

    def _packed_attrs(self, node: Node) -> tuple[Any, ...]:
        numbers = self._texts.number("packed", node.attrs[0]) if node.op == "startswith" else 0
        if node.op == "startswith":
            filled = 8 * (LONGEST - len(node.attrs[0]))
            return (numbers, (1 << 8 * LONGEST) - (1 << filled))
        values = tuple(self._texts.number("packed", one) for one in node.attrs[0])
        return (values, node.attrs[1], "T8") if node.op == "search" else (tuple(sorted(set(values))), "T8")

    def _on_numbers(self, node: Node, args: tuple[int, ...]) -> int:
        kinds, attrs = [self.lowered.nodes[arg].dtype for arg in args], node.attrs
        if node.op in {"cast", "positive"} and kinds[0] == node.dtype:
            return args[0]
        if node.op == "round" and node.dtype[0] == "i":
            return args[0]
        if node.op in ops.GROUP:
            args = tuple(self._column(node, arg) for arg in args)
        if node.op == "role_mask":
            return self._mask(*attrs)
        if node.op == "from_role":
            args, attrs = (self._holder(attrs[0], attrs[1]), *args), (attrs[0], _default(node))
        elif node.op == "nth_person":
            attrs = (*attrs[:2], _default(node))
        elif node.op == "take":
            attrs = (*attrs[:2], self._is_within(args[0], len(attrs[0])))
        elif node.op == "search" and attrs[-1] != "T8":
            attrs = (tuple(np.array(attrs[0]).tolist()), attrs[1], compared_in(attrs[0], kinds[0]))
        elif node.op == "isin" and attrs[-1] != "T8":
            attrs = (tuple(np.unique(np.array(attrs[0])).tolist()), compared_in(attrs[0], kinds[0]))
        return self._make(Node(node.op, args, attrs, node.dtype, node.entity))

    def _is_within(self, index: int, count: int) -> bool:
        found = self._bounds[index]
        return found is not None and found[0] >= 0 and found[1] < count

    def _column(self, node: Node, arg: int) -> int:
        """A constant given to a group operation has a column of its own."""
        one = self.lowered.nodes[arg]
        if one.entity is not None:
            return arg
        entity = str(node.attrs[0]) if node.op == "project" else self._person
        return self._once(Node("fill", (arg,), (), one.dtype, entity))

    def _mask(self, group: str, keys: tuple[str, ...]) -> int:
        """Which persons hold one of some roles, by their numbers."""
        numbers = tuple(self._roles[group].index(key) for key in keys)
        return self._once(Node("role_mask", (), (group, numbers), "b1", self._person))

    def _holder(self, group: str, keys: tuple[str, ...]) -> int:
        """For each group, the row of the person who holds a role."""
        return self._once(Node("holder", (self._mask(group, keys),), (group,), "i4", group))

    def _once(self, node: Node) -> int:
        found = self._made.get(node)
        if found is None:
            found = self._made[node] = self._make(node)
        return found


_TEXT_TYPES = {"packed": "T8", "rank": "i4"}


def compared_in(table: Any, kind: str) -> str:
    """The type that NumPy compares a column and a table in."""
    return np.result_type(np.array(table).dtype, np.dtype(kind)).str[1:]


def _default(node: Node) -> Any:
    """What a group without such a person gets, as NumPy writes it in a column."""
    default = node.attrs[2]
    if node.dtype in _TEXT_TYPES.values() and isinstance(default, int):
        return default
    column = np.zeros(1, node.dtype)
    column[:] = default
    return int(column.view("i8")[0]) if node.dtype[0] in "mM" else column[0].item()
