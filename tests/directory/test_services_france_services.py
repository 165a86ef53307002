"""The list of France services: which commune a place is in, what a bus is, what a newer list closes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from maillage.directory.enums import PointKind
from maillage.directory.importers.france_services import vintage_of
from maillage.directory.models import ServicePoint
from maillage.kernel.errors import MaillageError
from maillage.sources.registry import ImportReport
from tests.sources import made
from tests.territories.invented import load, load_corsica, movements

pytestmark = pytest.mark.django_db

NAME = "liste-fs-20240801.csv"


def _load(folder: Path, content: str, name: str = NAME, **options: bool) -> ImportReport:
    return load(folder, "france-services", content, name=name, **options)


def _commune(code: str) -> str:
    territory = ServicePoint.objects.select_related("territory").get(code=code).territory
    return territory.insee if territory is not None else ""


def test_a_place_is_kept_as_the_list_writes_it(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    content = made.points(("7", "2A001", "Alta"), h_mardi="sur rendez-vous", commentaire="fermé l'été")
    report = _load(tmp_path, content)
    point = ServicePoint.objects.get()
    assert (point.network, point.code, point.name, point.kind) == ("france-services", "7", "Alta", PointKind.FIXED)
    assert point.hours == "lundi 9h - 12h\u202f; mardi sur rendez-vous\u202f; fermé l'été"
    assert (point.latitude, point.longitude, point.postcode) == (42.1, 9.1, "20100")
    assert (report.vintage, report.counts) == ("2024-08-01", {"added": 1})


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ({}, PointKind.FIXED),
        ({"format_fs": "Multisites"}, PointKind.FIXED),
        ({"format_fs": "Bus_équivalent"}, PointKind.MOBILE),
        ({"format_fs": "Itinérante"}, PointKind.MOBILE),
        ({"type_fs": "Antenne", "format_fs": "Fixe_antenne(s)"}, PointKind.BRANCH),
    ],
)
def test_a_bus_is_not_a_fixed_point(columns: dict[str, str], kind: PointKind, tmp_path: Path) -> None:
    load_corsica(tmp_path)
    _load(tmp_path, made.points(("1", "2A001", "Alta"), **columns))
    assert ServicePoint.objects.get().kind == kind


def test_the_headings_of_2021_are_read(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    report = _load(tmp_path, made.points_2021((1, "2A001", "Alta")), "france_services_2021.geojson")
    point = ServicePoint.objects.get()
    assert (point.address, point.postcode) == ("1 rue Haute", "20100")
    assert point.hours == "lundi 9h - 12h\u202f; fermé l'été"  # « - » is a day without opening
    assert report.vintage == "2021"


def test_an_old_code_is_followed_and_a_shared_one_is_not_guessed(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    events = movements(
        (32, "2025-01-01", "2A001", "2A001"),
        (32, "2025-01-01", "2A005", "2A001"),
        (50, "2019-01-01", "2A009", "2A002"),  # the list still writes the code of 2018
        (21, "2025-01-01", "2B001", "2B001"),
        (21, "2025-01-01", "2B001", "2B002"),
    )
    load(tmp_path, "movements", events)
    rows = [("1", "2A005", "A"), ("2", "2A009", "B"), ("3", "2B001", "C"), ("4", "13202", "D"), ("5", "2B14", "E")]
    report = _load(tmp_path, made.points(*rows))
    assert [_commune(code) for code in "12345"] == ["2A001", "2A002", "", "", ""]
    assert report.left_out[0].count == 3
    assert report.left_out[0].examples == ("3 (2B001)", "4 (13202)", "5 (2B14)")


def test_a_place_that_the_newer_list_drops_is_closed_and_may_come_back(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    both = [("1", "2A001", "A"), ("2", "2A002", "B")]
    _load(tmp_path, made.points(*both), "liste-fs-20240101.csv")
    report = _load(tmp_path, made.points(*both[:1]))
    assert report.counts == {"unchanged": 1, "closed": 1}
    assert ServicePoint.objects.get(code="2").closed_on == date(2024, 8, 1)
    _load(tmp_path, made.points(*both), "liste-fs-20250101.csv")
    assert ServicePoint.objects.get(code="2").closed_on is None


def test_a_list_of_one_departement_closes_nothing_elsewhere(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    _load(tmp_path, made.points(("1", "2A001", "A"), ("2", "2B001", "B")), "liste-fs-20240101.csv")
    _load(tmp_path, made.points(("1", "2A001", "A")))
    assert ServicePoint.objects.get(code="2").closed_on is None


def test_an_older_list_is_refused_and_the_same_one_changes_nothing(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    content = made.points(("1", "2A001", "A"))
    _load(tmp_path, content)
    assert _load(tmp_path, content).already_loaded
    with pytest.raises(MaillageError, match="plus ancienne"):
        _load(tmp_path, made.points_2021((1, "2A001", "A")), "france_services_2021.geojson")


def test_a_dry_run_tells_and_writes_nothing(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    report = _load(tmp_path, made.points(("1", "2A001", "A")), dry_run=True)
    assert report.counts == {"added": 1}
    assert not ServicePoint.objects.exists()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("liste-fs-20240801.csv", "2024-08-01"),
        ("france_services_2021.geojson", "2021"),
        ("liste.csv", ""),
        ("liste-fs-20249901.csv", ""),
        ("fs_2021_2022.csv", ""),
    ],
)
def test_the_day_of_a_list_is_that_of_its_name(name: str, told: str) -> None:
    assert vintage_of(name) == told


def test_without_a_date_the_day_of_the_load_is_taken_and_said(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    report = _load(tmp_path, made.points(("1", "2A001", "A")), "liste.csv")
    assert report.vintage == "2026-11-20"
    assert any("celle du chargement" in note for note in report.notes)
