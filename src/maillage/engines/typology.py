"""The typology of territories: classes of those that look alike, told in words made from the numbers.

Method. Variables are standardised; a principal component analysis keeps the first axes that together explain
`KEPT_INERTIA` of the inertia; Ward's hierarchical clustering on these axes proposes the classes, and k-means started
from Ward's centres consolidates them. By default the number of classes, between `LEAST` and `MOST`, is the one after
which the gain of a further class falls the most: the ratio of two successive gains of inertia between classes is the
highest.

Limits. Classes are a reading aid: others would come from other variables, or another number of classes. A territory
may lie between two of them: its distance to its own class and to the nearest other is given. A class is a set of
territories; it says nothing of the persons who live there.

References. Ward J. H., « Hierarchical grouping to optimize an objective function », JASA, 1963; Lebart L., Piron M.,
Morineau A., « Statistique exploratoire multidimensionnelle », Dunod, 2006 (mixed clustering: Ward then k-means);
Husson F., Josse J., Pagès J., « Principal component methods, hierarchical clustering, partitional clustering », 2010.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray

from maillage.engines.variables import (
    STEADY_DECIMALS,
    Described,
    LeftOut,
    Matrix,
    VariablesRefused,
    standardise,
    tabulate,
)
from maillage.kernel.numbers import NBSP

LEAST, MOST = 3, 8
KEPT_INERTIA = 0.8
SEED = 0
BETWEEN_TWO = 0.8  # own distance over the nearest other's, from which a territory is said to lie between two classes
TYPICAL = 3  # territories nearest to the centre of a class, named to show what it looks like

Labels = NDArray[numpy.int_]


@dataclass(frozen=True, slots=True)
class Feature:
    """A variable of the typology."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis of the analysis. `explained`: its share of the inertia, from 0 to 1. `loadings`: code of variable → its
    correlation with the axis. The variable with the strongest one is positive. `kept`: classes are made on it.
    """

    number: int
    explained: float
    loadings: Mapping[str, float]
    kept: bool


@dataclass(frozen=True, slots=True)
class Criterion:
    """What a number of classes gives, by Ward alone. `between`: share of the inertia that lies between classes.

    `gain`: what the last class added to it; `ratio`: that gain over the next one's, None where there is no next.
    """

    count: int
    between: float
    gain: float
    ratio: float | None


@dataclass(frozen=True, slots=True)
class Placed:
    """A territory in its class. Distances are Euclidean, on the kept axes, to the centres of classes.

    `nearest`: number of the nearest other class. `coordinates`: on the kept axes.
    """

    code: str
    label: str
    number: int
    distance: float
    nearest: int
    nearest_distance: float
    coordinates: tuple[float, ...]

    @property
    def is_between(self) -> bool:
        """Whether it is about as near to another class as to its own."""
        return self.nearest_distance > 0 and self.distance / self.nearest_distance >= BETWEEN_TWO


@dataclass(frozen=True, slots=True)
class Class:
    """A class. `means`: in the units of the variables; `deviations`: how many standard deviations from the mean of all.

    `title` and `traits` are French words made from these numbers. `typical`: labels of the territories nearest to its
    centre. `spread`: mean distance of its territories to the centre.
    """

    number: int
    size: int
    means: Mapping[str, float]
    deviations: Mapping[str, float]
    title: str
    traits: tuple[str, ...]
    typical: tuple[str, ...]
    spread: float

    @property
    def profile(self) -> str:
        """The traits as one sentence."""
        text = "\u202f; ".join(self.traits)
        return f"{text[:1].upper()}{text[1:]}."


@dataclass(frozen=True, slots=True)
class Typology:
    """Classes numbered along the first axis, from its high end. `between`: share of the inertia between classes, after
    consolidation. `moved`: territories that k-means took to another class than Ward's. `constant`: labels of variables
    left aside because they do not vary.
    """

    features: tuple[Feature, ...]
    means: Mapping[str, float]
    deviations: Mapping[str, float]
    axes: tuple[Axis, ...]
    criteria: tuple[Criterion, ...]
    chosen_by_default: int
    classes: tuple[Class, ...]
    placed: tuple[Placed, ...]
    left_out: tuple[LeftOut, ...]
    constant: tuple[str, ...]
    between: float
    moved: int

    def of(self, code: str) -> Placed | None:
        return next((one for one in self.placed if one.code == code), None)

    def class_of(self, number: int) -> Class:
        return self.classes[number - 1]


def typology(features: Sequence[Feature], territories: Sequence[Described], *, classes: int | None = None) -> Typology:
    """Class territories. `classes` None takes the default number.

    Raises VariablesRefused with fewer than two variables that vary, or fewer different territories than classes.
    """
    if classes is not None and not LEAST <= classes <= MOST:
        raise VariablesRefused(f"Le nombre de classes va de {LEAST} à {MOST}.")
    ordered = sorted(features, key=lambda one: one.code)
    table = tabulate([one.code for one in ordered], {one.code: one.label for one in ordered}, territories)
    if len(table.territories) <= LEAST:
        raise VariablesRefused(
            "Trop peu de territoires ont une valeur connue pour toutes les variables choisies : il en faut plus de "
            f"{LEAST}."
        )
    standard = standardise(table.values)
    varying = [column for column, flat in enumerate(standard.constant) if not flat]
    if len(varying) < 2:
        raise VariablesRefused("Une typologie demande au moins deux variables qui varient d'un territoire à l'autre.")
    held = [ordered[column] for column in varying]
    axes, scores = _analysed(held, standard.z[:, varying])
    tree = _ward(scores)
    most = min(MOST, len(numpy.unique(scores, axis=0)))
    if most < (classes or LEAST):
        raise VariablesRefused("Trop de territoires ont les mêmes valeurs pour faire autant de classes.")
    criteria = _criteria(tree, most)
    default = _default(criteria)
    first = _cut(tree, classes or default)
    final, centres = _consolidated(scores, first)
    placed = _placed(table.territories, scores, final, centres)
    return Typology(
        tuple(held),
        {one.code: float(standard.means[column]) for one, column in zip(held, varying, strict=True)},
        {one.code: float(standard.deviations[column]) for one, column in zip(held, varying, strict=True)},
        axes,
        criteria,
        default,
        tuple(
            _class(number, held, table.values[:, varying], standard.z[:, varying], final, placed)
            for number in range(1, len(centres) + 1)
        ),
        placed,
        table.left_out,
        tuple(one.label for one, flat in zip(ordered, standard.constant, strict=True) if flat),
        _between(scores, final, centres),
        _moved(first, final),
    )


def _analysed(features: Sequence[Feature], z: Matrix) -> tuple[tuple[Axis, ...], Matrix]:
    """Every axis, and the coordinates of territories on those kept, each axis given a sign that does not depend on the
    machine. Coordinates are rounded so that equal territories are exactly equal.
    """
    from sklearn.decomposition import PCA  # a second to load: paid by who asks for it

    fitted = PCA(svd_solver="full").fit(z)
    shares = fitted.explained_variance_ratio_
    kept = min(int(numpy.searchsorted(numpy.cumsum(shares), KEPT_INERTIA - 1e-9)) + 1, len(shares))
    spreads = numpy.sqrt(fitted.explained_variance_ * (len(z) - 1) / len(z))
    axes, columns = [], []
    for rank, vector in enumerate(fitted.components_):
        turned = _turned(vector)
        loadings = {one.code: float(turned[column] * spreads[rank]) for column, one in enumerate(features)}
        axes.append(Axis(rank + 1, float(shares[rank]), loadings, rank < kept))
        columns.append(z @ turned)
    scores = numpy.round(numpy.column_stack(columns[:kept]), STEADY_DECIMALS)
    return tuple(axes), numpy.asarray(scores, dtype=numpy.float64)


def _turned(vector: Matrix) -> Matrix:
    """An axis whose strongest variable is positive; of equals, the first."""
    strengths = numpy.round(numpy.abs(vector), STEADY_DECIMALS)
    return vector if vector[int(numpy.argmax(strengths))] > 0 else -vector


def _ward(scores: Matrix) -> Matrix:
    from scipy.cluster.hierarchy import linkage

    tree: Matrix = linkage(scores, method="ward")
    return tree


def _cut(tree: Matrix, count: int) -> Labels:
    """Labels from 0, numbered by the first territory of each class. Merges are undone from the last: exactly `count`
    classes, where a cut at a height would give fewer when two merges share it.
    """
    from scipy.cluster.hierarchy import cut_tree

    labels = cut_tree(tree, n_clusters=count).ravel()
    first = {int(label): rank for rank, label in enumerate(dict.fromkeys(labels.tolist()))}
    return numpy.array([first[int(label)] for label in labels])


def _criteria(tree: Matrix, most: int) -> tuple[Criterion, ...]:
    """A merge at height h joins two classes and loses h² / 2 of the sum of squares that lies between them."""
    losses = (tree[:, 2] ** 2 / 2)[::-1]  # the first undoes the last merge: from one class to two
    total = float(losses.sum())
    found = []
    for count in range(LEAST, most + 1):
        gain = float(losses[count - 2])
        following = float(losses[count - 1]) if count - 1 < len(losses) else 0.0
        ratio = gain / following if following > 1e-12 * total else None
        found.append(Criterion(count, float(losses[: count - 1].sum()) / total, gain / total, ratio))
    return tuple(found)


def _default(criteria: Sequence[Criterion]) -> int:
    """The number after which a further class gains the least beside the last; of equals, the smallest."""
    best = max(criteria, key=lambda one: (numpy.inf if one.ratio is None else round(one.ratio, 9), -one.count))
    return best.count


def _consolidated(scores: Matrix, first: Labels) -> tuple[Labels, Matrix]:
    """k-means from Ward's centres, then classes numbered along the first axis, from its high end."""
    from sklearn.cluster import KMeans

    starts = numpy.vstack([scores[first == label].mean(axis=0) for label in range(int(first.max()) + 1)])
    fitted = KMeans(n_clusters=len(starts), init=starts, n_init=1, random_state=SEED).fit(scores)
    labels = numpy.asarray(fitted.labels_)
    centres = numpy.vstack([scores[labels == label].mean(axis=0) for label in range(len(starts))])
    order = sorted(range(len(centres)), key=lambda label: tuple(-numpy.round(centres[label], STEADY_DECIMALS)))
    number = {label: rank for rank, label in enumerate(order)}
    return numpy.array([number[int(label)] for label in labels]), centres[order]


