"""Persons under the poverty line, for screens that show hundreds of territories: the figures of `people`, bare.

`people.poor_persons` reads every observation with its sources, which a page of one territory shows. Over France that is
thousands of objects for a column of figures; here only the values are read, of the latest year first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

from django.db.models import CharField, Max
from django.db.models.functions import Cast

from maillage.engines import estimates
from maillage.indicators.enums import Known, Status
from maillage.indicators.models import Observation
from maillage.indicators.selectors.people import PERSONS, gather, seats_of
from maillage.indicators.selectors.values import Value
from maillage.territories.models import Territory

_TERMS = (Known.POVERTY_RATE, Known.FISCAL_PERSONS)
# territory, period, indicator, value, status, decimals
_Row = tuple[int, str, str, str, str, int]


def poor_counts(territories: Sequence[Territory]) -> dict[str, Value]:
    """The values of `people.poor_persons` without their sources, in four queries whatever the number of territories."""
    members = seats_of(territories)
    own = _own_counts({epci for epcis in members.values() for epci in epcis})
    return {territory.code: gather(territory, members[territory.code], own) for territory in territories}


def _own_counts(epcis: set[int]) -> dict[int, Value]:
    """The latest year for all, then the earlier ones for those that it does not give."""
    if not epcis:
        return {}
    latest = Observation.objects.filter(indicator__code=Known.POVERTY_RATE).aggregate(last=Max("period"))["last"]
    found = _counts(_rows(epcis, [latest] if latest else []))
    missing = epcis - found.keys()
    return found | _counts(_rows(missing)) if missing and latest else found


def _rows(epcis: Collection[int], periods: Collection[str] = ()) -> Iterable[_Row]:
    """In the order of their load, so that the last one of a thing is the current one (see `values.current`)."""
    observations = Observation.objects.filter(
        territory__in=epcis, indicator__code__in=_TERMS, value__isnull=False
    ).order_by("edition__loaded_at", "pk")
    if periods:
        observations = observations.filter(period__in=periods)
    # As text: a decimal read as such is converted twice by the ORM on SQLite, for thousands of rows.
    typed = observations.annotate(text=Cast("value", CharField()))
    names = ("territory_id", "period", "indicator__code", "text", "status", "indicator__decimals")
    rows = list(typed.values_list("edition_id", *names))
    # Without an edition comes first, on both databases.
    return [tuple(row[1:]) for row in sorted(rows, key=lambda row: row[0] is not None)]


def _counts(rows: Iterable[_Row]) -> dict[int, Value]:
    terms: dict[int, dict[str, dict[str, tuple[Decimal, str, int]]]] = defaultdict(lambda: defaultdict(dict))
    for territory, period, code, text, status, decimals in rows:
        terms[territory][period][code] = (Decimal(text), status, decimals)
    return {key: found for key, by_period in terms.items() if (found := _latest(by_period)) is not None}


def _latest(by_period: dict[str, dict[str, tuple[Decimal, str, int]]]) -> Value | None:
    for period in sorted(by_period, reverse=True):
        read = by_period[period]
        if len(read) < len(_TERMS):
            continue
        (rate, status, decimals), (persons, *_) = read[Known.POVERTY_RATE], read[Known.FISCAL_PERSONS]
        made = estimates.persons_at_rate(persons, rate, decimals=decimals, is_floor=status == Status.FLOOR)
        return Value(made.value, PERSONS, Status.ESTIMATED, period, low=made.low, high=made.high)
    return None
