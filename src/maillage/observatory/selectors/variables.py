"""Variables that describe EPCI: what may be chosen, and its values, in few queries whatever their number.

Rates and levels are taken as they are. A count says how large a territory is, not what it needs: it is offered per
inhabitant or per household only, and the size itself apart, as a logarithm.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q

from maillage.engines import estimates
from maillage.engines.variables import Described, Measure
from maillage.indicators.enums import Known, Nature, Polarity, Status
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors.values import period_label, reason_of
from maillage.kernel.numbers import NBSP
from maillage.territories import selectors as territories
from maillage.territories.enums import Level
from maillage.territories.models import Territory
from maillage.territories.selectors import BORDER_RULES, EpciInArea
from maillage.ui.units import typography

FISCAL_HOUSEHOLDS = "FISCAL-HOUSEHOLDS"
SIZE = "taille"
DEFAULT_RULE = "touches"
# A period that few territories have is not taken over one that most have.
ENOUGH = Decimal("0.5")

# Unit of a count → the indicator it is divided by, and for how many of it.
_DENOMINATORS: dict[str, tuple[str, int]] = {
    "structures": (Known.FISCAL_PERSONS, 10_000),
    "places": (Known.FISCAL_PERSONS, 10_000),
    "persons": (Known.FISCAL_PERSONS, 100),
    "households": (FISCAL_HOUSEHOLDS, 100),
    "families": (FISCAL_HOUSEHOLDS, 100),
}
_PER_FR = {Known.FISCAL_PERSONS.value: "personnes", FISCAL_HOUSEHOLDS: "ménages"}
_WHOLES = {Known.FISCAL_PERSONS.value, FISCAL_HOUSEHOLDS, Known.POPULATION.value, Known.POOR_PERSONS.value}


@dataclass(frozen=True)
class Offered:
    """A variable that may be chosen. `code` is what an address holds. `per` 0: the indicator as it is; otherwise its
    count for `per` of `denominator`. `is_size`: the decimal logarithm of the indicator.

    `more_is_need` follows the indicator's polarity; `is_neutral`: it has none, the reader chooses.
    """

    code: str
    label: str
    unit: str
    decimals: int
    indicator: Indicator
    period: str
    more_is_need: bool
    is_neutral: bool
    known: int
    denominator: Indicator | None = None
    denominator_period: str = ""
    per: int = 0
    is_size: bool = False

    @property
    def period_fr(self) -> str:
        if self.denominator is None or self.denominator_period == self.period:
            return period_label(self.period)
        return f"{period_label(self.period)} (dénominateur{NBSP}: {period_label(self.denominator_period)})"

    @property
    def reads(self) -> list[tuple[int, str]]:
        """The indicators and periods that its value is made of."""
        own = [(self.indicator.pk, self.period)]
        return own if self.denominator is None else [*own, (self.denominator.pk, self.denominator_period)]


@dataclass(frozen=True)
class Offer:
    """The region, its EPCI by a border rule, and the variables that have a value for one of them at least."""

    region: Territory | None
    rule: str
    areas: tuple[EpciInArea, ...]
    variables: tuple[Offered, ...]

    @property
    def rule_fr(self) -> str:
        return BORDER_RULES[self.rule]

    def of(self, code: str) -> Offered | None:
        return next((one for one in self.variables if one.code == code), None)

    def area(self, code: str) -> EpciInArea | None:
        return next((one for one in self.areas if one.epci.code == code), None)

    @property
    def across(self) -> tuple[EpciInArea, ...]:
        """Those that cross the region's border."""
        return tuple(one for one in self.areas if one.crosses_border)


def offer(rule: str = DEFAULT_RULE) -> Offer:
    """What may be chosen over the instance's region. Six queries."""
    chosen = rule if rule in BORDER_RULES else DEFAULT_RULE
    region = territories.instance_region()
    if region is None:
        return Offer(None, chosen, (), ())
    areas = tuple(territories.epci_of(region, chosen))
    return Offer(region, chosen, areas, _offered([one.epci.pk for one in areas]))


def _offered(keys: Sequence[int]) -> tuple[Offered, ...]:
    periods = _periods(keys)
    indicators = {one.pk: one for one in Indicator.objects.filter(pk__in=periods).order_by("label", "code")}
    by_code = {one.code: one for one in indicators.values()}
    found = (_variable(one, by_code, periods) for one in indicators.values())
    sized = by_code.get(Known.FISCAL_PERSONS)
    return tuple(one for one in (*found, _size(sized, periods)) if one is not None)


def _periods(keys: Sequence[int]) -> dict[int, tuple[str, int]]:
    """Indicator → the latest period that enough of these territories have, and how many have it."""
    counted: dict[int, list[tuple[str, int]]] = defaultdict(list)
    rows = (
        Observation.objects.filter(territory__in=keys, axis__isnull=True, value__isnull=False)
        .order_by("period")
        .values_list("indicator_id", "period")
        .annotate(number=Count("territory", distinct=True))
    )
    for indicator, period, number in rows:
        counted[indicator].append((period, number))
    return {indicator: _latest(found) for indicator, found in counted.items()}


