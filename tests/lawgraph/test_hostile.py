"""Columns as they come: refused by column and row, or answered; never a crash, never a silent zero."""

from __future__ import annotations

import datetime
import threading
import tracemalloc
from functools import cache
from typing import Any

import numpy as np
import pytest

from lawgraph import BadColumns, Input, Program
from lawgraph.inputs import MOST_PROBLEMS
from lawgraph.trace import trace
from tests.lawgraph.building import MONTH, Columns, Home, Housing, Person, compiled, country, random_batch, variable

WAGE, COUNT, WORKS, PLACE = (f"{name}@{MONTH}" for name in ("wage", "count", "works", "place"))
HOUSING, BIRTH = f"housing@{MONTH}", "birth@eternity"
OUT, TEXT, MEMBER, DAY = (f"{name}@{MONTH}" for name in ("out", "text", "member", "day"))


def _out(person: Any, period: Any) -> Any:
    family = person.family
    total = family.sum(family.members("wage", period)) + person("count", period) * person("works", period)
    return total + (person.home("housing", period) == Housing.owner) * 7


@cache
def _program() -> Program:
    state = country(
        variable("out", Person, formula=_out),
        variable("text", Person, str, formula=lambda person, period: person("place", period)),
        variable("day", Person, datetime.date, formula=lambda person, period: person("birth", period)),
        variable("member", Home, Housing.__bases__[0], possible_values=Housing, default_value=Housing.owner,
                 formula=lambda home, period: home("housing", period)),
    )  # fmt: skip
    columns = random_batch(3, 1)
    given = [Input("wage", MONTH, low=-500, high=20_000)]
    given += [Input(*name.split("@")) for name in columns if "@" in name and not name.startswith("wage")]
    return trace(state, ["out", "text", "day", "member"], MONTH, given)


def _problems(change: Columns | None = None, *, drop: tuple[str, ...] = ()) -> list[str]:
    columns = {name: values for name, values in (_batch() | (change or {})).items() if name not in drop}
    before = {name: values.copy() for name, values in columns.items()}
    with pytest.raises(BadColumns) as refusal:
        _program().run(columns)
    same = (np.asarray(values).tobytes() == np.asarray(columns[name]).tobytes() for name, values in before.items())
    assert all(same), "a refusal changes nothing"
    assert str(refusal.value) == "\n".join(refusal.value.problems)
    return refusal.value.problems


def _batch() -> Columns:
    """Ten persons, and wages that the program accepts."""
    columns = random_batch(10, 2)
    columns[WAGE] = np.clip(columns[WAGE], -500, 20_000)
    return columns


def _with(name: str, row: int, value: Any) -> Columns:
    """The batch with another value on a row (counted from 1)."""
    values = _batch()[name]
    kind = object if values.dtype.kind in "UM" and not isinstance(value, str | np.datetime64) else values.dtype
    changed = values.astype(np.float64 if isinstance(value, float) and values.dtype.kind != "f" else kind)
    if isinstance(value, str):
        changed = changed.astype("U80")
    changed[row - 1] = value
    return {name: changed}


def test_the_batch_itself_is_answered() -> None:
    answers = _program().run(_batch())
    assert answers[OUT].shape == (10,)
    assert set(answers[MEMBER]) <= set(Housing.names)


@pytest.mark.parametrize(("name", "row", "value", "problem"), [
    (WAGE, 4, np.nan, "not a number"),
    (WAGE, 4, np.inf, "not a number"),
    (WAGE, 1, -np.inf, "not a number"),
    (WAGE, 7, 20_000.5, "not between -500 and 20000"),
    (WAGE, 10, -501, "not between -500 and 20000"),
    (COUNT, 3, 2.5, "a whole number is expected"),
    (COUNT, 3, float("nan"), "not a number"),
    (COUNT, 3, 1e12, "not between -1e+09 and 1e+09"),
    (WORKS, 5, 2.0, "neither yes nor no"),
    (WORKS, 5, float("nan"), "neither yes nor no"),
    (HOUSING, 2, "castle", "not one of owner, tenant, free"),
    (HOUSING, 2, "", "not one of owner, tenant, free"),
    (HOUSING, 2, None, "text is expected"),
    (PLACE, 6, "x" * 65, "a text that is too long"),
    (PLACE, 6, 75056, "text is expected"),
    (PLACE, 6, None, "text is expected"),
    (BIRTH, 8, np.datetime64("NaT"), "no date"),
    (BIRTH, 8, np.datetime64("10000-01-01"), "a date out of reach"),
    (BIRTH, 8, np.datetime64("1849-12-31"), "a date out of reach"),
    (BIRTH, 8, "1985-02-30", "not a date"),
    (BIRTH, 8, "yesterday", "not a date"),
    (BIRTH, 8, 1985, "no date"),
    (BIRTH, 8, None, "no date"),
])  # fmt: skip
def test_a_bad_value_is_refused_by_column_and_row(name: str, row: int, value: Any, problem: str) -> None:
    assert _problems(_with(name, row, value)) == [f"{name}, row {row}: {problem}"]


