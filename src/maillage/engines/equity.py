"""What a sharing of an envelope does to equity between territories: shown before anybody decides.

Territories are compared, never persons. What is not known is named and left out, never taken for zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from maillage.engines.envelope import Allocation, Share
from maillage.engines.estimates import Estimate, amount_per_person
from maillage.kernel.money import Money, total


@dataclass(frozen=True, slots=True)
class PerPerson:
    """Euros per person in each territory, and how unequal they are.

    `amounts`: territory code → euros per person with their bounds (exact for inhabitants), None where the number of
    persons is not known or may be zero. `unknown` names these territories; the measures leave them out.

    `ratio`: the lowest amount over the highest, from 0 (one gets nothing) to 1 (all get the same).

    `gini`: Gini index between territories, weighted by their persons: 0 when every territory gets the same per person,
    near 1 when one gets everything.

        G = Σ_i Σ_j p_i · p_j · |x_i − x_j| / (2 · m),  x_i euros per person, p_i part of the persons, m = Σ_i p_i · x_i

    Both None when fewer than two territories are known; `gini` too when nobody gets anything. Estimates enter by their
    central value.
    """

    amounts: dict[str, Estimate | None]
    ratio: Decimal | None
    gini: Decimal | None
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Equity:
    """The effect of an allocation, per inhabitant and per poor person, and against the shares in force.

    `gainers` and `losers` are those of the territories whose current share is known, the greatest change first;
    `unchanged` get the same to the cent; `unknown_current` names the others. `change` is the whole difference, None as
    soon as one current share is not known.
    """

    per_inhabitant: PerPerson
    per_poor_person: PerPerson
    gainers: tuple[Share, ...]
    losers: tuple[Share, ...]
    unchanged: tuple[Share, ...]
    unknown_current: tuple[str, ...]
    change: Money | None


def equity(allocation: Allocation) -> Equity:
    """The equity effect of an allocation."""
    return equity_of(allocation.shares)


def equity_of(shares: Sequence[Share]) -> Equity:
    known = [share for share in shares if share.difference is not None]
    unknown = tuple(share.territory.label for share in shares if share.difference is None)
    return Equity(
        _per_person([(share, _inhabitants(share)) for share in shares]),
        _per_person([(share, share.territory.poor_persons) for share in shares]),
        tuple(sorted((share for share in known if _change(share) > 0), key=lambda s: (-_change(s), s.territory.code))),
        tuple(sorted((share for share in known if _change(share) < 0), key=lambda s: (_change(s), s.territory.code))),
        tuple(share for share in known if _change(share) == 0),
        unknown,
        None if unknown else total([share.difference for share in known if share.difference is not None]),
    )


def _change(share: Share) -> Decimal:
    return Decimal(0) if share.difference is None else share.difference.euros


def _inhabitants(share: Share) -> Estimate | None:
    count = share.territory.inhabitants
    return None if count is None else Estimate.exact(count)


def _per_person(pairs: Sequence[tuple[Share, Estimate | None]]) -> PerPerson:
    amounts: dict[str, Estimate | None] = {}
    known: list[tuple[Decimal, Decimal]] = []
    unknown = []
    for share, persons in pairs:
        amount = None if persons is None else amount_per_person(share.amount.euros, persons)
        amounts[share.territory.code] = amount
        if persons is None or amount is None:
            unknown.append(share.territory.label)
        else:
            known.append((amount.value, persons.value))
    return PerPerson(amounts, _ratio([amount for amount, _ in known]), gini(known), tuple(unknown))


def _ratio(amounts: Sequence[Decimal]) -> Decimal | None:
    if len(amounts) < 2 or not max(amounts):
        return None
    return min(amounts) / max(amounts)


def gini(amounts: Sequence[tuple[Decimal, Decimal]]) -> Decimal | None:
    """The weighted Gini index of pairs (euros per person, persons): see `PerPerson`. None with nothing to compare."""
    persons = sum((count for _, count in amounts), Decimal(0))
    if len(amounts) < 2 or not persons:
        return None
    mean = sum((amount * count for amount, count in amounts), Decimal(0)) / persons
    if not mean:
        return None
    gaps = sum((first * second * abs(x - y) for x, first in amounts for y, second in amounts), Decimal(0))
    return gaps / (2 * mean * persons * persons)
