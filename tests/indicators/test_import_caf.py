"""Benefits of the CAF: rounded counts with their interval, blanks under secrecy, IRIS under their commune."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maillage.indicators.importers.caf import SCHEME
from maillage.indicators.models import Indicator, Observation
from maillage.kernel.errors import MaillageError
from maillage.territories.models import Territory
from tests.indicators.statistics_files import CAF, IRIS, load, load_movements, observations, of, whole_state
from tests.territories.invented import load_corsica

pytestmark = pytest.mark.django_db

COMMUNES = CAF + (
    "2023-12;2A001;Alta;120;250;30;0\n202412;2A001;Alta;125;255;35;5\n2024-12;2A002;Bassa;10;20;0;5\n2024-12;;;500;900;80;90\n"
)
QUARTERS = IRIS + '"2A0010101";"0";493;1184;65\n"2A0010102";"3";;;\n"2B0010000";"0";20;41;\n'


@pytest.fixture(autouse=True)
def _corsica(tmp_path: Path) -> None:
    load_corsica(tmp_path)


def test_counts_by_commune_are_rounded_and_say_within_what(tmp_path: Path) -> None:
    report = load(tmp_path, "caf", COMMUNES)
    assert report.counts == {"added": 12}
    one = Observation.objects.get(territory__code="COM-2A001", indicator__code="CAF-RSA", period="2024-12")
    assert (one.value, one.low, one.high, one.status) == (35, 33, 37, "rounded")
    none = Observation.objects.get(territory__code="COM-2A002", indicator__code="CAF-RSA")
    assert (none.value, none.low, none.high, none.status) == (0, 0, 2, "rounded")


def test_both_writings_of_the_month_are_read(tmp_path: Path) -> None:
    load(tmp_path, "caf", COMMUNES)
    assert of("COM-2A001", "CAF-HOUSEHOLDS", "2023-12") == ("120", "rounded")
    assert of("COM-2A001", "CAF-HOUSEHOLDS", "2024-12") == ("125", "rounded")


def test_the_scheme_is_told_with_each_value_and_years_compare(tmp_path: Path) -> None:
    load(tmp_path, "caf", COMMUNES)
    assert set(Observation.objects.order_by().values_list("perimeter", flat=True)) == {SCHEME}
    assert "MSA" in Indicator.objects.get(code="CAF-RSA").limits


def test_beneficiaries_that_are_not_located_are_left_out_and_told(tmp_path: Path) -> None:
    report = load(tmp_path, "caf", COMMUNES)
    assert [(one.reason, one.count) for one in report.left_out] == [
        ("Allocataires que la CAF ne localise pas (code de commune vide ou masqué).", 1)
    ]


def test_another_month_than_december_is_left_out(tmp_path: Path) -> None:
    report = load(tmp_path, "caf", COMMUNES.replace("2023-12", "2023-06"))
    assert any("décembre" in one.reason and one.count == 1 for one in report.left_out)
    assert not Observation.objects.filter(period__startswith="2023").exists()


def test_counts_of_merged_communes_are_summed_with_their_intervals(tmp_path: Path) -> None:
    load_movements(tmp_path)
    load(tmp_path, "caf", CAF + "2023-12;2A001;A;120;250;30;0\n2023-12;2A005;A;10;20;5;5\n")
    one = Observation.objects.get(territory__code="COM-2A001", indicator__code="CAF-HOUSEHOLDS")
    assert (one.value, one.low, one.high, one.status, one.geography) == (130, 126, 134, "rounded", "2024")


def test_arrondissements_make_their_commune_when_all_are_there(tmp_path: Path) -> None:
    from maillage.territories.enums import Level

    Territory.objects.create(code="COM-69123", level=Level.COMMUNE, insee="69123", name="Ville", sort_name="ville")
    rows = "".join(f"2023-12;{code};V;10;20;5;5\n" for code in range(69381, 69390))
    load(tmp_path, "caf", CAF + rows)
    one = Observation.objects.get(territory__code="COM-69123", indicator__code="CAF-RSA")
    assert (one.value, one.low, one.high) == (45, 27, 63)
    report = load(tmp_path, "caf", CAF + rows.replace("69389", "69123") + "2023-12;2A001;A;1;1;0;0\n", name="b.csv")
    assert any("la commune entière est donnée" in note.reason for note in report.left_out)


def test_iris_are_made_under_their_commune_and_blanks_are_secret(tmp_path: Path) -> None:
    report = load(tmp_path, "caf-iris", QUARTERS, name="inseecaf2021_iris.csv")
    assert report.counts == {"added": 9}
    iris = Territory.objects.get(code="IRIS-2A0010101")
    assert (iris.level, iris.parent.code if iris.parent else "", iris.name) == ("iris", "COM-2A001", "Alta, IRIS 0101")
    assert of("IRIS-2A0010101", "CAF-RSA", "2021-12") == ("65", "published")
    assert of("IRIS-2A0010102", "CAF-HOUSEHOLDS", "2021-12") == (None, "suppressed")
    assert of("IRIS-2B0010000", "CAF-RSA", "2021-12") == (None, "suppressed")


def test_iris_take_the_names_of_the_file_when_it_has_them(tmp_path: Path) -> None:
    load(tmp_path, "caf-iris", QUARTERS, name="inseecaf2021_iris.csv")
    named = 'iris_code;lib_iris;a;percou\n2A0010101;"Vieille Ville";493;1184\n'
    load(tmp_path, "caf-iris", named, name="inseecaf2022_iris.csv")
    iris = Territory.objects.get(code="IRIS-2A0010101")
    assert (iris.name, iris.sort_name) == ("Vieille Ville", "vieille ville")
    assert Territory.objects.filter(level="iris").count() == 3


def test_iris_of_communes_that_are_not_known_are_left_out(tmp_path: Path) -> None:
    report = load(tmp_path, "caf-iris", QUARTERS.replace("2B001", "01999"), name="inseecaf2021_iris.csv")
    assert [(one.reason, one.count) for one in report.left_out if "IRIS" in one.reason] == [
        ("IRIS dont la commune n'est pas connue sûrement.", 1)
    ]
    assert Territory.objects.filter(level="iris").count() == 2


def test_twice_is_as_once_and_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    empty = whole_state()
    report = load(tmp_path, "caf-iris", QUARTERS, name="inseecaf2021_iris.csv", dry_run=True)
    assert report.counts == {"added": 9}
    assert whole_state() == empty
    load(tmp_path, "caf-iris", QUARTERS, name="inseecaf2021_iris.csv")
    load(tmp_path, "caf", COMMUNES)
    before = whole_state()
    assert load(tmp_path, "caf-iris", QUARTERS, name="inseecaf2021_iris.csv").already_loaded
    assert load(tmp_path, "caf", COMMUNES).already_loaded
    assert whole_state() == before


REFUSED = {
    "a web page": ("caf", "<!DOCTYPE html>\n<html></html>\n", ""),
    "another file": ("caf", "a;b\n1;2\n", "pas la série communale"),
    "another file by IRIS": ("caf-iris", "a;b\n1;2\n", "pas le fichier des CAF par IRIS"),
    "a shifted heading": ("caf", "Titre;;;;;;Source\n" + COMMUNES, "pas la série communale"),
    "a missing column": ("caf", COMMUNES.replace("numcomdo", "commune"), "pas la série communale"),
    "a row twice": ("caf", COMMUNES + "2024-12;2A001;Alta;125;255;35;5\n", "figure déjà ligne 3"),
    "a lost zero": ("caf", COMMUNES + "2024-12;1004;A;1;1;1;1\n", "zéro de tête"),
    "no month": ("caf", COMMUNES.replace("202412", "décembre"), "n'est pas un mois"),
    "a negative count": ("caf", COMMUNES.replace(";120;", ";-120;"), "négatif"),
    "an unreadable IRIS": ("caf-iris", QUARTERS.replace('"2B0010000"', '"2B001"'), "n'est pas un code d'IRIS"),
    "an IRIS twice": ("caf-iris", QUARTERS + '"2A0010101";"0";1;2;3\n', "figure déjà ligne 2"),
    "no year": ("caf-iris", QUARTERS, "ne dit pas son année"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_file_says_why_and_changes_nothing(tmp_path: Path, case: str) -> None:
    load(tmp_path, "caf", COMMUNES, name="avant.csv")
    before = whole_state()
    kind, content, said = REFUSED[case]
    name = "sans.csv" if case == "no year" else "refus2021_.csv"
    with pytest.raises(MaillageError) as refusal:
        load(tmp_path, kind, content, name=name)
    assert said in refusal.value.message_fr
    assert whole_state() == before


counts = st.one_of(st.just(""), st.integers(0, 5000).map(str))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.integers(0, 9999), st.tuples(counts, counts, counts), min_size=1, max_size=6))
def test_any_iris_file_twice_is_as_once(told: dict[int, tuple[str, str, str]]) -> None:
    text = IRIS + "".join(f'"2A001{n:04d}";"0";{";".join(cells)}\n' for n, cells in told.items())
    with tempfile.TemporaryDirectory() as folder:
        load(Path(folder), "caf-iris", text, name="a2021.csv")
        before = observations()
        assert load(Path(folder), "caf-iris", text, name="a2021.csv").already_loaded
        assert load(Path(folder), "caf-iris", text + "\n", name="a2021.csv").counts.keys() <= {"unchanged"}
        assert observations() == before
    for n, (households, _, _) in told.items():
        expected = (None, "suppressed") if households == "" else (households, "published")
        assert of(f"IRIS-2A001{n:04d}", "CAF-HOUSEHOLDS", "2021-12") == expected
