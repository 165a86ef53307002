"""What the tests of the pages that explain share: communes of an EPCI with some evidence of their own."""

from __future__ import annotations

from maillage.indicators.models import Indicator, Observation
from maillage.territories.models import EpciMember, Territory
from tests.factories import make_territory

METROPOLE = "EPCI-244400404"
PERIOD = "2021"


def two_communes() -> tuple[Territory, Territory]:
    """One whose poverty rate is published, one whose rate is suppressed; neither has a median income."""
    epci = Territory.objects.get(code=METROPOLE)
    departement = Territory.objects.get(code="DEP-44")
    first = make_territory("COM-44109", "Nantes", parent=departement)
    second = make_territory("COM-44018", "Bouaye", parent=departement)
    EpciMember.objects.bulk_create(EpciMember(epci=epci, commune=one, vintage=2025) for one in (first, second))
    rate = Indicator.objects.get(code="POVERTY-RATE")
    Observation.objects.create(indicator=rate, territory=first, period=PERIOD, value="17.5", status="published")
    Observation.objects.create(indicator=rate, territory=second, period=PERIOD, value=None, status="suppressed")
    return first, second
