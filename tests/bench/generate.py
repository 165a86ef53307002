"""An instance of any size, drawn from a fixed seed: the same one on every machine, never kept in the repository."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain, count, cycle, islice, product

from django.conf import settings
from django.db import transaction

from maillage.core.enums import Role
from maillage.core.models import User
from maillage.governance.models import Body
from maillage.indicators.enums import Known, Nature, Status
from maillage.indicators.models import Indicator, Observation, StatedFigure
from maillage.pacts.enums import MeasureKind
from maillage.pacts.models import Axis, Measure, Milestone, Pact, SupportedProject
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceDocument, SourceEdition
from maillage.territories.enums import Level
from maillage.territories.models import EpciMember, Population, Territory
from tests.bench import bulk
from tests.bench.size import SEED, Size
from tests.factories import Held, make_user

AT = datetime(2026, 1, 1, tzinfo=UTC)
YEARS = ("2019", "2020", "2021", "2022", "2023")
INVENTED_INDICATORS = 12
AXES = (4, 5)
MEASURES_PER_AXIS = 6

# INSEE's own codes of départements: 01 to 19, 21 to 95, Corsica in two, five overseas.
DEPARTEMENTS = [f"{n:02d}" for n in range(1, 96) if n != 20] + ["2A", "2B", "971", "972", "973", "974", "976"]


@dataclass(frozen=True, slots=True)
class Instance:
    """What the measures need to know of the instance that was built."""

    region: Territory
    departement: Territory
    epci: Territory
    document: SourceDocument
    indicator: Indicator
    measure: Measure
    commissioner: User


def build(size: Size) -> Instance:
    """Write the whole instance. The database must be empty."""
    draw = random.Random(SEED)  # noqa: S311  (a draw that can be repeated, not a secret)
    with transaction.atomic():
        edition = SourceEdition.objects.create(
            kind=EditionKind.OBSERVATIONS, title="Valeurs inventées", publisher="Personne", vintage="2023", loaded_at=AT
        )
        territories = _territories(size, edition, draw)
        axes = _pacts()
        documents = _documents(size)
        indicators = _indicators()
        _observations(size, territories, indicators, edition, draw)
        _stated_figures(size, territories, documents, indicators, axes, draw)
        _projects(territories, axes, documents[0])
        region = territories[Level.REGION][0]
        commissioner = make_user("Camille Mesure", Held(Role.COMMISSIONER, region.code), email="mesure@exemple.test")
    bulk.refresh_statistics()
    return Instance(
        region=region,
        departement=next(t for t in territories[Level.DEPARTEMENT] if t.parent_id == region.pk),
        epci=territories[Level.EPCI][0],
        document=documents[0],
        indicator=Indicator.objects.get(code=Known.POVERTY_RATE),
        measure=Measure.objects.order_by("pk")[0],
        commissioner=commissioner,
    )


def _shared_out(narrow: int, wide: list[Territory]) -> Iterator[Territory]:
    """The parent of each narrow territory: each wide one gets its part, in order."""
    return islice(cycle(wide), narrow)


def _territories(size: Size, edition: SourceEdition, draw: random.Random) -> dict[str, list[Territory]]:
    keys = count(1)
    own = settings.MAILLAGE_REGION.removeprefix("REG-")
    region_codes = [own, *(code for n in range(11, 99) if (code := f"{n}") != own)][: size.regions]
    france = Territory(id=next(keys), code="FRANCE", level=Level.COUNTRY, insee="", name="France", sort_name="france")
    regions = [_territory(next(keys), "REG", Level.REGION, code, "Région", france, draw) for code in region_codes]
    departements = [
        _territory(next(keys), "DEP", Level.DEPARTEMENT, code, "Département", parent, draw)
        for code, parent in zip(DEPARTEMENTS, _shared_out(size.departements, regions), strict=False)
    ]
    epcis = [
        _territory(next(keys), "EPCI", Level.EPCI, f"{900_000_000 + n}", "Communauté", parent, draw)
        for n, parent in enumerate(_shared_out(size.epcis, departements))
    ]
    mainland = [d for d in departements if len(d.insee) == 2]  # overseas codes leave two digits: too few
    communes = [
        _territory(next(keys), "COM", Level.COMMUNE, f"{parent.insee}{n // len(mainland):03d}", "Commune", parent, draw)
        for n, parent in enumerate(_shared_out(size.communes, mainland))
    ]
    levels = {
        Level.COUNTRY: [france],
        Level.REGION: regions,
        Level.DEPARTEMENT: departements,
        Level.EPCI: epcis,
        Level.COMMUNE: communes,
    }
    everyone = [territory for level in levels.values() for territory in level]
    names = ("id", "code", "level", "insee", "name", "sort_name", "parent_id", "latitude", "longitude", "edition_id")
    bulk.insert(
        Territory,
        names,
        ((*(getattr(t, name) for name in names[:-1]), edition.pk) for t in everyone),
    )
    bulk.insert(
        EpciMember,
        ("epci_id", "commune_id", "vintage"),
        ((epci.pk, commune.pk, 2025) for commune, epci in zip(communes, cycle(epcis), strict=False)),
    )
    bulk.insert(
        Population,
        ("territory_id", "year", "municipal", "edition_id"),
        ((t.pk, year, draw.randint(200, 900_000), edition.pk) for t in everyone for year in (2017, 2022)),
    )
    return levels


def _territory(
    key: int, prefix: str, level: str, insee: str, word: str, parent: Territory, draw: random.Random
) -> Territory:
    """A territory near its parent, so that a map has something to draw."""
    spread = {"REG": 3.0, "DEP": 1.0, "EPCI": 0.4, "COM": 0.4}[prefix]
    return Territory(
        id=key,
        code=f"{prefix}-{insee}",
        level=level,
        insee=insee,
        name=f"{word} inventée {insee}" if word.startswith("Co") else f"{word} inventé {insee}",
        sort_name=f"{word} invente {insee}".lower(),
        parent=parent,
        latitude=round((parent.latitude or 46.6) + draw.uniform(-spread, spread), 4),
        longitude=round((parent.longitude or 2.4) + draw.uniform(-spread, spread), 4),
    )


def _pacts() -> list[Axis]:
    axes: list[Axis] = []
    for rank, number_of_axes in enumerate(AXES):
        pact = Pact.objects.create(
            code=f"INVENTE-{rank}",
            title=f"Pacte inventé {rank}",
            short_title=f"Pacte {rank}",
            starts_on=date(2018 + 5 * rank, 1, 1),
            period=f"{2018 + 5 * rank}/{2022 + 5 * rank}",
        )
        for number in range(1, number_of_axes + 1):
            axis = Axis.objects.create(pact=pact, code=f"{pact.code}-{number}", number=number, title=f"Axe {number}")
            Measure.objects.bulk_create(
                Measure(
                    axis=axis,
                    code=f"{axis.code}-M{n}",
                    number=n,
                    kind=MeasureKind.NEW,
                    title=f"Mesure inventée {n}",
                    position=n,
                )
                for n in range(1, MEASURES_PER_AXIS + 1)
            )
            axes.append(axis)
        Milestone.objects.bulk_create(
            Milestone(
                pact=pact,
                period=str(2019 + n),
                starts_on=date(2019 + n, 1, 1),
                ends_on=date(2019 + n, 12, 31),
                title=f"Échéance inventée {n}",
            )
            for n in range(8)
        )
        Body.objects.bulk_create(
            Body(pact=pact, code=f"CORPS-{rank}-{n}", kind="comité", title=f"Instance inventée {n}", position=n)
            for n in range(6)
        )
    return axes


def _documents(size: Size) -> list[SourceDocument]:
    return [
        SourceDocument.objects.create(code=f"DOC-INVENTE-{n:03d}", title=f"Document inventé {n}", publisher="Personne")
        for n in range(1, size.documents + 1)
    ]


def _indicators() -> dict[str, Indicator]:
    share = {Known.POVERTY_RATE}
    known = [
        Indicator.objects.create(
            code=code,
            label=label,
            unit="%" if code in share else "EUR" if code == Known.CREDITS else "persons",
            decimals=1 if code in share else 0,
            nature=Nature.SHARE if code in share else Nature.FLOW,
            summable_territories=code not in share,
        )
        for code, label in Known.choices
    ]
    invented = [
        Indicator.objects.create(
            code=f"INVENTE-{n:02d}",
            label=f"Indicateur inventé {n:02d}",
            unit="persons",
            nature=Nature.STOCK,
            summable_territories=True,
        )
        for n in range(INVENTED_INDICATORS)
    ]
    return {indicator.code: indicator for indicator in known + invented}


Row = tuple[object, ...]


def _observations(
    size: Size,
    territories: dict[str, list[Territory]],
    indicators: dict[str, Indicator],
    edition: SourceEdition,
    draw: random.Random,
) -> None:
    """What the overview reads first, then invented series on every territory until the count is reached."""
    rows = chain(_known_values(territories, indicators, draw), _invented_values(territories, indicators, draw))
    written = bulk.insert(
        Observation,
        ("indicator_id", "territory_id", "period", "value", "status", "edition_id"),
        ((*row, str(Status.PUBLISHED), edition.pk) for row in islice(rows, size.observations)),
    )
    if written != size.observations:
        raise ValueError(f"{size.name}: {written} observations, {size.observations} wanted; add indicators or years")


def _known_values(
    territories: dict[str, list[Territory]], indicators: dict[str, Indicator], draw: random.Random
) -> Iterator[Row]:
    for territory, year in product(territories[Level.DEPARTEMENT], YEARS):
        yield indicators[Known.CREDITS].pk, territory.pk, year, draw.randint(100_000, 5_000_000)
    for territory, year in product([*territories[Level.DEPARTEMENT], *territories[Level.EPCI]], YEARS):
        yield indicators[Known.POVERTY_RATE].pk, territory.pk, year, f"{draw.uniform(5, 25):.1f}"
        yield indicators[Known.FISCAL_PERSONS].pk, territory.pk, year, draw.randint(5_000, 600_000)


def _invented_values(
    territories: dict[str, list[Territory]], indicators: dict[str, Indicator], draw: random.Random
) -> Iterator[Row]:
    series = [indicator for code, indicator in indicators.items() if code.startswith("INVENTE-")]
    everyone = list(chain.from_iterable(territories.values()))
    for year, indicator, territory in product(YEARS, series, everyone):
        yield indicator.pk, territory.pk, year, draw.randint(0, 50_000)


def _stated_figures(
    size: Size,
    territories: dict[str, list[Territory]],
    documents: list[SourceDocument],
    indicators: dict[str, Indicator],
    axes: list[Axis],
    draw: random.Random,
) -> None:
    """Per document: amounts in pairs with their evolution, one in ten of them wrong, as real documents have it."""
    places = [*territories[Level.REGION], *territories[Level.DEPARTEMENT]]
    figures: list[StatedFigure] = []
    for document in documents:
        for rank in range(0, size.figures_per_document, 4):
            figures += _quartet(document, rank, places[rank // 4 % len(places)], indicators, axes, draw)
    StatedFigure.objects.bulk_create(figures, batch_size=2_000)


def _quartet(
    document: SourceDocument,
    rank: int,
    territory: Territory,
    indicators: dict[str, Indicator],
    axes: list[Axis],
    draw: random.Random,
) -> list[StatedFigure]:
    """Two amounts, their evolution, their sum."""
    before, after = draw.randint(10_000, 900_000), draw.randint(10_000, 900_000)
    printed = round((after - before) / before * 100) + (7 if draw.random() < 0.1 else 0)
    codes = [f"{document.code}-{rank + n:03d}" for n in range(4)]
    values = [
        (before, "EUR", f"{before} €", "", "2019"),
        (after, "EUR", f"{after} €", "", "2020"),
        (printed, "%", f"{printed} %", f"evolution({codes[0]};{codes[1]})", "2019/2020"),
        (before + after, "EUR", f"{before + after} €", f"sum({codes[0]};{codes[1]})", "2019/2020"),
    ]
    return [
        StatedFigure(
            code=code,
            label=f"Chiffre inventé {rank + n} de {document.code}",
            indicator=indicators[Known.CREDITS] if unit == "EUR" and not relation else None,
            territory=territory,
            period=period,
            value=value,
            unit=unit,
            printed_as=printed_as,
            relation=relation,
            perimeter=f"périmètre inventé {rank} de {document.code}",
            document=document,
            locator=f"page {rank}",
            axis=axes[rank % len(axes)],
            position=rank + n,
        )
        for n, (code, (value, unit, printed_as, relation, period)) in enumerate(zip(codes, values, strict=True))
    ]


def _projects(territories: dict[str, list[Territory]], axes: list[Axis], document: SourceDocument) -> None:
    SupportedProject.objects.bulk_create(
        SupportedProject(
            axis=axis,
            territory=territory,
            year=2020,
            organisation=f"Structure inventée {rank}",
            subject="Projet inventé",
            position=rank,
            document=document,
        )
        for rank, (territory, axis) in enumerate(
            (t, a) for t in territories[Level.DEPARTEMENT] for a in axes[: AXES[0]]
        )
    )
