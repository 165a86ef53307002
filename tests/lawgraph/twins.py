"""Random graphs, each node beside the array that plain NumPy gives it: no folding, no sharing, no identity, no layout.

What a compiled graph computes is compared with these arrays, and its proven bounds with their values. Two things are
not drawn: what tells the sign of a zero (a division by zero), which the compiler does not keep; and what NumPy itself
computes otherwise by one bit for a row alone and for a row among others (powers, exponentials, logarithms).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lawgraph import Program, ops
from lawgraph.graph import Graph, Node, dtype_name, kept
from lawgraph.program import Column, Law
from lawgraph.signature import DATES, Input
from lawgraph.structure import GroupKind
from tests.lawgraph.building import groups

PERSON = "person"
KINDS = (
    GroupKind("family", (("first_parent", 1), ("second_parent", 1), ("child", None))),
    GroupKind("home", (("holder", 1), ("other", None))),
)
FLOATS, WHOLES = ("f4", "f8"), ("i4", "i8")
NUMBERS = (*FLOATS, *WHOLES)
VALUES: dict[str, tuple[Any, ...]] = {
    "f4": (0.0, 1.0, -1.0, 0.1, 2.5, -3e4, 1e30, np.inf, np.nan),
    "f8": (0.0, 1.0, -1.0, 0.1, 2.5, -3e4, 1e300, -np.inf, np.nan),
    "i4": (0, 1, -1, 7, 100_000),
    "i8": (0, 1, -1, 7, 100_000),
    "b1": (True, False),
    "U3": ("", "a", "ab", "zzz"),
    "M8[D]": ("1970-01-01", "1999-12-31", "2024-02-29"),
}


@dataclass(frozen=True)
class Twin:
    """A node and the values that it must have: one a row of its entity, or one for all when it has none."""

    node: int
    values: np.ndarray
    entity: str | None

    @property
    def dtype(self) -> str:
        return dtype_name(self.values.dtype)


@dataclass
class Twins:
    """A graph that grows at random, on one population."""

    rng: np.random.Generator
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    inputs: list[Column] = field(default_factory=list)
    graph: Graph = field(default_factory=Graph)
    twins: list[Twin] = field(default_factory=list)

    @classmethod
    def draw(cls, seed: int, steps: int, persons: int = 23) -> Twins:
        found = cls(np.random.default_rng(seed))
        found.columns = groups(found.rng, persons)
        for _ in range(7):
            found.add_input()
        found.add_structure()
        for _ in range(steps):
            with np.errstate(all="ignore"):
                STEPS[int(found.rng.integers(len(STEPS)))](found)
        return found

    # Sources

    def rows(self, entity: str | None) -> int:
        if entity is None:
            return 1
        ids = self.columns["family.id" if entity == PERSON else f"{entity}.id"]
        return len(ids) if entity == PERSON else int(ids.max()) + 1

    def add_input(self) -> None:
        dtype = str(self.rng.choice(["f4", "f4", "f4", "i4", "b1", "U3", "M8[D]"]))
        entity = str(self.rng.choice([PERSON, PERSON, "family", "home"]))
        name, size = f"column {len(self.inputs)}", self.rows(entity)
        low, high = (float(one) for one in self.rng.choice([(-1e9, 1e9), (0, 3000), (1, 1), (-0.5, 2.25), (5, 90)]))
        drawn: dict[str, Callable[[], np.ndarray]] = {
            "f4": lambda: np.clip(self.rng.choice([low, high, 0, 1, self.rng.uniform(low, high)], size), low, high),
            "i4": lambda: self.rng.integers(int(np.ceil(low)), int(high) + 1, size),
            "b1": lambda: self.rng.random(size) < 0.5,
            "U3": lambda: self.rng.choice(VALUES["U3"], size),
            "M8[D]": lambda: np.datetime64("1970-01-01") + self.rng.integers(int(DATES[0]), int(DATES[1]) + 1, size),
        }
        values = drawn[dtype]().astype(dtype)
        bounds = {"b1": (0.0, 1.0), "U3": None, "M8[D]": DATES}.get(dtype, (low, high))
        self.columns[name] = values
        self.inputs.append(Column(name, dtype, entity, low, high))
        self.keep(self.graph.source("input", (name,), dtype, entity, bounds), values, entity)

    def add_structure(self) -> None:
        for kind in KINDS:
            ids, roles = self.columns[f"{kind.key}.id"], self.columns[f"{kind.key}.role"]
            names = tuple(self.rng.permutation(kind.role_names)[:2].tolist())
            mask = self.graph.source("role_mask", (kind.key, names), "b1", PERSON, (0, 1))
            self.keep(mask, np.isin(roles, names), PERSON)
            position = self.graph.source("position", (kind.key,), "i4", PERSON, (0, 99))
            before = [(ids[:row] == ids[row]).sum() for row in range(len(ids))]
            self.keep(position, np.array(before, "i4"), PERSON)
            size = self.graph.source("group_size", (kind.key,), "i8", kind.key, (1, 100))
            self.keep(size, np.bincount(ids), kind.key)

    def constant(self, dtype: str) -> Twin:
        value = VALUES[dtype][int(self.rng.integers(len(VALUES[dtype])))]
        made = Twin(self.graph.constant(value, dtype), np.array([value], dtype), None)
        self.twins.append(made)
        return made

    # Nodes

    def keep(self, node: int, values: np.ndarray, entity: str | None) -> Twin:
        made = Twin(node, values, entity)
        self.twins.append(made)
        return made

    def pick(self, dtypes: tuple[str, ...] | str, entity: Any = "any") -> Twin:
        """A twin of one of the types, and of this entity or of none; late ones more often, a constant where none is."""
        wanted = (dtypes,) if isinstance(dtypes, str) else dtypes
        fit = [one for one in self.twins if one.dtype in wanted and (entity == "any" or one.entity in {entity, None})]
        if not fit or self.rng.random() < 0.1:
            return self.constant(str(self.rng.choice([one for one in wanted if one in VALUES] or ["f8"])))
        return fit[int(len(fit) * self.rng.random() ** 0.6)]

    def pair(self, dtypes: tuple[str, ...]) -> tuple[Twin, Twin]:
        one = self.pick(dtypes)
        return one, self.pick(one.dtype, one.entity if one.entity is not None else "any")

    def elementwise(self, op: str, operands: tuple[Twin, ...], attrs: tuple[Any, ...], dtype: str) -> Twin:
        entities = {one.entity for one in operands} - {None}
        assert len(entities) <= 1
        entity = entities.pop() if entities else None
        given = [np.broadcast_to(one.values, self.rows(entity)) for one in operands]
        values = ops.compute(op, attrs, given)
        node = self.graph.make(op, tuple(one.node for one in operands), attrs, dtype, entity)
        return self.keep(node, np.asarray(values).astype(dtype), entity)

    # A program

    def program(self) -> Program:
        """Every twin is an output."""
        chosen = {f"twin {number}@now": one for number, one in enumerate(self.twins)}
        nodes, outputs = kept(self.graph.nodes, [one.node for one in chosen.values()])
        return program_of(nodes, dict(zip(chosen, outputs, strict=True)), {
            name: one.entity or PERSON for name, one in chosen.items()
        }, tuple(self.inputs))  # fmt: skip

    def check_values(self, chunk: int = 0) -> None:
        answers = self.program().run(self.columns, chunk=chunk)
        for number, one in enumerate(self.twins):
            found = answers[f"twin {number}@now"]
            expected = np.broadcast_to(one.values, found.shape)
            assert found.dtype == expected.dtype, self.told(one)
            assert np.array_equal(found, expected, equal_nan=found.dtype.kind in "fmM"), self.told(one)

    def check_bounds(self) -> None:
        for one in self.twins:
            bounds = self.graph.ranges[one.node]
            if bounds is not None and len(one.values):
                numbers = one.values.astype("i8") if one.values.dtype.kind in "mM" else one.values
                assert np.isfinite(numbers.astype("f8")).all(), self.told(one)
                assert bounds[0] <= float(numbers.min()), self.told(one)
                assert float(numbers.max()) <= bounds[1], self.told(one)

    def told(self, one: Twin) -> str:
        node: Node = self.graph.nodes[one.node]
        parts = [(self.graph.nodes[arg], self.graph.ranges[arg]) for arg in node.args]
        return f"{node}, bounds {self.graph.ranges[one.node]}, of {parts}: {one.values}"


def program_of(
    nodes: list[Node], outputs: dict[str, int], entities: dict[str, str], columns: tuple[Column, ...], **rest: Any
) -> Program:
    """A program made by hand."""
    inputs = tuple(Input(column.name, "now") for column in columns)
    parts = {"checks": (), "spirals": (), "enumerations": {}, "statistics": {}, "kinds": KINDS, **rest}
    return Program(
        law=Law("", "now"), person=PERSON, inputs=inputs, columns=columns, nodes=tuple(nodes), outputs=outputs,
        output_entities=entities, **parts,
    )  # fmt: skip


# Steps


def _binary(twins: Twins) -> None:
    op = str(twins.rng.choice(["add", "subtract", "multiply", "minimum", "maximum", "fmin", "fmax"]))
    kinds = NUMBERS if op == "subtract" else (*NUMBERS, "b1")
    one, other = twins.pair(kinds)
    twins.elementwise(op, (one, other), (), one.dtype)


def _division(twins: Twins) -> None:
    op = str(twins.rng.choice(["divide", "floor_divide", "remainder"]))
    one, other = twins.pair(FLOATS if op == "divide" else NUMBERS)
    if (other.values != 0).all():
        twins.elementwise(op, (one, other), (), one.dtype)


def _comparison(twins: Twins) -> None:
    op = str(twins.rng.choice(sorted(ops.COMPARISONS)))
    one, other = twins.pair((*NUMBERS, "b1", "U3", "M8[D]"))
    twins.elementwise(op, (one, other), (), "b1")


def _logical(twins: Twins) -> None:
    op = str(twins.rng.choice(["logical_and", "logical_or", "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor"]))
    if op.startswith("bitwise"):
        one, other = twins.pair(("b1", "b1", *WHOLES))
        twins.elementwise(op, (one, other), (), one.dtype)
    else:
        twins.elementwise(op, twins.pair((*NUMBERS, "b1")), (), "b1")


def _unary(twins: Twins) -> None:
    op = str(twins.rng.choice(["negative", "absolute", "fabs", "sign", "square", "positive", "logical_not", "invert"]))
    kinds = {"fabs": FLOATS, "logical_not": (*NUMBERS, "b1"), "invert": ("b1", *WHOLES)}.get(op, NUMBERS)
    one = twins.pick(kinds)
    twins.elementwise(op, (one,), (), "b1" if op == "logical_not" else one.dtype)


def _unary_float(twins: Twins) -> None:
    op = str(twins.rng.choice(["floor", "ceil", "rint", "trunc", "sqrt", "isnan", "isfinite", "isinf"]))
    one = twins.pick(FLOATS)
    twins.elementwise(op, (one,), (), "b1" if op.startswith("is") else one.dtype)


def _where(twins: Twins) -> None:
    condition = twins.pick("b1")
    entity = condition.entity if condition.entity is not None else "any"
    yes = twins.pick((*NUMBERS, "b1", "U3", "M8[D]"), entity)
    other = condition.entity or yes.entity
    no = twins.pick(yes.dtype, other if other is not None else "any")
    twins.elementwise("where", (condition, yes, no), (), yes.dtype)


def _cast(twins: Twins) -> None:
    one = twins.pick((*NUMBERS, "b1", "M8[D]", "M8[M]", "m8[D]"))
    kinds = {"M": ("M8[D]", "M8[M]", "M8[Y]", "i8"), "m": ("i8", "m8[D]")}.get(one.dtype[0], (*NUMBERS, "b1", "i2"))
    dtype = str(twins.rng.choice(kinds))
    if dtype[0] == "i" and one.dtype[0] in "fi":  # what a number too large becomes is not defined
        most = 2.0 ** (8 * int(dtype[1]) - 1) - 1
        if not (np.abs(one.values.astype("f8")) < min(most, 2.0**53)).all():
            return
        if one.dtype[0] == "f" and twins.graph.ranges[one.node] is None:
            return
    twins.elementwise("cast", (one,), (dtype,), dtype)


def _dates(twins: Twins) -> None:
    day = twins.pick("M8[D]")
    other = twins.pick("M8[D]", day.entity if day.entity is not None else "any")
    gap = twins.elementwise("subtract", (day, other), (), "m8[D]")
    entity = gap.entity if gap.entity is not None else "any"
    if twins.rng.random() < 0.5:
        twins.elementwise("subtract", (twins.pick("M8[D]", entity), gap), (), "M8[D]")
    if twins.rng.random() < 0.3:
        twins.elementwise("busday_count", (day, other), ("1111100",), "i8")
    if twins.rng.random() < 0.3:
        twins.elementwise("search_date", (day,), (("1960-01-01", "1999-12-31", "2010-07-01"),), "i8")


def _round(twins: Twins) -> None:
    one = twins.pick(FLOATS)
    twins.elementwise("round", (one,), (int(twins.rng.integers(-2, 4)),), one.dtype)


def _take(twins: Twins) -> None:
    tables: list[tuple[tuple[Any, ...], str]] = [
        ((0.1, -2.5, 1e7), "f8"), ((0.1, 7.0, 0.3, 9.0), "f4"), ((3, 1, 2), "i2"), (("a", "zzz"), "U3"),
        ((True, False, True), "b1"), ((float("inf"), 0.0), "f8"),
    ]  # fmt: skip
    values, dtype = tables[int(twins.rng.integers(len(tables)))]
    count = Twin(twins.graph.constant(len(values), "i8"), np.array([len(values)]), None)
    index = twins.elementwise("remainder", (twins.pick("i8"), count), (), "i8")
    twins.elementwise("take", (index,), (values, dtype), dtype)


def _look_up(twins: Twins) -> None:
    kind = str(twins.rng.choice(["isin", "search", "guarded_divide", "startswith", "text"]))
    if kind == "isin":
        twins.elementwise("isin", (twins.pick(NUMBERS),), ((1, 0, 7),), "b1")
    elif kind == "search":
        side = str(twins.rng.choice(["left", "right"]))
        twins.elementwise("search", (twins.pick(NUMBERS),), ((-1, 0, 1, 2.5, 90), side), "i8")
    elif kind == "startswith":
        twins.elementwise("startswith", (twins.pick("U3"),), ("a",), "b1")
    elif kind == "text":
        twins.elementwise("isin", (twins.pick("U3"),), (("ab", "zzz"),), "b1")
    else:
        _guarded(twins)


def _guarded(twins: Twins) -> None:
    above, below = twins.pair(FLOATS)
    entity = above.entity or below.entity
    rest = twins.pick(above.dtype, entity if entity is not None else "any")
    entity = entity or rest.entity
    allowed = twins.pick("b1", entity if entity is not None else "any")
    if (below.values != 0).all():
        twins.elementwise("guarded_divide", (above, below, rest, allowed), (), above.dtype)


def _gather(twins: Twins) -> None:
    kind = KINDS[int(twins.rng.integers(len(KINDS)))]
    op = str(twins.rng.choice(["group_sum", "group_any", "group_all", "group_max", "group_min"]))
    dtype = "b1" if op in {"group_any", "group_all"} else "f8"
    one = twins.pick("b1" if dtype == "b1" else ("f8", "f4", "i4", "b1"), PERSON)
    if op in {"group_max", "group_min"} and one.dtype != "f8":
        return
    ufunc = {"group_sum": np.add, "group_any": np.logical_or, "group_all": np.logical_and, "group_max": np.maximum,
             "group_min": np.minimum}[op]  # fmt: skip
    persons = np.broadcast_to(one.values, twins.rows(PERSON)).astype(dtype)
    values = [_reduced(ufunc, members) for members in _members(twins, kind, persons)]
    node = twins.graph.make(op, (one.node,), (kind.key,), dtype, kind.key)
    twins.keep(node, np.array(values, dtype), kind.key)


def _members(twins: Twins, kind: GroupKind, persons: np.ndarray) -> list[np.ndarray]:
    ids = twins.columns[f"{kind.key}.id"]
    return [persons[ids == group] for group in range(int(ids.max()) + 1)]


def _reduced(ufunc: np.ufunc, members: np.ndarray) -> Any:
    result = members[0]
    for one in members[1:]:
        result = ufunc(result, one)
    return result


def _pick_member(twins: Twins) -> None:
    kind = KINDS[int(twins.rng.integers(len(KINDS)))]
    one = twins.pick((*NUMBERS, "b1", "M8[D]"), PERSON)
    default: Any = {"b": True, "M": 0}.get(one.dtype[0], twins.rng.choice([0, 1, -7]).item())
    default = float(default) if one.dtype[0] == "f" else default
    if one.dtype[0] == "f" and twins.rng.random() < 0.1:
        default = float("nan")
    persons = np.broadcast_to(one.values, twins.rows(PERSON))
    groups_of = _members(twins, kind, persons)
    if twins.rng.random() < 0.5:
        rank = int(twins.rng.integers(0, 4))
        none = np.array(default).astype(one.dtype)
        values = [members[rank] if rank < len(members) else none for members in groups_of]
        op, attrs = "nth_person", (kind.key, rank, default)
    else:
        role = str(twins.rng.choice([name for name, most in kind.roles if most == 1]))
        held = _members(twins, kind, twins.columns[f"{kind.key}.role"])
        pairs = zip(groups_of, held, strict=True)
        values = [
            members[roles == role][0] if (roles == role).any() else np.array(default).astype(one.dtype)
            for members, roles in pairs
        ]
        op, attrs = "from_role", (kind.key, (role,), default)
    node = twins.graph.make(op, (one.node,), attrs, one.dtype, kind.key)
    twins.keep(node, np.array(values).astype(one.dtype), kind.key)


def _project(twins: Twins) -> None:
    kind = KINDS[int(twins.rng.integers(len(KINDS)))]
    one = twins.pick((*NUMBERS, "b1", "U3", "M8[D]"), kind.key)
    ids = twins.columns[f"{kind.key}.id"]
    node = twins.graph.make("project", (one.node,), (kind.key,), one.dtype, PERSON)
    twins.keep(node, np.broadcast_to(one.values, twins.rows(kind.key))[ids], PERSON)


def _rank(twins: Twins) -> None:
    kind = KINDS[int(twins.rng.integers(len(KINDS)))]
    one, condition = twins.pick("f8", PERSON), twins.pick("b1", PERSON)
    persons = np.broadcast_to(one.values, twins.rows(PERSON))
    chosen = np.broadcast_to(condition.values, twins.rows(PERSON))
    if np.isnan(persons).any() or np.isposinf(persons).any():
        return  # OpenFisca sorts those who are not chosen as infinite
    ids = twins.columns[f"{kind.key}.id"]
    ranks = np.full(len(ids), -1)
    for group in range(int(ids.max()) + 1):
        rows = np.flatnonzero((ids == group) & chosen)
        ranks[rows[np.argsort(persons[rows], kind="stable")]] = np.arange(len(rows))
    node = twins.graph.make("rank", (one.node, condition.node), (kind.key,), "i8", PERSON)
    twins.keep(node, ranks, PERSON)


STEPS: tuple[Callable[[Twins], None], ...] = (
    _binary, _binary, _binary, _division, _comparison, _comparison, _logical, _logical, _unary, _unary_float, _where,
    _where, _cast, _cast, _dates, _round, _take, _look_up, _gather, _gather, _pick_member, _project, _project, _rank,
)  # fmt: skip
