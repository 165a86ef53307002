"""A small region with contracts, needs, documents that contradict, and a calendar: enough for every shell page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from maillage.indicators.enums import Known, Nature, Polarity, Status
from maillage.indicators.models import Indicator, Observation, StatedFigure
from maillage.pacts.models import Axis, Milestone, Pact, SupportedProject
from maillage.sources.models import SourceDocument, SourceEdition
from maillage.territories.models import EpciPart, Population, Territory
from tests.factories import make_territory

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@dataclass
class World:
    """What the fixture made, and small verbs to add to it."""

    territories: dict[str, Territory]
    document: SourceDocument
    edition: SourceEdition
    pact: Pact
    axes: list[Axis]
    indicators: dict[str, Indicator] = field(default_factory=dict)

    def observe(self, code: str, on: str, period: str, value: str | None, **fields: object) -> Observation:
        given = {"status": Status.PUBLISHED if value is not None else Status.UNAVAILABLE} | fields
        return Observation.objects.create(
            indicator=self.indicators[code],
            territory=self.territories[on],
            period=period,
            value=None if value is None else Decimal(value),
            edition=self.edition,
            **given,
        )

    def state(self, code: str, printed: str, value: str, **fields: object) -> StatedFigure:
        given = {
            "unit": "EUR",
            "label": code,
            "period": "2020",
            "on": "REG-52",
            "position": StatedFigure.objects.count(),
        }
        given |= fields
        territory = self.territories[str(given.pop("on"))]
        return StatedFigure.objects.create(
            code=code, printed_as=printed, value=Decimal(value), territory=territory, document=self.document, **given
        )

    def project(self, on: str, axis: int, organisation: str = "Association") -> SupportedProject:
        return SupportedProject.objects.create(
            axis=self.axes[axis],
            territory=self.territories[on],
            year=2020,
            organisation=organisation,
            subject="Objet",
            position=SupportedProject.objects.count(),
            document=self.document,
        )

    def epci(
        self, siren: str, name: str, seat: str, *, rate: str | None = "10.0", inside: int = 5, of: int = 5
    ) -> Territory:
        """An EPCI with a centre, a population, a poverty rate and its part in the region."""
        territory = make_territory(f"EPCI-{siren}", name, parent=self.territories[seat])
        rank = Territory.objects.filter(level="epci").count()
        territory.latitude, territory.longitude = 47 + rank % 7 / 5, -1 + rank // 7 / 4
        territory.save()
        self.territories[territory.code] = territory
        Population.objects.create(territory=territory, year=2022, municipal=10_000)
        EpciPart.objects.create(
            epci=territory, area=self.territories["REG-52"], vintage=2025, communes=inside, communes_total=of
        )
        if rate is not None:
            self.observe(Known.POVERTY_RATE, territory.code, "2021", rate)
        self.observe(Known.FISCAL_PERSONS, territory.code, "2021", "9000")
        return territory


def _indicator(
    code: str, label: str, unit: str, nature: Nature, *, decimals: int = 0, summable: bool = False, polarity: str = ""
) -> Indicator:
    return Indicator.objects.create(
        code=code,
        label=label,
        unit=unit,
        nature=nature,
        decimals=decimals,
        summable_territories=summable,
        polarity=polarity or Polarity.NEUTRAL,
    )


@pytest.fixture
def world(territories: dict[str, Territory]) -> World:
    """Two contracts over two years (two perimeters), a wrong evolution, two axes, a calendar, legal populations."""
    document = SourceDocument.objects.create(code="DOC-1", title="Bilan")
    edition = SourceEdition.objects.create(kind="observations", title="Tableau", publisher="Producteur", loaded_at=AT)
    pact = Pact.objects.create(
        code="STRATEGIE", title="Stratégie", short_title="Stratégie", axis_word="engagement",
        starts_on=date(2018, 9, 1), period="2018/2023", document=document,
    )  # fmt: skip
    axes = [
        Axis.objects.create(pact=pact, code=f"STRATEGIE-{n}", number=n, title=f"Axe numéro {n}", document=document)
        for n in (1, 2)
    ]
    made = World(territories, document, edition, pact, axes)
    made.indicators = {
        Known.CREDITS: _indicator(Known.CREDITS, "Crédits", "EUR", Nature.FLOW, summable=True),
        Known.POVERTY_RATE: _indicator(
            Known.POVERTY_RATE, "Taux de pauvreté", "%", Nature.SHARE, decimals=1, polarity=Polarity.LESS_IS_BETTER
        ),
        Known.FISCAL_PERSONS: _indicator(Known.FISCAL_PERSONS, "Personnes", "persons", Nature.STOCK, summable=True),
    }
    for code, before, after in (("DEP-44", "1000000", "1500000"), ("DEP-49", "500000", "700000")):
        made.observe(Known.CREDITS, code, "2019", before, perimeter="contractualisation", document=document)
        made.observe(Known.CREDITS, code, "2020", after, perimeter="contractualisation et FAPI", document=document)
    Milestone.objects.create(
        pact=pact, period="2018-09", starts_on=date(2018, 9, 1), ends_on=date(2018, 9, 30), title="Lancement"
    )
    Milestone.objects.create(
        pact=pact, period="2199", starts_on=date(2199, 1, 1), ends_on=date(2199, 12, 31), title="Bilan final"
    )
    for code, inhabitants in (("REG-52", 4_000_000), ("DEP-44", 1_500_000), ("DEP-49", 800_000)):
        Population.objects.create(territory=territories[code], year=2023, municipal=inhabitants)
    made.state("A", "1 000 €", "1000", period="2019")
    made.state("B", "1 500 €", "1500")
    made.state("C", "89 %", "89", unit="%", period="2019/2020", relation="evolution(A;B)", label="Évolution énoncée")
    return made
