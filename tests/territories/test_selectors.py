"""Reads about territories: lineage, search, populations, without one query per row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from maillage.territories import selectors
from maillage.territories.models import Territory
from tests.territories.invented import COMMUNES, CORSICA, communes, epci_workbook, load, load_corsica, populations

pytestmark = pytest.mark.django_db

MEMBERS: list[tuple[Any, ...]] = [
    ("2A", "200000002", "CC du Sud", "CC", 2, 33, 31, "2A001"),
    ("2A", "200000002", "CC du Sud", "CC", 2, 33, 31, "2B001"),
]


def _get(code: str) -> Territory:
    found = selectors.by_code(code)
    assert found is not None
    return found


def test_lineage_and_breadcrumbs(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    commune = _get("COM-2A001")
    assert selectors.lineage_codes(commune) == {"COM-2A001", "DEP-2A", "REG-94", "FRANCE"}
    assert [one.code for one in selectors.breadcrumbs_for(commune)] == ["REG-94", "DEP-2A", "COM-2A001"]
    assert [one.code for one in selectors.breadcrumbs_for(_get("FRANCE"))] == ["FRANCE"]


def test_by_code_reads_the_whole_line_in_one_query(tmp_path: Path, django_assert_num_queries: Any) -> None:
    load_corsica(tmp_path)
    with django_assert_num_queries(1):
        selectors.breadcrumbs_for(_get("COM-2A001"))


@override_settings(MAILLAGE_REGION="REG-94")
def test_any_region_is_the_instances_region(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    region = selectors.instance_region()
    assert region is not None
    assert region.code == "REG-94"
    assert [one.code for one in selectors.departements_of(region)] == ["DEP-2A", "DEP-2B"]
    assert selectors.communes_of(region).count() == 6


@override_settings(MAILLAGE_REGION="REG-11")
def test_a_region_that_is_not_loaded_is_none() -> None:
    assert selectors.instance_region() is None


def test_children_and_communes_of_every_level(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "epci", epci_workbook(MEMBERS))
    assert [one.code for one in selectors.children(_get("REG-94"))] == ["DEP-2A", "DEP-2B"]
    assert [one.insee for one in selectors.children(_get("DEP-2B"))] == ["2B001", "2B002"]
    assert [one.insee for one in selectors.communes_of(_get("EPCI-200000002"))] == ["2A001", "2B001"]
    assert [one.insee for one in selectors.communes_of(_get("COM-2A002"))] == ["2A002"]
    assert selectors.communes_of(_get("FRANCE")).count() == 6
    epci = selectors.epci_of_commune(_get("COM-2B001"))
    assert epci is not None
    assert epci.code == "EPCI-200000002"
    assert selectors.epci_of_commune(_get("COM-2B002")) is None


def test_without_a_composition_the_seat_decides(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    Territory.objects.create(
        code="EPCI-200000007", level="epci", insee="200000007", name="E", sort_name="e", parent=_get("DEP-2A")
    )
    found = selectors.epci_of(_get("REG-94"))
    assert [(one.epci.insee, one.communes_total, one.part_fr) for one in found] == [("200000007", None, "")]
    assert not found[0].crosses_border
    assert selectors.epci_of(_get("REG-84")) == []
    with pytest.raises(ValueError, match="border rule"):
        selectors.epci_of(_get("REG-94"), "unknown")


def test_search_folds_accents_and_starts_at_words(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    more = communes("94", "2B", ("2B010", "L'Île-Rousse"), ("2B011", "Œuvre-sur-Mer"), ("2B012", "Pietralba"))
    load(tmp_path, "cog", COMMUNES + CORSICA + more, vintage="2026")

    def names(text: str, **options: Any) -> list[str]:
        return [one.name for one in selectors.search(text, **options)]

    assert names("ile rousse") == ["L'Île-Rousse"]
    assert names("ÎLE") == ["L'Île-Rousse"]
    assert names("oeuvre") == ["Œuvre-sur-Mer"]
    assert names("alba") == []
    assert names("2B01") == ["L'Île-Rousse", "Œuvre-sur-Mer", "Pietralba"]
    assert names("corse") == ["Corse", "Corse-du-Sud", "Haute-Corse"]
    assert names("", levels=["region"]) == ["Auvergne-Rhône-Alpes", "Corse"]
    assert names("", within=_get("REG-94"), levels=["departement"]) == ["Corse-du-Sud", "Haute-Corse"]
    assert names("%") == []


def test_populations_come_in_one_query(tmp_path: Path, django_assert_num_queries: Any) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "populations", populations(("2A001", 90, 91)), vintage="2022")
    load(tmp_path, "populations", populations(("2A001", 100, 101), ("2A002", 200, 202)), vintage="2023")
    six = list(selectors.communes_of(_get("REG-94")))
    with django_assert_num_queries(1):
        found = selectors.populations_for(six)
        assert {one.municipal for one in found.values()} == {100, 200}
    first = _get("COM-2A001")
    assert selectors.populations_for([first], year=2022)[first.pk].municipal == 90
    latest = selectors.latest_population(first)
    assert latest is not None
    assert (latest.year, latest.municipal) == (2023, 100)
    assert selectors.latest_population(_get("COM-2A003")) is None


def test_levels_are_counted(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    assert selectors.counts_by_level() == {"country": 1, "region": 2, "departement": 3, "commune": 6}
