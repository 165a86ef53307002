"""Programs written node by node, on populations of any composition: what both machines must agree on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lawgraph import ops
from lawgraph.graph import Node
from lawgraph.program import Column, Law, Program
from lawgraph.structure import GroupKind, Structure

PERSON = "person"
KINDS = (
    GroupKind("home", (("head", 1), ("other", None))),
    GroupKind("club", (("chair", 1), ("pair", 2), ("guest", None))),
)
INFINITE = float("inf")
#: Values where rounding, limits and signs show.
NUMBERS = (0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 0.1, 0.15, 2.675, 1e-3, 123456.789, 1e9, -3e9, 1e20, -1e300)
ODD = (float("nan"), INFINITE, -INFINITE, 5e-324)
WHOLES = (0, 1, -1, 2, 7, -7, 100, 127, -128, 32767, -32768, 2**31 - 1, -(2**31), 2**53 + 1, 2**63 - 1, -(2**63))
TEXTS = ("", "a", "ab", "abc", "b", "01001", "75056", "zz", "Z")


@dataclass
class Sketch:
    """A program being written."""

    nodes: list[Node] = field(default_factory=list)
    columns: dict[str, Column] = field(default_factory=dict)
    outputs: dict[str, int] = field(default_factory=dict)
    checks: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, op: str, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None) -> int:
        self.nodes.append(Node(op, args, attrs, dtype, entity))
        return len(self.nodes) - 1

    def const(self, value: Any, dtype: str) -> int:
        with np.errstate(all="ignore"):
            held = np.asarray(value).astype(dtype)
        return self.add("const", (), (held.tobytes(),), dtype, None)

    def input(self, dtype: str, entity: str) -> int:
        name = f"{entity} {dtype} {len(self.columns)}"
        self.columns[name] = Column(name, dtype, entity, -INFINITE, INFINITE)
        return self.add("input", (), (name,), dtype, entity)

    def output(self, number: int) -> None:
        self.outputs[f"out {len(self.outputs)}"] = number

    def program(self) -> Program:
        return Program(
            Law("none", "2026-01"),
            PERSON,
            KINDS,
            (),
            tuple(self.columns.values()),
            tuple(self.nodes),
            self.outputs,
            tuple(self.checks),
            (),
            {name: str(self.nodes[number].entity) for name, number in self.outputs.items()},
            {},
            {},
        )


def population(persons: int, seed: int) -> Structure:
    """Persons in homes and in clubs that cut across them, some alone, some many."""
    draw = np.random.default_rng(seed)
    columns: dict[str, Any] = {}
    for kind, spread in zip(KINDS, (2.5, 1.5), strict=True):
        groups = draw.integers(0, max(1, int(persons / spread)), persons)
        if seed % 2:
            groups = np.arange(persons) // 2 if kind.key == "home" else np.sort(groups)
        _, groups = np.unique(groups, return_inverse=True)
        columns[f"{kind.key}.id"] = groups
        columns[f"{kind.key}.role"] = _roles(kind, groups, draw)
    return Structure.read(KINDS, columns)


def _roles(kind: GroupKind, groups: Any, draw: np.random.Generator) -> Any:
    """Roles at random, as many of each as a group can have."""
    roles = np.full(len(groups), len(kind.roles) - 1)
    for group in range(groups.max() + 1):
        members = draw.permutation(np.flatnonzero(groups == group))
        for number, (_, most) in enumerate(kind.roles[:-1]):
            held = int(draw.integers(0, (most or 0) + 1))
            roles[members[:held]] = number
            members = members[held:]
    return roles


def inputs(program: Program, structure: Structure, seed: int) -> dict[str, Any]:
    """Columns with odd values among plain ones."""
    draw = np.random.default_rng(seed)
    counts = {PERSON: structure.persons, **structure.counts}
    return {one.name: column(one.dtype, counts[one.entity], draw) for one in program.columns}


def column(dtype: str, rows: int, draw: np.random.Generator) -> Any:
    """A column of a type."""
    kind = dtype[0]
    with np.errstate(all="ignore"):
        if kind == "b":
            return draw.random(rows) < 0.5
        if kind in "US":
            return draw.choice(TEXTS, rows).astype(dtype)
        if kind in "mM":
            days = np.where(draw.random(rows) < 0.1, -(2**63), draw.integers(-40_000, 40_000, rows))
            return days.astype("i8").view(dtype)
        if kind == "f":
            special = draw.choice(NUMBERS + ODD, rows).astype(dtype)
        else:
            special = draw.choice(np.array(WHOLES), rows).astype(dtype)
        plain = np.round(draw.normal(0, 50, rows), int(draw.integers(0, 3))).astype(dtype)
        return np.where(draw.random(rows) < 0.5, special, plain)


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The outputs that differ, zeros' signs included."""
    return [name for name in one if not _same(one[name], other[name])]


def _same(one: Any, other: Any) -> bool:
    if one.dtype.kind != "f":
        return np.array_equal(one, other) or (
            one.dtype.kind in "mM" and np.array_equal(one.view("i8"), other.view("i8"))
        )
    numbers = ~np.isnan(one)
    return np.array_equal(one, other, equal_nan=True) and np.array_equal(
        np.signbit(one[numbers]), np.signbit(other[numbers])
    )


