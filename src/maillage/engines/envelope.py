"""What-if: one envelope shared between territories, by four methods, exact to the step.

Weights are exact fractions; what is left by rounding goes to the largest remainders, so that the shares sum to the
envelope to the cent. A simulation decides nothing: see `engines.equity` for what it would change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from maillage.engines.estimates import Estimate
from maillage.kernel.errors import InputProblem, InputRefused
from maillage.kernel.money import CENT, Money, total
from maillage.kernel.numbers import french_list

EURO = Decimal(1)


class Method(StrEnum):
    EQUAL_PER_INHABITANT = "equal_per_inhabitant"
    EQUAL_PER_POOR_PERSON = "equal_per_poor_person"
    NEEDS_INDEX = "needs_index"
    MANUAL = "manual"

    @property
    def label_fr(self) -> str:
        return _LABELS[self]


_LABELS = {
    Method.EQUAL_PER_INHABITANT: "Même montant par habitant",
    Method.EQUAL_PER_POOR_PERSON: "Même montant par personne pauvre",
    Method.NEEDS_INDEX: "Selon un indice de besoins",
    Method.MANUAL: "Montants saisis",
}


class Persons(StrEnum):
    """Which persons the needs index multiplies."""

    INHABITANTS = "inhabitants"
    POOR_PERSONS = "poor_persons"


@dataclass(frozen=True, slots=True)
class IndicatorWeight:
    """One indicator of the needs index. `polarity` as the indicator says it: `more` or `less` is better.

    Where less is better (a poverty rate), a higher value is a greater need; where more is better, a lower one is.
    """

    code: str
    label: str
    weight: Decimal
    polarity: str = "less"


@dataclass(frozen=True, slots=True)
class TerritoryBase:
    """What is known of a territory. None is « not known », and refuses the methods that need it.

    `poor_persons` is an estimate with its bounds. `current` is its share last year, or in force; `manual` what was
    typed. `floor` and `ceiling` bound its share, when somebody sets them.
    """

    code: str
    label: str
    inhabitants: Decimal | None = None
    poor_persons: Estimate | None = None
    indicators: Mapping[str, Decimal | None] = field(default_factory=dict)
    floor: Money | None = None
    ceiling: Money | None = None
    manual: Money | None = None
    current: Money | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What a territory would get. `weight` is its part of the whole before bounds and rounding (None when typed).

    `index` is its needs index: 1 for the mean of the territories, 1.2 for needs 20 % above it (None otherwise).
    """

    territory: TerritoryBase
    amount: Money
    weight: Decimal | None = None
    index: Decimal | None = None

    @property
    def difference(self) -> Money | None:
        """What it gains (or loses, below zero) on its current share; None when that is not known."""
        return None if self.territory.current is None else self.amount - self.territory.current


@dataclass(frozen=True, slots=True)
class Allocation:
    """The shares, in the order of the territories given. They sum to the envelope exactly."""

    method: Method
    envelope: Money
    shares: tuple[Share, ...]
    description_fr: str

    def of(self, code: str) -> Money:
        """The share of a territory. Raises KeyError when it is not one of them."""
        return {share.territory.code: share.amount for share in self.shares}[code]


class AllocationRefused(InputRefused):
    """The envelope cannot be shared so; every territory concerned is named."""


def allocate(
    envelope: Money,
    territories: Sequence[TerritoryBase],
    method: Method,
    *,
    step: Decimal = CENT,
    indicators: Sequence[IndicatorWeight] = (),
    persons: Persons = Persons.INHABITANTS,
) -> Allocation:
    """Share the envelope. `step` is CENT or EURO: every share is a multiple of it.

    Raises AllocationRefused when a base is not known, bounds cannot be held, or typed amounts do not sum.
    """
    _refuse_if(_unusable(envelope, territories, step))
    if method is Method.MANUAL:
        return _manual(envelope, territories)
    weights, indexes = _weights(territories, method, indicators, persons)
    whole = sum(weights, Fraction(0))
    if not whole:
        _refuse_if(["Aucun territoire n'a de poids avec cette méthode : il n'y a rien à quoi proportionner."])
    claims = [_Claim.of(each, weight, step) for each, weight in zip(territories, weights, strict=True)]
    units = _share_out(_units(envelope, step), claims)
    shares = tuple(
        Share(territory, Money(step * count), _decimal(weight / whole), None if index is None else _decimal(index))
        for territory, count, weight, index in zip(territories, units, weights, indexes, strict=True)
    )
    return Allocation(method, envelope, shares, _description(method, indicators, persons, step))


def _refuse_if(problems: list[str]) -> None:
    if problems:
        raise AllocationRefused(
            [InputProblem(None, None, problem) for problem in problems], "L'enveloppe ne peut pas être répartie ainsi."
        )


