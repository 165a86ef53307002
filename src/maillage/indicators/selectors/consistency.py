"""Every stated figure with its verdict: what the engine concludes from the documents and the observations loaded.

Nothing is kept between two reads: a verdict is always that of the figures as they are now.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from django.db.models import Prefetch, QuerySet

from maillage.engines import consistency as engine
from maillage.indicators.models import Observation, StatedFigure, Waiver
from maillage.indicators.selectors.values import source_of
from maillage.kernel.provenance import Status as ValueStatus
from maillage.pacts.models import Axis
from maillage.territories.models import Population, Territory

# The name by which a relation asks for the legal population: share(X;population).
POPULATION_NAME = "population"
_NAMES = re.compile(r"[^\W\d_][\w-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checked:
    """A stated figure, its verdict, the waiver in force if there is one, and the figures that the verdict names."""

    figure: StatedFigure
    verdict: engine.Verdict
    waiver: Waiver | None
    related: tuple[StatedFigure, ...]

    @property
    def kind(self) -> str:
        return self.verdict.kind.value

    @property
    def kind_label(self) -> str:
        return self.verdict.kind.label_fr

    @property
    def is_discrepancy(self) -> bool:
        return self.verdict.kind.is_discrepancy

    @property
    def is_open(self) -> bool:
        """A discrepancy that nobody has waived."""
        return self.is_discrepancy and self.waiver is None

    @property
    def recomputed(self) -> Decimal | None:
        return self.verdict.recomputed


@dataclass(frozen=True, slots=True)
class Discrepancies:
    """What contradicts: the open ones first, then those that a named person waived."""

    items: tuple[Checked, ...]

    @property
    def open(self) -> tuple[Checked, ...]:
        return tuple(item for item in self.items if item.is_open)

    @property
    def waived(self) -> tuple[Checked, ...]:
        return tuple(item for item in self.items if not item.is_open)

    @property
    def count(self) -> int:
        return len(self.open)


def check(document: str = "") -> tuple[Checked, ...]:
    """Every figure, or those of one document: the others still serve as evidence. Order of the documents."""
    figures = list(stated_figures())
    by_code = {figure.code: figure for figure in figures}
    verdicts = _verdicts(tuple(_figure(figure) for figure in figures), tuple(observed(figures)))
    by_key = {verdict.figure: verdict for verdict in verdicts}
    return tuple(
        Checked(
            figure,
            by_key[figure.code],
            waiver_in_force(figure),
            tuple(by_code[key] for key in by_key[figure.code].related if key in by_code and key != figure.code),
        )
        for figure in figures
        if not document or figure.document.code == document
    )


@lru_cache(maxsize=8)
def _verdicts(
    figures: tuple[engine.Figure, ...], observations: tuple[engine.Observed, ...]
) -> tuple[engine.Verdict, ...]:
    """The engine is pure: the same input has the same verdicts. The key is the whole input, so nothing grows stale."""
    return tuple(engine.check(figures, observations))


def discrepancies(territory: Territory | None = None, *, checked: Iterable[Checked] | None = None) -> Discrepancies:
    """What contradicts, on one territory or everywhere. Pass `checked` where the page has it already."""
    found = [item for item in (check() if checked is None else checked) if item.is_discrepancy]
    if territory is not None:
        found = [item for item in found if item.figure.territory_id == territory.pk]
    return Discrepancies(tuple(sorted(found, key=lambda item: not item.is_open)))


def figures_for_territory(territory: Territory, *, checked: Iterable[Checked] | None = None) -> tuple[Checked, ...]:
    """What documents assert on a territory, each with its verdict."""
    everything = check() if checked is None else checked
    return tuple(item for item in everything if item.figure.territory_id == territory.pk)


def figures_for_axis(axis: Axis, *, checked: Iterable[Checked] | None = None) -> tuple[Checked, ...]:
    """What documents assert on an axis, each with its verdict."""
    everything = check() if checked is None else checked
    return tuple(item for item in everything if item.figure.axis_id == axis.pk)


def counts(checked: Iterable[Checked]) -> dict[str, int]:
    """How many of each verdict, every verdict named, in the engine's order."""
    found = Counter(item.kind for item in checked)
    return {kind.value: found.get(kind.value, 0) for kind in engine.VerdictKind}


def stated_figures() -> QuerySet[StatedFigure]:
    """Stated figures with all that a page shows of them, in the order of the documents."""
    in_force = Waiver.objects.filter(withdrawn_at__isnull=True).select_related("by")
    return (
        StatedFigure.objects.select_related(
            "document", "indicator", "axis__pact", "measure", "territory__parent__parent__parent"
        )
        .prefetch_related(Prefetch("waivers", queryset=in_force, to_attr="waivers_in_force"))
        .order_by("document__code", "position", "code")
    )


def waiver_in_force(figure: StatedFigure) -> Waiver | None:
    """The waiver in force, from what `stated_figures` fetched or from the database."""
    fetched: list[Waiver] | None = getattr(figure, "waivers_in_force", None)
    if fetched is not None:
        return fetched[0] if fetched else None
    return figure.waivers.filter(withdrawn_at__isnull=True).select_related("by").first()


def observed(figures: Sequence[StatedFigure]) -> list[engine.Observed]:
    """Official values that may serve as evidence: those of the figures' territories, and the legal populations."""
    territories = {figure.territory_id for figure in figures}
    codes = {figure.indicator.code for figure in figures if figure.indicator is not None}
    names = codes | {name for figure in figures for name in _NAMES.findall(figure.relation)}
    observations = (
        Observation.objects.filter(territory__in=territories, indicator__code__in=names, axis__isnull=True)
        .select_related("indicator", "territory", "document", "edition")
        .order_by("indicator__code", "territory__code", "period", "pk")
    )
    populations = (
        Population.objects.filter(territory__in=territories)
        .select_related("territory", "edition")
        .order_by("territory__code", "year")
    )
    return [_observed(one) for one in observations] + [_population(one) for one in populations]


def _figure(figure: StatedFigure) -> engine.Figure:
    return engine.Figure(
        key=figure.code,
        label=figure.label,
        territory=figure.territory.code,
        period=figure.period,
        value=figure.value,
        unit=figure.unit,
        printed_as=figure.printed_as,
        relation=figure.relation,
        document=figure.document.code,
        locator=figure.locator,
        perimeter=figure.perimeter,
        indicator=figure.indicator.code if figure.indicator is not None else "",
    )


def _observed(observation: Observation) -> engine.Observed:
    return engine.Observed(
        indicator=observation.indicator.code,
        label=observation.indicator.label,
        territory=observation.territory.code,
        period=observation.period,
        value=observation.value,
        unit=observation.indicator.unit,
        source=str(source_of(observation)),
        status=ValueStatus(observation.status),
        low=observation.low,
        high=observation.high,
        document=observation.document.code if observation.document is not None else "",
        perimeter=observation.perimeter,
    )


def _population(population: Population) -> engine.Observed:
    return engine.Observed(
        indicator=POPULATION_NAME,
        label="population municipale légale",
        territory=population.territory.code,
        period=str(population.year),
        value=Decimal(population.municipal),
        unit="persons",
        source=f"populations légales {population.year}",
    )