@pytest.mark.parametrize(("change", "problem"), [
    ({WAGE: np.array(["1200"] * 10)}, f"{WAGE}: numbers are expected, not <U4"),
    ({WAGE: np.array([None] * 10)}, f"{WAGE}: numbers are expected, not object"),
    ({WAGE: np.zeros(10, complex)}, f"{WAGE}: numbers are expected, not complex128"),
    ({WAGE: np.zeros(9)}, f"{WAGE}: 9 rows, for 10 of person"),
    ({WAGE: np.zeros((10, 2))}, f"{WAGE}: 10 × 2 rows, for 10 of person"),
    ({WAGE: np.float32(7)}, f"{WAGE}:  rows, for 10 of person"),
    ({WORKS: np.array(["yes"] * 10)}, f"{WORKS}: yes or no is expected, not <U3"),
    ({BIRTH: np.full(10, 1985)}, f"{BIRTH}: dates are expected, not int64"),
    ({PLACE: np.full(10, 1000)}, f"{PLACE}: text is expected, not int64"),
    ({HOUSING: np.array(["owner"] * 99)}, f"{HOUSING}: 99 rows, for "),
])  # fmt: skip
def test_a_bad_column_is_refused(change: Columns, problem: str) -> None:
    (found,) = _problems(change)
    assert found.startswith(problem)


def test_missing_columns_are_all_told_at_once() -> None:
    assert sorted(_problems(drop=(WAGE, BIRTH))) == [f"{name}: the column is missing" for name in (BIRTH, WAGE)]
    assert _problems(drop=("home.role",)) == ["home.role: the column is missing"]


def test_a_masked_value_is_a_missing_one() -> None:
    masked = np.ma.masked_array(_batch()[WAGE], np.arange(10) == 6)
    assert _problems({WAGE: masked}) == [f"{WAGE}, row 7: a value is missing"]


def test_all_problems_are_told_and_not_thousands() -> None:
    many = 3 * MOST_PROBLEMS
    columns = random_batch(many, 2)
    columns[WAGE] = np.full(many, np.nan, np.float32)
    columns[PLACE][0] = "ok"
    columns[WORKS] = np.full(many, 3)
    with pytest.raises(BadColumns) as refusal:
        _program().run(columns)
    found = refusal.value.problems
    assert len(found) == 2 * (MOST_PROBLEMS + 1)
    assert f"{WAGE}: {many - MOST_PROBLEMS} other rows: not a number" in found
    assert f"{WORKS}, row 1: neither yes nor no" in found


@pytest.mark.parametrize("change", [
    {"family.role": np.array(["grandparent"] * 10)},
    {"home.role": np.array(["holder"] * 10)},
    {"family.id": np.arange(10) * 2},
    {"family.id": np.full(10, -1)},
])  # fmt: skip
def test_a_bad_composition_is_refused_before_anything_is_computed(change: Columns) -> None:
    assert _problems(change)


def test_values_in_other_types_mean_the_same() -> None:
    columns = _batch()
    expected = _program().run(columns)
    other = dict(columns)
    other[WAGE] = columns[WAGE].astype(np.float64)
    other[COUNT] = columns[COUNT].astype(np.float64)
    other[WORKS] = columns[WORKS].astype(np.int64)
    other[HOUSING] = np.array([list(Housing.names).index(name) for name in columns[HOUSING]])
    other[PLACE] = columns[PLACE].astype(object)
    other[BIRTH] = np.array([one.item().isoformat() for one in columns[BIRTH]])
    for batch in (
        other,
        other | {BIRTH: columns[BIRTH].astype(object)},
        other | {BIRTH: columns[BIRTH].astype("M8[ns]")},
    ):
        answers = _program().run(batch)
        assert all(np.array_equal(answers[name], values) for name, values in expected.items())


