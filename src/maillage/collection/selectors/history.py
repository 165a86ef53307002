"""What was known of the same figure before, and what looks strange beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from maillage.collection.enums import Answer, RequestStatus
from maillage.collection.models import Campaign, FigureRequest, RequestedFigure
from maillage.core.models import AuditEntry
from maillage.indicators.enums import Nature
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors.values import current, period_label, source_of
from maillage.kernel.numbers import NARROW_NBSP, NBSP, format_number
from maillage.kernel.period import Period

FAR = 10  # times last year's value: an order of magnitude, the usual slip of a unit or of a zero


@dataclass(frozen=True, slots=True)
class Before:
    """The value of the year before, where it comes from, and its period."""

    value: Decimal
    period: str
    source: str

    @property
    def period_label(self) -> str:
        return period_label(self.period)


def year_shifted(period: str, years: int) -> str:
    """The same period some years later: « 2024-11 » by one is « 2025-11 », « 2023/2024 » is « 2024/2025 »."""
    parts = []
    for part in period.split("/"):
        year, dash, rest = part.partition("-")
        shifted = f"{int(year) + years:04d}{dash}{rest}"
        # 29 February has no anniversary: its month stands for it.
        parts.append(shifted[:7] if rest == "02-29" else shifted)
    return Period.parse("/".join(parts)).canonical


def before(figure_request: FigureRequest, figures: Sequence[RequestedFigure]) -> dict[int, Before]:
    """For each figure that has one, the value of the year before: the partner's own answer, else an observation.

    Two queries, whatever the number of figures.
    """
    wanted = {one.pk: (one.indicator_id, one.territory_id, year_shifted(one.period, -1)) for one in figures}
    periods = {period for _, _, period in wanted.values()}
    given = _given(figure_request, periods)
    observed = _observed({one.indicator_id for one in figures}, {one.territory_id for one in figures}, periods)
    found = {}
    for pk, key in wanted.items():
        known = given.get(key) or observed.get(key)
        if known is not None:
            found[pk] = known
    return found


def _given(figure_request: FigureRequest, periods: set[str]) -> dict[tuple[int, int, str], Before]:
    answers = (
        RequestedFigure.objects.filter(
            request__partner=figure_request.partner,
            request__kind=figure_request.kind,
            request__status=RequestStatus.VALIDATED,
            period__in=periods,
            answer=Answer.KNOWN,
        )
        .exclude(request=figure_request)
        .select_related("request__campaign")
        .order_by("request__validated_at", "pk")
    )
    return {
        (one.indicator_id, one.territory_id, one.period): Before(one.value, one.period, one.request.campaign.title)
        for one in answers
        if one.value is not None
    }


def _observed(indicators: set[int], territories: set[int], periods: set[str]) -> dict[tuple[int, int, str], Before]:
    observations = (
        Observation.objects.filter(
            indicator__in=indicators, territory__in=territories, period__in=periods, axis__isnull=True
        )
        .with_sources()
        .order_by("pk")
    )
    grouped: dict[tuple[int, int, str], list[Observation]] = {}
    for one in observations:
        grouped.setdefault((one.indicator_id, one.territory_id, one.period), []).append(one)
    found = {}
    for key, group in grouped.items():
        last = current(group)
        if last is not None and last.value is not None:
            found[key] = Before(last.value, last.period, str(source_of(last)))
    return found


def warnings(indicator: Indicator, value: Decimal | None, earlier: Before | None) -> list[str]:
    """What looks strange in a value, in French. Nothing here blocks: the partner knows, the reader is told."""
    if value is None:
        return []
    return [text for text in (_far(value, earlier), _pieces(indicator, value)) if text]


def _far(value: Decimal, earlier: Before | None) -> str:
    if earlier is None or earlier.value == 0 or value == 0:
        return ""
    times = abs(value / earlier.value)
    told = f"{earlier.period_label}{NBSP}: {format_number(earlier.value, _decimals(earlier.value))}"
    if times >= FAR:
        return f"Au moins {FAR}{NBSP}fois la valeur de l'an passé ({told}). Vérifiez l'unité et les zéros."
    if times * FAR <= 1:
        return f"Au plus un dixième de la valeur de l'an passé ({told}). Vérifiez l'unité et les zéros."
    if (value < 0) != (earlier.value < 0):
        return f"Le signe n'est pas celui de l'an passé ({told})."
    return ""


def _decimals(value: Decimal) -> int | None:
    return 0 if value == value.to_integral_value() else None


def _pieces(indicator: Indicator, value: Decimal) -> str:
    """A number of things with decimals is often an average, or a value in thousands."""
    counted = indicator.nature in (Nature.STOCK, Nature.FLOW) and indicator.decimals == 0
    if not counted or value == value.to_integral_value() or indicator.unit in ("EUR", "MEUR", "%"):
        return ""
    return f"Cet indicateur compte des unités entières{NARROW_NBSP}; la valeur a des décimales."


def journal_of(obj: Campaign | FigureRequest | RequestedFigure) -> list[AuditEntry]:
    """What the journal holds of this very object, the latest first."""
    found = AuditEntry.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk))
    return list(found.select_related("actor").order_by("-at", "-pk"))
