"""Going back to an edition: the database is as that edition left it, whatever the kind; or a clear reason why not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied

from maillage.core.models import AuditEntry, StoredFile, User
from maillage.kernel.errors import MaillageError
from maillage.sources.models import SourceEdition
from maillage.sources.registry import ImportReport
from maillage.sources.services import go_back, why_not
from maillage.territories.models import Population, Territory
from tests.sources import made
from tests.sources.dump import differences, dump, in_force
from tests.territories.invented import (
    AT,
    COMMUNES,
    CORSICA,
    communes,
    epci_workbook,
    geojson,
    load,
    load_corsica,
    movements,
    populations,
    square,
)

pytestmark = pytest.mark.django_db

EAST, WEST = "200000172", "200000438"
OLD_EPCI = epci_workbook(
    [("2A", EAST, "CC Est", "CC", 2, 120, 110, "2A001"), ("2A", EAST, "CC Est", "CC", 2, 120, 110, "2A002")],
    "Epcicom2024",
)
NEW_EPCI = epci_workbook(
    [("2A", EAST, "CC de l'Est", "CA", 1, 70, 60, "2A001"), ("2A", WEST, "CC Ouest", "CC", 1, 50, 45, "2A002")],
    "Epcicom2025",
)
SHIFTED = square(8.5, 41.5, 0.2)


@dataclass(frozen=True)
class Case:
    """Two files of one kind, the second of which changes, adds and drops something."""

    kind: str
    first: str | bytes
    second: str | bytes
    name: str = ""
    second_name: str = ""


CASES = {
    "populations": Case(
        "populations",
        populations(("2A001", 100, 110), ("2A002", 50, 55)),
        populations(("2A001", 120, 130), ("2A002", 50, 55), ("2A003", 7, 8)),
        "donnees_2023.csv",
    ),
    "density": Case(
        "density",
        made.density({"2A001": 6, "2A002": 7}),
        made.density({"2A001": 5, "2A002": 7, "2A003": 2}),
        "dens7.json",
    ),
    "density of another year": Case(
        "density", made.density({"2A001": 6}), made.density({"2A001": 5, "2A003": 2}), "d_2024.json", "d_2025.json"
    ),
    "zoning": Case("zoning", made.zoning({"2A001": "C"}), made.zoning({"2A001": "NC", "2A002": "PC"}), "zrr.json"),
    "france-services": Case(
        "france-services",
        made.points_2021((1, "2A001", "Alta"), (2, "2A002", "Bassa")),
        made.points(("1", "2A001", "France services d'Alta"), ("3", "2A003", "Bus"), format_fs="Bus_équivalent"),
        "fs_2021.geojson",
        "liste-fs-20240801.csv",
    ),
    "contours": Case(
        "contours",
        geojson(({"insee_com": "2A001"}, square(8.5, 41.5)), ({"insee_com": "2A002"}, square(8.6, 41.5))),
        geojson(
            ({"insee_com": "2A001"}, SHIFTED),
            ({"insee_com": "2A002"}, square(8.6, 41.5)),
            ({"insee_com": "2A003"}, square(8.7, 41.5)),
        ),
    ),
    "points": Case(
        "contours",
        "code,latitude,longitude\n2A001,41.5,8.5\n",
        "code,latitude,longitude\n2A001,41.6,8.6\n2A002,41.7,8.7\n",
        "points.csv",
    ),
    "epci": Case("epci", OLD_EPCI, NEW_EPCI),
    "movements": Case(
        "movements",
        movements((32, "2019-01-01", "2A005", "2A001")),
        movements((32, "2019-01-01", "2A005", "2A001"), (21, "2022-01-01", "2A001", "2A004")),
    ),
    "filosofi": Case(
        "filosofi",
        made.filosofi(("2A001", 200, 20000, "15,2"), ("2A002", 150, "s", "s")),
        made.filosofi(("2A001", 210, 20500, "14,9"), ("2A002", 150, "s", "s"), ("2A003", 90, "nd", "nd")),
        "cc_filosofi_2021_COM.csv",
    ),
    "caf-iris": Case(
        "caf-iris",
        made.caf_iris(("2A0010101", 120, 12), ("2A0010102", 80, "")),
        made.caf_iris(("2A0010101", 125, 13), ("2A0010102", 80, 9), ("2A0020101", 40, 5)),
        "inseecaf2021_iris.csv",
    ),
}


def _load(folder: Path, case: Case, content: str | bytes, name: str = "") -> ImportReport:
    return load(folder, case.kind, content, name=name or case.name)


def _edition(report: ImportReport) -> SourceEdition:
    return SourceEdition.objects.select_related("file").get(pk=report.edition)


@pytest.mark.parametrize("named", CASES)
def test_the_database_is_as_the_edition_left_it(named: str, tmp_path: Path) -> None:
    case = CASES[named]
    load_corsica(tmp_path)
    first = _load(tmp_path, case, case.first)
    after_first, force = dump(), in_force()
    second = _load(tmp_path, case, case.second, case.second_name)
    after_second = dump()
    assert after_second != after_first

    report = go_back(edition=_edition(first), by=None, at=AT)
    assert differences(after_first, dump()) == []
    assert in_force() == force
    assert report.restores == first.edition
    assert not report.changes_nothing

    go_back(edition=_edition(second), by=None, at=AT)  # and forth
    assert differences(after_second, dump()) == []


def test_a_file_of_one_area_comes_back_with_those_that_stood_beside_it(tmp_path: Path) -> None:
    """The country's file, then a département's, then the country's again: going back gives the first two together."""
    load_corsica(tmp_path)
    load(tmp_path, "populations", populations(("2A001", 100, 110), ("2B001", 60, 66)), name="a_2023.csv")
    part = load(tmp_path, "populations", populations(("2B001", 61, 67)), name="b_2023.csv")
    then = dump()
    load(tmp_path, "populations", populations(("2A001", 1, 2), ("2B001", 1, 2), ("2B002", 1, 2)), name="c_2023.csv")
    assert dump() != then
    go_back(edition=_edition(part), by=None, at=AT)
    assert differences(then, dump()) == []
    current = SourceEdition.objects.filter(kind="populations", is_current=True).order_by("pk")
    assert [one.report["restores"] for one in current] == [part.edition, part.edition]