def test_nobody_is_answered_nothing() -> None:
    empty = {name: values[:0] for name, values in _batch().items()}
    answers = _program().run(empty)
    assert {name: len(values) for name, values in answers.items()} == dict.fromkeys((OUT, TEXT, DAY, MEMBER), 0)
    lists = {name: np.array([]) for name in empty}
    assert len(_program().run(lists)[OUT]) == 0


def test_one_person_alone() -> None:
    columns: Columns = {
        "family.id": np.array([0]), "family.role": np.array(["first_parent"]), "home.id": np.array([0]),
        "home.role": np.array(["holder"]), WAGE: np.array([1000.0]), COUNT: np.array([3]), WORKS: np.array([True]),
        PLACE: np.array(["a"]), HOUSING: np.array(["owner"]), BIRTH: np.array(["1990-01-01"]),
        f"size@{MONTH}": np.array([1]), f"need@{MONTH}": np.array([0.0]),
    }  # fmt: skip
    answers = _program().run(columns)
    assert answers[OUT].tolist() == [1010.0]
    assert answers[TEXT].tolist() == ["a"]
    assert answers[DAY].tolist() == [datetime.date(1990, 1, 1)]
    assert answers[MEMBER].tolist() == ["owner"]


def test_a_family_of_children_only_is_a_family() -> None:
    columns = _batch()
    columns["family.role"] = np.array(["child"] * 10)
    assert np.isfinite(_program().run(columns)[OUT]).all()


@pytest.mark.parametrize("options", [{"chunk": -1}, {"processes": 0}, {"processes": -2}])
def test_options_that_mean_nothing_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least"):
        _program().run(_batch(), **options)  # type: ignore[arg-type]  # of one of the two types


def _many(persons: int) -> Columns:
    rng = np.random.default_rng(3)
    ids = np.arange(persons) // 3
    return {
        "family.id": ids, "family.role": np.tile(["first_parent", "second_parent", "child"], persons // 3),
        "home.id": ids, "home.role": np.tile(["holder", "other", "other"], persons // 3),
        WAGE: rng.uniform(0, 4000, persons).astype(np.float32), COUNT: rng.integers(0, 9, persons).astype(np.int32),
        WORKS: rng.random(persons) < 0.5, PLACE: np.full(persons, "a"), BIRTH: np.full(persons, "1990-01-01", "M8[D]"),
        HOUSING: np.full(persons // 3, "owner"), f"size@{MONTH}": np.ones(persons // 3, np.int32),
        f"need@{MONTH}": np.zeros(persons // 3, np.float32),
    }  # fmt: skip


def test_buffers_do_not_grow_with_the_rows() -> None:
    """A long formula on 100,000 households: beyond columns read, order of persons and answers, a few megabytes."""

    def long(person: Any, period: Any) -> Any:
        total = wage = person("wage", period)
        for rank in range(200):
            total = total * 0.5 + person.family.sum(person.family.members("wage", period)) + (wage > rank) * rank
        return total

    state = country(variable("long", Person, formula=long))
    columns = _many(300_000)
    program = compiled(
        state, ["long"], {name: values for name, values in columns.items() if "." in name or name == WAGE}
    )
    assert len(program.nodes) > 500
    program.run(_many(3))
    tracemalloc.start()
    try:
        answers = program.run(columns)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    persons = len(columns[WAGE])
    assert answers[f"long@{MONTH}"].shape == (persons,)
    # 8 bytes a person for each of some ten arrays of row numbers; one buffer a node would be more than 1,000 bytes.
    assert peak < 200 * persons


def test_threads_have_their_own_buffers() -> None:
    """Two requests run one program at once: neither may see the other's numbers."""
    batches = [random_batch(300, seed) for seed in range(4)]
    for columns in batches:
        columns[WAGE] = np.clip(columns[WAGE], -500, 20_000)
    expected = [_program().run(columns)[OUT] for columns in batches]
    wrong: list[int] = []

    def work(number: int) -> None:
        answers = [_program().run(batches[number], chunk=4)[OUT] for _ in range(15)]
        wrong.extend(number for values in answers if not np.array_equal(values, expected[number]))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []
