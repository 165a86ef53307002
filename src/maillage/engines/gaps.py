"""Need, supply and money of each territory on one view, and where supply is the furthest below need.

Method. The need is the number of poor persons, an estimate with its interval. The supply is the number of points of
service open there. Supply per 10,000 poor persons and euros per poor person are ratios: their interval comes from the
estimate. The gap of a territory is the number of points it lacks (or has beyond) to be served, per poor person, as the
territories compared are together:

    gap = P_i · S / P − S_i,   P_i its poor persons, S_i its points, S and P the sums over the territories compared

Its bounds are exact: the lowest takes the territory's low bound and the others' high bounds, the highest the reverse.

Limits. A point is not an opening hour, a desk or an agent: two points may serve very differently, and distance counts
too. The average is that of the territories compared, not a standard. A territory whose supply and need are not counted
over the same communes is shown but not compared. Money that is not split by territory is unknown, never shared out.

Reference. Ratios of supply to need by area are usual in the analysis of social and health provision (for instance
DREES, « Études et résultats », potential accessibility); what they leave out, distance, is the coverage's matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from maillage.engines.estimates import Estimate, amount_per_person

PER = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Credit:
    """Money known for a territory. `subject`: the axis, or '' for all axes together. `amount` in euros, None where it
    is not known, and `reason` says why. `year`: of the amount.
    """

    subject: str
    year: str
    amount: Decimal | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of a territory. `poor`: poor persons, None where unknown (`poor_reason`); `points`: points of
    service, None where unknown (`points_reason`). `apart`: why its need and its supply do not compare, '' when they do.
    """

    code: str
    label: str
    poor: Estimate | None
    points: int | None
    poor_reason: str = ""
    points_reason: str = ""
    apart: str = ""
    credits: tuple[Credit, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class CreditPerPerson:
    """Euros per poor person for one subject; None where the amount or the number of persons is unknown (`reason`)."""

    credit: Credit
    per_person: Estimate | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A territory on the view. `supply`: points per 10,000 poor persons. `missing`: points that it lacks to reach the
    average (negative: beyond it). `rank`: 1 for the widest gap. All three None where `reason` says why.
    """

    situation: Situation
    supply: Estimate | None
    missing: Estimate | None
    rank: int | None
    credits: tuple[CreditPerPerson, ...]
    reason: str = ""

    @property
    def is_sure(self) -> bool:
        """Whether the interval of the gap leaves zero out: the rounding of the need cannot explain it."""
        return self.missing is not None and (self.missing.low > 0 or self.missing.high < 0)


@dataclass(frozen=True, slots=True)
class View:
    """`gaps`: the widest first, then those that are not compared, by label. `average`: points per 10,000 poor persons
    over the territories compared, None with none. `compared`: how many.
    """

    gaps: tuple[Gap, ...]
    average: Estimate | None
    compared: int


def need_and_supply(situations: Sequence[Situation]) -> View:
    """Compare territories among themselves."""
    held = [one for one in situations if not _why_apart(one)]
    lows = sum((one.poor.low for one in held if one.poor), Decimal(0))
    highs = sum((one.poor.high for one in held if one.poor), Decimal(0))
    values = sum((one.poor.value for one in held if one.poor), Decimal(0))
    points = Decimal(sum(one.points or 0 for one in held))
    totals = Estimate(lows, values, highs)
    gaps = [_gap(one, totals, points) for one in situations]
    ranked = sorted((one for one in gaps if one.missing is not None), key=_widest)
    others = sorted((one for one in gaps if one.missing is None), key=lambda one: one.situation.label)
    return View(
        (*(_at_rank(one, ranked) for one in ranked), *others),
        Estimate(PER * points / highs, PER * points / values, PER * points / lows) if lows else None,
        len(held),
    )


def _why_apart(one: Situation) -> str:
    """Why a territory is not compared; '' when it is."""
    if one.apart:
        return one.apart
    if one.poor is None:
        return one.poor_reason or "nombre de personnes pauvres inconnu"
    if one.points is None:
        return one.points_reason or "nombre de points de service inconnu"
    return "nombre de personnes pauvres peut-être nul" if one.poor.low <= 0 else ""


def _gap(one: Situation, totals: Estimate, points: Decimal) -> Gap:
    credits = tuple(_per_person(credit, one) for credit in one.credits)
    reason = _why_apart(one)
    if reason or one.poor is None or one.points is None:
        return Gap(one, None, None, None, credits, reason)
    poor, own = one.poor, Decimal(one.points)
    supply = Estimate(PER * own / poor.high, PER * own / poor.value, PER * own / poor.low)
    missing = Estimate(
        poor.low * points / (poor.low + totals.high - poor.high) - own,
        poor.value * points / totals.value - own,
        poor.high * points / (poor.high + totals.low - poor.low) - own,
    )
    return Gap(one, supply, missing, None, credits)


def _per_person(credit: Credit, one: Situation) -> CreditPerPerson:
    if credit.amount is None:
        return CreditPerPerson(credit, None, credit.reason or "montant inconnu")
    if one.poor is None:
        return CreditPerPerson(credit, None, one.poor_reason or "nombre de personnes pauvres inconnu")
    ratio = amount_per_person(credit.amount, one.poor)
    return CreditPerPerson(credit, ratio, "" if ratio else "nombre de personnes pauvres peut-être nul")


def _widest(one: Gap) -> tuple[Decimal, str]:
    return (-one.missing.value if one.missing else Decimal(0), one.situation.code)


def _at_rank(one: Gap, ranked: Sequence[Gap]) -> Gap:
    """Equal gaps share the best rank."""
    value = one.missing.value if one.missing else Decimal(0)
    rank = 1 + sum(1 for other in ranked if other.missing is not None and other.missing.value > value)
    return Gap(one.situation, one.supply, one.missing, rank, one.credits, one.reason)