def _latest(found: Sequence[tuple[str, int]]) -> tuple[str, int]:
    most = max(number for _, number in found)
    return [(period, number) for period, number in found if number >= most * ENOUGH][-1]


def _variable(
    indicator: Indicator, by_code: Mapping[str, Indicator], periods: Mapping[int, tuple[str, int]]
) -> Offered | None:
    period, known = periods[indicator.pk]
    polarity = indicator.polarity
    more_is_need, is_neutral = polarity != Polarity.MORE_IS_BETTER, polarity == Polarity.NEUTRAL
    label = typography(indicator.label)
    if indicator.nature in (Nature.SHARE, Nature.LEVEL):
        return Offered(
            indicator.code,
            label,
            indicator.unit,
            indicator.decimals,
            indicator,
            period,
            more_is_need,
            is_neutral,
            known,
        )
    code, per = _DENOMINATORS.get(indicator.unit, ("", 0))
    denominator = by_code.get(code)
    if denominator is None or indicator.code in _WHOLES:
        return None
    return Offered(
        f"{indicator.code}~{per}",
        typography(f"{label} pour {per} {_PER_FR[code]}")
        if per < 1000
        else f"{label} pour 10\u202f000 {_PER_FR[code]}",
        "",
        2,
        indicator,
        period,
        more_is_need,
        is_neutral,
        known,
        denominator,
        periods[denominator.pk][0],
        per,
    )


def _size(indicator: Indicator | None, periods: Mapping[int, tuple[str, int]]) -> Offered | None:
    if indicator is None:
        return None
    period, known = periods[indicator.pk]
    return Offered(
        f"{indicator.code}~{SIZE}", "Taille (logarithme)", "", 2, indicator, period, True, True, known, is_size=True
    )


# --- values ---

_Row = tuple[Decimal | None, str, Decimal | None, Decimal | None]
Readings = dict[int, dict[tuple[int, str], _Row]]


def readings(variables: Iterable[Offered], keys: Collection[int] | None = None) -> Readings:
    """Territory → (indicator, period) → value, status, bounds. One query. `keys` None: every EPCI loaded."""
    wanted = {pair for one in variables for pair in one.reads}
    if not wanted:
        return {}
    asked = Q(pk__in=[])
    for indicator, period in sorted(wanted):
        asked |= Q(indicator=indicator, period=period)
    rows = Observation.objects.filter(asked, axis__isnull=True)
    if keys is None:
        rows = rows.filter(territory__in=territories.current().filter(level=Level.EPCI).order_by().values("pk"))
    else:
        rows = rows.filter(territory__in=keys)
    found: Readings = defaultdict(dict)
    fields = ("territory_id", "indicator_id", "period", "value", "status", "low", "high")
    for territory, indicator, period, *rest in rows.order_by("edition__loaded_at", "pk").values_list(*fields):
        found[territory][indicator, period] = (rest[0], rest[1], rest[2], rest[3])
    return found


def measure(variable: Offered, held: Mapping[tuple[int, str], _Row]) -> Measure:
    """The value of a variable for a territory, with the interval that rounding or estimation leaves it."""
    own = _measure_of(variable.indicator, held.get((variable.indicator.pk, variable.period)))
    if variable.is_size:
        return _logarithm(own)
    if variable.denominator is None or own.value is None:
        return own
    below = held.get((variable.denominator.pk, variable.denominator_period))
    if below is None or below[0] is None:
        return Measure(None, reason=f"dénominateur inconnu{NBSP}: {variable.denominator.label.lower()}")
    if not below[0]:
        return Measure(None, reason="dénominateur nul")
    factor = variable.per / float(below[0])
    low, high = own.bounds
    return Measure(own.value * factor, low * factor, high * factor)


def _logarithm(own: Measure) -> Measure:
    if own.value is None:
        return own
    return Measure(math.log10(own.value)) if own.value > 0 else Measure(None, reason="aucune personne comptée")


def _measure_of(indicator: Indicator, row: _Row | None) -> Measure:
    if row is None:
        return Measure(None, reason="aucune valeur chargée")
    value, status, low, high = row
    if value is None:
        return Measure(None, reason=reason_of(status, None), status=status)
    if low is not None or high is not None:
        lowest, highest = (None if bound is None else float(bound) for bound in (low, high))
        return Measure(float(value), lowest, highest, status=status)
    if indicator.nature not in (Nature.SHARE, Nature.LEVEL):
        return Measure(float(value), status=status)
    margin = float(estimates.half_step(indicator.decimals))
    least = 0.0 if status == Status.FLOOR else float(value) - margin
    return Measure(float(value), least, float(value) + margin, status=status)


def described(variables: Sequence[Offered], found: Readings, rows: Iterable[tuple[int, str, str]]) -> list[Described]:
    """Territories (key, code, name) as the engines read them."""
    return [
        Described(code, name, {one.code: measure(one, found.get(pk, {})) for one in variables})
        for pk, code, name in rows
    ]


def sources_of(variables: Iterable[Offered]) -> str:
    """« INSEE, CNAF »: producers of the variables, for the foot of a table."""
    producers = [one.indicator.producer or one.indicator.label for one in variables]
    return typography(", ".join(dict.fromkeys(producers)))
