"""The whole of France from the official files: complete, quick, with a short lock; and regions one by one."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from django.test import override_settings

import maillage.demo
from maillage.sources.registry import ImportReport, ImportRequest
from maillage.sources.services import run_import
from maillage.territories import selectors
from maillage.territories.importers.embedded import read_embedded
from maillage.territories.models import EpciMember, EpciPart, Population, Territory
from maillage.territories.services import load_territories
from tests.territories.invented import AT

FILES = (
    ("cog", "cog/regions.csv"),
    ("cog", "cog/departements.csv"),
    ("cog", "cog/communes.csv"),
    ("movements", "cog/mouvements-communes.csv"),
    ("populations", "cog/donnees_communes.csv"),
    ("epci", "cog/epcicom2025.xlsx"),
)
VINTAGES = {"cog": "2026", "populations": "2023"}


def _load(path: Path, kind: str, vintage: str = "") -> ImportReport:
    request = ImportRequest(path=path, name=path.name, by=None, at=AT, vintage=vintage or VINTAGES.get(kind, ""))
    return run_import(kind=kind, request=request)


@pytest.fixture(scope="module")
def france(django_db_setup: None, django_db_blocker: object, shared: Path) -> Iterator[dict[str, ImportReport]]:
    """All six files, loaded once for the module in a transaction that is undone after."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]  # it has no public type
        territories, populations = read_embedded(Path(maillage.demo.__file__).parent / "data")
        load_territories(territories=territories, populations=populations, by=None, at=AT)
        reports = {file: _load(shared / "data" / file, kind) for kind, file in FILES}
        yield reports
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def shared() -> Path:
    return Path(__file__).resolve().parents[3] / "shared"


# Each test works in a savepoint of the transaction that holds the country.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("france")]


def test_every_commune_and_every_epci_is_there() -> None:
    assert selectors.counts_by_level() == {
        "country": 1,
        "region": 18,
        "departement": 101,
        "epci": 1255,
        "commune": 34_875,
    }


def test_the_populations_agree_with_the_published_ones(shared: Path) -> None:
    """Sums by département equal the facts published apart; only Mayotte, absent from the file, lacks."""
    published = {"DEP-44": 1_487_570, "DEP-49": 833_776, "DEP-53": 305_468, "DEP-72": 566_733, "DEP-85": 713_609}
    published["REG-52"] = 3_907_156
    found = dict(Population.objects.filter(year=2023).values_list("territory__code", "municipal").order_by("pk"))
    assert {code: found[code] for code in published} == published
    lacking = Territory.objects.filter(level="departement").exclude(populations__year=2023).order_by("code")
    assert [one.code for one in lacking] == ["DEP-976"]
    assert "FRANCE" not in found


def test_paris_lyon_and_marseille_are_summed_from_their_arrondissements() -> None:
    found = Population.objects.filter(year=2023, territory__insee__in=["75056", "69123", "13055"]).order_by("pk")
    assert all(500_000 < one.municipal < 2_300_000 for one in found)
    assert len(found) == 3


def test_epci_facts_carried_in_the_data_set_agree_with_the_official_workbook(france: dict[str, ImportReport]) -> None:
    """The 71 EPCI: the same name, nature, parts and populations, or the import would have changed them."""
    report = france["cog/epcicom2025.xlsx"]
    assert report.counts["unchanged"] == 71
    assert "changed" not in report.counts
    assert report.counts["populations"] == 1255  # the total population, that the facts do not give, completes them
    region = Territory.objects.get(code="REG-52")
    assert len(selectors.epci_of(region)) == 71
    assert sum(one.crosses_border for one in selectors.epci_of(region)) == 4


def test_the_traps_of_these_files() -> None:
    yeu = Territory.objects.get(code="COM-85113")
    assert selectors.epci_of_commune(yeu) is None
    assert Territory.objects.get(code="COM-49126").name == "Orée d'Anjou"
    assert not Territory.objects.filter(code="COM-49069").exists()
    assert EpciMember.objects.filter(vintage=2025).count() == 34_871
    redon = EpciPart.objects.filter(epci__insee="243500741", area__level="region").order_by("-communes")
    assert [(part.area.code, part.communes, part.communes_total) for part in redon] == [
        ("REG-53", 23, 31),
        ("REG-52", 8, 31),
    ]


@pytest.mark.parametrize("code", ["REG-84", "REG-94", "REG-11", "REG-04", "REG-53"])
def test_any_region_can_be_the_instances(code: str) -> None:
    with override_settings(MAILLAGE_REGION=code):
        region = selectors.instance_region()
        assert region is not None
        departements = list(selectors.departements_of(region))
        assert departements
        assert selectors.communes_of(region).count() == sum(selectors.communes_of(one).count() for one in departements)
        assert len(selectors.epci_of(region)) >= len(selectors.epci_of(region, "whole"))
        assert selectors.latest_population(region) is not None


def test_loading_all_again_changes_nothing(shared: Path) -> None:
    before = Territory.objects.count()
    for kind, file in FILES:
        assert _load(shared / "data" / file, kind).already_loaded, file
    assert Territory.objects.count() == before


def test_a_file_cut_to_one_region_leaves_the_rest_of_france_open(shared: Path, tmp_path: Path) -> None:
    with (shared / "data/cog/communes.csv").open(encoding="utf-8") as handle:
        reader = csv.DictReader(handle)
        rows = [row for row in reader if row["REG"] == "94"]
        written = io.StringIO()
        writer = csv.DictWriter(written, reader.fieldnames or [])
        writer.writeheader()
        writer.writerows(rows)
    path = tmp_path / "corse.csv"
    path.write_text(written.getvalue(), encoding="utf-8")
    report = _load(path, "cog")
    assert report.changes_nothing
    assert not Territory.objects.filter(level="commune", valid_to__isnull=False).exists()


def test_contours_of_2022_follow_the_communes_of_2026(shared: Path) -> None:
    left_out: list[str] = []
    for departement in ("44", "49", "53", "72", "85"):
        report = _load(shared / "data/geo" / f"communes-1000m-{departement}.geojson", "contours", "2022")
        left_out += [code for one in report.left_out for code in one.examples]
    region = Territory.objects.get(code="REG-52")
    communes = selectors.communes_of(region)
    bare = communes.filter(contour__isnull=True).order_by("code").values_list("code", flat=True)
    assert left_out == ["COM-85084"]
    assert list(bare) == ["COM-85084", "COM-85165", "COM-85212"]  # shared in 2024: no outline rather than a false one
    _load(shared / "data/geo/corresp_geo_point_codes_communes_2025.csv", "contours")
    assert not communes.filter(latitude__isnull=True).exists()


def test_contours_of_epci_and_departements(shared: Path) -> None:
    assert _load(shared / "data/geo/departements-1000m.geojson", "contours").counts == {"added": 101}
    report = _load(shared / "data/geo/epci_2022.geojson", "contours")
    assert report.vintage == "2022"
    region = Territory.objects.get(code="REG-52")
    assert all(hasattr(one.epci, "contour") for one in selectors.epci_of(region))
