"""What the comparing page reads: a ranking, two indicators, lines in time; and why some things are not compared."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from django.db.models import Exists, OuterRef, Q, QuerySet

from maillage.engines import comparability, pairs
from maillage.engines.comparability import Described, Verdict
from maillage.engines.estimates import Estimate
from maillage.engines.rank_intervals import Rank, published, rank_intervals, step_of
from maillage.indicators.enums import Known, Status
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors import series as whole_series
from maillage.indicators.selectors.level_values import LevelValues, Place
from maillage.indicators.selectors.people import populations
from maillage.indicators.selectors.values import Value, period_label, value_of
from maillage.territories import selectors as territories
from maillage.territories.enums import Level
from maillage.territories.models import Population, Territory

ACCEPTED = Verdict()
MAX_LINES = 6  # territories on one drawing: more cannot be told apart


def indicators_held() -> QuerySet[Indicator]:
    """Indicators that have a value, or are computed when they are read."""
    held = Exists(Observation.objects.filter(indicator=OuterRef("pk")))
    return Indicator.objects.filter(held | Q(code__in=whole_series.DERIVED)).order_by("label", "code")


def areas(asked: str = "") -> list[Territory]:
    """Where a comparison may be held: regions, the départements of the instance's region, and the one asked for."""
    wanted = Q(level=Level.REGION) | Q(level__in=[Level.DEPARTEMENT, Level.EPCI], code=asked)
    region = territories.instance_region()
    if region is not None:
        wanted |= Q(level=Level.DEPARTEMENT, parent=region)
    return list(territories.current().filter(wanted).order_by("-level", "sort_name", "code"))


def described(indicator: Indicator, level: str, value: Value, geography: str = "") -> Described:
    """A value as the comparability engine reads it."""
    return Described(
        indicator=indicator.code,
        label=indicator.label,
        unit=value.unit,
        nature=indicator.nature,
        level=level,
        level_label=str(Level(level).label),
        period=value.period,
        period_label=period_label(value.period),
        perimeter=value.perimeter,
        geography=geography,
    )


def interval_of(value: Value, step: Decimal) -> Estimate | None:
    """The bounds of a value: its own where it is an estimate, else what the rounding of the publication leaves."""
    if value.amount is None:
        return None
    if value.low is not None and value.high is not None:
        return value.estimate
    return published(value.amount, step=step, is_floor=value.status == Status.FLOOR)


# --- ranking --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ranked:
    place: Place
    value: Value
    interval: Estimate
    rank: Rank


@dataclass(frozen=True, slots=True)
class Ranking:
    """`rows`, the first rank first; empty where `verdict` refuses. `perimeters`: how many values have each.

    `step`: from one published value to the next, whose half is the interval of a value that is not an estimate.
    """

    values: LevelValues
    verdict: Verdict
    perimeters: tuple[tuple[str, int], ...]
    step: Decimal
    rows: tuple[Ranked, ...] = ()
    unknown: tuple[tuple[Place, Value], ...] = ()

    def of(self, code: str) -> Ranked | None:
        return next((row for row in self.rows if row.place.code == code), None)


def ranking(values: LevelValues, *, perimeter: str | None = None, highest_first: bool = True) -> Ranking:
    """Territories ranked by a value of one period. `perimeter` keeps the values of one perimeter; None takes all."""
    counted = Counter(value.perimeter for _, value in values.known)
    perimeters = tuple(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))
    known = [row for row in values.known if perimeter is None or row[1].perimeter == perimeter]
    unknown = tuple(row for row in values.rows if not row[1].known)
    step = step_of([value.amount for _, value in known if value.amount], decimals=values.indicator.decimals)
    verdict = comparability.together(described(values.indicator, values.level, value) for _, value in known)
    if not verdict.comparable:
        return Ranking(values, verdict, perimeters, step, unknown=unknown)
    held = [(place, value, bounds) for place, value in known if (bounds := interval_of(value, step))]
    ranks = rank_intervals([bounds for *_, bounds in held], highest_first=highest_first)
    rows = [Ranked(*row, rank) for row, rank in zip(held, ranks, strict=True)]
    sign = -1 if highest_first else 1
    rows.sort(key=lambda row: (sign * row.interval.value, row.rank.best, row.rank.worst))
    return Ranking(values, verdict, perimeters, step, tuple(rows), unknown)


# --- two indicators -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Point:
    place: Place
    across: Value
    upward: Value
    named: bool = False


@dataclass(frozen=True, slots=True)
class Cloud:
    """Territories that have both values. `missing`: how many have one at most."""

    across: LevelValues
    upward: LevelValues
    verdict: Verdict
    points: tuple[Point, ...] = ()
    missing: int = 0
    correlation: pairs.Correlation | None = None


