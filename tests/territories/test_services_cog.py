"""Loading the code officiel géographique and the movements: whole or not at all, partial files, closings."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied

from maillage.core.models import AuditEntry, User
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.sources.models import SourceEdition
from maillage.territories.models import CodeMovement, Territory
from tests.territories import invented
from tests.territories.invented import COMMUNES, CORSICA, communes, departements, load, load_corsica, movements, regions

pytestmark = pytest.mark.django_db


def _state() -> list[tuple[object, ...]]:
    columns = ("code", "name", "sort_name", "parent__code", "valid_from", "valid_to", "edition_id")
    return list(Territory.objects.order_by("code").values_list(*columns))


def _refusal(folder: Path, kind: str, content: str, **options: str) -> InputRefused:
    before, editions = _state(), SourceEdition.objects.count()
    with pytest.raises(InputRefused) as caught:
        load(folder, kind, content, **options)
    assert (_state(), SourceEdition.objects.count()) == (before, editions)
    return caught.value


def test_a_region_is_built_from_its_three_files(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    found = Territory.objects.get(code="COM-2A001")
    assert found.parent is not None
    assert found.parent.parent is not None
    assert (found.name, found.insee, found.parent.code, found.parent.parent.code) == (
        "Alta",
        "2A001",
        "DEP-2A",
        "REG-94",
    )
    assert Territory.objects.get(code="REG-94").parent == Territory.objects.get(code="FRANCE")


def test_an_edition_tells_what_was_loaded(tmp_path: Path, aicha: User) -> None:
    load_corsica(tmp_path)
    report = load(tmp_path, "cog", COMMUNES + CORSICA.replace("Alta", "Àlta"), vintage="2026", by=aicha)
    edition = SourceEdition.objects.get(pk=report.edition)
    assert (edition.kind, edition.part, edition.vintage, edition.rows) == ("cog", "communes", "2026", 6)
    assert (edition.publisher, edition.loaded_by, edition.origin) == ("INSEE", aicha, "cog.csv")
    assert edition.scope == ["DEP-2A", "DEP-2B"]
    assert len(edition.sha256) == 64
    assert edition.report["counts"] == {"changed": 1, "unchanged": 5}
    assert AuditEntry.objects.filter(action="source.import", object_id=str(edition.pk), actor=aicha).exists()


def test_the_same_file_twice_changes_nothing_and_leaves_no_edition(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    before, editions = _state(), SourceEdition.objects.count()
    report = load(tmp_path, "cog", COMMUNES + CORSICA, vintage="2026")
    assert report.already_loaded
    assert report.lines() == [
        "Code officiel géographique, communes, 1er janvier 2026\u00a0: déjà chargé, rien ne change."
    ]
    assert (_state(), SourceEdition.objects.count()) == (before, editions)


def test_the_same_content_in_another_file_finds_no_difference(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    before = _state()
    report = load(tmp_path, "cog", (COMMUNES + CORSICA).replace("\n", "\r\n"), vintage="2026")
    assert (report.already_loaded, report.changes_nothing, report.counts) == (False, True, {"unchanged": 6})
    assert _state() == before


def test_a_dry_run_tells_the_differences_and_writes_nothing(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    before, editions = _state(), SourceEdition.objects.count()
    changed = CORSICA.replace("Alta", "Alta-Rocca") + communes("94", "2B", ("2B009", "Nonza"))
    report = load(tmp_path, "cog", COMMUNES + changed, vintage="2026", dry_run=True)
    assert report.counts == {"changed": 1, "added": 1, "unchanged": 5}
    text = "\n".join(report.lines())
    assert "Essai à blanc, rien n'est écrit" in text
    assert "COM-2A001 Alta-Rocca\u00a0: Alta → Alta-Rocca" in text
    assert (_state(), SourceEdition.objects.count()) == (before, editions)


def test_a_dry_run_and_the_load_say_the_same(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    changed = COMMUNES + CORSICA.replace("Alta", "Alta-Rocca")
    dry = load(tmp_path, "cog", changed, vintage="2026", dry_run=True)
    real = load(tmp_path, "cog", changed, vintage="2026")
    assert (dry.counts, dry.examples) == (real.counts, real.examples)


def test_a_commune_that_disappears_is_closed_and_never_deleted(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    fewer = CORSICA.replace(communes("94", "2A", ("2A004", "Dolce")), "")
    report = load(tmp_path, "cog", COMMUNES + fewer, vintage="2027")
    assert report.counts == {"closed": 1, "unchanged": 5}
    assert Territory.objects.get(code="COM-2A004").valid_to == date(2027, 1, 1)


def test_the_movements_give_the_day_of_a_closing(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "movements", movements((32, "2026-03-01", "2A004", "2A001"), (32, "2026-03-01", "2A001", "2A001")))
    fewer = CORSICA.replace(communes("94", "2A", ("2A004", "Dolce")), "")
    load(tmp_path, "cog", COMMUNES + fewer, vintage="2027")
    assert Territory.objects.get(code="COM-2A004").valid_to == date(2026, 3, 1)


def test_a_closed_commune_that_comes_back_is_opened_again(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    fewer = CORSICA.replace(communes("94", "2A", ("2A004", "Dolce")), "")
    load(tmp_path, "cog", COMMUNES + fewer, vintage="2027")
    report = load(tmp_path, "cog", COMMUNES + CORSICA, vintage="2028")
    assert report.counts == {"changed": 1, "unchanged": 5}
    assert Territory.objects.get(code="COM-2A004").valid_to is None


def test_a_file_of_one_departement_leaves_the_others_alone(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    only = communes("94", "2B", ("2B001", "Erbalunga"), ("2B002", "Felce"), ("2B003", "Galeria"))
    report = load(tmp_path, "cog", COMMUNES + only, vintage="2027")
    assert report.counts == {"added": 1, "unchanged": 2}
    assert not Territory.objects.filter(valid_to__isnull=False).exists()


def test_a_partial_file_does_not_put_out_of_force_the_one_of_the_country(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    whole = SourceEdition.objects.get(part="communes")
    load(tmp_path, "cog", COMMUNES + communes("94", "2B", ("2B001", "Erbalunga"), ("2B002", "Felce")), vintage="2026")
    whole.refresh_from_db()
    assert whole.is_current
    load(tmp_path, "cog", COMMUNES + CORSICA.replace("Alta", "Alto"), vintage="2026")
    whole.refresh_from_db()
    assert not whole.is_current
    assert SourceEdition.objects.filter(part="communes", is_current=True).count() == 1


def test_many_communes_missing_without_a_movement_is_an_incomplete_file(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    many = CORSICA + communes("94", "2B", *((f"2B1{n:02d}", f"Commune {n}") for n in range(10)))
    load(tmp_path, "cog", COMMUNES + many, vintage="2026")
    refusal = _refusal(tmp_path, "cog", COMMUNES + CORSICA, vintage="2027")
    assert "DEP-2B\u00a0: 10 communes sur 12".replace("\u00a0", " ") in str(refusal)
    merged = [(32, "2026-06-01", f"2B1{n:02d}", "2B001") for n in range(10)]
    load(tmp_path, "movements", movements(*merged, (32, "2026-06-01", "2B001", "2B001")))
    assert load(tmp_path, "cog", COMMUNES + CORSICA, vintage="2027").counts == {"closed": 10, "unchanged": 6}


def test_a_commune_in_an_unknown_departement_is_refused_by_row(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    lost = communes("93", "13", ("13001", "Aix"), ("13002", "Allauch"))
    refusal = _refusal(tmp_path, "cog", COMMUNES + CORSICA + lost, vintage="2026")
    assert [(problem.row, problem.column) for problem in refusal.problems] == [(8, "DEP"), (9, "DEP")]
    assert "chargez d'abord departements.csv" in str(refusal)


def test_a_departement_in_an_unknown_region_is_refused_by_row(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    refusal = _refusal(tmp_path, "cog", departements(("13", "93", "Bouches-du-Rhône")), vintage="2026")
    assert (refusal.problems[0].row, refusal.problems[0].column) == (2, "REG")


def test_an_older_vintage_is_refused(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    with pytest.raises(MaillageError, match="plus ancien"):
        load(tmp_path, "cog", COMMUNES + CORSICA, vintage="2024")


def test_a_vintage_that_is_not_a_year_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MaillageError, match="Millésime"):
        load(tmp_path, "cog", regions(("94", "Corse")), vintage="janvier")


def test_the_year_is_read_in_the_name_of_the_file_and_an_assumption_is_told(tmp_path: Path) -> None:
    named = load(tmp_path, "cog", regions(("94", "Corse")), name="v_region_2025.csv", dry_run=True)
    assumed = load(tmp_path, "cog", regions(("94", "Corse")), name="regions.csv", dry_run=True)
    assert (named.vintage, named.notes) == ("2025", [])
    assert assumed.vintage == "2026"
    assert "2026 est retenu par défaut" in assumed.notes[0]


def test_parts_of_communes_are_left_out_and_told(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    parts = communes("94", "2A", ("2A001", "Alta"), kind="COMD") + communes("94", "2A", ("2A002", "B"), kind="ARM")
    report = load(tmp_path, "cog", COMMUNES + CORSICA + parts, vintage="2026")
    assert report.counts == {"unchanged": 6}
    assert [(one.count, "arrondissements" in one.reason) for one in report.left_out] == [(1, True), (1, False)]


@pytest.mark.parametrize(
    ("line", "row", "column"),
    [
        ("COM,2A9,94,2A,,,0,X,X,Court,,\n", 8, "COM"),
        ("COM,1004,94,2A,,,0,X,X,Sans zéro,,\n", 8, "COM"),
        ("COM,01004,84,2A,,,0,X,X,Ailleurs,,\n", 8, "DEP"),
        ("COM,2A009,93,2A,,,0,X,X,Autre région,,\n", 8, "REG"),
        ("COM,2A009,94,2A,,,0,X,X,,,\n", 8, "LIBELLE"),
        (f"COM,2A009,94,2A,,,0,X,X,{'a' * 201},,\n", 8, "LIBELLE"),
        ("VILLE,2A009,94,2A,,,0,X,X,Type,,\n", 8, "TYPECOM"),
        ("COM,2A001,94,2A,,,0,X,X,Deux fois,,\n", 8, None),
        ("COM,,94,2A,,,0,X,X,Sans code,,\n", 8, "COM"),
    ],
)
def test_a_dirty_line_refuses_the_file_with_its_place(tmp_path: Path, line: str, row: int, column: str | None) -> None:
    load_corsica(tmp_path)
    refusal = _refusal(tmp_path, "cog", COMMUNES + CORSICA + line, vintage="2026")
    assert [(problem.row, problem.column) for problem in refusal.problems] == [(row, column)]


OTHER_FILES = {
    "other": "a,b\n1,2\n",
    "arrondissements": "ARR,DEP,REG,LIBELLE\n011,01,84,Belley\n",
    "empty": COMMUNES,
    "no commune": COMMUNES + communes("94", "2A", ("2A001", "A"), kind="COMD"),
}


@pytest.mark.parametrize("content", OTHER_FILES.values(), ids=OTHER_FILES.keys())
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: str) -> None:
    load_corsica(tmp_path)
    _refusal(tmp_path, "cog", content)


def test_only_the_regional_team_and_observers_load(tmp_path: Path, bruno: User, aicha: User) -> None:
    with pytest.raises(PermissionDenied):
        load(tmp_path, "cog", regions(("94", "Corse")), by=bruno)
    assert load(tmp_path, "cog", regions(("94", "Corse")), by=aicha).counts == {"added": 1}


# --- movements ------------------------------------------------------------------------------------------------------

SOME = [
    (32, "2015-01-01", "2A004", "2A001"),
    (32, "2015-01-01", "2A001", "2A001"),
    (50, "2020-05-02", "2B009", "2B002"),
]


def test_movements_are_loaded_once(tmp_path: Path) -> None:
    report = load(tmp_path, "movements", movements(*SOME, SOME[0]))
    assert (report.vintage, report.counts) == ("2020", {"added": 3, "unchanged": 0})
    assert "1 lignes identiques" in report.notes[0]
    assert load(tmp_path, "movements", movements(*SOME, SOME[0])).already_loaded
    assert CodeMovement.objects.count() == 3


def test_an_event_withdrawn_by_the_producer_is_withdrawn(tmp_path: Path) -> None:
    load(tmp_path, "movements", movements(*SOME, (10, "2018-01-01", "2B001", "2B001")))
    report = load(tmp_path, "movements", movements(*SOME))
    assert report.counts == {"removed": 1, "unchanged": 3}


def test_a_partial_list_withdraws_nothing_elsewhere(tmp_path: Path) -> None:
    load(tmp_path, "movements", movements(*SOME, (10, "2018-01-01", "01001", "01001")))
    assert load(tmp_path, "movements", movements(*SOME)).counts == {"unchanged": 3}
    assert CodeMovement.objects.count() == 4


def test_movements_date_the_communes_already_known(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "movements", movements(*SOME))
    assert Territory.objects.get(code="COM-2B002").valid_from == date(2020, 5, 2)
    assert Territory.objects.get(code="COM-2A001").valid_from is None


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("2015-01-01", "2015-02-30", "DATE_EFF"),
        ("2015-01-01", "01/01/2015", "DATE_EFF"),
        ("2015-01-01", "0015-01-01", "DATE_EFF"),
        ("\n32,", "\n99,", "MOD"),
        ("\n32,", "\n-1,", "MOD"),
        ("COM,2A004", "VILLE,2A004", "TYPECOM_AV"),
        ("COM,2A004", "COM,A004", "COM_AV"),
        ("COM,2A004", "COM,", "COM_AV"),
    ],
)
def test_an_impossible_event_refuses_the_file(tmp_path: Path, old: str, new: str, column: str) -> None:
    refusal = _refusal(tmp_path, "movements", movements(*SOME).replace(old, new, 1))
    assert [(problem.row, problem.column) for problem in refusal.problems] == [(2, column)]


def test_a_list_without_its_columns_is_refused(tmp_path: Path) -> None:
    assert "COM_AP" in str(
        _refusal(tmp_path, "movements", invented.MOVEMENTS.replace("COM_AP", "X").replace("TYPEX", "Y"))
    )