def pairs(values: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    return ((one, other) for one in values for other in values)


#: Operations for graphs drawn at random: on columns of one type, giving that type or a truth.
_FREE = (
    "add", "subtract", "multiply", "minimum", "maximum", "floor", "ceil", "rint", "absolute", "negative", "divide",
    "sign", "sqrt", "where", "round", "cast", "less", "equal", "greater_equal", "not_equal", "logical_not",
    "logical_and", "logical_or", "bitwise_or", "bitwise_and", "exp",
    "group_sum", "group_max", "group_min", "group_any", "group_all",
    "project", "nth_person", "from_role", "search", "take", "guarded_divide", "floor_divide", "remainder", "isnan",
)  # fmt: skip
_TYPES = ("b1", "i2", "i4", "i8", "f4", "f8")


def drawn(draw: np.random.Generator, size: int) -> Sketch:
    """A graph of operations drawn at random on columns that exist already, every node of which is asked or used."""
    sketch = Sketch()
    for entity in (PERSON, *(kind.key for kind in KINDS)):
        for dtype in _TYPES:
            sketch.input(dtype, entity)
    for dtype in _TYPES:
        sketch.const(draw.choice(NUMBERS[:8]), dtype)
    while len(sketch.nodes) < size + 24:
        _Draw(sketch, draw).operation(str(draw.choice(_FREE)))
    used = {arg for node in sketch.nodes for arg in node.args}
    for number, node in enumerate(sketch.nodes):
        if node.entity is not None and number >= 24 and (number not in used or draw.random() < 0.1):
            sketch.output(number)
    return sketch


class _Draw:
    def __init__(self, sketch: Sketch, draw: np.random.Generator) -> None:
        self._sketch, self._draw = sketch, draw

    def operation(self, op: str) -> None:
        entity = str(self._draw.choice([PERSON, PERSON, *(kind.key for kind in KINDS)]))
        dtype = str(self._draw.choice(_TYPES))
        method = getattr(self, f"_{op}", None)
        if method is not None:
            method(entity, dtype)
        elif op.startswith("group_"):
            self._gather(op, dtype)
        else:
            self._ufunc(op, entity, dtype)

    def _column(self, dtype: str, entity: str, *, constants: bool = True) -> int:
        """A recent node of a type, often; there always is one."""
        nodes = self._sketch.nodes
        entities = (entity, None) if constants else (entity,)
        found = [n for n, node in enumerate(nodes) if node.dtype == dtype and node.entity in entities]
        return int(found[-1] if self._draw.random() < 0.4 else self._draw.choice(found))

    def _ufunc(self, op: str, entity: str, dtype: str) -> None:
        if op in {"sqrt", "divide", "exp", "floor", "ceil", "rint", "isnan"} and dtype[0] != "f":
            dtype = "f8"
        if op.startswith("bitwise"):
            dtype = "b1" if dtype[0] == "f" else dtype
        ufunc = ops.UFUNCS[op]
        args = [self._column(dtype, entity, constants=place > 0) for place in range(ufunc.nin)]
        if op in {"floor_divide", "remainder"} and dtype[0] == "f":
            return
        try:
            result = ufunc(*[np.ones(1, dtype) for _ in args]).dtype.str[1:]
        except TypeError:
            return
        if result in _TYPES:
            self._sketch.add(op, tuple(args), (), result, entity)

    def _where(self, entity: str, dtype: str) -> None:
        condition = self._column("b1", entity, constants=False)
        choices = (self._column(dtype, entity), self._column(dtype, entity))
        self._sketch.add("where", (condition, *choices), (), dtype, entity)

    def _guarded_divide(self, entity: str, dtype: str) -> None:
        args = [self._column("f8", entity, constants=place > 0) for place in range(3)]
        self._sketch.add("guarded_divide", (*args, self._column("b1", entity)), (), "f8", entity)

    def _round(self, entity: str, dtype: str) -> None:
        dtype = dtype if dtype[0] == "f" else "f4"
        column = self._column(dtype, entity, constants=False)
        self._sketch.add("round", (column,), (int(self._draw.integers(-1, 4)),), dtype, entity)

    def _cast(self, entity: str, dtype: str) -> None:
        column = self._column(str(self._draw.choice(_TYPES)), entity, constants=False)
        self._sketch.add("cast", (column,), (dtype,), dtype, entity)

    def _search(self, entity: str, dtype: str) -> None:
        table = tuple(sorted(self._draw.choice(NUMBERS, 5).tolist()))
        column = self._column(dtype if dtype != "b1" else "i4", entity, constants=False)
        self._sketch.add("search", (column,), (table, "left"), "i8", entity)

    def _take(self, entity: str, dtype: str) -> None:
        index = self._column("i2", entity, constants=False)
        values = tuple(self._draw.choice([0, 1, 3, 7], int(self._draw.integers(1, 20))).astype(dtype).tolist())
        self._sketch.add("take", (index,), (values, dtype), dtype, entity)

    def _gather(self, op: str, dtype: str) -> None:
        group = str(self._draw.choice([kind.key for kind in KINDS]))
        column = self._column(dtype, PERSON, constants=False)
        result = "b1" if op in {"group_any", "group_all"} else str(self._draw.choice(_TYPES))
        self._sketch.add(op, (column,), (group,), result, group)

    def _project(self, entity: str, dtype: str) -> None:
        group = str(self._draw.choice([kind.key for kind in KINDS]))
        self._sketch.add("project", (self._column(dtype, group, constants=False),), (group,), dtype, PERSON)

    def _nth_person(self, entity: str, dtype: str) -> None:
        group = str(self._draw.choice([kind.key for kind in KINDS]))
        attrs = (group, int(self._draw.integers(0, 4)), 0)
        self._sketch.add("nth_person", (self._column(dtype, PERSON, constants=False),), attrs, dtype, group)

    def _from_role(self, entity: str, dtype: str) -> None:
        kind = KINDS[int(self._draw.integers(0, 2))]
        attrs = (kind.key, kind.role_names[:1], 1)
        self._sketch.add("from_role", (self._column(dtype, PERSON, constants=False),), attrs, dtype, kind.key)