def test_going_back_leaves_an_edition_and_a_line_in_the_journal(tmp_path: Path, aicha: User) -> None:
    case = CASES["density"]
    load_corsica(tmp_path)
    first = _load(tmp_path, case, case.first)
    second = _load(tmp_path, case, case.second)
    report = go_back(edition=_edition(first), by=aicha, at=AT)
    edition = _edition(report)
    assert (edition.loaded_by, edition.sha256, edition.file) == (aicha, first.sha256, _edition(first).file)
    assert AuditEntry.objects.get(action="source.restore").object_id == str(edition.pk)
    assert not _edition(second).is_current


def test_only_who_loads_files_goes_back(tmp_path: Path, bruno: User, chloe: User) -> None:
    case = CASES["density"]
    load_corsica(tmp_path)
    first = _load(tmp_path, case, case.first)
    _load(tmp_path, case, case.second)
    for user in (bruno, chloe):
        with pytest.raises(PermissionDenied):
            go_back(edition=_edition(first), by=user, at=AT)


def test_an_older_geography_is_never_gone_back_to(tmp_path: Path) -> None:
    load_corsica(tmp_path, vintage="2025")
    old = SourceEdition.objects.get(kind="cog", part="communes")
    load_corsica(tmp_path, vintage="2026")
    old.refresh_from_db()
    assert "tiennent à ses communes" in why_not(old)
    with pytest.raises(MaillageError, match="sans commune"):
        go_back(edition=old, by=None, at=AT)


def test_a_mistake_in_the_geography_of_a_year_is_undone(tmp_path: Path) -> None:
    """The same vintage: a commune that only the wrong file named leaves, unless a figure rests on it."""
    load_corsica(tmp_path)
    right = SourceEdition.objects.get(kind="cog", part="communes")
    before = dump()
    more = communes("94", "2A", ("2A008", "Fausse"), ("2A009", "Tenue"))
    load(tmp_path, "cog", COMMUNES + CORSICA.replace("Alta", "Alta faux") + more, vintage="2026")
    held = Territory.objects.get(code="COM-2A009")
    population = Population.objects.create(territory=held, year=2023, municipal=1)
    go_back(edition=right, by=None, at=AT)
    held.refresh_from_db()
    assert held.valid_to is not None
    population.delete()
    held.delete()
    assert differences(before, dump()) == []


def test_an_edition_without_its_file_says_so(tmp_path: Path) -> None:
    case = CASES["density"]
    load_corsica(tmp_path)
    first = _load(tmp_path, case, case.first)
    _load(tmp_path, case, case.second)
    SourceEdition.objects.filter(pk=first.edition).update(file=None)
    assert "n'a pas été gardé" in why_not(_edition(first))


def test_a_damaged_file_is_not_gone_back_to(tmp_path: Path, settings: object) -> None:
    case = CASES["density"]
    load_corsica(tmp_path)
    first = _load(tmp_path, case, case.first)
    _load(tmp_path, case, case.second)
    kept = _edition(first).file
    assert kept is not None
    whole = Path(kept.content.path).read_bytes()
    before = dump()
    try:
        Path(kept.content.path).write_bytes(whole[:-2])
        with pytest.raises(MaillageError, match="abîmé"):
            go_back(edition=_edition(first), by=None, at=AT)
    finally:
        Path(kept.content.path).write_bytes(whole)
    assert differences(before, dump()) == []


def test_what_is_in_force_and_what_has_no_way_back_say_why(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    assert why_not(SourceEdition.objects.get(part="communes")) == "Cette édition est en vigueur."
    other = SourceEdition.objects.create(kind="documents", title="Liste", loaded_at=AT, is_current=False)
    assert "ne revient pas en arrière" in why_not(other)


def test_each_load_keeps_its_file_once(tmp_path: Path) -> None:
    case = CASES["density"]
    load_corsica(tmp_path)
    stored = StoredFile.objects.count()
    first = _load(tmp_path, case, case.first)
    _load(tmp_path, case, case.second)
    go_back(edition=_edition(first), by=None, at=AT)
    assert StoredFile.objects.count() == stored + 2
    kept = _edition(first).file
    assert kept is not None
    assert Path(kept.content.path).read_bytes() == str(case.first).encode()


def test_a_load_that_fails_keeps_no_file(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    stored = StoredFile.objects.count()
    with pytest.raises(MaillageError):
        load(tmp_path, "density", made.density({"01001": 3}))
    dry = load(tmp_path, "density", made.density({"2A001": 3}), dry_run=True)
    assert dry.edition is None
    assert StoredFile.objects.count() == stored
