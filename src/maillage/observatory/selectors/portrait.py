"""The portrait of a territory: its figures beside a reference, its place, its services, its pact.

The page and the paper both read it. Nothing is imputed: a commune without a value of its own shows that of its EPCI,
under the EPCI's name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from maillage.core.models import User
from maillage.indicators.models import Indicator
from maillage.indicators.selectors.maps import MapSubject, territory_map
from maillage.indicators.selectors.series import Series
from maillage.indicators.selectors.values import Value, period_label, unknown
from maillage.kernel.numbers import NBSP
from maillage.observatory.selectors.portrait_offer import Services, ZoningLine, services_of, zonings_of
from maillage.observatory.selectors.portrait_pact import Pact, pact_of
from maillage.observatory.selectors.portrait_places import Choice, Surroundings, choices, surroundings
from maillage.observatory.selectors.portrait_position import RANKED, PeerValues, Position, peer_values, positions
from maillage.observatory.selectors.portrait_reading import (
    ALWAYS,
    GROUPS,
    Readings,
    add_poor_persons,
    add_quarters,
    read,
)
from maillage.observatory.selectors.portrait_words import day, difference
from maillage.sources.models import SourceEdition
from maillage.territories.enums import Level
from maillage.territories.models import Territory
from maillage.ui.maps import Map

TILES = ("POPULATION", "POVERTY-RATE", "POOR-PERSONS", "MEDIAN-INCOME", "FRANCE-SERVICES", "DECILE-RATIO")
TILES_AT_MOST = 5
MAPPED = ("POVERTY-RATE", "MEDIAN-INCOME")  # the first that is known for half of the territories of the map
SERVICES = "FRANCE-SERVICES"
ESSENTIAL = ("POVERTY-RATE", "MEDIAN-INCOME")
_STATISTICS = tuple(code for _, codes in GROUPS for code in codes if code not in ("POPULATION", SERVICES))


@dataclass(frozen=True)
class Figure:
    """One line: the territory's value, that of its EPCI (a commune's), that of the reference, and what parts them."""

    indicator: Indicator
    value: Value
    epci: Value | None
    reference: Value | None
    difference: str


@dataclass(frozen=True)
class Group:
    title: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Portrait:
    territory: Territory
    around: Surroundings
    choices: tuple[Choice, ...]
    reference: Territory | None
    groups: tuple[Group, ...]
    positions: tuple[Position, ...]
    series: tuple[Series, ...]  # those with two periods at least
    map: Map | None
    services: Services | None
    zonings: tuple[ZoningLine, ...]
    pact: Pact
    editions: tuple[SourceEdition, ...]
    has_statistics: bool
    on: date

    @property
    def epci(self) -> Territory | None:
        return self.around.epci

    @cached_property
    def figures(self) -> dict[str, Figure]:
        return {figure.indicator.code: figure for group in self.groups for figure in group.figures}

    @property
    def tiles(self) -> tuple[Figure, ...]:
        return tuple(self.figures[code] for code in TILES if code in self.figures)[:TILES_AT_MOST]

    @property
    def epci_column(self) -> Territory | None:
        """The EPCI of a commune, where it is not the reference already."""
        return None if self.epci is not None and self.epci == self.reference else self.epci

    @property
    def reference_name(self) -> str:
        """« EPCI : … » where the commune's own EPCI is the reference."""
        if self.reference is None:
            return ""
        is_epci = self.epci is not None and self.epci == self.reference
        return f"EPCI{NBSP}: {self.reference.name}" if is_epci else self.reference.name

    @property
    def identity(self) -> str:
        """« Commune (code 00000), département, région »."""
        level = Level(self.territory.level).label
        named = "SIREN" if self.territory.level == Level.EPCI else "code"
        above = [one.name for one in self.around.containing if one.level != Level.COUNTRY]
        code = f" ({named} {self.territory.insee})" if self.territory.insee else ""
        gone = self.territory.valid_to
        ended = [f"n’existe plus depuis le {day(gone)}"] if gone is not None else []
        return ", ".join([f"{level}{code}", *above, *ended])

    @cached_property
    def fingerprint(self) -> str:
        """The first letters of the checksum of every figure shown: a page and a paper that bear the same one agree."""
        told = [
            [code, *(_canonical(value) for value in (one.value, one.epci, one.reference))]
            for code, one in sorted(self.figures.items())
        ]
        money = [[line.contract.reference, line.sheets, str(line.planned)] for line in self.pact.contracts]
        ranks = [[one.indicator.code, one.rank, len(one.amounts)] for one in self.positions]
        text = json.dumps([self.territory.code, told, ranks, money], ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _canonical(value: Value | None) -> list[str] | None:
    return None if value is None else [str(value.amount), str(value.status), value.period]


def portrait_of(territory: Territory, *, user: User, on: date, asked: Territory | None = None) -> Portrait:
    """`territory` comes with the line above it. `asked`: the reference that the reader wants, if any."""
    around = surroundings(territory)
    offered = choices(around)
    beside = {one.territory.pk: one.territory for one in offered}
    if asked is not None and asked.pk != territory.pk and asked.pk not in beside:
        offered.append(Choice(asked, asked.name))
        beside[asked.pk] = asked
    readings = read([territory, *beside.values()], around.populations)
    reference = _reference(readings, territory, offered, asked)
    if territory.level == Level.COMMUNE:
        add_quarters(readings, territory)
    add_poor_persons(readings, _unique([territory, around.epci, reference]))
    services = services_of(territory, around.epci)
    counted = (SERVICES,) if services is not None else ()  # the list itself says more than its count
    values = peer_values([*around.peers, *around.neighbours], RANKED)
    return Portrait(
        territory=territory,
        around=around,
        choices=tuple(offered),
        reference=reference,
        groups=_groups(readings, around, reference, counted),
        positions=tuple(positions(readings, territory, around.peers, values, reference)),
        series=_series(readings, territory),
        map=_map(readings, around, values),
        services=services,
        zonings=tuple(zonings_of(territory)),
        pact=pact_of(around, readings, user, on),
        editions=_editions(readings, _unique([territory, around.epci, reference]), services),
        has_statistics=readings.holds(territory, _STATISTICS),
        on=on,
    )


def _unique(territories: Sequence[Territory | None]) -> list[Territory]:
    return list({one.pk: one for one in territories if one is not None}.values())


def _reference(
    readings: Readings, territory: Territory, offered: Sequence[Choice], asked: Territory | None
) -> Territory | None:
    """The one asked, else the widest that shares a year of statistics, else the one most is known of."""
    if asked is not None and asked.pk != territory.pk:
        return asked
    places = [one.territory for one in offered]
    same_year = (one for one in places if any(readings.share_a_period(territory, one, code) for code in ESSENTIAL))
    told = max(places, key=lambda one: sum(readings.holds(one, (code,)) for code in _STATISTICS), default=None)
    return next(same_year, told)


def _groups(
    readings: Readings, around: Surroundings, reference: Territory | None, without: Sequence[str]
) -> tuple[Group, ...]:
    territory, epci = around.territory, around.epci
    holders = {one.pk for one in around.containing}
    found = []
    for title, codes in readings.groups(_unique([territory, epci, reference]), without):
        figures = tuple(_figure(readings, code, territory, epci, reference, holders) for code in codes)
        found.append(Group(title, figures))
    return tuple(found)


def _figure(
    readings: Readings,
    code: str,
    territory: Territory,
    epci: Territory | None,
    reference: Territory | None,
    holders: set[int],
) -> Figure:
    indicator = readings.indicators[code]
    value = readings.latest(territory, code) or unknown(indicator.unit, "aucune valeur chargée")
    of_epci = readings.near(epci, code, value.period) if epci is not None else None
    other = readings.near(reference, code, value.period) if reference is not None else None
    holder = reference is not None and reference.pk in holders
    return Figure(indicator, value, of_epci, other, difference(indicator, value, other, holder=holder))


def _series(readings: Readings, territory: Territory) -> tuple[Series, ...]:
    """What has at least two known periods: the essential first, then in the order of reading."""
    order = [*ALWAYS, *(code for _, codes in GROUPS for code in codes if code not in ALWAYS)]
    found = [readings.series(territory, code) for code in order if (territory.pk, code) in readings.values]
    return tuple(one for one in found if sum(point.value.known for point in one.points) > 1)


# --- the map ---------------------------------------------------------------------------------------------------------


def _map(readings: Readings, around: Surroundings, values: PeerValues) -> Map | None:
    """The territory among its neighbours, its border drawn over theirs. Two queries."""
    shown = around.neighbours
    if not shown:
        return None
    code, period, held = _mapped(values, shown)
    indicator = readings.indicators[code]
    missing = unknown(indicator.unit, "aucune valeur chargée")
    subject = MapSubject(
        id="carte",
        title=f"{indicator.label}, {_shown_label(around)}" + (f", {period_label(period)}" if period else ""),
        value_label=indicator.label,
        unit=indicator.unit,
        decimals=indicator.decimals,
        source=indicator.producer,
    )
    drawn = territory_map(subject, [(one, held.get(one.pk, missing)) for one in shown])
    if drawn is None:
        return None
    own = [shape.path for shape in drawn.shapes if shape.code == around.territory.code]
    said = f"Le trait épais entoure {around.territory.name}." if own else ""
    outlines = own or list(drawn.outlines)
    return replace(drawn, outlines=outlines, note=f"{said} {drawn.note}".strip())


def _mapped(values: PeerValues, shown: Sequence[Territory]) -> tuple[str, str, dict[int, Value]]:
    """What the map shows: the first indicator known for half of the places, at its latest such year; else the most."""
    known = {
        (code, period): sum(one.pk in held and held[one.pk].known for one in shown)
        for code in MAPPED
        for period, held in sorted(values.get(code, {}).items(), reverse=True)
    }
    half = (key for key, count in known.items() if 2 * count >= len(shown))
    code, period = next(half, None) or max(known, key=lambda key: known[key], default=(MAPPED[0], ""))
    return code, period, values.get(code, {}).get(period, {})


def _shown_label(around: Surroundings) -> str:
    level = around.territory.level
    if level == Level.REGION:
        return "par EPCI"
    if level == Level.COMMUNE:
        if around.epci is not None:
            return f"communes de l’EPCI {around.epci.name}"
        return around.peers_label
    if level == Level.DEPARTEMENT and around.line:
        return f"départements de la région {around.line[0].name}"
    return around.peers_label


def _editions(readings: Readings, shown: Sequence[Territory], services: Services | None) -> tuple[SourceEdition, ...]:
    """Those behind the columns of the portrait and its list of services, once each."""
    found = {pk: edition for one in shown for pk, edition in readings.editions.get(one.pk, {}).items()}
    if services is not None and services.edition is not None:
        found[services.edition.pk] = services.edition
    return tuple(sorted(found.values(), key=lambda one: (one.publisher, one.title, one.pk)))


def edition_words(edition: SourceEdition) -> str:
    """« INSEE, Filosofi 2021 (empreinte 1a2b3c4d5e6f) »."""
    title = edition.title
    named = f"{edition.publisher}, {title}" if edition.publisher and not title.startswith(edition.publisher) else title
    return f"{named} (empreinte{NBSP}{edition.sha256[:12]})" if edition.sha256 else named
