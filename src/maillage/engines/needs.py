"""The needs index: territories ranked by several variables, with the interval of each rank.

Method. Each variable is standardised over the territories ranked (mean 0, standard deviation 1), turned so that more is
more need, and the score is a weighted mean. Weights are equal by default; they may be given, or be the loadings of the
first principal component (the way of deprivation indices such as FDep). Because no weighting is the true one, weights
are perturbed many times, and each value within its own interval where it has one: the rank is shown with the 5th and
95th percentiles of the ranks obtained.

Limits. An index orders territories against each other: it measures no quantity, depends on the variables chosen, and
says nothing about a household or a person. A rank interval tells what the weights and the rounding of values change; it
does not tell what other variables would say.

References. Rey G. et al., « Ecological association between a deprivation index and mortality in France », BMC Public
Health, 2009 (FDep: first component); OECD and JRC, « Handbook on Constructing Composite Indicators », 2008 (equal
weights, normalisation, sensitivity to weights); Saisana M., Saltelli A., Tarantola S., « Uncertainty and sensitivity
analysis techniques as tools for the quality assessment of composite indicators », JRSS A, 2005.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy
from numpy.typing import NDArray

from maillage.engines.variables import (
    STEADY_DECIMALS,
    Described,
    DescribedTable,
    LeftOut,
    Matrix,
    Standard,
    VariablesRefused,
    standardise,
    tabulate,
)

NDInt = NDArray[numpy.int_]

DRAWS = 1000
SEED = 20_250_101  # any fixed number: the same page is drawn twice alike
CONCENTRATION = 10.0
LOW_PERCENTILE, HIGH_PERCENTILE = 5.0, 95.0
LEAST_FOR_COMPONENT = 3  # territories: two points always lie on a line


class Weighting(StrEnum):
    """Where the weights come from."""

    EQUAL = "equal"
    GIVEN = "given"
    COMPONENT = "component"


@dataclass(frozen=True, slots=True)
class NeedVariable:
    """A variable of the index. `more_is_need`: whether a higher value says more need. `weight`: relative, zero or more.

    The weight counts only where weights are given.
    """

    code: str
    label: str
    more_is_need: bool = True
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Weighed:
    """A variable in the index. `mean` and `deviation` are in its unit, over the territories ranked.

    `weight`: its part in the score, after turning towards need; absolute weights sum to 1. Only a component can give a
    negative one: the variable then runs against what the others call need. `loading`: its correlation with the
    component, None for the other weightings. `constant`: it does not vary, and adds nothing.
    """

    variable: NeedVariable
    mean: float
    deviation: float
    constant: bool
    weight: float
    loading: float | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A territory in the ranking. `rank` 1 is the greatest need; equal scores share the best rank.

    `rank_low` ≤ `rank` ≤ `rank_high`: the interval of its ranks. `contributions`: code of variable → its part of the
    score (standard deviations times weight); they sum to `score`.
    """

    code: str
    label: str
    score: float
    rank: int
    rank_low: int
    rank_high: int
    contributions: Mapping[str, float]

    @property
    def is_steady(self) -> bool:
        """Whether no perturbation moved it."""
        return self.rank_low == self.rank_high


@dataclass(frozen=True, slots=True)
class NeedsIndex:
    """`ranked` by rank then code; `left_out` is not ranked, each with the reason. `explained`: shares of the variance
    that each component explains (from 0 to 1, the first is the index's), empty for the other weightings.
    """

    weighting: Weighting
    variables: tuple[Weighed, ...]
    ranked: tuple[Ranked, ...]
    left_out: tuple[LeftOut, ...]
    explained: tuple[float, ...]
    draws: int
    seed: int

    def of(self, code: str) -> Ranked | None:
        return next((one for one in self.ranked if one.code == code), None)


def needs_index(
    variables: Sequence[NeedVariable],
    territories: Sequence[Described],
    *,
    weighting: Weighting = Weighting.EQUAL,
    draws: int = DRAWS,
    seed: int = SEED,
) -> NeedsIndex:
    """Rank territories. Raises VariablesRefused with fewer than two complete territories, or weights that say nothing.

    Each draw takes weights from a Dirichlet law centred on those of the index (concentration: `CONCENTRATION` times
    the number of variables; with equal weights, a standard deviation of about 0.11 for two variables and 0.06 for
    five), the signs kept, and each value uniformly within its bounds; the standardisation stays that of the central
    values. The interval always holds the central rank.
    """
    ordered = sorted(variables, key=lambda one: one.code)
    _check(ordered)
    codes = [one.code for one in ordered]
    table = tabulate(codes, {one.code: one.label for one in ordered}, territories)
    if len(table.territories) < 2:
        raise VariablesRefused(
            "Moins de deux territoires ont une valeur connue pour toutes les variables choisies : rien à classer."
        )
    standard = standardise(table.values)
    turned = numpy.array([1.0 if one.more_is_need else -1.0 for one in ordered])
    weights, loadings, explained = _weights(ordered, standard, turned, weighting)
    contributions = standard.z * turned * weights
    scores = numpy.round(contributions.sum(axis=1), STEADY_DECIMALS)
    ranks = _ranks(scores)
    lows, highs = _rank_intervals(table, standard, turned, weights, ranks, draws, seed)
    ranked = [
        Ranked(
            one.code,
            one.label,
            float(scores[row]),
            int(ranks[row]),
            int(lows[row]),
            int(highs[row]),
            {code: float(contributions[row, column]) for column, code in enumerate(codes)},
        )
        for row, one in enumerate(table.territories)
    ]
    return NeedsIndex(
        weighting,
        _in_order(variables, _weighed(ordered, standard, weights, loadings)),
        tuple(sorted(ranked, key=lambda one: (one.rank, one.code))),
        table.left_out,
        explained,
        draws,
        seed,
    )