def cloud(across: LevelValues, upward: LevelValues) -> Cloud:
    """Two indicators of one level; refused, with the reason, where they may not be put together."""
    verdict = _both(across, upward)
    if not verdict.comparable:
        return Cloud(across, upward, verdict)
    other = {place.pk: value for place, value in upward.known}
    points = [Point(place, value, other[place.pk]) for place, value in across.known if place.pk in other]
    numbers = [(float(p.across.amount or 0), float(p.upward.amount or 0)) for p in points]
    named = set(pairs.extremes(numbers, each=1))
    return Cloud(
        across,
        upward,
        verdict,
        tuple(replace(point, named=place in named) for place, point in enumerate(points)),
        len(across.rows) - len(points),
        pairs.correlate(numbers),
    )


def _both(across: LevelValues, upward: LevelValues) -> Verdict:
    """The axes between them first (levels, twice the same thing), then each one in itself."""
    sides = [[described(one.indicator, one.level, value) for _, value in one.known] for one in (across, upward)]
    firsts = [side[0] if side else _bare(one) for side, one in zip(sides, (across, upward), strict=True)]
    verdict = comparability.scatter(firsts[0], firsts[1])
    for side in sides:
        alone = comparability.together(side)
        if verdict.comparable and not alone.comparable:
            reason = f"{side[0].label}. {alone.reason}"
            return Verdict(reason, "Choisissez une période ou un niveau où toutes les valeurs ont le même périmètre.")
    return verdict


def _bare(values: LevelValues) -> Described:
    """An axis without any value."""
    return described(values.indicator, values.level, Value(None, values.indicator.unit, period=values.period))


# --- lines in time --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moment:
    """A value of a territory, and how it compares with the one before (None for the first)."""

    value: Value
    geography: str = ""
    since: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """The values of a territory in time; `refused` says why it is not drawn with the others."""

    territory: Territory
    moments: tuple[Moment, ...]
    refused: Verdict = ACCEPTED

    @property
    def breaks(self) -> tuple[tuple[str, str, str], ...]:
        """(period before, period after, reason) wherever the line is cut."""
        return tuple(
            (before.value.period, after.value.period, after.since.reason)
            for before, after in pairwise(self.moments)
            if after.since is not None and not after.since.comparable
        )


@dataclass(frozen=True, slots=True)
class Lines:
    indicator: Indicator
    lines: tuple[Line, ...]

    @property
    def drawn(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.refused.comparable and line.moments)

    @property
    def periods(self) -> tuple[str, ...]:
        return tuple(sorted({moment.value.period for line in self.drawn for moment in line.moments}))


def lines(indicator: Indicator, chosen: Sequence[Territory]) -> Lines:
    """The series of each territory, cut where two periods do not compare; a territory that cannot join says why."""
    moments = _moments(indicator, chosen)
    made: list[Line] = []
    for territory in chosen:
        line = Line(territory, tuple(_compared(indicator, territory, moments[territory.pk])))
        first = next((one for one in made if one.refused.comparable and one.moments), None)
        made.append(replace(line, refused=_joins(indicator, first, line)) if first and line.moments else line)
    return Lines(indicator, tuple(made))


def _compared(indicator: Indicator, territory: Territory, moments: Sequence[Moment]) -> Iterable[Moment]:
    told = [described(indicator, territory.level, one.value, one.geography) for one in moments]
    for place, moment in enumerate(moments):
        yield replace(moment, since=comparability.evolution(told[place - 1], told[place])) if place else moment


def _joins(indicator: Indicator, first: Line, line: Line) -> Verdict:
    """Against the first territory drawn, period by period."""
    before = {one.value.period: one.value for one in first.moments}
    told = [
        comparability.alongside(
            described(indicator, first.territory.level, before.get(one.value.period, first.moments[0].value)),
            described(indicator, line.territory.level, one.value),
        )
        for one in line.moments
    ]
    return next((verdict for verdict in told if not verdict.comparable), told[0])


def _moments(indicator: Indicator, chosen: Sequence[Territory]) -> dict[int, list[Moment]]:
    found: dict[int, list[Moment]] = defaultdict(list)
    if indicator.code == Known.POPULATION:
        return _populations(chosen)
    if indicator.code in whole_series.DERIVED:
        wanted = {territory.pk for territory in chosen}
        for level in sorted({territory.level for territory in chosen}):
            for point in whole_series.series(indicator, level).points:
                if point.territory.pk in wanted:
                    found[point.territory.pk].append(Moment(point.value))
        return found
    grouped: dict[tuple[int, str], list[Observation]] = defaultdict(list)
    observations = Observation.objects.filter(indicator=indicator, territory__in=chosen, axis__isnull=True)
    for one in observations.with_sources().order_by("period", "pk"):
        grouped[one.territory_id, one.period].append(one)
    for (territory, _period), same in grouped.items():
        value = value_of(same)
        if value is not None:
            found[territory].append(Moment(value, same[-1].geography))
    return found


def _populations(chosen: Sequence[Territory]) -> dict[int, list[Moment]]:
    """Every reference year: a legal population is published each year."""
    held = Population.objects.filter(territory__in=chosen).order_by("year").values_list("year", flat=True).distinct()
    found: dict[int, list[Moment]] = defaultdict(list)
    for year in held:
        read = populations(chosen, near=str(year))
        for territory in chosen:
            value = read[territory.code]
            if value.period == str(year):
                found[territory.pk].append(Moment(value))
    return found
