"""The needs index and the typology on the real EPCI of France: the same axes, classes and scores computed apart."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy
import pytest
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from maillage.engines.needs import NeedVariable, Weighting, needs_index
from maillage.engines.typology import Feature, typology
from maillage.engines.variables import Described, Measure

# Columns of the pivot by EPCI, and whether more of it is more need.
COLUMNS = {
    "taux_pauvrete": True,
    "revenu_median": False,
    "part_minima_sociaux": True,
    "part_chomage": True,
    "part_retraites": True,
    "rapport_interdecile": True,
}
ORDERED = sorted(COLUMNS)


@pytest.fixture
def epcis(shared: Path) -> list[Described]:
    path = shared / "data" / "filosofi" / "filosofi_epci_2021_pivot.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Described(
            row["codgeo"],
            row["codgeo"],
            {name: Measure(float(row[name]) if row[name].strip() else None) for name in COLUMNS},
        )
        for row in rows
    ]


@pytest.fixture
def z(epcis: list[Described]) -> NDArray[numpy.float64]:
    complete = [one for one in epcis if all(one.measures[name].value is not None for name in ORDERED)]
    matrix = numpy.array(
        [[one.measures[name].value for name in ORDERED] for one in sorted(complete, key=lambda e: e.code)]
    )
    return (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)


def test_the_component_is_that_of_the_correlation_matrix(epcis: list[Described], z: NDArray[numpy.float64]) -> None:
    asked = [NeedVariable(name, name, more_is_need=more) for name, more in COLUMNS.items()]
    index = needs_index(asked, epcis, weighting=Weighting.COMPONENT, draws=20)
    turned = z * [1 if COLUMNS[name] else -1 for name in ORDERED]
    values, vectors = numpy.linalg.eigh(numpy.cov(turned, rowvar=False, ddof=0))
    first = vectors[:, -1] * numpy.sign(vectors[:, -1].sum())
    scores = turned @ first / numpy.abs(first).sum()
    found = [one.score for one in sorted(index.ranked, key=lambda one: one.code)]
    assert len(found) == len(z) > 1_200
    assert found == pytest.approx(scores, abs=1e-8)
    assert index.explained[0] == pytest.approx(values[-1] / values.sum())
    loading = {one.variable.code: one.loading or 0 for one in index.variables}
    assert loading["taux_pauvrete"] > 0.8  # the sign grows with need


@pytest.mark.parametrize("count", [3, 5, 8])
def test_the_classes_are_those_of_scipy_then_scikit_learn(
    epcis: list[Described], z: NDArray[numpy.float64], count: int
) -> None:
    found = typology([Feature(name, name) for name in COLUMNS], epcis, classes=count)
    kept = sum(axis.kept for axis in found.axes)
    coordinates = PCA(n_components=kept, svd_solver="full").fit_transform(z)
    ward = fcluster(linkage(coordinates, "ward"), count, criterion="maxclust")
    starts = numpy.vstack([coordinates[ward == label].mean(axis=0) for label in range(1, count + 1)])
    expected = KMeans(count, init=starts, n_init=1, random_state=0).fit_predict(coordinates)
    numbers = numpy.array([one.number for one in found.placed])
    pairs = set(zip(numbers.tolist(), expected.tolist(), strict=True))
    assert len(pairs) == count  # one class of the one for one class of the other
