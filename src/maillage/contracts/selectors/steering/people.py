"""Euros per person under the poverty line: over estimates, with their interval; unknown stays unknown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from maillage.engines import estimates
from maillage.engines.contract_rules import Sum
from maillage.indicators.selectors.credits import per_person
from maillage.indicators.selectors.poor_counts import poor_counts
from maillage.indicators.selectors.values import Value, unknown
from maillage.territories.models import Territory

Persons = Mapping[str, Value]  # code of a territory → its persons under the poverty line


def persons_in(territories: Iterable[Territory]) -> dict[str, Value]:
    """For each territory, in a number of queries that their count does not change."""
    unique = {one.pk: one for one in territories}
    return poor_counts(list(unique.values()))


def persons_together(territories: Collection[Territory], known: Persons) -> Value:
    """The persons of several territories, each counted once: a métropole inside a département of the list adds none."""
    keys = {one.pk for one in territories}
    apart = {one.code: known[one.code] for one in territories if not _inside(one, keys)}
    missing = [value for value in apart.values() if not value.known]
    if not apart or missing:
        word = (
            f"estimation inconnue pour {len(missing)} territoire(s) sur {len(apart)}" if apart else "aucun territoire"
        )
        return unknown("persons", word)
    if len(apart) == 1:
        return next(iter(apart.values()))
    total = estimates.total(value.estimate for value in apart.values() if value.estimate is not None)
    periods = {value.period for value in apart.values()}
    if len(periods) > 1:
        return unknown("persons", "les territoires n'ont pas tous la même année")
    return Value(total.value, "persons", "estimated", periods.pop(), low=total.low, high=total.high)


def _inside(territory: Territory, keys: Collection[int]) -> bool:
    above = territory.parent
    while above is not None:
        if above.pk in keys:
            return True
        above = above.parent
    return False


def per_poor_person(credits: Sum, persons: Value) -> Value:
    """State credits over estimated persons, with the interval; unknown as soon as a term is, or when there is none."""
    if not credits.count:
        return unknown("EUR", "aucun crédit de l'État")
    amount = credits.exact
    known = Value(amount.euros, "EUR") if amount is not None else unknown("EUR", "un montant de l'État n'est pas connu")
    return per_person(known, persons)
