"""Where a territory stands among its peers: its rank, and the extremes and the middle of what is known of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors.values import Value, reason_of
from maillage.kernel.numbers import NBSP
from maillage.observatory.selectors.portrait_reading import Readings
from maillage.observatory.selectors.portrait_words import ordinal
from maillage.territories.models import Territory

RANKED = (
    "POVERTY-RATE",
    "MEDIAN-INCOME",
    "DECILE-RATIO",
    "POVERTY-RATE-UNDER-30",
    "POVERTY-RATE-TENANTS",
    "SHARE-SOCIAL-BENEFITS",
)
LEAST = 3  # known values under which a distribution says nothing


@dataclass(frozen=True)
class Position:
    """One indicator among peers, for one period. `amounts`: the known ones, ascending. `others`: how many share it."""

    indicator: Indicator
    period: str
    amount: Decimal
    amounts: tuple[Decimal, ...]
    unknown: int
    reference: Decimal | None = None

    @property
    def rank(self) -> int:
        """From the highest: 1 is the highest."""
        return 1 + sum(other > self.amount for other in self.amounts)

    @property
    def tied(self) -> bool:
        return sum(other == self.amount for other in self.amounts) > 1

    @property
    def middle(self) -> Decimal:
        return Decimal(median(self.amounts))

    @property
    def rank_fr(self) -> str:
        """« 12e ex æquo sur 71 »."""
        return f"{ordinal(self.rank)}{' ex æquo' if self.tied else ''} sur {len(self.amounts)}"

    @property
    def unknown_fr(self) -> str:
        if not self.unknown:
            return ""
        return f"{self.unknown} sans valeur connue, hors du rang"


PeerValues = dict[str, dict[str, dict[int, Value]]]  # indicator code → period → territory key → value


def peer_values(places: Sequence[Territory], codes: Sequence[str]) -> PeerValues:
    """The values of many territories, in one query; of several sources, the one loaded last."""
    keys = {one.pk for one in places}
    if not keys:
        return {}
    rows = (
        Observation.objects.filter(indicator__code__in=codes, territory__in=keys)
        .order_by("period", "edition__loaded_at", "pk")
        .values_list("indicator__code", "territory_id", "period", "value", "status", "indicator__unit", "axis_id")
    )
    found: PeerValues = defaultdict(lambda: defaultdict(dict))
    for code, pk, period, amount, status, unit, axis in rows:
        if axis is not None:  # not in the query: it would take the index of axes, null for nearly every row
            continue
        found[code][period][pk] = Value(amount, unit, status, period, reason_of(status, amount))
    return found


def positions(
    readings: Readings,
    territory: Territory,
    peers: Sequence[Territory],
    values: PeerValues,
    reference: Territory | None,
) -> list[Position]:
    """What can be ranked: the territory's value is known, and enough of its peers' are."""
    found = []
    for code in RANKED:
        own = readings.latest(territory, code)
        if own is None or own.amount is None:
            continue
        of_period = values.get(code, {}).get(own.period, {})
        held = [of_period.get(peer.pk) for peer in peers]
        amounts = sorted(value.amount for value in held if value is not None and value.amount is not None)
        if len(amounts) < LEAST or own.amount not in amounts:
            continue
        other = readings.near(reference, code, own.period) if reference is not None else None
        beside = other.amount if other is not None and other.period == own.period else None
        unknown = len(peers) - len(amounts)
        found.append(Position(readings.indicators[code], own.period, own.amount, tuple(amounts), unknown, beside))
    return found


def sentence(position: Position, peers_label: str) -> str:
    """« Taux de pauvreté : 12e sur 71 EPCI de la région …, du plus élevé au plus bas »."""
    unknown = f" ({position.unknown_fr})" if position.unknown else ""
    return f"{position.indicator.label}{NBSP}: {position.rank_fr} {peers_label}, du plus élevé au plus bas{unknown}."
