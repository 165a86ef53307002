"""How many persons: legal populations, and persons under the poverty line as an estimate with its interval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from maillage.engines import estimates
from maillage.indicators.enums import Known, Status
from maillage.indicators.models import Observation
from maillage.indicators.selectors.values import Source, Value, current, source_of, unknown
from maillage.kernel.numbers import NBSP
from maillage.kernel.period import Period, PeriodInvalid
from maillage.territories.enums import Level
from maillage.territories.models import Population, Territory

PERSONS = "persons"
Terms = dict[str, dict[str, list[Observation]]]  # period → indicator code → observations
_SEAT_RULE = (
    f"Estimation{NBSP}: somme des EPCI dont le siège est dans le territoire, chacun comptant en entier, "
    "du taux de pauvreté multiplié par les personnes des ménages fiscaux."
)
_OWN_RULE = f"Estimation{NBSP}: taux de pauvreté multiplié par les personnes des ménages fiscaux."


def population(territory: Territory, *, near: str = "") -> Value:
    """The legal municipal population of the reference year nearest to a period (the latest when none is given)."""
    return populations([territory], near=near)[territory.code]


def populations(territories: Iterable[Territory], *, near: str = "") -> dict[str, Value]:
    """Legal municipal populations by territory code, in one query."""
    wanted = list(territories)
    known: dict[int, list[Population]] = defaultdict(list)
    rows = Population.objects.filter(territory__in=wanted).select_related("edition")
    for row in rows.defer("edition__report", "edition__scope").order_by("year"):
        known[row.territory_id].append(row)
    return {territory.code: _population_value(territory, known.get(territory.pk, []), near) for territory in wanted}


def poor_persons(territories: Sequence[Territory]) -> dict[str, Value]:
    """Persons under the poverty line by territory code: estimates with their interval, computed and never stored.

    An EPCI: its rate times its fiscal persons, both of one year. A département, a region, the country: the sum over
    the EPCI whose seat lies there. One EPCI without a value makes the sum unknown.
    """
    members = seats_of(territories)
    own = _own_estimates({epci for epcis in members.values() for epci in epcis})
    return {territory.code: gather(territory, members[territory.code], own) for territory in territories}


def population_source(row: Population) -> str:
    """Where a legal population comes from: the loaded edition, its producer named once."""
    if row.edition is None:
        return "Populations légales"
    publisher, title = row.edition.publisher, row.edition.title
    return f"{publisher}, {title}" if publisher and not title.startswith(publisher) else title


def _population_value(territory: Territory, rows: Sequence[Population], near: str) -> Value:
    if not rows:
        return unknown(PERSONS, "population légale non chargée")
    chosen = min(rows, key=lambda row: (_distance(row.year, near), -row.year)) if near else rows[-1]
    return Value(
        amount=Decimal(chosen.municipal),
        unit=PERSONS,
        status=Status.PUBLISHED,
        period=str(chosen.year),
        perimeter="population municipale",
        note="Tout l'EPCI, communes hors de la région comprises." if territory.level == Level.EPCI else "",
        sources=(
            Source(population_source(chosen), "", f"population municipale {chosen.year}", "territory", territory.code),
        ),
    )


def _distance(year: int, near: str) -> int:
    try:
        return Period.of_year(year).distance_days(Period.parse(near))
    except PeriodInvalid:
        return 0


def seats_of(territories: Sequence[Territory]) -> dict[str, list[int]]:
    """Keys of the EPCI that stand for each territory: itself, or those whose seat lies inside it."""
    found: dict[str, list[int]] = {territory.code: [] for territory in territories}
    wider = {t.pk: t.code for t in territories if t.level not in {Level.EPCI, Level.COMMUNE}}
    for territory in territories:
        if territory.level == Level.EPCI:
            found[territory.code].append(territory.pk)
    if wider:
        lines = Territory.objects.filter(level=Level.EPCI, valid_to__isnull=True).values_list(
            "pk", "parent_id", "parent__parent_id", "parent__parent__parent_id"
        )
        for key, *above in lines.order_by("pk"):
            for code in {wider[pk] for pk in above if pk in wider}:
                found[code].append(key)
    return found


def _own_estimates(epcis: set[int]) -> dict[int, Value]:
    """The estimate of each EPCI, from the latest year for which both its rate and its fiscal persons are known."""
    terms: dict[int, dict[str, dict[str, list[Observation]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    observations = Observation.objects.filter(
        territory__in=epcis, indicator__code__in=[Known.POVERTY_RATE, Known.FISCAL_PERSONS], value__isnull=False
    ).with_sources()
    for observation in observations.order_by("pk"):
        terms[observation.territory_id][observation.period][observation.indicator.code].append(observation)
    return {key: value for key, by_period in terms.items() if (value := _latest_estimate(by_period)) is not None}


def _latest_estimate(by_period: Terms) -> Value | None:
    for period in sorted(by_period, reverse=True):
        rate = current(by_period[period].get(Known.POVERTY_RATE, []))
        persons = current(by_period[period].get(Known.FISCAL_PERSONS, []))
        if rate is None or persons is None or rate.value is None or persons.value is None:
            continue
        estimate = estimates.persons_at_rate(
            persons.value, rate.value, decimals=rate.indicator.decimals, is_floor=rate.status == Status.FLOOR
        )
        return _estimated(estimate, period, (source_of(rate), source_of(persons)), _OWN_RULE)
    return None


def gather(territory: Territory, epcis: list[int], own: dict[int, Value]) -> Value:
    """The value of a territory from those of the EPCI that stand for it; unknown, and why, as soon as one is."""
    values = [own[key] for key in epcis if key in own]
    if territory.level == Level.COMMUNE:
        return unknown(PERSONS, "estimation faite par EPCI, jamais par commune")
    if not epcis:
        return unknown(PERSONS, "aucun EPCI chargé pour ce territoire")
    if len(values) < len(epcis):
        missing = len(epcis) - len(values)
        reason = f"taux ou personnes des ménages fiscaux non chargés pour {missing} EPCI sur {len(epcis)}"
        return unknown(PERSONS, reason)
    if territory.level == Level.EPCI:
        return values[0]
    periods = sorted({value.period for value in values})
    if len(periods) > 1:
        return unknown(PERSONS, f"les EPCI n'ont pas tous la même année{NBSP}: {', '.join(periods)}")
    total = estimates.total(value.estimate for value in values if value.estimate is not None)
    sources = tuple(dict.fromkeys(source for value in values for source in value.sources))
    return _estimated(total, periods[0], sources, _SEAT_RULE)


def _estimated(estimate: estimates.Estimate, period: str, sources: tuple[Source, ...], note: str) -> Value:
    return Value(
        amount=estimate.value,
        unit=PERSONS,
        status=Status.ESTIMATED,
        period=period,
        low=estimate.low,
        high=estimate.high,
        perimeter="personnes des ménages fiscaux",
        note=note,
        sources=sources,
    )
