"""Where the needs are: the poverty rate by EPCI, on a map."""

from __future__ import annotations

from maillage.indicators.enums import Known, Status
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors.maps import MapSubject, territory_map
from maillage.indicators.selectors.values import Value, of_observation
from maillage.territories.enums import Level
from maillage.territories.models import Territory
from maillage.territories.selectors import BORDER_RULES, epci_of
from maillage.ui.maps import Map
from maillage.web.links import address


def poverty_map(territory: Territory) -> Map | None:
    """Poverty rate by EPCI, at the latest period loaded. A rate is shown as it is: never averaged over a territory."""
    if territory.level not in (Level.REGION, Level.DEPARTEMENT):
        return None
    indicator = Indicator.objects.filter(code=Known.POVERTY_RATE).first()
    epcis = [one.epci for one in epci_of(territory)]
    if indicator is None or len(epcis) < 2:
        return None
    observations = (
        Observation.objects.filter(indicator=indicator, territory__in=epcis).with_sources().order_by("period", "pk")
    )
    latest = {one.territory_id: of_observation(one) for one in observations}
    if not latest:
        return None
    periods = sorted({value.period_label for value in latest.values()})
    source = next((value.source for value in latest.values() if value.source), None)
    blank = Value(None, indicator.unit, status=Status.UNAVAILABLE, reason="non chargé")
    subject = MapSubject(
        id="carte-pauvrete",
        title=f"Taux de pauvreté par EPCI, {', '.join(periods)}",
        value_label="Taux de pauvreté",
        unit=indicator.unit,
        decimals=indicator.decimals,
        source=str(source) if source else "",
        source_url=address("indicator", indicator.code),
        note=f"{BORDER_RULES['touches']} ; le taux est celui de tout l'EPCI.",
    )
    return territory_map(subject, [(epci, latest.get(epci.pk, blank)) for epci in epcis])
