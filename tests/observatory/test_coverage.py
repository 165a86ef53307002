"""Coverage read from the database, and the command that prints it."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from click.testing import CliRunner

from maillage.cli.coverage import coverage as command
from maillage.cli.output import REFUSED, run
from maillage.directory.models import ServicePoint
from maillage.engines.coverage import Threshold
from maillage.indicators.models import Indicator, Observation
from maillage.kernel.errors import MaillageError
from maillage.observatory.selectors.coverage import coverage, islands, travel_model
from maillage.territories.models import EpciMember, Population, Territory, Zoning

pytestmark = pytest.mark.django_db
NETWORK = "france-services"
NEAR = Threshold(km=15)


@pytest.fixture
def region(territories: dict[str, Territory]) -> Territory:
    """Three communes on one meridian, some ten kilometres apart: the first has a point, the last no population."""
    epci = Territory.objects.create(
        code="EPCI-244900001", level="epci", insee="244900001", name="CC inventée", sort_name="cc inventee",
        parent=territories["DEP-49"],
    )  # fmt: skip
    for rank, persons in enumerate((1000, 3000, 500)):
        commune = Territory.objects.create(
            code=f"COM-4990{rank}", level="commune", insee=f"4990{rank}", name=f"Lieu {rank}", sort_name=f"lieu {rank}",
            parent=territories["DEP-49"], latitude=47.0 + rank * 0.1, longitude=0.0,
        )  # fmt: skip
        if rank < 2:
            Population.objects.create(territory=commune, year=2022, municipal=1)
            Population.objects.create(territory=commune, year=2023, municipal=persons)
            EpciMember.objects.create(epci=epci, commune=commune, vintage=2025)
    first = Territory.objects.get(code="COM-49900")
    ServicePoint.objects.create(network=NETWORK, code="1", name="Un point", territory=first)
    for code, unit, value in (("POVERTY-RATE", "%", "10"), ("FISCAL-PERSONS", "persons", "4000")):
        made, _ = Indicator.objects.get_or_create(
            code=code, defaults={"label": code, "unit": unit, "nature": "stock", "decimals": 1}
        )
        Observation.objects.create(indicator=made, territory=epci, period="2021", value=value, status="published")
    return territories["REG-52"]


def test_the_nearest_point_and_what_is_beyond(region: Territory) -> None:
    found = coverage(region, NETWORK, NEAR)
    by_name = {one.demand.label: one for one in found.reached if one.demand.label.startswith("Lieu")}
    assert [by_name[f"Lieu {rank}"].within for rank in range(3)] == [True, True, False]
    assert by_name["Lieu 1"].km == pytest.approx(11.12, abs=0.01)
    assert found.summary.persons == 4000
    assert "Population non connue pour 1 communes" in " ".join(found.missing)


def test_poor_persons_follow_the_inhabitants_of_the_epci(region: Territory) -> None:
    found = coverage(region, NETWORK, Threshold(km=5))
    assert found.summary.poor == Decimal(400)
    assert found.summary.poor_beyond == Decimal(300)
    assert [one.territory.name for one in found.by_epci] == ["CC inventée"]


def test_a_point_that_moves_or_is_closed_is_no_coverage(region: Territory) -> None:
    point = ServicePoint.objects.get()
    for changes in ({"kind": "mobile"}, {"closed_on": "2025-01-01"}):
        ServicePoint.objects.filter(pk=point.pk).update(kind="fixed", closed_on=None)
        ServicePoint.objects.filter(pk=point.pk).update(**changes)
        assert coverage(region, NETWORK, NEAR).summary.beyond == 4000, changes
    ServicePoint.objects.filter(pk=point.pk).update(kind="mobile", closed_on=None)
    assert coverage(region, NETWORK, NEAR, mobile=True).summary.beyond == 0


def test_a_neighbour_of_another_region_counts(region: Territory, territories: dict[str, Territory]) -> None:
    ServicePoint.objects.update(territory=None, latitude=47.1, longitude=0.0)
    assert coverage(region, NETWORK, NEAR).summary.beyond == 0


def test_density_changes_the_time_and_not_the_distance(region: Territory) -> None:
    soon = Threshold(minutes=25)
    before = {one.demand.code: one for one in coverage(region, NETWORK, soon).reached}
    for one in Territory.objects.filter(level="commune"):
        Zoning.objects.create(territory=one, scheme="density", value="7", label="Rural")
    after = {one.demand.code: one for one in coverage(region, NETWORK, soon).reached}
    assert after["COM-49901"].km == before["COM-49901"].km
    assert (after["COM-49901"].minutes or 0) < (before["COM-49901"].minutes or 0)


def test_assumptions_and_islands_are_data() -> None:
    assert travel_model().detour > 1
    assert set(travel_model().speeds) == {"", *"1234567"}
    assert islands()["56009"] == islands()["56152"]


def test_what_is_not_loaded_is_named(region: Territory, territories: dict[str, Territory]) -> None:
    with pytest.raises(MaillageError, match="Réseaux chargés : france-services"):
        coverage(region, "inconnu", NEAR)
    Territory.objects.filter(code__startswith="COM-4990").update(valid_to="2025-01-01")
    Territory.objects.filter(level="commune").update(valid_to="2025-01-01")
    with pytest.raises(MaillageError, match="Aucune commune"):
        coverage(region, NETWORK, NEAR)


def test_the_command_tells_in_words_and_in_json(region: Territory) -> None:
    said = CliRunner().invoke(
        command, ["--need", NETWORK, "--threshold", "5km", "--places", "1"], standalone_mode=False
    )
    assert "Au-delà\u00a0: 3\u202f000 habitants, dont environ 300 personnes pauvres." in said.output
    assert "Lieu 1\u00a0: Lieu 1, 3\u202f000 habitants" in said.output
    told = CliRunner().invoke(command, ["--need", NETWORK, "--threshold", "30min", "--json"], standalone_mode=False)
    data = json.loads(told.output)
    assert data["threshold"] == {"minutes": 30.0, "km": None}
    assert data["total"]["persons"] == 4000


@pytest.mark.parametrize("typed", ["", "30", "min", "0km", "-5km", "trente minutes"])
def test_a_threshold_that_is_none_is_refused(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command, ["--need", NETWORK, "--threshold", typed]) == REFUSED
    assert "30min ou 10km" in capsys.readouterr().err
