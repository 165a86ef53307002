"""Where a territory stands among its peers: its rank, and the extremes and the middle of what is known of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from django.db.models import Q

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


PeerValues = dict[str, dict[int, Value]]  # indicator code → territory key → value


def peer_values(
    readings: Readings, territory: Territory, places: Sequence[Territory], codes: Sequence[str]
) -> PeerValues:
    """The values of many territories, for the period that the territory itself is read at: one query.

    Where it has no value of its own, the latest period that these places have.
    """
    wanted = Q()
    for code in codes:
        own = readings.latest(territory, code)
        wanted |= Q(indicator__code=code, period=own.period) if own and own.known else Q(indicator__code=code)
    keys = {one.pk for one in places}
    rows = (
        Observation.objects.filter(wanted, axis__isnull=True, territory__in=keys)
        .order_by("period", "edition__loaded_at", "pk")
        .values_list("indicator__code", "territory_id", "period", "value", "status", "indicator__unit")
    )
    by_period: dict[str, dict[str, dict[int, Value]]] = defaultdict(lambda: defaultdict(dict))
    for code, pk, period, amount, status, unit in rows:
        by_period[code][period][pk] = Value(amount, unit, status, period, reason_of(status, amount))
    return {code: periods[max(periods)] for code, periods in by_period.items()}


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
        held = [values.get(code, {}).get(peer.pk) for peer in peers]
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
