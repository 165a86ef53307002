"""What the pages of the needs index show: the ranking of EPCI, and the communes of one with their own evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from maillage.engines.needs import NeedsIndex, NeedVariable, Ranked, Weighting, needs_index
from maillage.engines.variables import Measure, VariablesRefused
from maillage.indicators.selectors.people import population, populations
from maillage.indicators.selectors.values import Value
from maillage.observatory.selectors.variables import (
    DEFAULT_RULE,
    Offer,
    Offered,
    described,
    measure,
    offer,
    readings,
)
from maillage.territories import selectors as territories
from maillage.territories.models import Territory
from maillage.territories.selectors import EpciInArea

# Chosen when nothing is, each only where it is loaded: monetary poverty, the level of incomes, how much of them comes
# from minimum benefits. On the EPCI of France the three go together; the share of unemployment benefits does not.
DEFAULT_VARIABLES = ("POVERTY-RATE", "MEDIAN-INCOME", "SHARE-MINIMA")


@dataclass(frozen=True)
class Asked:
    """What a reader asked, by codes. `variables` empty: the default ones. `inverted`: read the other way round."""

    variables: tuple[str, ...] = ()
    inverted: frozenset[str] = frozenset()
    weights: Mapping[str, float] = field(default_factory=dict)
    weighting: Weighting = Weighting.EQUAL
    rule: str = DEFAULT_RULE


@dataclass(frozen=True)
class Needs:
    """`index` None: nothing to rank, and `refused` says why. `measures`: territory → code of variable → value."""

    offer: Offer
    asked: Asked
    chosen: tuple[Offered, ...]
    index: NeedsIndex | None
    refused: str
    measures: Mapping[str, Mapping[str, Measure]]

    def more_is_need(self, variable: Offered) -> bool:
        return turned(variable, self.asked)

    def area(self, code: str) -> EpciInArea | None:
        return self.offer.area(code)


def turned(variable: Offered, asked: Asked) -> bool:
    """Whether a higher value says more need, as asked."""
    return variable.more_is_need is not (variable.code in asked.inverted)


def chosen_of(found: Offer, asked: Asked) -> tuple[Offered, ...]:
    """The variables asked that exist; the default ones when none is asked."""
    if asked.variables:
        return tuple(one for one in found.variables if one.code in asked.variables)
    usual = tuple(one for code in DEFAULT_VARIABLES if (one := found.of(code)) is not None)
    return usual or tuple(one for one in found.variables if not one.is_neutral)[:3]


def needs(asked: Asked, found: Offer | None = None) -> Needs:
    """The index over the EPCI of the region. Seven queries, whatever the variables."""
    held = found or offer(asked.rule)
    chosen = chosen_of(held, asked)
    rows = [(one.epci.pk, one.epci.code, one.epci.name) for one in held.areas]
    given = described(chosen, readings(chosen, [pk for pk, *_ in rows]), rows)
    index, refused = None, ""
    try:
        index = needs_index([_variable(one, asked) for one in chosen], given, weighting=asked.weighting)
    except VariablesRefused as error:
        refused = error.message_fr
    return Needs(held, asked, chosen, index, refused, {one.code: one.measures for one in given})


def _variable(one: Offered, asked: Asked) -> NeedVariable:
    return NeedVariable(one.code, one.label, turned(one, asked), asked.weights.get(one.code, 1.0))


# --- one EPCI and its communes ---


@dataclass(frozen=True)
class CommuneEvidence:
    """What is published for a commune itself; what is not says why, and is never replaced by the EPCI's value."""

    commune: Territory
    population: Value
    measures: Mapping[str, Measure]

    @property
    def published(self) -> int:
        return sum(one.value is not None for one in self.measures.values())


@dataclass(frozen=True)
class EpciNeeds:
    """One EPCI in the ranking, and its communes (of any region) by name."""

    needs: Needs
    epci: Territory
    area: EpciInArea | None
    ranked: Ranked | None
    reason: str
    population: Value
    communes: tuple[CommuneEvidence, ...]

    @property
    def own(self) -> Mapping[str, Measure]:
        return self.needs.measures.get(self.epci.code, {})

    @property
    def with_evidence(self) -> int:
        return sum(bool(one.published) for one in self.communes)


def epci_needs(code: str, asked: Asked, found: Offer | None = None) -> EpciNeeds | None:
    """None for what is no EPCI of the region."""
    whole = needs(asked, found)
    area = whole.area(code)
    if area is None:
        return None
    communes = list(territories.communes_of(area.epci).order_by("sort_name", "code"))
    index = whole.index
    reasons = {one.code: one.reason for one in index.left_out} if index is not None else {}
    return EpciNeeds(
        whole,
        area.epci,
        area,
        index.of(code) if index is not None else None,
        reasons.get(code, whole.refused),
        population(area.epci),
        _evidence(communes, whole.chosen),
    )


def _evidence(communes: Sequence[Territory], chosen: Sequence[Offered]) -> tuple[CommuneEvidence, ...]:
    if not communes:
        return ()
    found = readings(chosen, [one.pk for one in communes])
    people = populations(communes)
    return tuple(
        CommuneEvidence(one, people[one.code], {v.code: measure(v, found.get(one.pk, {})) for v in chosen})
        for one in communes
    )
