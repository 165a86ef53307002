"""Legal populations: mergers sum, splits do not invent, sums only where nothing is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from maillage.kernel.errors import InputRefused, MaillageError
from maillage.sources.models import SourceEdition
from maillage.territories.models import Population
from tests.territories.invented import COMMUNES, CORSICA, communes, load, load_corsica, movements, populations

pytestmark = pytest.mark.django_db

SIX = [
    ("2A001", 100, 101),
    ("2A002", 200, 202),
    ("2A003", 300, 303),
    ("2A004", 400, 404),
    ("2B001", 10, 11),
    ("2B002", 20, 21),
]
ALL = populations(*SIX)


def _municipal(year: int = 2023) -> dict[str, int]:
    return dict(Population.objects.filter(year=year).order_by("pk").values_list("territory__code", "municipal"))


def test_communes_and_their_sums_are_loaded(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    report = load(tmp_path, "populations", ALL, vintage="2023")
    found = _municipal()
    assert found["COM-2A001"] == 100
    assert (found["DEP-2A"], found["DEP-2B"], found["REG-94"]) == (1000, 30, 1030)
    assert "FRANCE" not in found  # the Ain and its region have no commune here
    assert Population.objects.get(territory__code="DEP-2A").total == 1010
    assert Population.objects.get(territory__code="COM-2A001").geography == "2025"
    assert report.counts == {"added": 9}


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "populations", ALL, vintage="2023")
    editions = SourceEdition.objects.count()
    assert load(tmp_path, "populations", ALL, vintage="2023").already_loaded
    assert SourceEdition.objects.count() == editions


def test_another_year_is_kept_beside(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "populations", ALL, vintage="2023")
    load(tmp_path, "populations", ALL.replace(";100;1;101", ";90;1;91"), vintage="2022")
    assert (_municipal(2023)["COM-2A001"], _municipal(2022)["COM-2A001"]) == (100, 90)


def test_a_correction_changes_the_commune_and_its_sums(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "populations", ALL, vintage="2023")
    report = load(tmp_path, "populations", ALL.replace(";100;1;101", ";110;1;111"), vintage="2023")
    assert report.counts == {"changed": 3, "unchanged": 6}
    assert _municipal()["REG-94"] == 1040


@pytest.mark.parametrize("heading", ["PMUN23", "PMUN_2023", "pmun2023"])
def test_the_year_is_read_in_the_heading(tmp_path: Path, heading: str) -> None:
    load_corsica(tmp_path)
    assert load(tmp_path, "populations", ALL.replace("PMUN", heading)).vintage == "2023"


def test_spaces_may_group_thousands(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    for space in (" ", "\u00a0", "\u202f"):
        load(tmp_path, "populations", ALL.replace(";100;1;101", f";1{space}234;1;2{space}000"), vintage="2023")
        assert _municipal()["COM-2A001"] == 1234


def test_mergers_since_the_file_are_summed(tmp_path: Path) -> None:
    """2A005 was merged in 2026 into 2A001: the file, of the geography of 2025, still names it."""
    load_corsica(tmp_path)
    load(tmp_path, "movements", movements((32, "2026-01-01", "2A001", "2A001"), (32, "2026-01-01", "2A005", "2A001")))
    load(tmp_path, "populations", populations(*SIX, ("2A005", 50, 51)), vintage="2023")
    found = _municipal()
    assert (found["COM-2A001"], found["DEP-2A"]) == (150, 1050)


def test_a_merger_with_a_part_missing_is_not_given_a_false_sum(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "movements", movements((32, "2026-01-01", "2A001", "2A001"), (32, "2026-01-01", "2A005", "2A001")))
    report = load(tmp_path, "populations", ALL, vintage="2023")
    found = _municipal()
    assert "COM-2A001" not in found
    assert "DEP-2A" not in found
    assert any("dont une partie manque" in one.reason for one in report.left_out)


def test_a_changed_code_is_followed(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "movements", movements((50, "2026-01-01", "2B009", "2B002")))
    load(tmp_path, "populations", ALL.replace("2B002", "2B009"), vintage="2023")
    assert _municipal()["COM-2B002"] == 20


def test_a_commune_shared_since_is_left_out_and_its_departement_keeps_its_sum(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "movements", movements((21, "2026-01-01", "2A003", "2A003"), (21, "2026-01-01", "2A003", "2A004")))
    whole = populations(*[one for one in SIX if one[0] != "2A004"])
    report = load(tmp_path, "populations", whole, vintage="2023")
    found = _municipal()
    assert not {"COM-2A003", "COM-2A004"} & set(found)
    assert found["DEP-2A"] == 600
    assert any("partagée" in one.reason and one.examples == ("2A003",) for one in report.left_out)


def test_unknown_communes_are_left_out_with_what_to_do(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    report = load(tmp_path, "populations", populations(*SIX, ("13001", 5, 5)), vintage="2023")
    assert report.left_out[0].examples == ("13001",)
    assert "chargez les mouvements" in report.left_out[0].reason
    assert _municipal()["REG-94"] == 1030


def test_a_file_can_be_loaded_again_once_the_movements_are_there(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    renamed = ALL.replace("2B002", "2B009")
    load(tmp_path, "populations", renamed, vintage="2023")
    assert "COM-2B002" not in _municipal()
    load(tmp_path, "movements", movements((50, "2026-01-01", "2B009", "2B002")))
    assert not load(tmp_path, "populations", renamed, vintage="2023").already_loaded
    assert _municipal()["COM-2B002"] == 20


def test_a_partial_file_gives_no_sum_where_communes_are_missing(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    report = load(tmp_path, "populations", populations(*SIX[:3]), vintage="2023")
    assert set(_municipal()) == {"COM-2A001", "COM-2A002", "COM-2A003"}
    assert any("DEP-2A" in note for note in report.notes)


def test_the_country_is_summed_when_nothing_is_missing(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "cog", COMMUNES + CORSICA + communes("84", "01", ("01001", "Abergement")), vintage="2026")
    load(tmp_path, "populations", populations(*SIX, ("01001", 7, 7)), vintage="2023")
    assert (_municipal()["FRANCE"], _municipal()["REG-84"]) == (1037, 7)


def test_municipal_arrondissements_are_summed_into_their_commune(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    from tests.territories.invented import departements

    load(tmp_path, "cog", departements(("69", "84", "Rhône")), vintage="2026")
    load(tmp_path, "cog", COMMUNES + communes("84", "69", ("69123", "Lyon")), vintage="2026")
    nine = [(str(code), 10, 11) for code in range(69381, 69390)]
    load(tmp_path, "populations", populations(*nine), vintage="2023")
    assert _municipal()["COM-69123"] == 90
    report = load(tmp_path, "populations", populations(*SIX, *nine[:4]), vintage="2022")
    assert "COM-69123" not in _municipal(2022)
    assert report.left_out[0].count == 4


@pytest.mark.parametrize(
    ("old", "new", "column", "words"),
    [
        (";100;1;101", ";-5;1;101", "PMUN", "négatif"),
        (";100;1;101", ";;1;101", "PMUN", "manque"),
        (";100;1;101", ";12,5;1;101", "PMUN", "entier"),
        (";100;1;101", ";s;1;101", "PMUN", "entier"),
        (";100;1;101", ";99999999999;1;101", "PMUN", "mesure"),
        (";100;1;101", ";100;1;99", "PMUN", "dépasse"),
        (";100;1;101", ";100;1;", "PTOT", "manque"),
        (";2A001;", ";2A1;", "COM", "code"),
        (";2A001;", ";1004;", "COM", "zéro initial"),
    ],
)
def test_a_dirty_line_refuses_the_file(tmp_path: Path, old: str, new: str, column: str, words: str) -> None:
    load_corsica(tmp_path)
    with pytest.raises(InputRefused, match=words) as caught:
        load(tmp_path, "populations", ALL.replace(old, new, 1), vintage="2023")
    assert [(problem.row, problem.column) for problem in caught.value.problems] == [(2, column)]
    assert not Population.objects.exists()


def test_a_commune_twice_refuses_the_file(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    with pytest.raises(InputRefused, match="figure déjà ligne 2"):
        load(tmp_path, "populations", populations(*SIX, SIX[0]), vintage="2023")


@pytest.mark.parametrize("content", ["a;b\n1;2\n", "COM;PMUN22;PMUN23\n2A001;1;2\n"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: str) -> None:
    load_corsica(tmp_path)
    with pytest.raises(InputRefused, match="populations légales"):
        load(tmp_path, "populations", content)


def test_without_communes_the_order_of_loading_is_told(tmp_path: Path) -> None:
    with pytest.raises(MaillageError, match="Chargez d'abord le code officiel"):
        load(tmp_path, "populations", ALL)
