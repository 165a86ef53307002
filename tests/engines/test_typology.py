"""The typology: beside numpy, scipy and scikit-learn on the same matrix, what may not change it, and its words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from maillage.engines.typology import (
    LEAST,
    MOST,
    Feature,
    Typology,
    deviation_fr,
    title_of,
    traits_of,
    typology,
)
from maillage.engines.variables import Described, Measure, VariablesRefused

Matrix = NDArray[numpy.float64]


def described(rows: Sequence[Sequence[float | None]]) -> list[Described]:
    return [
        Described(f"T{number:03}", f"Territoire {number}", {f"V{c}": Measure(value) for c, value in enumerate(row)})
        for number, row in enumerate(rows)
    ]


def features(count: int) -> list[Feature]:
    return [Feature(f"V{column}", f"Variable {column}") for column in range(count)]


def sample(seed: int = 3, size: int = 40) -> Matrix:
    """Four groups of invented territories in five variables."""
    random = numpy.random.default_rng(seed)
    centres = random.normal(scale=3, size=(4, 5))
    return numpy.vstack([centre + random.normal(scale=0.7, size=(size // 4, 5)) for centre in centres])


def partition(labels: Sequence[int]) -> set[frozenset[int]]:
    """Who is with whom, whatever the numbers."""
    return {frozenset(row for row, label in enumerate(labels) if label == one) for one in set(labels)}


def standardised(matrix: Matrix) -> Matrix:
    return (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)


def test_the_axes_are_those_of_the_correlation_matrix() -> None:
    matrix = sample()
    found = typology(features(5), described(matrix.tolist()))
    values, vectors = numpy.linalg.eigh(numpy.corrcoef(matrix, rowvar=False))
    values, vectors = values[::-1], vectors[:, ::-1]
    assert [one.explained for one in found.axes] == pytest.approx(values / values.sum())
    for rank, axis in enumerate(found.axes):
        loadings = vectors[:, rank] * numpy.sqrt(values[rank])
        loadings *= numpy.sign(loadings[numpy.argmax(numpy.abs(loadings))])
        assert list(axis.loadings.values()) == pytest.approx(loadings)
    kept = [one.explained for one in found.axes if one.kept]
    assert sum(kept) >= 0.8 > sum(kept[:-1])


@pytest.mark.parametrize("count", range(LEAST, MOST + 1))
def test_the_classes_are_those_of_scipy_then_scikit_learn(count: int) -> None:
    matrix = sample(size=60)
    found = typology(features(5), described(matrix.tolist()), classes=count)
    kept = sum(one.kept for one in found.axes)
    coordinates = PCA(n_components=kept).fit_transform(standardised(matrix))
    ward = fcluster(linkage(coordinates, "ward"), count, criterion="maxclust")
    starts = numpy.vstack([coordinates[ward == label].mean(axis=0) for label in range(1, count + 1)])
    expected = KMeans(count, init=starts, n_init=1, random_state=0).fit(coordinates)
    assert partition([one.number for one in found.placed]) == partition(expected.labels_.tolist())
    total = float((coordinates**2).sum())
    assert found.between == pytest.approx(1 - expected.inertia_ / total)
    for one, row in zip(found.placed, expected.transform(coordinates), strict=True):
        assert sorted(row)[:2] == pytest.approx([one.distance, one.nearest_distance], abs=1e-6)


def test_the_criterion_is_the_inertia_between_the_classes_of_ward() -> None:
    matrix = sample()
    found = typology(features(5), described(matrix.tolist()))
    kept = sum(one.kept for one in found.axes)
    coordinates = PCA(n_components=kept).fit_transform(standardised(matrix))
    tree, total = linkage(coordinates, "ward"), float((coordinates**2).sum())
    for one in found.criteria:
        labels = fcluster(tree, one.count, criterion="maxclust")
        within = sum(
            float(((coordinates[labels == c] - coordinates[labels == c].mean(axis=0)) ** 2).sum()) for c in set(labels)
        )
        assert one.between == pytest.approx(1 - within / total)
    assert found.chosen_by_default == 4  # as many as groups were made
    assert len(found.classes) == 4


values = st.lists(st.lists(st.integers(0, 30).map(float), min_size=3, max_size=3), min_size=8, max_size=20)


def _varied(rows: list[list[float]]) -> bool:
    columns = sum(len(set(column)) > 1 for column in zip(*rows, strict=True))
    return columns >= 2 and len({tuple(row) for row in rows}) >= 6


@settings(max_examples=40)
@given(rows=values.filter(_varied), repeated=st.integers(0, 7))
def test_territories_described_alike_are_in_one_class(rows: list[list[float]], repeated: int) -> None:
    found = _classed([*rows, rows[repeated]])
    if found is not None:
        first, last = found.placed[repeated], found.placed[-1]
        assert (first.number, first.distance, first.coordinates) == (last.number, last.distance, last.coordinates)


@settings(max_examples=40)
@given(rows=values.filter(_varied), random=st.randoms(use_true_random=False), scale=st.integers(2, 9))
def test_order_and_unit_change_nothing(rows: list[list[float]], random: object, scale: int) -> None:
    before = _classed(rows)
    territories = described(rows)
    random.shuffle(territories)  # type: ignore[attr-defined]  # a random.Random, which hypothesis does not type
    if before is None:
        return
    assert typology(features(3)[::-1], territories, classes=LEAST).placed == before.placed
    scaled = _classed([[row[0] * scale + 5, *row[1:]] for row in rows])
    assert scaled is not None
    assert [one.explained for one in scaled.axes] == pytest.approx([one.explained for one in before.axes], abs=1e-6)


def _classed(rows: Sequence[Sequence[float]]) -> Typology | None:
    """None where too few territories differ on the kept axes."""
    try:
        return typology(features(3), described(rows), classes=LEAST)
    except VariablesRefused:
        return None


def test_classes_hold_every_territory_and_their_numbers() -> None:
    matrix = sample()
    found = typology(features(5), described(matrix.tolist()))
    assert sum(one.size for one in found.classes) == len(matrix) == len(found.placed)
    for one in found.classes:
        rows = [row for row, placed in enumerate(found.placed) if placed.number == one.number]
        assert list(one.means.values()) == pytest.approx(matrix[rows].mean(axis=0))
        assert list(one.deviations.values()) == pytest.approx(standardised(matrix)[rows].mean(axis=0))
        assert found.of(f"T{rows[0]:03}") == found.placed[rows[0]]
        assert found.class_of(one.number) is one
        assert all(label in {found.placed[row].label for row in rows} for label in one.typical)
    said = found.classes[0]
    assert said.profile.startswith("Variable ")
    assert said.profile.endswith(".")
    first = [numpy.mean([p.coordinates[0] for p in found.placed if p.number == c.number]) for c in found.classes]
    assert first == sorted(first, reverse=True)
    assert all(one.distance <= one.nearest_distance + 1e-9 for one in found.placed)


def test_a_territory_half_way_says_so() -> None:
    corners = [(0.0, 0.0), (10.0, 0.0), (5.0, 10.0)]
    rows = [[x + step / 100, y - step / 100] for x, y in corners for step in range(10)]
    found = typology(features(2), described([*rows, [5.0, 0.0]]), classes=3)
    assert [one.code for one in found.placed if one.is_between] == ["T030"]


def test_what_is_unknown_or_constant_is_named() -> None:
    rows: list[list[float | None]] = [[*row, 1.0] for row in sample().tolist()]
    rows[7][2] = None
    found = typology(features(6), described(rows))
    assert [one.code for one in found.left_out] == ["T007"]
    assert found.constant == ("Variable 5",)
    assert found.of("T007") is None


@pytest.mark.parametrize(
    ("rows", "count", "told"),
    [
        ([[1.0, 2.0]] * 3, None, "plus de 3"),
        ([[float(n), 2.0] for n in range(9)], None, "deux variables"),
        ([[float(n % 2), float(n % 2)] for n in range(9)], None, "mêmes valeurs"),
        ([[float(n), float(n * n)] for n in range(9)], 9, "de 3 à 8"),
        ([[float(n % 4), float(n % 4) ** 2] for n in range(12)], 5, "mêmes valeurs"),
    ],
)
def test_what_cannot_be_classed_is_refused(rows: list[list[float]], count: int | None, told: str) -> None:
    with pytest.raises(VariablesRefused, match=told):
        typology(features(2), described(rows), classes=count)


# --- words ---

NAMES = [Feature("P", "Taux de pauvreté"), Feature("R", "Niveau de vie médian"), Feature("C", "CAF : foyers au RSA")]


def test_words_say_the_numbers_in_order_of_strength() -> None:
    assert traits_of(NAMES, {"P": 1.44, "R": -0.62, "C": 0.2}) == (
        "taux de pauvreté nettement au-dessus de la moyenne (+1,4\u00a0écart-type)",
        "niveau de vie médian au-dessous de la moyenne (\u22120,6\u00a0écart-type)",
        "proche de la moyenne pour le reste (CAF : foyers au RSA)",
    )
    assert traits_of(NAMES[:1], {"P": 2.31}) == (
        "taux de pauvreté nettement au-dessus de la moyenne (+2,3\u00a0écarts-types)",
    )
    assert title_of(NAMES, {"P": 1.44, "R": -0.62, "C": 0.2}) == (
        "Plus\u00a0: taux de pauvreté\u202f; moins\u00a0: niveau de vie médian"
    )


def test_words_of_an_average_class() -> None:
    near = {"P": 0.1, "R": -0.4, "C": 0.0}
    assert traits_of(NAMES, near) == ("toutes les variables sont proches de la moyenne",)
    assert title_of(NAMES, near) == "Proche de la moyenne"


@pytest.mark.parametrize(
    ("deviation", "said"),
    [
        (1.96, "+2\u00a0écarts-types"),
        (-2.04, "\u22122\u00a0écarts-types"),
        (1.94, "+1,9\u00a0écart-type"),
        (0.04, "0\u00a0écart-type"),
        (-0.5, "\u22120,5\u00a0écart-type"),
    ],
)
def test_the_plural_starts_at_two(deviation: float, said: str) -> None:
    assert deviation_fr(deviation) == said
