"""What every read about figures returns: a value with what it is worth and where it comes from.

Unknown is a value (`amount is None`, with its reason); zero is another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.urls import reverse

from maillage.engines.estimates import Estimate
from maillage.indicators.enums import Status
from maillage.indicators.models import Indicator, Observation
from maillage.kernel.errors import MaillageError
from maillage.kernel.numbers import NBSP, french_list
from maillage.kernel.period import Period, PeriodInvalid


class NotSummable(MaillageError):
    """A rate, a median or any indicator whose definition says that its values do not add up."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a number comes from. `url_name` and `url_arg` name the page that shows it at its place."""

    label: str
    document: str = ""
    locator: str = ""
    url_name: str = ""
    url_arg: str = ""

    @property
    def url(self) -> str:
        return reverse(self.url_name, args=[self.url_arg]) if self.url_name else ""

    def __str__(self) -> str:
        return f"{self.label}, {self.locator}" if self.locator else self.label


@dataclass(frozen=True, slots=True)
class Value:
    """A number for a territory and a period. `amount` is None when unknown, and `reason` (French) says why.

    `low` and `high` are the bounds of an estimate. `period` is canonical (« 2020 »). `unit` is the indicator's.
    """

    amount: Decimal | None
    unit: str
    status: str = Status.PUBLISHED
    period: str = ""
    reason: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    perimeter: str = ""
    note: str = ""
    sources: tuple[Source, ...] = field(default=())

    @property
    def known(self) -> bool:
        return self.amount is not None

    @property
    def is_estimate(self) -> bool:
        return self.status == Status.ESTIMATED

    @property
    def status_label(self) -> str:
        return str(Status(self.status).label)

    @property
    def source(self) -> Source | None:
        return self.sources[0] if self.sources else None

    @property
    def period_label(self) -> str:
        return period_label(self.period)

    @property
    def estimate(self) -> Estimate | None:
        """The value with its bounds; an exact value is its own bounds. None when unknown."""
        if self.amount is None:
            return None
        return Estimate(
            self.amount if self.low is None else self.low,
            self.amount,
            self.amount if self.high is None else self.high,
        )


def unknown(unit: str, reason: str, *, period: str = "", status: str = Status.UNAVAILABLE) -> Value:
    """A value that is not known, and why."""
    return Value(None, unit, status=status, period=period, reason=reason)


def period_label(period: str) -> str:
    """« mai-juin 2020 »; the text itself where it is not a period."""
    try:
        return Period.parse(period).label_fr if period else ""
    except PeriodInvalid:
        return period


def of_observation(observation: Observation) -> Value:
    """Needs `indicator`, `document` and `edition` selected with the observation."""
    status = observation.status
    reason = reason_of(status, observation.value)
    return Value(
        amount=observation.value,
        unit=observation.indicator.unit,
        status=status,
        period=observation.period,
        reason=reason,
        low=observation.low,
        high=observation.high,
        perimeter=observation.perimeter,
        note=observation.note,
        sources=(source_of(observation),),
    )


def reason_of(status: str, amount: Decimal | None) -> str:
    """Why a value is not known, in French; '' for one that is."""
    return "" if amount is not None else _REASONS.get(status, "valeur inconnue")


def source_of(observation: Observation) -> Source:
    """The document where there is one, the loaded edition otherwise."""
    if observation.document is not None:
        code = observation.document.code
        return Source(code, code, observation.locator, "document", code)
    label = observation.indicator.producer or "Source à préciser"
    if observation.edition is not None:
        publisher = observation.edition.publisher
        label = f"{publisher}, {observation.edition.title}" if publisher else observation.edition.title
    return Source(label, "", observation.locator, "indicator", observation.indicator.code)


def current(observations: Iterable[Observation]) -> Observation | None:
    """Of several observations of one thing, the one loaded last."""
    ranked = sorted(observations, key=_loaded)
    return ranked[-1] if ranked else None


def value_of(observations: Sequence[Observation]) -> Value | None:
    """The value loaded last; where another source says otherwise, the note names it."""
    chosen = current(observations)
    if chosen is None:
        return None
    value = of_observation(chosen)
    others = sorted({str(source_of(o)) for o in observations if o.pk != chosen.pk and o.value != chosen.value})
    if others:
        said = f"Autre valeur selon{NBSP}: {french_list(others)}."
        value = replace(value, note=f"{value.note} {said}".strip())
    return value


def sum_over_territories(indicator: Indicator, values: Sequence[Value], *, period: str = "") -> Value:
    """Add values of several territories. Raises NotSummable where the indicator's definition forbids it.

    One unknown part makes the sum unknown: a smaller sum shown as the whole would be false.
    """
    if not indicator.summable_territories:
        raise NotSummable(f"«{NBSP}{indicator.label}{NBSP}» ne s'additionne pas entre territoires.")
    missing = [value for value in values if not value.known]
    if not values:
        return unknown(indicator.unit, "aucune valeur chargée", period=period)
    if missing:
        return unknown(indicator.unit, f"{len(missing)} valeur(s) sur {len(values)} manque(nt)", period=period)
    parts = [value.estimate for value in values if value.estimate is not None]
    estimated = any(value.is_estimate for value in values)
    perimeters = {value.perimeter for value in values}
    return Value(
        amount=sum((part.value for part in parts), Decimal(0)),
        unit=indicator.unit,
        status=Status.ESTIMATED if estimated else values[0].status,
        period=period or values[0].period,
        low=sum((part.low for part in parts), Decimal(0)) if estimated else None,
        high=sum((part.high for part in parts), Decimal(0)) if estimated else None,
        perimeter=perimeters.pop() if len(perimeters) == 1 else "",
        sources=tuple(dict.fromkeys(source for value in values for source in value.sources)),
    )


def _loaded(observation: Observation) -> tuple[str, int]:
    edition = observation.edition
    return (edition.loaded_at.isoformat() if edition else "", observation.pk or 0)


_REASONS = {
    str(Status.SUPPRESSED): "couvert par le secret statistique",
    str(Status.UNAVAILABLE): "non disponible à la source",
}
