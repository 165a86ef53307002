"""The needs index: what may not change it, what it must hold, and its component beside an independent computation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.needs import NeedsIndex, NeedVariable, Weighting, growing_with_need, needs_index
from maillage.engines.variables import Described, Measure, VariablesRefused

DRAWS = 60
KINDS = (Weighting.EQUAL, Weighting.GIVEN, Weighting.COMPONENT)


def described(rows: Sequence[Sequence[float | None]], margin: float = 0.0) -> list[Described]:
    """Invented territories, one row each."""
    return [
        Described(
            f"T{number:03}",
            f"Territoire {number}",
            {
                f"V{column}": Measure(None, reason="secret")
                if value is None
                else Measure(value, value - margin, value + margin)
                for column, value in enumerate(row)
            },
        )
        for number, row in enumerate(rows)
    ]


def variables(count: int, **fields: float) -> list[NeedVariable]:
    return [NeedVariable(f"V{column}", f"Variable {column}", **fields) for column in range(count)]


def scores(index: NeedsIndex) -> dict[str, float]:
    return {one.code: one.score for one in index.ranked}


numbers = st.integers(-500, 500).map(lambda number: number / 10)
tables = st.integers(2, 4).flatmap(
    lambda columns: st.lists(st.lists(numbers, min_size=columns, max_size=columns), min_size=4, max_size=12)
)


def _varies(rows: list[list[float]]) -> bool:
    """Two columns that vary at least: what a component asks for."""
    return sum(len(set(column)) > 1 for column in zip(*rows, strict=True)) >= 2


@given(rows=tables.filter(_varies), kind=st.sampled_from(KINDS), margin=st.sampled_from([0.0, 0.3]))
def test_contributions_sum_to_the_score_and_intervals_hold_the_rank(
    rows: list[list[float]], kind: Weighting, margin: float
) -> None:
    index = needs_index(variables(len(rows[0])), described(rows, margin), weighting=kind, draws=DRAWS)
    assert len(index.ranked) == len(rows)
    for one in index.ranked:
        assert sum(one.contributions.values()) == pytest.approx(one.score, abs=1e-8)
        assert 1 <= one.rank_low <= one.rank <= one.rank_high <= len(rows)
        assert one.rank == 1 + sum(other.score > one.score for other in index.ranked)
    assert sum(abs(one.weight) for one in index.variables) == pytest.approx(1)


@given(
    rows=tables.filter(_varies),
    kind=st.sampled_from([Weighting.EQUAL, Weighting.GIVEN]),
    scale=st.integers(1, 50),
    shift=st.integers(-100, 100),
)
def test_the_unit_of_a_variable_changes_nothing(
    rows: list[list[float]], kind: Weighting, scale: int, shift: int
) -> None:
    other = [[row[0] * scale + shift, *row[1:]] for row in rows]
    before = needs_index(variables(len(rows[0])), described(rows), weighting=kind, draws=0)
    after = needs_index(variables(len(rows[0])), described(other), weighting=kind, draws=0)
    assert scores(after) == pytest.approx(scores(before), abs=1e-6)


@given(rows=tables.filter(_varies), kind=st.sampled_from(KINDS), random=st.randoms(use_true_random=False))
def test_the_order_of_territories_and_variables_changes_nothing(
    rows: list[list[float]], kind: Weighting, random: object
) -> None:
    territories, asked = described(rows, 0.2), variables(len(rows[0]))
    before = needs_index(asked, territories, weighting=kind, draws=DRAWS)
    random.shuffle(territories)  # type: ignore[attr-defined]  # a random.Random, which hypothesis does not type
    random.shuffle(asked)  # type: ignore[attr-defined]  # the same
    after = needs_index(asked, territories, weighting=kind, draws=DRAWS)
    assert after.ranked == before.ranked


@given(rows=tables.filter(_varies), weight=st.floats(0.1, 10))
def test_uniform_weights_are_the_default(rows: list[list[float]], weight: float) -> None:
    count = len(rows[0])
    default = needs_index(variables(count), described(rows), draws=DRAWS)
    given_ = needs_index(variables(count, weight=weight), described(rows), weighting=Weighting.GIVEN, draws=DRAWS)
    assert scores(given_) == pytest.approx(scores(default), abs=1e-8)


@given(rows=tables.filter(_varies))
def test_turning_every_variable_turns_the_score(rows: list[list[float]]) -> None:
    count = len(rows[0])
    before = needs_index(variables(count), described(rows), draws=0)
    turned = [NeedVariable(one.code, one.label, more_is_need=False) for one in variables(count)]
    after = needs_index(turned, described(rows), draws=0)
    assert scores(after) == pytest.approx({code: -score for code, score in scores(before).items()}, abs=1e-8)


def test_the_component_is_the_one_that_numpy_finds() -> None:
    random = numpy.random.default_rng(5)
    common = random.normal(size=60)
    matrix = numpy.column_stack([common + random.normal(scale=0.5, size=60) for _ in range(4)])
    index = needs_index(variables(4), described(matrix.tolist()), weighting=Weighting.COMPONENT, draws=0)

    z = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    values, vectors = numpy.linalg.eigh(numpy.corrcoef(matrix, rowvar=False))
    first = vectors[:, -1] * numpy.sign(vectors[:, -1].sum())
    assert index.explained == pytest.approx(tuple(values[::-1] / values.sum()))
    assert [one.weight for one in index.variables] == pytest.approx(first / numpy.abs(first).sum())
    assert [one.loading for one in index.variables] == pytest.approx(
        [float(numpy.corrcoef(z[:, column], z @ first)[0, 1]) for column in range(4)]
    )
    expected = z @ first / numpy.abs(first).sum()
    assert [scores(index)[f"T{row:03}"] for row in range(60)] == pytest.approx(expected, abs=1e-8)


def test_the_component_grows_with_need_even_where_need_is_less() -> None:
    """Poverty up, income down: the poorest comes first whatever sign the analysis gives to its axis."""
    rows = [[5.0, 30.0], [10.0, 25.0], [15.0, 22.0], [25.0, 15.0]]
    asked = [NeedVariable("V0", "Taux de pauvreté"), NeedVariable("V1", "Niveau de vie", more_is_need=False)]
    index = needs_index(asked, described(rows), weighting=Weighting.COMPONENT, draws=0)
    assert [one.code for one in index.ranked] == ["T003", "T002", "T001", "T000"]
    assert all(one.weight > 0 and one.loading is not None and one.loading > 0.9 for one in index.variables)
    assert growing_with_need(numpy.array([-0.7, -0.7])).tolist() == [0.7, 0.7]
    assert growing_with_need(numpy.array([-0.6, 0.6])).tolist() == [0.6, -0.6]


def test_an_unknown_value_is_named_and_never_imputed() -> None:
    index = needs_index(variables(2), described([[1, 2], [2, None], [3, 1], [None, None]]), draws=DRAWS)
    assert [one.code for one in index.ranked] == ["T002", "T000"] or len(index.ranked) == 2
    assert [(one.code, one.reason) for one in index.left_out] == [
        ("T001", "Variable 1\u00a0: secret"),
        ("T003", "Variable 0\u00a0: secret et Variable 1\u00a0: secret"),
    ]
    absent = needs_index(variables(3), [*described([[1, 2, 3], [2, 3, 4]]), Described("Z", "Z", {})], draws=0)
    assert "aucune valeur chargée" in absent.left_out[0].reason


def test_a_constant_variable_adds_nothing_and_says_so() -> None:
    index = needs_index(variables(2), described([[0.1, 1], [0.1, 2], [0.1, 3]], 0.05), draws=DRAWS)
    assert [one.constant for one in index.variables] == [True, False]
    assert all(one.contributions["V0"] == 0 for one in index.ranked)
    assert [one.code for one in index.ranked] == ["T002", "T001", "T000"]


def test_the_interval_of_values_moves_ranks_that_weights_alone_do_not() -> None:
    rows = [[10.0], [10.1], [20.0]]
    exact = needs_index(variables(1), described(rows), draws=300)
    rounded = needs_index(variables(1), described(rows, 0.5), draws=300)
    assert [(one.rank_low, one.rank_high) for one in exact.ranked] == [(1, 1), (2, 2), (3, 3)]
    assert [(one.rank_low, one.rank_high) for one in rounded.ranked] == [(1, 1), (2, 3), (2, 3)]
    assert [one.is_steady for one in rounded.ranked] == [True, False, False]


def test_two_draws_of_the_same_seed_are_alike() -> None:
    rows = numpy.random.default_rng(2).normal(size=(20, 3)).tolist()
    first, second = (needs_index(variables(3), described(rows), seed=9) for _ in range(2))
    assert first == second
    assert any(not one.is_steady for one in first.ranked)


@pytest.mark.parametrize(
    ("asked", "rows", "weighting", "told"),
    [
        ([], [[1.0], [2.0]], Weighting.EQUAL, "Aucune variable"),
        (variables(1), [[1.0], [None]], Weighting.EQUAL, "Moins de deux territoires"),
        (variables(1, weight=0), [[1.0], [2.0]], Weighting.GIVEN, "nuls"),
        (variables(1, weight=-1), [[1.0], [2.0]], Weighting.GIVEN, "positif"),
        (variables(1), [[1.0], [2.0], [3.0]], Weighting.COMPONENT, "deux variables"),
        (variables(2), [[1.0, 1.0], [2.0, 1.0], [3.0, 1.0]], Weighting.COMPONENT, "deux variables"),
    ],
)
def test_what_cannot_be_computed_is_refused(
    asked: list[NeedVariable], rows: list[list[float | None]], weighting: Weighting, told: str
) -> None:
    with pytest.raises(VariablesRefused, match=told):
        needs_index(asked, described(rows), weighting=weighting, draws=5)


def test_an_interval_is_widened_to_a_central_rank_that_no_draw_gives() -> None:
    """Three equal scores share the first rank; as soon as weights differ, the one in the middle is always second."""
    index = needs_index(variables(2), described([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]]), draws=200)
    assert [one.rank for one in index.ranked] == [1, 1, 1]
    middle = index.of("T002")
    assert middle is not None
    assert (middle.rank_low, middle.rank_high) == (1, 2)
