"""Machine code gives what NumPy gives, operation by operation and on graphs drawn at random."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lawgraph import layouts, ops
from lawgraph.errors import BadColumns
from lawgraph.native.machine import NativeMachine
from lawgraph.program import Program
from lawgraph.run import empty_results, run_here
from lawgraph.structure import Arrays, Structure
from tests.lawgraph import graphs
from tests.lawgraph.graphs import KINDS, PERSON, Sketch

WHOLES = ("i1", "i2", "i4", "i8")
FLOATS = ("f4", "f8")
NUMBERS = (*WHOLES, *FLOATS)
PLAIN = ("b1", *NUMBERS)
DATES = ("M8[D]", "m8[D]")
OF_ALL = tuple(sorted(ops.GROUP | ops.STRUCTURE | set(ops.UFUNCS) | set(ops.SPECIAL)))


def assert_same(sketch: Sketch, persons: int = 700, seed: int = 1, chunk: int = 64) -> NativeMachine:
    program = sketch.program()
    structure = graphs.population(persons, seed)
    columns = graphs.inputs(program, structure, seed)
    expected = run_here(program, structure, columns, chunk)
    found = run_native(program, structure, columns, chunk)
    differ = graphs.same(expected, found)
    assert not differ, [(program.nodes[program.outputs[name]], expected[name], found[name]) for name in differ[:1]]
    return NativeMachine.of(program, chunk)


def run_native(program: Program, structure: Structure, columns: dict[str, Any], chunk: int) -> dict[str, Any]:
    machine = NativeMachine.of(program, chunk)
    found, batch = empty_results(program, structure), Arrays(columns)
    for part in layouts.chunks(structure, chunk, layouts.busiest(program.nodes)):
        machine.run(structure, batch, part, found)
    return found


def result_type(op: str, kinds: list[str]) -> str | None:
    """The type that NumPy gives an operation on columns, None where it refuses them."""
    try:
        with np.errstate(all="ignore"):
            return ops.UFUNCS[op](*[np.ones(1, kind) for kind in kinds]).dtype.str[1:]
    except TypeError:
        return None


@pytest.mark.parametrize("op", sorted(ops.UFUNCS))
def test_each_operation_on_each_type(op: str) -> None:
    sketch = Sketch()
    for kind in (*PLAIN, *DATES, "u1", "i8"):
        kinds = [kind] * ops.UFUNCS[op].nin
        dtype = result_type(op, kinds)
        if dtype is None or dtype == "f2" or (op == "power" and kind not in FLOATS):
            continue  # NumPy itself refuses whole numbers to negative powers
        columns = [sketch.input(kind, PERSON) for _ in kinds]
        sketch.output(sketch.add(op, tuple(columns), (), dtype, PERSON))
        if len(kinds) == 2:
            for value in (0, -0.0, 1, -1, 3, 0.5, 100, float("nan"))[: 8 if kind[0] == "f" else 5]:
                constant = sketch.const(value, kind)
                sketch.output(sketch.add(op, (columns[0], constant), (), dtype, PERSON))
                sketch.output(sketch.add(op, (constant, columns[0]), (), dtype, PERSON))
    assert_same(sketch)


@pytest.mark.parametrize("before", [*PLAIN, *DATES, "m8[M]", "S5", "U5"])
def test_each_cast(before: str) -> None:
    """From any type to any other, limits included."""
    sketch = Sketch()
    column = sketch.input(before, PERSON)
    for after in (*PLAIN, *DATES, "M8[M]", "M8[Y]", "m8[M]", "m8[Y]", "U5", "U9", "S3"):
        if _can_cast(before, after):
            sketch.output(sketch.add("cast", (column,), (after,), after, PERSON))
    assert_same(sketch)


@pytest.mark.parametrize("after", ["m8[Y]", "m8[M]"])
def test_durations_about_whole_eras(after: str) -> None:
    """Where a quotient is a whole number, or nearly, up to what does not fit floating numbers exactly."""
    sketch = Sketch()
    sketch.output(sketch.add("cast", (sketch.input("m8[D]", PERSON),), (after,), after, PERSON))
    program, structure = sketch.program(), graphs.population(4000, 1)
    (name,) = sketch.columns
    eras = np.random.default_rng(1).integers(-(2**33), 2**33, 4000) >> np.random.default_rng(2).integers(0, 33, 4000)
    for off in (-1, 0, 1):
        columns = {name: (eras * 146097 + off).view("m8[D]")}
        expected, found = run_here(program, structure, columns, 64), run_native(program, structure, columns, 64)
        assert graphs.same(expected, found) == []


def _can_cast(before: str, after: str) -> bool:
    text = {before[0], after[0]} & {"U", "S"}
    dates = (before[0] in "mM", after[0] in "mM")
    if text:
        return before[0] in "US" and after[0] in "US"
    return not (all(dates) and before[0] != after[0]) and not (any(dates) and "f" in (before[0], after[0]) and dates[1])


@pytest.mark.parametrize("kind", PLAIN)
def test_operations_that_are_not_ufuncs(kind: str) -> None:
    sketch = Sketch()
    one, other, condition = sketch.input(kind, PERSON), sketch.input(kind, PERSON), sketch.input("b1", PERSON)
    constant = sketch.const(3, kind)
    for choices in ((one, other), (one, constant), (constant, other)):
        sketch.output(sketch.add("where", (condition, *choices), (), kind, PERSON))
    if kind in FLOATS:
        for decimals in (-2, -1, 0, 1, 2, 3, 8):
            sketch.output(sketch.add("round", (one,), (decimals,), kind, PERSON))
        sketch.output(sketch.add("guarded_divide", (one, other, constant, condition), (), kind, PERSON))
    if kind in WHOLES:
        sketch.output(sketch.add("round", (one,), (2,), kind, PERSON))
        sketch.output(sketch.add("round", (one,), (-1,), kind, PERSON))
    assert_same(sketch)


TABLES: tuple[tuple[Any, ...], ...] = (
    (3, 4, 5, 6), (1, 5, 5, 9), (0,), tuple(range(-20, 300, 7)), tuple(range(16, 101)),
    (-float("inf"), 0.0, 10.5, float("inf")), tuple(x / 4 for x in range(-40, 400)), (0.1, 0.15, 0.5, 2.5),
)  # fmt: skip


@pytest.mark.parametrize("kind", NUMBERS)
def test_searches_in_tables(kind: str) -> None:
    sketch = Sketch()
    column = sketch.input(kind, PERSON)
    for table in TABLES:
        for side in ("left", "right"):
            sketch.output(sketch.add("search", (column,), (table, side), "i8", PERSON))
        sketch.output(sketch.add("isin", (column,), (table,), "b1", PERSON))
    assert_same(sketch)


@pytest.mark.parametrize("count", [1, 3, 40])
def test_rows_of_tables_by_a_search(count: int) -> None:
    """The place after the last of a table is not within it."""
    sketch = Sketch()
    table = tuple(range(0, 2 * count, 2))
    for side in ("left", "right"):
        place = sketch.add("search", (sketch.input("i4", PERSON),), (table, side), "i8", PERSON)
        clamped = _clamped(sketch, place, "i8", 0, count - 1)
        before = sketch.add("subtract", (place, sketch.const(1, "i8")), (), "i8", PERSON)
        for index in (place, clamped, before):
            sketch.output(sketch.add("take", (index,), (table, "i4"), "i4", PERSON))
    assert_same(sketch)


@pytest.mark.parametrize("kind", WHOLES)
@pytest.mark.parametrize("dtype", [*PLAIN, "M8[D]", "U5"])
def test_rows_of_tables(kind: str, dtype: str) -> None:
    """By an index that wraps around, and by one that is proven to be within the table."""
    sketch = Sketch()
    column = sketch.input(kind, PERSON)
    within, beyond = _clamped(sketch, column, kind, 0, 2), _clamped(sketch, column, kind, -100, 100)
    for count in (1, 3, 5, 40):
        values = tuple(np.arange(count).astype(dtype).tolist()) if dtype[0] != "M" else ("2020-01-01",) * count
        for index in (beyond, within)[: 2 if count >= 3 else 1]:
            sketch.output(sketch.add("take", (index,), (values, dtype), dtype, PERSON))
    assert_same(sketch)


def _clamped(sketch: Sketch, column: int, kind: str, low: int, high: int) -> int:
    below = sketch.add("minimum", (column, sketch.const(high, kind)), (), kind, PERSON)
    return sketch.add("maximum", (below, sketch.const(low, kind)), (), kind, PERSON)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", [*PLAIN, "M8[D]", "S5"])
def test_groups(kind: str, seed: int) -> None:
    sketch = Sketch()
    column = sketch.input(kind, PERSON)
    for group in KINDS:
        roles = group.role_names
        _gather(sketch, column, kind, group.key)
        here = sketch.input(kind, group.key)
        sketch.output(sketch.add("project", (here,), (group.key,), kind, PERSON))
        default: Any = "no" if kind == "S5" else 1
        for position in (0, 1, 2, 40, 99, 200):
            attrs = (group.key, position, default)
            sketch.output(sketch.add("nth_person", (column,), attrs, kind, group.key))
        for keys in (roles[:1], roles[:2]):
            sketch.output(sketch.add("role_mask", (), (group.key, keys), "b1", PERSON))
        sketch.output(sketch.add("from_role", (column,), (group.key, roles[:1], default), kind, group.key))
        for dtype in ("i8", "i4", "f4"):
            sketch.output(sketch.add("position", (), (group.key,), dtype, PERSON))
            sketch.output(sketch.add("group_size", (), (group.key,), dtype, group.key))
    assert_same(sketch, seed=seed)


def _gather(sketch: Sketch, column: int, kind: str, group: str) -> None:
    if kind not in PLAIN:
        return
    for dtype in PLAIN:
        for op in ("group_sum", "group_max", "group_min"):
            sketch.output(sketch.add(op, (column,), (group,), dtype, group))
    for op in ("group_any", "group_all"):
        sketch.output(sketch.add(op, (column,), (group,), "b1", group))
    condition = sketch.input("b1", PERSON)
    sketch.output(sketch.add("rank", (column, condition), (group,), "i8", PERSON))
    constant = sketch.const(2, kind)
    sketch.output(sketch.add("group_sum", (constant,), (group,), "f8", group))


NAMES = ("ab", "alone", "couple", "personne_isolee")


def test_short_texts_of_inputs_are_packed() -> None:
    """Compared, searched, looked into as whole numbers."""
    machine = assert_same(_texts_of_inputs(5, ("ab", "b", ""), TEXTS))
    assert machine.left_to_numpy == set()


@pytest.mark.parametrize(("width", "constant"), [(9, "ab"), (5, "personne_isolee"), (5, "é")])
def test_other_texts_of_inputs_stay_with_numpy(width: int, constant: str) -> None:
    machine = assert_same(_texts_of_inputs(width, (constant,), (*TEXTS, *NAMES)))
    assert "startswith" in machine.left_to_numpy


def _texts_of_inputs(width: int, constants: tuple[str, ...], table: tuple[str, ...]) -> Sketch:
    sketch = Sketch()
    column = sketch.input(f"S{width}", PERSON)
    text = sketch.add("cast", (column,), (f"U{width}",), f"U{width}", PERSON)
    _compare(sketch, text, sketch.add("take", (_index(sketch),), (TEXTS, "U5"), "U5", PERSON))
    _compare(sketch, column, sketch.input(f"S{width}", PERSON))
    for constant in constants:
        _compare(sketch, text, sketch.const(constant, "U15"))
    for group in KINDS:
        there = sketch.add("from_role", (column,), (group.key, group.role_names[:1], "zz"), f"S{width}", group.key)
        _compare(sketch, there, sketch.const("b", "S1"))
    _look_into(sketch, text, table)
    return sketch


TEXTS = tuple(sorted(graphs.TEXTS))


def test_texts_of_constants_are_ranks() -> None:
    sketch = Sketch()
    table = sketch.add("take", (_index(sketch),), (NAMES, "U15"), "U15", PERSON)
    condition = sketch.input("b1", PERSON)
    chosen = sketch.add("where", (condition, table, sketch.const("couple", "U6")), (), "U15", PERSON)
    _compare(sketch, chosen, table)
    _look_into(sketch, chosen, (*TEXTS, *NAMES))
    for group in KINDS:
        there = sketch.add("nth_person", (chosen,), (group.key, 1, "nobody"), "U15", group.key)
        _look_into(sketch, sketch.add("project", (there,), (group.key,), "U15", PERSON), NAMES)
    sketch.output(sketch.add("take", (_index(sketch),), (NAMES, "U15"), "U15", PERSON))
    machine = assert_same(sketch)
    assert machine.left_to_numpy == {"take"}


def _index(sketch: Sketch) -> int:
    return _clamped(sketch, sketch.input("i4", PERSON), "i4", 0, 3)


def _compare(sketch: Sketch, one: int, other: int) -> None:
    for op in sorted(ops.COMPARISONS):
        sketch.output(sketch.add(op, (one, other), (), "b1", sketch.nodes[one].entity))


def _look_into(sketch: Sketch, text: int, table: tuple[str, ...]) -> None:
    entity = sketch.nodes[text].entity
    for side in ("left", "right"):
        sketch.output(sketch.add("search", (text,), (tuple(sorted(table)), side), "i8", entity))
    for beginning in ("a", "", "750", "ab"):
        sketch.output(sketch.add("startswith", (text,), (beginning,), "b1", entity))
    sketch.output(sketch.add("isin", (text,), (table[:3],), "b1", entity))


def test_what_is_left_to_numpy_is_computed_between_parts() -> None:
    sketch = Sketch()
    value = sketch.input("f8", PERSON)
    for _ in range(3):
        value = sketch.add("exp", (value,), (), "f8", PERSON)
        value = sketch.add("multiply", (value, sketch.const(1e-3, "f8")), (), "f8", PERSON)
        value = sketch.add("minimum", (value, sketch.const(5, "f8")), (), "f8", PERSON)
    sketch.output(value)
    assert assert_same(sketch).left_to_numpy == {"exp"}


def test_a_check_that_fails_is_told_as_numpy_tells_it() -> None:
    sketch = Sketch()
    column = sketch.input("f8", PERSON)
    sketch.output(sketch.add("square", (column,), (), "f8", PERSON))
    sketch.checks.append((sketch.add("less", (column, sketch.const(10, "f8")), (), "b1", PERSON), "too much", "here"))
    sketch.checks.append((sketch.add("isfinite", (column,), (), "b1", PERSON), "not finite", "there"))
    program, structure = sketch.program(), graphs.population(300, 1)
    (name,) = sketch.columns
    for row in (0, 150, 299):
        values = np.zeros(300)
        values[row] = 11
        told = []
        for run in (run_here, run_native):
            with pytest.raises(BadColumns) as refused:
                run(program, structure, {name: values}, 64)
            told.append(refused.value.problems)
        assert told[0] == told[1] != []
    assert (
        graphs.same(
            run_here(program, structure, {name: np.zeros(300)}, 64),
            run_native(program, structure, {name: np.zeros(300)}, 64),
        )
        == []
    )


def test_an_island_too_large_for_a_block_goes_to_numpy() -> None:
    sketch = Sketch()
    column = sketch.input("f8", PERSON)
    sketch.output(sketch.add("group_sum", (column,), ("home",), "f8", "home"))
    assert_same(sketch, persons=900, seed=1, chunk=16)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(5, 120), persons=st.integers(1, 400), data=st.data())
def test_graphs_drawn_at_random(seed: int, size: int, persons: int, data: st.DataObject) -> None:
    sketch = graphs.drawn(np.random.default_rng(seed), size)
    assert_same(sketch, persons=persons, seed=seed % 1000, chunk=data.draw(st.sampled_from([16, 64, 128])))
