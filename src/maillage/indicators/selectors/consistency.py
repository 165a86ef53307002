"""Every stated figure with its verdict: what the engine concludes from the documents and the observations loaded.

A verdict is always that of the figures as they are now: what is kept between two reads is keyed by all that was read.
Every figure is read as a light row, because the verdict of one needs those of other documents; only the figures that
a page shows become instances.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from django.db.models import FilteredRelation, Q, QuerySet

from maillage.engines import consistency as engine
from maillage.indicators.models import Observation, StatedFigure, Waiver
from maillage.indicators.selectors.values import source_of
from maillage.kernel.provenance import Status as ValueStatus
from maillage.pacts.models import Axis
from maillage.territories.models import Population, Territory

# The name by which a relation asks for the legal population: share(X;population).
POPULATION_NAME = "population"
_NAMES = re.compile(r"[^\W\d_][\w-]*", re.ASCII)


# Beyond this many figures, reading all of them costs less than naming those wanted.
_NAMED = 1_000


class Row(NamedTuple):
    """A stated figure as the engine needs it, with what pages choose by."""

    key: str
    label: str
    period: str
    value: Decimal | None
    unit: str
    printed_as: str
    relation: str
    document: str
    locator: str
    perimeter: str
    indicator: str | None
    pk: int
    territory_id: int
    axis_id: int | None
    measure_id: int | None
    level: str
    territory: str
    parent: str | None
    grandparent: str | None
    widest: str | None

    @property
    def lineage(self) -> tuple[str | None, ...]:
        """Codes of the territory and of all that contain it."""
        return (self.territory, self.parent, self.grandparent, self.widest)


_COLUMNS = (
    *("code", "label", "period", "value", "unit", "printed_as", "relation"),
    *("document__code", "locator", "perimeter", "indicator__code"),
    *("pk", "territory_id", "axis_id", "measure_id", "territory__level", "territory__code"),
    *("territory__parent__code", "territory__parent__parent__code", "territory__parent__parent__parent__code"),
)
Verdicts = Mapping[str, engine.Verdict]


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


def check(document: str = "", *, keep: Callable[[Row], bool] | None = None) -> tuple[Checked, ...]:
    """Every figure, or those of one document, or those kept, in the order of the documents.

    The others still serve as evidence: `keep` says what is shown, never what is compared.
    """
    rows, verdicts = _read()
    wanted = [row for row in rows if (not document or row.document == document) and (keep is None or keep(row))]
    return _checked(wanted, verdicts, everything=len(wanted) == len(rows))


def check_with_related(code: str) -> tuple[Checked, ...]:
    """One figure first, then those that its verdict names. Empty when no figure has this code."""
    rows, verdicts = _read()
    if code not in verdicts:
        return ()
    named = {code, *verdicts[code].related}
    found = _checked([row for row in rows if row.key in named], verdicts)
    return tuple(sorted(found, key=lambda item: item.figure.code != code))


def _read() -> tuple[tuple[Row, ...], Verdicts]:
    found = StatedFigure.objects.order_by("document__code", "position", "code").values_list(*_COLUMNS)
    rows = tuple(Row._make(one) for one in found)
    return rows, _verdicts(rows, tuple(observed(rows)))


@lru_cache(maxsize=8)
def _verdicts(rows: tuple[Row, ...], observations: tuple[engine.Observed, ...]) -> Verdicts:
    """The engine is pure: the same input has the same verdicts. The key is the whole input, so nothing grows stale."""
    verdicts = engine.check(tuple(_figure(row) for row in rows), observations)
    return MappingProxyType({verdict.figure: verdict for verdict in verdicts})


def _checked(wanted: Sequence[Row], verdicts: Verdicts, *, everything: bool = False) -> tuple[Checked, ...]:
    """Instances of the figures wanted, and of those that their verdicts name, in one query."""
    keys = {row.key for row in wanted}
    for row in wanted:
        keys.update(verdicts[row.key].related)
    by_code = _instances(keys, everything=everything)
    return tuple(
        Checked(
            by_code[row.key],
            verdicts[row.key],
            _fetched_waiver(by_code[row.key]),
            tuple(by_code[key] for key in verdicts[row.key].related if key in by_code and key != row.key),
        )
        for row in wanted
        if row.key in by_code  # a figure may leave between two reads
    )


def _instances(codes: Collection[str], *, everything: bool) -> dict[str, StatedFigure]:
    figures = stated_figures()
    if not everything and len(codes) <= _NAMED:
        figures = figures.filter(code__in=codes)
    return {figure.code: figure for figure in figures}


def discrepancies(territory: Territory | None = None, *, checked: Iterable[Checked] | None = None) -> Discrepancies:
    """What contradicts, on one territory or everywhere. Pass `checked` where the page has it already."""
    found = [item for item in (check() if checked is None else checked) if item.is_discrepancy]
    if territory is not None:
        found = [item for item in found if item.figure.territory_id == territory.pk]
    return Discrepancies(tuple(sorted(found, key=lambda item: not item.is_open)))


def figures_for_axis(axis: Axis, *, checked: Iterable[Checked] | None = None) -> tuple[Checked, ...]:
    """What documents assert on an axis, each with its verdict."""
    if checked is None:
        return check(keep=lambda row: row.axis_id == axis.pk)
    return tuple(item for item in checked if item.figure.axis_id == axis.pk)


def counts(checked: Iterable[Checked]) -> dict[str, int]:
    """How many of each verdict, every verdict named, in the engine's order."""
    found = Counter(item.kind for item in checked)
    return {kind.value: found.get(kind.value, 0) for kind in engine.VerdictKind}


