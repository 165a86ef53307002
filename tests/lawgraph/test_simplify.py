"""Every pass and every identity leaves the values as they were: a test for each, and random graphs for all at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawgraph import ops
from lawgraph.graph import Graph, kept
from lawgraph.program import Column
from tests.lawgraph.twins import KINDS, PERSON, Twins, program_of

TYPES = {"f4": (-100.0, 100.0), "f8": (-100.0, 100.0), "i4": (-100.0, 100.0), "b1": (0.0, 1.0), "U3": None}


class Sketch:
    """A graph with columns of persons (`x`, `y`: numbers; `wild`: numbers without bounds; `p`, `q`: booleans)."""

    def __init__(self) -> None:
        self.graph = Graph()
        self.x, self.y = self.column("x", "f4"), self.column("y", "f4")
        self.wild = self.graph.source("input", ("wild",), "f4", PERSON, None)
        self.p, self.q = self.column("p", "b1"), self.column("q", "b1")
        self.whole = self.column("whole", "i4")
        self.need = self.column("need", "f4", "family")
        self.open = self.column("open", "b1", "family")

    def column(self, name: str, dtype: str, entity: str = PERSON, bounds: Any = "usual") -> int:
        return self.graph.source("input", (name,), dtype, entity, TYPES[dtype] if bounds == "usual" else bounds)

    def make(
        self, op: str, *args: int, attrs: tuple[Any, ...] = (), dtype: str = "", entity: str | None = "same"
    ) -> int:
        first = self.graph.nodes[args[0]]
        kind = dtype or ("b1" if op in ops.COMPARISONS or op.startswith("logical") else first.dtype)
        found = {self.graph.nodes[arg].entity for arg in args} - {None}
        own = (found.pop() if found else None) if entity == "same" else entity
        return self.graph.make(op, args, attrs, kind, own)

    def number(self, value: Any, dtype: str = "f4") -> int:
        return self.graph.constant(value, dtype)

    def told(self, node: int) -> Any:
        """The value of a constant, None for the rest."""
        return self.graph.value(node) if self.graph.is_constant(node) else None


@pytest.fixture
def sketch() -> Sketch:
    return Sketch()


# Passes


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 90), st.sampled_from([0, 1, 3]))
def test_a_random_graph_computes_what_numpy_does(seed: int, steps: int, chunk: int) -> None:
    Twins.draw(seed, steps).check_values(chunk)


def test_an_operation_is_made_once(sketch: Sketch) -> None:
    one = sketch.make("add", sketch.x, sketch.y)
    count = len(sketch.graph.nodes)
    assert sketch.make("add", sketch.x, sketch.y) == one
    assert sketch.make("add", sketch.y, sketch.x) == one, "an addition is the same both ways"
    assert sketch.make("subtract", sketch.x, sketch.y) != sketch.make("subtract", sketch.y, sketch.x)
    assert len(sketch.graph.nodes) == count + 2


def test_constants_of_two_types_are_two(sketch: Sketch) -> None:
    assert len({sketch.number(1, dtype) for dtype in ("f4", "f8", "i4", "i8", "b1")}) == 5
    assert sketch.number(1.0) == sketch.number(1)
    assert sketch.number(np.nan) == sketch.number(np.nan)


@pytest.mark.parametrize("op", [*ops.UNARY, *ops.BINARY])
def test_an_operation_on_constants_is_its_value_in_their_type(op: str, sketch: Sketch) -> None:
    kind = {"invert": "i4", "isnat": "m8[D]", "bitwise_and": "i4", "bitwise_or": "i4", "bitwise_xor": "i4"}.get(
        op, "f4"
    )
    values = [np.array(value).astype(kind) for value in (0.3, 2.7)[: ops.UFUNCS[op].nin]]
    expected = ops.UFUNCS[op](*[value.reshape(1) for value in values])
    node = sketch.make(op, *[sketch.number(value, kind) for value in values], dtype=str(expected.dtype.str[1:]))
    assert sketch.told(node) == expected[0]
    assert sketch.told(node).dtype == expected.dtype


def test_special_operations_on_constants_are_their_values(sketch: Sketch) -> None:
    three, half = sketch.number(3, "i8"), sketch.number(0.5, "f8")
    day = sketch.number("2024-02-29", "M8[D]")
    assert sketch.told(sketch.make("where", sketch.number(True, "b1"), half, sketch.number(1, "f8"), dtype="f8")) == 0.5
    assert sketch.told(sketch.make("take", sketch.number(1, "i8"), attrs=((0.1, 0.2), "f8"), dtype="f8")) == 0.2
    assert sketch.told(sketch.make("isin", three, attrs=((1, 3),), dtype="b1"))
    assert sketch.told(sketch.make("search", three, attrs=((1, 3, 5), "right"), dtype="i8")) == 2
    assert sketch.told(sketch.make("search_date", day, attrs=(("2024-01-01", "2025-01-01"),), dtype="i8")) == 1
    assert sketch.told(sketch.make("round", sketch.number(2.345, "f8"), attrs=(1,), dtype="f8")) == 2.3
    assert sketch.told(sketch.make("startswith", sketch.number("abc", "U3"), attrs=("ab",), dtype="b1"))
    assert sketch.told(sketch.make("cast", sketch.number(2.9), attrs=("i4",), dtype="i4")) == 2
    guarded = sketch.make("guarded_divide", half, sketch.number(0, "f8"), half, sketch.number(False, "b1"), dtype="f8")
    assert sketch.told(guarded) == 0.5
    later = sketch.number("2024-03-04", "M8[D]")
    assert sketch.told(sketch.make("busday_count", day, later, attrs=("1111100",), dtype="i8")) == 2


def test_what_no_output_needs_is_left_out(sketch: Sketch) -> None:
    total = sketch.make("add", sketch.x, sketch.y)
    dead = sketch.make("multiply", sketch.x, sketch.y)
    nodes, outputs = kept(sketch.graph.nodes, [total, sketch.p])
    assert [node.op for node in nodes] == ["input", "input", "input", "add"]
    assert [nodes[output] for output in outputs][1] == sketch.graph.nodes[sketch.p]
    assert nodes[outputs[0]].args == (0, 1)
    assert sketch.graph.nodes[dead] not in nodes


# Identities: those that hold, and beside each what looks like it and does not


def test_zero_added(sketch: Sketch) -> None:
    for zero in (0, -0.0):
        assert sketch.make("add", sketch.wild, sketch.number(zero)) == sketch.wild
        assert sketch.make("add", sketch.number(zero), sketch.wild) == sketch.wild
        assert sketch.make("subtract", sketch.wild, sketch.number(zero)) == sketch.wild
    assert sketch.make("subtract", sketch.number(0), sketch.x) != sketch.x


def test_a_number_less_itself_is_zero_when_it_is_finite(sketch: Sketch) -> None:
    assert sketch.told(sketch.make("subtract", sketch.x, sketch.x)) == 0
    assert sketch.told(sketch.make("subtract", sketch.wild, sketch.wild)) is None


def test_one_and_zero_multiplied(sketch: Sketch) -> None:
    assert sketch.make("multiply", sketch.number(1), sketch.wild) == sketch.wild
    assert sketch.told(sketch.make("multiply", sketch.number(0), sketch.x)) == 0
    assert sketch.told(sketch.make("multiply", sketch.number(0), sketch.wild)) is None, (
        "0 times infinity is not a number"
    )
    assert sketch.make("multiply", sketch.number(2), sketch.x) != sketch.x


def test_conditions_multiplied(sketch: Sketch) -> None:
    p, q = (sketch.graph.cast(one, "f4") for one in (sketch.p, sketch.q))
    assert sketch.make("multiply", p, p) == p
    both = sketch.graph.nodes[sketch.make("multiply", p, q)]
    assert both.op == "cast"
    assert sketch.graph.nodes[both.args[0]].op == "logical_and"
    assert sketch.graph.nodes[sketch.make("multiply", sketch.x, sketch.x)].op == "multiply"


def test_one_and_zero_divided(sketch: Sketch) -> None:
    positive = sketch.column("positive", "f4", bounds=(1.0, 9.0))
    zero = sketch.number(0)
    assert sketch.make("divide", sketch.wild, sketch.number(1)) == sketch.wild
    assert sketch.told(sketch.make("divide", zero, positive)) == 0
    for below in (sketch.x, sketch.wild):
        assert sketch.told(sketch.make("divide", zero, below)) is None, "0 over 0 is not a number"


@pytest.mark.parametrize(("op", "other"), [("minimum", "maximum"), ("maximum", "minimum")])
def test_limits_that_bounds_decide(op: str, other: str, sketch: Sketch) -> None:
    limit = sketch.number(100 if op == "minimum" else -100)
    assert sketch.make(op, sketch.x, limit) == sketch.x
    assert sketch.make(other, sketch.x, limit) == limit
    assert sketch.make(op, sketch.wild, limit) not in {sketch.wild, limit}
    assert sketch.make(op, sketch.x, sketch.number(99)) != sketch.x
    assert sketch.make(op, sketch.wild, sketch.wild) == sketch.wild


@pytest.mark.parametrize(("op", "absorbing"), [("logical_and", False), ("bitwise_and", False), ("logical_or", True),
                                               ("bitwise_or", True)])  # fmt: skip
def test_junctions(op: str, absorbing: bool, sketch: Sketch) -> None:
    constant = sketch.number(absorbing, "b1")
    assert sketch.make(op, sketch.p, constant, dtype="b1") == constant
    assert sketch.make(op, sketch.number(not absorbing, "b1"), sketch.p, dtype="b1") == sketch.p
    assert sketch.make(op, sketch.p, sketch.p, dtype="b1") == sketch.p
    assert sketch.make("logical_xor", sketch.p, sketch.p) != sketch.p


def test_a_junction_of_numbers_is_no_number(sketch: Sketch) -> None:
    node = sketch.make("logical_and", sketch.x, sketch.x)
    assert sketch.graph.nodes[node].dtype == "b1"
    assert sketch.make("bitwise_and", sketch.whole, sketch.number(1, "i4")) != sketch.whole


@pytest.mark.parametrize("op", ["logical_not", "invert"])
def test_a_double_negation_is_none_for_booleans_only(op: str, sketch: Sketch) -> None:
    assert sketch.make(op, sketch.make(op, sketch.p)) == sketch.p
    none = sketch.make("logical_not", sketch.x)
    assert sketch.make("logical_not", none) != sketch.x
    assert sketch.graph.nodes[sketch.make("logical_not", none)].dtype == "b1"
    assert sketch.make("invert", sketch.make("invert", sketch.whole)) != sketch.p


def test_choices(sketch: Sketch) -> None:
    def chosen(condition: int, yes: int, no: int) -> int:
        return sketch.make("where", condition, yes, no, dtype=sketch.graph.nodes[yes].dtype)

    yes, no = sketch.number(True, "b1"), sketch.number(False, "b1")
    assert chosen(yes, sketch.x, sketch.y) == sketch.x
    assert chosen(no, sketch.x, sketch.y) == sketch.y
    assert chosen(sketch.p, sketch.x, sketch.x) == sketch.x
    assert chosen(sketch.p, yes, no) == sketch.p
    assert sketch.graph.nodes[chosen(sketch.p, no, yes)].op == "logical_not"
    negated = sketch.make("logical_not", sketch.p)
    assert chosen(negated, sketch.x, sketch.y) == chosen(sketch.p, sketch.y, sketch.x)
    of_number = sketch.make("logical_not", sketch.wild)
    assert sketch.graph.nodes[chosen(of_number, sketch.x, sketch.y)].args[0] == of_number


def test_casts_that_lose_nothing_are_skipped(sketch: Sketch) -> None:
    def through(node: int, *dtypes: str) -> int:
        for dtype in dtypes:
            node = sketch.graph.cast(node, dtype)
        return node

    assert through(sketch.x, "f8", "f4") == sketch.x
    assert through(sketch.p, "f4", "b1") == sketch.p
    assert through(sketch.p, "i8", "f8") == through(sketch.p, "f8")
    assert through(sketch.x, "f8", "i4") == through(sketch.x, "i4")
    assert through(sketch.whole, "f4", "f8") != through(sketch.whole, "f8"), "2**24 + 1 is no single float"
    assert through(sketch.x, "i4", "f4") != sketch.x
    narrow, through_double = through(sketch.wild, "i4"), through(sketch.wild, "f8", "i4")
    assert narrow != through_double, "what an infinite number becomes depends on the way"


@pytest.mark.parametrize(("op", "below", "above"), [
    ("less", True, False), ("less_equal", True, False), ("greater", False, True), ("greater_equal", False, True),
    ("equal", False, False), ("not_equal", True, True),
])  # fmt: skip
def test_comparisons_that_bounds_decide(op: str, below: bool, above: bool, sketch: Sketch) -> None:
    assert sketch.told(sketch.make(op, sketch.x, sketch.number(101))) == below
    assert sketch.told(sketch.make(op, sketch.x, sketch.number(-101))) == above
    assert sketch.told(sketch.make(op, sketch.x, sketch.number(7))) is None
    assert sketch.told(sketch.make(op, sketch.wild, sketch.number(101))) is None
    assert sketch.told(sketch.make(op, sketch.x, sketch.x)) == (op in {"equal", "less_equal", "greater_equal"})
    assert sketch.told(sketch.make(op, sketch.wild, sketch.wild)) is None, "not a number differs from itself"


@pytest.mark.parametrize(("op", "limit", "expected"), [
    ("less", 100, None), ("less_equal", 100, True), ("less", -100, False), ("less_equal", -100, None),
    ("greater", 100, False), ("greater_equal", 100, None), ("greater", -100, None), ("greater_equal", -100, True),
    ("equal", 100, None), ("not_equal", -100, None),
])  # fmt: skip
def test_a_bound_may_be_reached(op: str, limit: float, expected: bool | None, sketch: Sketch) -> None:
    assert sketch.told(sketch.make(op, sketch.x, sketch.number(limit))) is expected or (
        sketch.told(sketch.make(op, sketch.x, sketch.number(limit))) == expected
    )


def test_groups_of_constants(sketch: Sketch) -> None:
    family = {"attrs": ("family",), "entity": "family"}
    yes, seven = sketch.number(True, "b1"), sketch.number(7, "f8")
    assert sketch.make("group_any", yes, **family) == yes  # type: ignore[arg-type]  # of two types
    assert sketch.make("group_all", yes, **family) == yes  # type: ignore[arg-type]  # bounds that are known
    assert sketch.make("group_max", seven, **family) == seven  # type: ignore[arg-type]  # bounds that are known
    assert sketch.told(sketch.make("group_sum", sketch.number(0, "f8"), **family)) == 0  # type: ignore[arg-type]  # bounds that are known
    assert sketch.told(sketch.make("group_sum", seven, **family)) is None, "it depends on the size"  # type: ignore[arg-type]  # bounds that are known


def test_members_and_projections_of_constants(sketch: Sketch) -> None:
    seven = sketch.number(7)
    first = ("family", 0, 3.0)
    assert sketch.make("nth_person", seven, attrs=first, entity="family") == seven, "there is always a first person"
    assert sketch.told(sketch.make("nth_person", seven, attrs=("family", 1, 3.0), entity="family")) is None
    assert sketch.make("nth_person", seven, attrs=("family", 1, 7.0), entity="family") == seven
    assert sketch.make("from_role", seven, attrs=("family", ("first_parent",), 7.0), entity="family") == seven
    assert (
        sketch.told(sketch.make("from_role", seven, attrs=("family", ("first_parent",), 0.0), entity="family")) is None
    )
    assert sketch.make("project", seven, attrs=("family",), entity=PERSON) == seven


def test_the_first_member_of_what_is_projected(sketch: Sketch) -> None:
    projected = sketch.make("project", sketch.need, attrs=("family",), entity=PERSON)
    assert sketch.make("nth_person", projected, attrs=("family", 0, 0.0), entity="family") == sketch.need
    assert sketch.make("nth_person", projected, attrs=("home", 0, 0.0), entity="home") != sketch.need
    assert sketch.make("nth_person", projected, attrs=("family", 1, 0.0), entity="family") != sketch.need


def test_what_is_projected_is_computed_by_group(sketch: Sketch) -> None:
    need, open_ = (sketch.make("project", one, attrs=("family",), entity=PERSON) for one in (sketch.need, sketch.open))
    size = sketch.column("size", "f4", "home")
    at_home = sketch.make("project", size, attrs=("home",), entity=PERSON)
    both = sketch.graph.nodes[sketch.make("where", open_, need, sketch.number(3), dtype="f4")]
    assert (both.op, both.entity) == ("project", PERSON)
    inner = sketch.graph.nodes[both.args[0]]
    assert (inner.op, inner.args[:2], inner.entity) == ("where", (sketch.open, sketch.need), "family")
    assert sketch.graph.nodes[sketch.make("add", need, sketch.x)].op == "add", "one of the two is of persons"
    assert sketch.graph.nodes[sketch.make("add", need, at_home)].op == "add", "of two kinds of groups"
    always = sketch.make("less", need, sketch.number(101))
    assert sketch.told(always) is True or sketch.told(always) == True  # noqa: E712 - of NumPy


def test_powers_and_logarithms_are_those_of_numpy() -> None:
    """Alone, a row may round otherwise by one bit: they have no place in the random graphs."""
    graph = Graph()
    column = graph.source("input", ("x",), "f8", PERSON, (0.5, 50.0))
    outputs = {}
    for op in ("exp", "log", "log2", "log10", "log1p", "expm1", "sqrt"):
        outputs[f"{op}@now"] = graph.make(op, (column,), (), "f8", PERSON)
    outputs["power@now"] = graph.make("power", (column, graph.constant(1.3)), (), "f8", PERSON)
    nodes, numbers = kept(graph.nodes, list(outputs.values()))
    columns = Twins.draw(3, 0).columns
    columns["x"] = np.linspace(0.5, 50, len(columns["home.id"]))
    given_columns = (Column("x", "f8", PERSON, 0.5, 50.0),)
    program = program_of(nodes, dict(zip(outputs, numbers, strict=True)), dict.fromkeys(outputs, PERSON), given_columns)
    answers = program.run(columns)
    for name, values in answers.items():
        op = name.removesuffix("@now")
        expected = columns["x"] ** 1.3 if op == "power" else getattr(np, op)(columns["x"])
        np.testing.assert_allclose(values, expected, rtol=1e-14)


def test_a_buffer_is_used_again_and_never_while_it_is_needed() -> None:
    """A long chain where early values are read last."""
    graph = Graph()
    names = [f"x{number}" for number in range(6)]
    columns = [graph.source("input", (name,), "f4", PERSON, (-1e3, 1e3)) for name in names]
    first, total = columns[0], columns[1]
    for one in columns[2:] * 3:
        total = graph.make("add", (graph.make("multiply", (total, one), (), "f4", PERSON), first), (), "f4", PERSON)
    nodes, (output,) = kept(graph.nodes, [total])
    batch = Twins.draw(4, 0).columns
    rng = np.random.default_rng(4)
    batch |= {name: rng.uniform(-2, 2, len(batch["home.id"])).astype("f4") for name in names}
    program = program_of(nodes, {"total@now": output}, {"total@now": PERSON}, tuple(
        Column(name, "f4", PERSON, -1e3, 1e3) for name in names
    ))  # fmt: skip
    expected = batch["x1"]
    for one in names[2:] * 3:
        expected = expected * batch[one] + batch["x0"]
    assert np.array_equal(program.run(batch)["total@now"], expected)
    assert {kind.key for kind in KINDS} == {"family", "home"}