def _between(scores: Matrix, labels: Labels, centres: Matrix) -> float:
    total = float(((scores - scores.mean(axis=0)) ** 2).sum())
    return 1.0 - float(((scores - centres[labels]) ** 2).sum()) / total


def _moved(first: Labels, final: Labels) -> int:
    """Territories outside the final class that takes most of their first one."""
    kept = 0
    for label in range(int(first.max()) + 1):
        kept += int(numpy.bincount(final[first == label]).max())
    return len(first) - kept


def _placed(territories: Sequence[Described], scores: Matrix, labels: Labels, centres: Matrix) -> tuple[Placed, ...]:
    distances = numpy.sqrt(((scores[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2))
    found = []
    for row, one in enumerate(territories):
        own = int(labels[row])
        others = distances[row].copy()
        others[own] = numpy.inf
        nearest = int(numpy.argmin(others))
        found.append(
            Placed(
                one.code,
                one.label,
                own + 1,
                float(distances[row, own]),
                nearest + 1,
                float(others[nearest]),
                tuple(float(value) for value in scores[row]),
            )
        )
    return tuple(found)


def _class(
    number: int, features: Sequence[Feature], values: Matrix, z: Matrix, labels: Labels, placed: Sequence[Placed]
) -> Class:
    inside = labels == number - 1
    means, centre = values[inside].mean(axis=0), z[inside].mean(axis=0)
    deviations = {one.code: float(centre[column]) for column, one in enumerate(features)}
    members = sorted(
        (one for one in placed if one.number == number), key=lambda one: (round(one.distance, 9), one.code)
    )
    return Class(
        number,
        int(inside.sum()),
        {one.code: float(means[column]) for column, one in enumerate(features)},
        deviations,
        title_of(features, deviations),
        traits_of(features, deviations),
        tuple(one.label for one in members[:TYPICAL]),
        float(numpy.mean([one.distance for one in members])),
    )


# --- words made from the numbers ---

FAR, APART = 1.0, 0.5  # standard deviations from which « nettement », then « au-dessus » are said
NAMED = 2  # variables named in the title of a class


def traits_of(features: Sequence[Feature], deviations: Mapping[str, float]) -> tuple[str, ...]:
    """« taux de pauvreté nettement au-dessus de la moyenne (+1,4 écart-type) », …, the strongest first.

    Variables within half a standard deviation are named together, as near the mean.
    """
    ordered = _by_strength(features, deviations)
    apart = [one for one in ordered if abs(round(deviations[one.code], 1)) >= APART]
    near = [lower_first(one.label) for one in ordered if one not in apart]
    if not apart:
        return ("toutes les variables sont proches de la moyenne",)
    told = [f"{lower_first(one.label)} {distance_fr(deviations[one.code])}" for one in apart]
    return (*told, f"proche de la moyenne pour le reste ({', '.join(near)})") if near else tuple(told)


def title_of(features: Sequence[Feature], deviations: Mapping[str, float]) -> str:
    """« Plus : taux de pauvreté ; moins : niveau de vie médian », of the variables that stand out the most."""
    apart = [one for one in _by_strength(features, deviations) if abs(round(deviations[one.code], 1)) >= APART][:NAMED]
    more = [lower_first(one.label) for one in apart if deviations[one.code] > 0]
    less = [lower_first(one.label) for one in apart if deviations[one.code] < 0]
    parts = [f"{word}{NBSP}: {', '.join(names)}" for word, names in (("plus", more), ("moins", less)) if names]
    text = "\u202f; ".join(parts) or "proche de la moyenne"
    return f"{text[0].upper()}{text[1:]}"


def distance_fr(deviation: float) -> str:
    """« nettement au-dessus de la moyenne (+1,4 écart-type) »."""
    rounded = round(deviation, 1)
    side = "au-dessus" if rounded > 0 else "au-dessous"
    manner = "nettement " if abs(rounded) >= FAR else ""
    return f"{manner}{side} de la moyenne ({deviation_fr(deviation)})"


def deviation_fr(deviation: float) -> str:
    """« +1,4 écart-type », « −2 écarts-types »: the plural from two on."""
    rounded = round(deviation, 1)
    sign = "+" if rounded > 0 else "\u2212" if rounded < 0 else ""
    written = f"{abs(rounded):.1f}".replace(".", ",").removesuffix(",0")
    return f"{sign}{written}{NBSP}{'écarts-types' if abs(rounded) >= 2 else 'écart-type'}"


def lower_first(label: str) -> str:
    """A label inside a sentence; an acronym keeps its capitals."""
    return label if label[1:2].isupper() else f"{label[:1].lower()}{label[1:]}"


def _by_strength(features: Sequence[Feature], deviations: Mapping[str, float]) -> list[Feature]:
    return sorted(features, key=lambda one: (-abs(round(deviations[one.code], 6)), one.code))