def _unusable(envelope: Money, territories: Sequence[TerritoryBase], step: Decimal) -> list[str]:
    problems = [] if territories else ["Aucun territoire n'est donné."]
    codes = [each.code for each in territories]
    problems += [f"{each.label} est donné deux fois." for each in territories if codes.count(each.code) > 1][:1]
    amounts: list[tuple[str, Money | None]] = [("L'enveloppe", envelope)]
    for each in territories:
        amounts += [(f"Le plancher de {each.label}", each.floor), (f"Le plafond de {each.label}", each.ceiling)]
        if each.floor is not None and each.ceiling is not None and each.floor > each.ceiling:
            problems.append(f"Le plancher de {each.label} dépasse son plafond.")
    for words, amount in amounts:
        if amount is not None and amount.euros % step:
            problems.append(f"{words} ({amount}) n'est pas un multiple du pas de répartition ({Money(step)}).")
        elif amount is not None and amount.euros < 0:
            problems.append(f"{words} ({amount}) ne peut pas être en dessous de zéro.")
    return problems or _impossible_bounds(envelope, territories)


def _impossible_bounds(envelope: Money, territories: Sequence[TerritoryBase]) -> list[str]:
    floors = total([each.floor for each in territories if each.floor is not None])
    ceilings = [each.ceiling for each in territories if each.ceiling is not None]
    if floors > envelope:
        return [f"Les planchers font {floors}, plus que l'enveloppe de {envelope}."]
    if len(ceilings) == len(territories) and total(ceilings) < envelope:
        return [f"Les plafonds font {total(ceilings)}, moins que l'enveloppe de {envelope}."]
    return []


# Typed amounts


def _manual(envelope: Money, territories: Sequence[TerritoryBase]) -> Allocation:
    """The amounts as they were typed: nothing is corrected in silence."""
    problems = [f"Le montant de {each.label} n'est pas saisi." for each in territories if each.manual is None]
    amounts = [each.manual for each in territories if each.manual is not None]
    problems += [
        f"Le montant de {each.label} ({each.manual}) sort de son plancher ou de son plafond."
        for each in territories
        if each.manual is not None and not _within(each.manual, each)
    ]
    left = envelope - total(amounts)
    if not problems and left:
        words = f"il reste {left} à répartir" if left.euros > 0 else f"{-left} de trop sont répartis"
        problems.append(f"Les montants saisis font {total(amounts)} pour une enveloppe de {envelope} : {words}.")
    _refuse_if(problems)
    shares = tuple(Share(each, amount) for each, amount in zip(territories, amounts, strict=True))
    return Allocation(Method.MANUAL, envelope, shares, "Montants saisis, territoire par territoire.")


def _within(amount: Money, territory: TerritoryBase) -> bool:
    low = territory.floor or Money.zero()
    return low <= amount and (territory.ceiling is None or amount <= territory.ceiling)


# Weights


def _weights(
    territories: Sequence[TerritoryBase], method: Method, indicators: Sequence[IndicatorWeight], persons: Persons
) -> tuple[list[Fraction], list[Fraction | None]]:
    if method is Method.EQUAL_PER_INHABITANT:
        return _persons(territories, Persons.INHABITANTS), [None] * len(territories)
    if method is Method.EQUAL_PER_POOR_PERSON:
        return _persons(territories, Persons.POOR_PERSONS), [None] * len(territories)
    counts = _persons(territories, persons)
    indexes = needs_indexes(territories, indicators)
    return [count * index for count, index in zip(counts, indexes, strict=True)], list(indexes)


def _persons(territories: Sequence[TerritoryBase], persons: Persons) -> list[Fraction]:
    """The persons of each territory. Refused, with its name, for one whose number is not known."""
    word = "d'habitants" if persons is Persons.INHABITANTS else "de personnes pauvres"
    read: Callable[[TerritoryBase], Decimal | None] = (
        (lambda each: each.inhabitants)
        if persons is Persons.INHABITANTS
        else (lambda each: None if each.poor_persons is None else each.poor_persons.value)
    )
    found = [read(each) for each in territories]
    unknown = [each.label for each, count in zip(territories, found, strict=True) if count is None]
    if unknown:
        _refuse_if([f"Le nombre {word} n'est pas connu pour {french_list(unknown)}."])
    negative = [each.label for each, count in zip(territories, found, strict=True) if count is not None and count < 0]
    if negative:
        _refuse_if([f"Le nombre {word} est négatif pour {french_list(negative)}."])
    return [Fraction(count) for count in found if count is not None]


def needs_indexes(territories: Sequence[TerritoryBase], indicators: Sequence[IndicatorWeight]) -> list[Fraction]:
    """The needs index of each territory: the weighted mean, over indicators, of its value divided by the mean of all.

        index(t) = Σ_i w_i · n_i(t) / mean(n_i)  /  Σ_i w_i
        n_i(t) = x_i(t) where less is better, 1 / x_i(t) where more is better

    The mean is the simple one, over the territories. Standardised by ratio and not by standard deviation: indexes stay
    positive, and « 1,2 » reads « 20 % au-dessus de la moyenne ». Neutral indicators are refused: nobody said which way
    they point. Raises AllocationRefused, naming territory and indicator.
    """
    _refuse_if(_unusable_indicators(territories, indicators))
    whole = sum((Fraction(one.weight) for one in indicators), Fraction(0))
    indexes = [Fraction(0)] * len(territories)
    for one in indicators:
        values = [_need(each, one) for each in territories]
        mean = sum(values, Fraction(0)) / len(values)
        if not mean:
            _refuse_if([f"« {one.label} » vaut 0 partout : il ne distingue aucun territoire."])
        for rank, value in enumerate(values):
            indexes[rank] += Fraction(one.weight) / whole * value / mean
    return indexes