def _check(variables: Sequence[NeedVariable]) -> None:
    if not variables:
        raise VariablesRefused("Aucune variable n'est choisie : cochez-en une au moins.")
    if len({one.code for one in variables}) < len(variables):
        raise ValueError("a variable is given twice")
    if any(not numpy.isfinite(one.weight) or one.weight < 0 for one in variables):
        raise VariablesRefused("Un poids est un nombre positif ou nul.")


def _weights(
    variables: Sequence[NeedVariable], standard: Standard, turned: Matrix, weighting: Weighting
) -> tuple[Matrix, tuple[float, ...] | None, tuple[float, ...]]:
    """Weights whose absolute values sum to 1, the loadings and the variance explained of a component."""
    if weighting is Weighting.COMPONENT:
        return _component(standard.z * turned, standard.constant)
    raw = numpy.array([one.weight if weighting is Weighting.GIVEN else 1.0 for one in variables])
    if not raw.sum():
        raise VariablesRefused("Tous les poids sont nuls : donnez un poids positif à une variable au moins.")
    return raw / raw.sum(), None, ()


def _component(z: Matrix, constant: Sequence[bool]) -> tuple[Matrix, tuple[float, ...], tuple[float, ...]]:
    """The first principal component, its sign such that it grows with need."""
    from sklearn.decomposition import PCA  # a second to load: paid by who asks for it

    varying = numpy.flatnonzero(~numpy.array(constant))
    if len(varying) < 2 or len(z) < LEAST_FOR_COMPONENT:
        raise VariablesRefused(
            "L'analyse en composantes principales demande au moins deux variables qui varient et trois territoires."
        )
    fitted = PCA(svd_solver="full").fit(z[:, varying])
    axis = growing_with_need(fitted.components_[0])
    # Of standardised columns, the loading is the correlation: the axis times the component's standard deviation.
    spread = float(numpy.sqrt(fitted.explained_variance_[0] * (len(z) - 1) / len(z)))
    vector, loadings = numpy.zeros(z.shape[1]), numpy.zeros(z.shape[1])
    vector[varying], loadings[varying] = axis, axis * spread
    explained = tuple(float(one) for one in fitted.explained_variance_ratio_)
    return vector / numpy.abs(vector).sum(), tuple(float(one) for one in loadings), explained


def growing_with_need(axis: Matrix) -> Matrix:
    """An axis has no sign of its own: the one that most variables, turned towards need, agree with."""
    total = round(float(axis.sum()), STEADY_DECIMALS)
    leading = float(axis[int(numpy.argmax(numpy.abs(axis)))])
    return axis if (total or leading) > 0 else -axis


def _ranks(scores: Matrix) -> NDInt:
    """Rank 1 for the highest; equal scores share the best rank."""
    return len(scores) - numpy.searchsorted(numpy.sort(scores), scores, side="right") + 1


def _rank_intervals(
    table: DescribedTable, standard: Standard, turned: Matrix, weights: Matrix, ranks: NDInt, draws: int, seed: int
) -> tuple[NDInt, NDInt]:
    """Percentiles of the ranks over the draws, widened to the central rank where they leave it out."""
    if draws < 1:
        return ranks, ranks
    random = numpy.random.default_rng(seed)
    drawn = _drawn_weights(random, weights, draws)
    spread = numpy.where(standard.deviations == 0, 1.0, standard.deviations)
    moving = ~numpy.array(standard.constant)
    bounded = bool((table.highs > table.lows).any())
    found = numpy.empty((draws, len(ranks)), dtype=int)
    z = standard.z * turned
    for draw in range(draws):
        if bounded:
            values = table.lows + random.random(table.lows.shape) * (table.highs - table.lows)
            z = numpy.where(moving, (values - standard.means) / spread, 0.0) * turned
        found[draw] = _ranks(numpy.round((z * drawn[draw]).sum(axis=1), STEADY_DECIMALS))
    low = numpy.percentile(found, LOW_PERCENTILE, axis=0, method="lower").astype(int)
    high = numpy.percentile(found, HIGH_PERCENTILE, axis=0, method="higher").astype(int)
    return numpy.minimum(low, ranks), numpy.maximum(high, ranks)


def _drawn_weights(random: numpy.random.Generator, weights: Matrix, draws: int) -> Matrix:
    """Draws × variables. A weight of zero stays zero, a negative one stays negative."""
    heavy = numpy.flatnonzero(weights)
    drawn = numpy.zeros((draws, len(weights)))
    alphas = CONCENTRATION * len(heavy) * numpy.abs(weights[heavy])
    drawn[:, heavy] = random.dirichlet(alphas, size=draws) * numpy.sign(weights[heavy])
    return drawn


def _weighed(
    variables: Sequence[NeedVariable], standard: Standard, weights: Matrix, loadings: tuple[float, ...] | None
) -> dict[str, Weighed]:
    return {
        one.code: Weighed(
            one,
            float(standard.means[column]),
            float(standard.deviations[column]),
            standard.constant[column],
            float(weights[column]),
            None if loadings is None else loadings[column],
        )
        for column, one in enumerate(variables)
    }


def _in_order(asked: Sequence[NeedVariable], weighed: Mapping[str, Weighed]) -> tuple[Weighed, ...]:
    return tuple(weighed[one.code] for one in asked)