def stated_figures() -> QuerySet[StatedFigure]:
    """Stated figures with all that a page shows of them, in the order of the documents."""
    in_force = FilteredRelation("waivers", condition=Q(waivers__withdrawn_at__isnull=True))
    return (
        StatedFigure.objects.annotate(fetched_waiver=in_force)
        .select_related("document", "indicator", "axis__pact", "measure", "territory__parent__parent__parent")
        .select_related("fetched_waiver__by")  # type: ignore[misc]  # the plugin knows no FilteredRelation
        .order_by("document__code", "position", "code")
    )


def waiver_in_force(figure: StatedFigure) -> Waiver | None:
    """The waiver in force, read from the database now."""
    return figure.waivers.filter(withdrawn_at__isnull=True).select_related("by").first()


def _fetched_waiver(figure: StatedFigure) -> Waiver | None:
    """The waiver that `stated_figures` fetched: Django sets nothing where the join found none."""
    found: Waiver | None = getattr(figure, "fetched_waiver", None)
    return found


def observed(rows: Sequence[Row]) -> list[engine.Observed]:
    """Official values that may serve as evidence: those of the figures' territories, and the legal populations."""
    territories = {row.territory_id for row in rows}
    codes = {row.indicator for row in rows if row.indicator is not None}
    names = codes | {name for relation in {row.relation for row in rows} for name in _NAMES.findall(relation)}
    observations = (
        Observation.objects.filter(territory__in=territories, indicator__code__in=names, axis__isnull=True)
        .with_sources()
        .select_related("territory")
        .order_by("indicator__code", "territory__code", "period", "pk")
    )
    populations = (
        Population.objects.filter(territory__in=territories)
        .select_related("territory")
        .order_by("territory__code", "year")
    )
    return [_observed(one) for one in observations] + [_population(one) for one in populations]


def _figure(row: Row) -> engine.Figure:
    return engine.Figure(
        key=row.key,
        label=row.label,
        territory=row.territory,
        period=row.period,
        value=row.value,
        unit=row.unit,
        printed_as=row.printed_as,
        relation=row.relation,
        document=row.document,
        locator=row.locator,
        perimeter=row.perimeter,
        indicator=row.indicator or "",
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
