"""All the official files in one database: what each gives agrees with what its producer says it holds."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction

from maillage.directory import selectors as directory
from maillage.directory.models import ServicePoint
from maillage.directory.selectors import Counts
from maillage.engines.coverage import Threshold
from maillage.indicators.models import Observation
from maillage.kernel.errors import InputRefused
from maillage.observatory.selectors.coverage import coverage
from maillage.sources.models import SourceEdition
from maillage.sources.registry import ImportReport, ImportRequest
from maillage.sources.services import go_back, run_import
from maillage.territories.models import Contour, Territory, Zoning
from maillage.territories.selectors import communes_of
from tests.bench.imports import FILES, FILOSOFI
from tests.territories.invented import AT

DEPARTEMENTS = ("44", "49", "53", "72", "85")
LISTS = ("france_services/france_services_2021.geojson", "france_services/liste-fs-20240801.csv")
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def _load(kind: str, file: str, vintage: str) -> ImportReport:
    path = DATA / file
    return run_import(kind=kind, request=ImportRequest(path=path, name=path.name, by=None, at=AT, vintage=vintage))


@pytest.fixture(scope="module")
def reports(django_db_setup: None, django_db_blocker: object) -> Iterator[dict[str, ImportReport]]:
    """Every file, loaded once for the module in a transaction that is undone after."""
    with django_db_blocker.unblock(), transaction.atomic():  # type: ignore[attr-defined]  # it has no public type
        loaded = {file: _load(kind, file, vintage) for kind, file, vintage in FILES}
        connection.check_constraints()  # once: PostgreSQL would check a million rows after every test
        yield loaded
        transaction.set_rollback(True)


# Each test works in a savepoint of the transaction that holds the country.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reports")]


def _region() -> Territory:
    return Territory.objects.get(code="REG-52")


def test_coverage_gives_the_figures_of_the_design() -> None:
    """98.2 % of the region within 15 km of a point, as the crow flies; four EPCI without a fixed point or a branch."""
    found = coverage(_region(), "france-services", Threshold(km=15))
    assert found.summary.share_within == pytest.approx(0.982, abs=0.0005)
    held = directory.counts_by_level("epci")
    without = [one for one in found.by_epci if not held.get(one.territory.pk, Counts()).in_place]
    assert len(without) == 4


def test_each_file_is_kept_and_in_force_unless_a_newer_list_replaced_it(reports: dict[str, ImportReport]) -> None:
    editions = {one.pk: one for one in SourceEdition.objects.select_related("file").order_by("pk")}
    assert len(editions) == len(FILES)
    for file, report in reports.items():
        edition = editions[report.edition or 0]
        assert edition.file is not None
        assert edition.file.sha256 == edition.sha256
        assert edition.is_current == (file != LISTS[0]), file


def test_the_france_services_of_the_region() -> None:
    """128 places in the five départements, three of which are buses; a bus is not a fixed point."""
    region = _region()
    assert Counts.of(directory.points_of(region)) == Counts(fixed=121, mobile=3, branch=4)
    by_departement = {
        code: Counts.of(directory.points_of(Territory.objects.get(code=f"DEP-{code}"))).total for code in DEPARTEMENTS
    }
    assert by_departement == {"44": 33, "49": 28, "53": 18, "72": 26, "85": 23}
    assert ServicePoint.objects.filter(closed_on__isnull=False).count() == 11
    assert directory.unplaced() == 3
    placed = ServicePoint.objects.get(code="280")
    assert placed.territory is not None
    assert placed.territory.code == "COM-49126"  # the list writes 49069, which it was until 2025


def test_what_an_older_list_named_comes_back_with_it(reports: dict[str, ImportReport]) -> None:
    first = SourceEdition.objects.get(pk=reports[LISTS[0]].edition)
    go_back(edition=first, by=None, at=AT)
    assert Counts.of(directory.points_of(Territory.objects.get(code="FRANCE"))).total == 908
    assert Counts.of(directory.points_of(_region())).total == 44
    assert not ServicePoint.objects.filter(closed_on__isnull=False).exists()


@pytest.mark.parametrize(
    ("file", "scheme", "rows", "without"),
    [
        ("context/dens7_communes.json", "density", 1230, ["COM-85165", "COM-85212"]),
        ("context/ZRR_20221109.json", "rural", 1236, ["COM-49160", "COM-85084", "COM-85165", "COM-85212"]),
    ],
)
def test_each_commune_has_its_class_but_those_without_a_sure_one(
    file: str, scheme: str, rows: int, without: list[str]
) -> None:
    content = json.loads((DATA / file).read_text(encoding="utf-8"))
    given = dict(content) if isinstance(content, dict) else {r["fields"]["insee_code"]: r["fields"] for r in content}
    assert sum(code[:2] in DEPARTEMENTS for code in given) == rows
    classed = Zoning.objects.filter(scheme=scheme).order_by("pk").values("territory")
    bare = communes_of(_region()).exclude(pk__in=classed).order_by("code")
    assert list(bare.values_list("code", flat=True)) == without


def test_the_vintage_of_a_grid_and_the_geography_of_its_codes(reports: dict[str, ImportReport]) -> None:
    grid, rural = reports["context/dens7_communes.json"], reports["context/ZRR_20221109.json"]
    assert (grid.vintage, rural.vintage) == ("2024", "2022")
    assert "au 1er janvier 2024" in grid.notes[0]
    assert "au 1er janvier 2021" in rural.notes[0]


def test_the_poverty_rates_of_the_region() -> None:
    """Published for 298 communes of 2024, two of which have merged since: a rate is not summed."""
    with (DATA / FILOSOFI).open(encoding="ascii") as handle:
        rows = [row for row in csv.DictReader(handle, delimiter=";") if row["CODGEO"][:2] in DEPARTEMENTS]
    assert len(rows) == 1232
    assert sum(row["TP6021"] not in {"s", "nd"} for row in rows) == 298
    rates = Observation.objects.filter(indicator__code="POVERTY-RATE", territory__in=communes_of(_region()))
    assert rates.filter(value__isnull=False).count() == 296
    assert rates.filter(status="floor").count() == 28


def test_the_iris_stand_under_their_commune() -> None:
    iris = Territory.objects.filter(level="iris", parent__parent__parent=_region()).order_by("code")
    assert iris.count() == 809
    assert iris.values("parent").distinct().count() == 107


def test_every_file_of_outlines_is_taken(reports: dict[str, ImportReport]) -> None:
    levels = Contour.objects.order_by().values_list("territory__level", flat=True).distinct()
    assert set(levels) == {"commune", "epci", "departement"}
    assert Contour.objects.filter(territory__in=communes_of(_region())).count() == 1225
    points = reports["geo/corresp_geo_point_codes_communes_2025.csv"]
    assert points.counts["added"] + points.counts["changed"] == 34_875


def test_loading_all_again_changes_nothing() -> None:
    """But the list of 2021, older than the one in force, is refused."""
    before = SourceEdition.objects.count()
    for kind, file, vintage in FILES:
        if file == LISTS[0]:
            continue
        report = _load(kind, file, vintage)
        assert report.already_loaded or report.changes_nothing, file
    assert SourceEdition.objects.count() == before


@pytest.mark.parametrize(
    ("kind", "file"),
    [("contours", "geo/geocodes_passage_annuel.csv"), ("cog", "cog/arrondissements.csv"), ("density", FILOSOFI)],
)
def test_a_real_file_of_another_kind_is_refused(kind: str, file: str) -> None:
    with pytest.raises(InputRefused, match="Ligne 1"):
        _load(kind, file, "")
