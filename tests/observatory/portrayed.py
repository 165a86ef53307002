"""A département with its EPCI and communes, some values known, some hushed: what portraits are made of. Invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from maillage.directory.models import ServicePoint
from maillage.indicators.enums import Nature, Status
from maillage.indicators.models import Indicator, Observation
from maillage.sources.models import SourceEdition
from maillage.territories.models import EpciMember, EpciPart, Population, Territory, Zoning
from tests.factories import make_territory

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
METROPOLE = "EPCI-244400404"
TOWN = "COM-44109"  # whose rate is published
VILLAGE = "COM-44018"  # whose rate is hushed
DEFINITIONS = (
    ("POVERTY-RATE", "Taux de pauvreté", "%", 1, Nature.SHARE),
    ("MEDIAN-INCOME", "Niveau de vie médian annuel", "EUR", 0, Nature.LEVEL),
    ("FISCAL-PERSONS", "Personnes des ménages fiscaux", "persons", 0, Nature.STOCK),
    ("CAF-RSA", "Foyers allocataires du RSA", "households", 0, Nature.STOCK),
    ("POPULATION", "Population municipale", "persons", 0, Nature.STOCK),
    ("POOR-PERSONS", "Personnes sous le seuil de pauvreté", "persons", 0, Nature.STOCK),
)


@dataclass
class Portrayed:
    """What was made, and small verbs to add to it."""

    territories: dict[str, Territory]
    edition: SourceEdition
    indicators: dict[str, Indicator] = field(default_factory=dict)

    def observe(self, code: str, on: str, value: str | None, *, period: str = "2021", **fields: object) -> Observation:
        given = {"status": Status.PUBLISHED if value is not None else Status.SUPPRESSED} | fields
        return Observation.objects.create(
            indicator=self.indicators[code],
            territory=self.territories[on],
            period=period,
            value=None if value is None else Decimal(value),
            edition=self.edition,
            **given,
        )

    def epci(
        self, siren: str, rate: str | None, *, inside: int = 3, of: int = 3, inhabitants: int = 20_000
    ) -> Territory:
        """An EPCI of the region, with its part in it, its people and its rate."""
        code = f"EPCI-{siren}"
        if code not in self.territories:
            self.territories[code] = make_territory(code, f"CC {siren}", parent=self.territories["DEP-44"])
        one = self.territories[code]
        one.latitude, one.longitude = 47 + len(self.territories) % 5 / 5, -1 + len(self.territories) // 5 / 5
        one.save()
        area = self.territories["REG-52"]
        EpciPart.objects.create(epci=one, area=area, vintage=2025, communes=inside, communes_total=of)
        if inside < of:
            other = self.territories["REG-53"]
            EpciPart.objects.create(epci=one, area=other, vintage=2025, communes=of - inside, communes_total=of)
        Population.objects.create(territory=one, year=2023, municipal=inhabitants, edition=self.edition)
        self.observe("POVERTY-RATE", code, rate)
        self.observe("FISCAL-PERSONS", code, "10000")
        return one

    def commune(self, insee: str, name: str, *, inhabitants: int = 1_000) -> Territory:
        """A commune of the métropole."""
        one = make_territory(f"COM-{insee}", name, parent=self.territories["DEP-44"])
        one.latitude, one.longitude = 47.2 + int(insee[-3:]) / 1000, -1.5 + int(insee[-2:]) / 200
        one.save()
        self.territories[one.code] = one
        EpciMember.objects.create(epci=self.territories[METROPOLE], commune=one, vintage=2025)
        Population.objects.create(territory=one, year=2023, municipal=inhabitants, edition=self.edition)
        return one

    def point(self, code: str, on: str, **fields: object) -> ServicePoint:
        given = {"name": f"France services {code}", "kind": "fixed", "network": "france-services"} | fields
        return ServicePoint.objects.create(code=code, territory=self.territories[on], edition=self.edition, **given)

    def zone(self, on: str, label: str) -> None:
        Zoning.objects.create(
            territory=self.territories[on],
            scheme="density",
            value="1",
            label=label,
            vintage="2024",
            edition=self.edition,
        )


def portrayed(territories: dict[str, Territory]) -> Portrayed:
    edition = SourceEdition.objects.create(
        kind="filosofi", title="Filosofi 2021", publisher="INSEE", loaded_at=AT, sha256="ab" * 32
    )
    made = Portrayed(territories, edition)
    for code, label, unit, decimals, nature in DEFINITIONS:
        counted = nature == Nature.STOCK
        made.indicators[code] = Indicator.objects.create(
            code=code, label=label, unit=unit, decimals=decimals, nature=nature, summable_territories=counted
        )
    made.epci("244400404", "14.0", inhabitants=600_000)
    for rank, rate in enumerate(("8.0", "10.0", "14.0", None), start=1):
        made.epci(f"20000000{rank}", rate)
    made.epci("200000009", "5.0", inside=2, of=6)
    made.observe("MEDIAN-INCOME", METROPOLE, "24000")
    made.observe("POVERTY-RATE", "DEP-44", "10.1")
    made.observe("POVERTY-RATE", "REG-52", "10.9")
    made.observe("POVERTY-RATE", "FRANCE", "14.5", period="2020")
    for code, inhabitants in (("DEP-44", 1_500_000), ("REG-52", 4_000_000)):
        Population.objects.create(territory=territories[code], year=2023, municipal=inhabitants, edition=edition)
    made.commune("44109", "Nantes", inhabitants=320_000)
    made.commune("44018", "Bouaye", inhabitants=8_000)
    made.observe("POVERTY-RATE", TOWN, "17.5")
    made.observe("POVERTY-RATE", VILLAGE, None)
    made.observe("CAF-RSA", VILLAGE, "0", perimeter="régime des CAF seul")
    return made