def _need(territory: TerritoryBase, indicator: IndicatorWeight) -> Fraction:
    value = Fraction(territory.indicators.get(indicator.code) or 0)
    return 1 / value if indicator.polarity == "more" else value


def _unusable_indicators(territories: Sequence[TerritoryBase], indicators: Sequence[IndicatorWeight]) -> list[str]:
    if not indicators or not any(one.weight for one in indicators):
        return ["L'indice de besoins n'a aucun indicateur : choisissez-en au moins un, avec un poids."]
    problems = [f"Le poids de « {one.label} » est négatif." for one in indicators if one.weight < 0]
    problems += [
        f"« {one.label} » n'a pas de sens de lecture (plus élevé est mieux, ou moins) : il ne dit pas un besoin."
        for one in indicators
        if one.polarity not in {"more", "less"}
    ]
    for one in indicators:
        for each in territories:
            value = each.indicators.get(one.code)
            if value is None:
                problems.append(f"« {one.label} » n'est pas connu pour {each.label}.")
            elif value < 0 or (value == 0 and one.polarity == "more"):
                problems.append(f"« {one.label} » doit être positif : il vaut {value} pour {each.label}.")
    return problems


# Sharing


@dataclass(frozen=True, slots=True)
class _Claim:
    """A territory as the sharing sees it: bounds in whole steps. `code` settles what nothing else does."""

    code: str
    weight: Fraction
    low: int
    high: int | None

    @classmethod
    def of(cls, territory: TerritoryBase, weight: Fraction, step: Decimal) -> _Claim:
        low = 0 if territory.floor is None else _units(territory.floor, step)
        return cls(territory.code, weight, low, None if territory.ceiling is None else _units(territory.ceiling, step))

    def at(self, scale: Fraction) -> Fraction:
        """min(max(λ·w, floor), ceiling)."""
        raised = max(scale * self.weight, Fraction(self.low))
        return raised if self.high is None else min(raised, Fraction(self.high))

    def grows_from(self, scale: Fraction) -> bool:
        """Whether a slightly greater λ gives more."""
        reached = scale * self.weight
        return bool(self.weight) and reached >= self.low and (self.high is None or reached < self.high)


def _units(amount: Money, step: Decimal) -> int:
    return int(amount.euros / step)


def _share_out(units: int, claims: Sequence[_Claim]) -> list[int]:
    """Whole steps in proportion to the weights within bounds: the largest remainders get what rounding leaves.

    Equal remainders go to the greater weight, then by code: never by the order in which territories were listed.
    """
    exact = _proportional(units, claims)
    counts = [int(amount) for amount in exact]
    left = units - sum(counts)
    ranked = sorted(
        range(len(claims)), key=lambda rank: (counts[rank] - exact[rank], -claims[rank].weight, claims[rank].code)
    )
    for rank in ranked[:left]:
        counts[rank] += 1
    return counts


def _proportional(units: int, claims: Sequence[_Claim]) -> list[Fraction]:
    """The exact shares at the λ where they sum to `units`.

    Their sum never falls as λ grows, and bends only where a claim meets a bound: between two bends it is a straight
    line. Refused when no λ gives enough: all that have a weight are at their ceiling.
    """
    bends = sorted({Fraction(b) / c.weight for c in claims if c.weight for b in (c.low, c.high) if b is not None})
    scale = Fraction(0)
    for bend in bends:
        if _sum(claims, bend) >= units:
            break
        scale = bend
    left = units - _sum(claims, scale)
    if not left:
        return [claim.at(scale) for claim in claims]
    slope = sum((claim.weight for claim in claims if claim.grows_from(scale)), Fraction(0))
    if not slope:
        _refuse_if(["Les plafonds des territoires à servir ne laissent pas de place à toute l'enveloppe."])
    return [claim.at(scale + left / slope) for claim in claims]


def _sum(claims: Sequence[_Claim], scale: Fraction) -> Fraction:
    return sum((claim.at(scale) for claim in claims), Fraction(0))


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def _description(method: Method, indicators: Sequence[IndicatorWeight], persons: Persons, step: Decimal) -> str:
    rounding = "au centime" if step == CENT else "à l'euro"
    if method is not Method.NEEDS_INDEX:
        return f"{method.label_fr}, {rounding} près ; le reste des arrondis va aux plus forts restes."
    listed = french_list([f"« {one.label} » (poids {one.weight.normalize():f})" for one in indicators])
    base = "les habitants" if persons is Persons.INHABITANTS else "les personnes pauvres"
    return (
        f"Selon {base}, multipliés par un indice de besoins : moyenne pondérée de {listed}, chacun rapporté à la "
        f"moyenne des territoires ; {rounding} près, le reste des arrondis va aux plus forts restes."
    )
