"""Filosofi in its three shapes: statuses kept, code passage stated, all or nothing, twice as once."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maillage.indicators.importers import filosofi
from maillage.indicators.importers.definitions import definitions
from maillage.indicators.importers.model import Cell
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors.series import series
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.sources.models import SourceEdition
from maillage.territories.enums import Level
from tests.indicators.statistics_files import (
    LONG,
    PIVOT,
    WIDE,
    load,
    load_movements,
    make_epci,
    observations,
    of,
    whole_state,
)
from tests.territories.invented import load_corsica

pytestmark = pytest.mark.django_db

SMALL = (
    WIDE + "2A001;346;895;25820;17,0;-14,8\n2A002;115;266;24480;s;s\n2A003;60;120;20000;5,0;-9\n2A004;nd;nd;nd;nd;nd\n"
)


@pytest.fixture(autouse=True)
def _corsica(tmp_path: Path) -> None:
    load_corsica(tmp_path)


def test_values_and_statuses_are_those_of_the_file(tmp_path: Path) -> None:
    report = load(tmp_path, "filosofi", SMALL)
    assert report.counts == {"added": 20}
    assert of("COM-2A001", "POVERTY-RATE") == ("17", "published")
    assert of("COM-2A001", "SHARE-TAXES") == ("-14.8", "published")
    assert of("COM-2A002", "POVERTY-RATE") == (None, "suppressed")
    assert of("COM-2A004", "MEDIAN-INCOME") == (None, "unavailable")
    assert of("COM-2A004", "FISCAL-PERSONS") == (None, "unavailable")  # never zero


def test_a_rate_printed_at_the_floor_is_five_or_less(tmp_path: Path) -> None:
    load(tmp_path, "filosofi", SMALL)
    floor = Observation.objects.get(territory__code="COM-2A003", indicator__code="POVERTY-RATE")
    assert (floor.status, floor.value, floor.low, floor.high) == ("floor", 5, 0, 5)


def test_five_is_a_rate_like_another_where_lower_ones_are_printed(tmp_path: Path) -> None:
    load(tmp_path, "filosofi", SMALL.replace("17,0", "3,2"))
    assert of("COM-2A003", "POVERTY-RATE") == ("5", "published")


def test_the_source_of_each_value_is_kept(tmp_path: Path) -> None:
    report = load(tmp_path, "filosofi", SMALL)
    one = Observation.objects.get(territory__code="COM-2A001", indicator__code="POVERTY-RATE")
    assert (one.locator, one.edition_id, one.perimeter) == ("colonne TP6021", report.edition, filosofi.perimeter(2021))
    edition = SourceEdition.objects.get(pk=report.edition)
    assert (edition.publisher, edition.vintage, edition.title) == ("INSEE", "2021", "Filosofi 2021, communes")
    assert edition.file is not None


def test_definitions_are_added_and_never_overwritten(tmp_path: Path) -> None:
    Indicator.objects.create(code="POVERTY-RATE", label="Le nôtre", unit="%", nature="share", decimals=1)
    report = load(tmp_path, "filosofi", SMALL)
    assert Indicator.objects.get(code="POVERTY-RATE").label == "Le nôtre"
    assert Indicator.objects.get(code="MEDIAN-INCOME").unit == "EUR"
    assert any("Définitions ajoutées" in note and "POVERTY-RATE" not in note for note in report.notes)


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    load(tmp_path, "filosofi", SMALL)
    before = whole_state()
    assert load(tmp_path, "filosofi", SMALL).already_loaded
    assert whole_state() == before


def test_a_dry_run_shows_and_writes_nothing(tmp_path: Path) -> None:
    load(tmp_path, "filosofi", SMALL)
    before = whole_state()
    report = load(tmp_path, "filosofi", SMALL.replace("17,0", "18,0"), dry_run=True)
    assert whole_state() == before
    assert report.counts == {"changed": 1, "unchanged": 19}
    assert [one.sentence() for one in report.examples] == ["COM-2A001 Taux de pauvreté\u00a0: 17 → 18"]


def test_a_newer_file_updates_in_place_with_its_edition(tmp_path: Path) -> None:
    load(tmp_path, "filosofi", SMALL)
    report = load(tmp_path, "filosofi", SMALL.replace("17,0", "s"))
    assert Observation.objects.count() == 20
    assert of("COM-2A001", "POVERTY-RATE") == (None, "suppressed")
    assert Observation.objects.get(territory__code="COM-2A001", indicator__code="POVERTY-RATE").edition_id == (
        report.edition
    )


def test_what_a_newer_file_of_the_whole_departement_no_longer_gives_is_withdrawn(tmp_path: Path) -> None:
    load(tmp_path, "filosofi", SMALL)
    without = "".join(line for line in SMALL.splitlines(keepends=True) if not line.startswith("2A004"))
    report = load(tmp_path, "filosofi", without)
    assert report.counts == {"unchanged": 15, "removed": 5}
    assert not Observation.objects.filter(territory__code="COM-2A004").exists()


def test_a_file_of_one_commune_leaves_the_others_alone(tmp_path: Path) -> None:
    load(tmp_path, "filosofi", SMALL)
    report = load(tmp_path, "filosofi", WIDE + "2A001;346;895;25820;18,0;-14,8\n")
    assert report.counts == {"unchanged": 4, "changed": 1}
    assert Observation.objects.count() == 20


def test_counts_of_merged_communes_are_summed_and_their_rates_left_out(tmp_path: Path) -> None:
    load_movements(tmp_path)
    report = load(tmp_path, "filosofi", SMALL + "2A005;4;5;19000;12,0;-3\n")
    assert of("COM-2A001", "FISCAL-PERSONS") == ("900", "published")
    assert not Observation.objects.filter(territory__code="COM-2A001", indicator__code="POVERTY-RATE").exists()
    assert [(one.count, one.examples) for one in report.left_out if "ne se réunissent pas" in one.reason] == [
        (1, ("2A001",))
    ]
    assert Observation.objects.get(territory__code="COM-2A001", indicator__code="FISCAL-PERSONS").geography == "2024"


def test_one_secret_part_makes_the_sum_secret(tmp_path: Path) -> None:
    load_movements(tmp_path)
    load(tmp_path, "filosofi", SMALL + "2A005;s;s;s;s;s\n")
    assert of("COM-2A001", "FISCAL-PERSONS") == (None, "suppressed")


def test_a_missing_part_leaves_the_commune_out(tmp_path: Path) -> None:
    load_movements(tmp_path)
    report = load(tmp_path, "filosofi", WIDE + "2A005;4;5;19000;12,0;-3\n2A002;115;266;24480;s;s\n")
    assert not Observation.objects.filter(territory__code="COM-2A001").exists()
    assert any("une partie manque" in one.reason for one in report.left_out)


def test_a_changed_code_is_followed_and_a_split_is_not_shared_out(tmp_path: Path) -> None:
    load_movements(tmp_path)
    report = load(tmp_path, "filosofi", WIDE + "2A006;60;120;20000;6,0;-9\n2B009;100;200;20000;8,0;-9\n")
    assert of("COM-2B002", "POVERTY-RATE") == ("6", "published")
    assert {code for code, *_ in observations()} == {"COM-2B002"}
    assert any("rien n'est réparti" in one.reason for one in report.left_out)


def test_movements_loaded_after_correct_what_was_loaded_without_them(tmp_path: Path) -> None:
    """Any order, the same values: the rate of a commune that has since grown is withdrawn."""
    text = SMALL + "2A005;4;5;19000;12,0;-3\n"
    load(tmp_path, "filosofi", text)
    assert of("COM-2A001", "POVERTY-RATE") == ("17", "published")
    load_movements(tmp_path)
    report = load(tmp_path, "filosofi", text)
    assert report.counts["removed"] == 3
    late = observations()
    Observation.objects.all().delete()
    SourceEdition.objects.filter(kind="filosofi").delete()
    load(tmp_path, "filosofi", text)
    assert observations() == late


def test_arrondissements_are_left_out_where_the_commune_is_given(tmp_path: Path) -> None:
    report = load(tmp_path, "filosofi", SMALL + "75056;1;2;3;6,0;-1\n75101;1;2;3;6,0;-1\n")
    reasons = {one.reason.split(" :")[0]: one.count for one in report.left_out}
    assert reasons["Arrondissements municipaux"] == 1


def test_epci_departements_regions_and_the_country(tmp_path: Path) -> None:
    make_epci("200000001")
    load(tmp_path, "filosofi", SMALL.replace("2A001", "200000001"), name="cc_EPCI.csv")
    assert of("EPCI-200000001", "POVERTY-RATE") == ("17", "published")
    head = WIDE + "{};1;2;3;6,0;-1\n"
    load(tmp_path, "filosofi", head.format("2A"), name="cc_filosofi_2021_DEP.csv")
    load(tmp_path, "filosofi", head.format("94"), name="cc_filosofi_2021_REG.csv")
    load(tmp_path, "filosofi", head.format("FR"), name="cc_filosofi_2021_FR.csv")
    assert [of(code, "MEDIAN-INCOME") for code in ("DEP-2A", "REG-94", "FRANCE")] == [("3", "published")] * 3


def test_two_digits_alone_are_a_departement_or_a_region_and_nothing_says_which(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="DEP ou REG"):
        load(tmp_path, "filosofi", WIDE + "94;1;2;3;6,0;-1\n")


def test_the_pivot_by_epci_takes_its_year_from_its_name_or_from_what_is_asked(tmp_path: Path) -> None:
    make_epci("200000001")
    text = PIVOT + "200000001,,26980,8.9,11738,27407,18609.4\n200000009,,1,6,1,1,1\n"
    report = load(tmp_path, "filosofi", text, name="filosofi_epci_2021_pivot.csv")
    assert of("EPCI-200000001", "POVERTY-RATE") == ("8.9", "published")
    assert of("EPCI-200000001", "FISCAL-PERSONS") == ("27407", "published")
    assert [(one.reason.split(" :")[0], one.count) for one in report.left_out] == [("EPCI inconnus", 1)]
    assert any("nb_uc" in note for note in report.notes)
    with pytest.raises(InputRefused, match="ne dit pas son année"):
        load(tmp_path, "filosofi", text, name="sans.csv")
    assert load(tmp_path, "filosofi", text, name="sans.csv", vintage="2020").vintage == "2020"


ROWS = (
    "2A001;COM;MED_SL;EUR_YR;0;F;A;{year};23000\n"
    "2A001;COM;PR_MD60;PT;0;F;A;{year};14,5\n"
    "2A002;COM;MED_SL;EUR_YR;0;C;A;{year};\n"
    "2A003;COM;MED_SL;EUR_YR;0;F;O;{year};\n"
    "2A;DEP;PR_MD60;PT;0;F;A;{year};18.5\n"
    "94;REG;PR_MD60;PT;0;F;A;{year};18\n"
    "2A001;COM;MED_SL;EUR_MTH;0;F;A;{year};1916\n"
    "0001;ZE2020;MED_SL;EUR_YR;0;F;A;{year};23000\n"
    "2A001;COM;Q1_SL;EUR_YR;0;F;A;{year};15000\n"
)


def test_the_long_format_is_read_by_the_names_of_its_columns(tmp_path: Path) -> None:
    report = load(tmp_path, "filosofi", "\ufeff" + LONG + ROWS.format(year=2021))
    assert of("COM-2A001", "MEDIAN-INCOME") == ("23000", "published")
    assert of("COM-2A001", "POVERTY-RATE") == ("14.5", "published")
    assert of("COM-2A002", "MEDIAN-INCOME") == (None, "suppressed")
    assert of("COM-2A003", "MEDIAN-INCOME") == (None, "unavailable")
    assert of("DEP-2A", "POVERTY-RATE") == ("18.5", "published")
    assert of("REG-94", "POVERTY-RATE") == ("18", "published")
    assert sum(one.count for one in report.left_out) == 3
    before = observations()
    header = LONG.strip().split(";")
    lines = [line.split(";") for line in ROWS.format(year=2021).splitlines()]
    turned = [";".join(row[::-1]) for row in (header, *lines)]
    load(tmp_path, "filosofi", "\n".join(turned) + "\n")
    assert observations() == before


def test_the_geography_of_the_long_format_may_be_in_its_codes(tmp_path: Path) -> None:
    load_movements(tmp_path)
    text = LONG + "2025-COM-2A001;COM;PR_MD60;PT;0;F;A;2023;14,5\n"
    load(tmp_path, "filosofi", text)
    one = Observation.objects.get(territory__code="COM-2A001")
    assert (one.geography, one.value) == ("2025", 14.5)


def test_the_device_of_2023_breaks_the_series_of_2021(tmp_path: Path) -> None:
    load(tmp_path, "filosofi", LONG + ROWS.format(year=2020), name="a.csv")
    load(tmp_path, "filosofi", LONG + ROWS.format(year=2021), name="b.csv")
    load(tmp_path, "filosofi", LONG + ROWS.format(year=2023), name="c.csv")
    rates = series(Indicator.objects.get(code="POVERTY-RATE"), Level.COMMUNE)
    assert [(one.before, one.after) for one in rates.breaks] == [("2021", "2023")]


REFUSED = {
    "a web page": ("<!DOCTYPE html>\n<html><body>\n<p>Erreur</p>\n</body></html>\n", ""),
    "another file": ("a;b\n1;2\n", "pas un fichier Filosofi reconnu"),
    "a shifted heading": ("Titre;;;;;Source\n" + SMALL, "pas un fichier Filosofi reconnu"),
    "a missing column": (SMALL.replace("CODGEO", "CODE"), "pas un fichier Filosofi reconnu"),
    "another separator in a row": (SMALL.replace("2A002;115;266", "2A002,115,266"), "Ligne 3"),
    "a row twice": (SMALL + SMALL.splitlines()[1] + "\n", "Ligne 6, colonne « CODGEO » : «\u00a02A001\u00a0» figure"),
    "a lost zero": (SMALL.replace("2A002", "1004"), "zéro de tête"),
    "a text in a number": (SMALL.replace("24480", "beaucoup"), "Ligne 3, colonne « MED21 »"),
    "a negative count": (SMALL.replace(";115;", ";-115;"), "négatif"),
    "a rate above a hundred": (SMALL.replace("17,0", "117,0"), "dépasse 100"),
    "two years": (SMALL.replace("TP6021", "TP6020"), "plusieurs années"),
    "two encodings": (SMALL.encode() + "2A001;é;1;1;1;1\n".encode("latin-1") + "é\n".encode(), ""),
    "nothing but a heading": (WIDE, "aucune ligne"),
    "communes of nowhere": (WIDE + "01999;1;2;3;6,0;-1\n", "Aucun territoire"),
    "an unreadable code of the long format": (LONG + ";COM;MED_SL;EUR_YR;0;F;A;2021;2\n", "illisible"),
    "an observation twice": (LONG + ROWS.format(year=2021) + ROWS.format(year=2021), "figure déjà"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_file_says_why_and_changes_nothing(tmp_path: Path, case: str) -> None:
    load(tmp_path, "filosofi", SMALL, name="avant.csv")
    before = whole_state()
    content, said = REFUSED[case]
    with pytest.raises(MaillageError) as refusal:
        load(tmp_path, "filosofi", content, name="refus.csv")
    assert said in refusal.value.message_fr
    assert whole_state() == before


def test_nothing_is_loaded_where_there_is_no_commune(tmp_path: Path) -> None:
    from maillage.territories.models import Territory

    Territory.objects.filter(level=Level.COMMUNE).delete()
    with pytest.raises(MaillageError, match="Chargez d'abord le code officiel"):
        load(tmp_path, "filosofi", SMALL)


def test_definitions_shared_with_the_demonstration_are_the_same() -> None:
    """Whichever comes first, the database is the same."""
    import csv

    import maillage.demo

    path = Path(maillage.demo.__file__).parent / "data" / "indicators.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        shown = {row["code"]: row for row in csv.DictReader(handle)}
    shared = shown.keys() & definitions().keys()
    assert shared == {"POVERTY-RATE", "MEDIAN-INCOME", "FISCAL-PERSONS"}
    for code in shared:
        fields = definitions()[code].fields
        assert {
            name: str(fields[name]) for name in ("label", "definition", "method", "limits", "unit", "decimals")
        } == {name: shown[code][name] for name in ("label", "definition", "method", "limits", "unit", "decimals")}


texts = st.one_of(
    st.sampled_from(["s", "nd", "", "5,0", "0"]),
    st.decimals(min_value=0, max_value=100, places=1).map(lambda value: str(value).replace(".", ",")),
)
files = st.dictionaries(
    st.sampled_from(["2A001", "2A002", "2A003", "2A004", "2B001"]), st.lists(texts, min_size=5, max_size=5), min_size=1
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=files, second=files)
def test_any_file_twice_is_as_once_and_the_last_one_speaks(
    first: dict[str, list[str]], second: dict[str, list[str]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for told in (first, second, second):
            text = WIDE + "".join(f"{code};{';'.join(cells)}\n" for code, cells in told.items())
            load(Path(folder), "filosofi", text)
        rates = {
            code[4:]: (value, status) for code, name, _, value, status, *_ in observations() if name == "POVERTY-RATE"
        }
        for code, cells in second.items():
            expected = {"s": (None, "suppressed"), "nd": (None, "unavailable"), "": (None, "unavailable")}
            if cells[3] in expected:
                assert rates[code] == expected[cells[3]]
            else:
                assert rates[code][0] is not None
                assert float(rates[code][0]) == float(cells[3].replace(",", "."))
        keys = [row[:3] for row in observations()]
        assert len(keys) == len(set(keys))


@given(st.decimals(min_value=-1000, max_value=1000, places=2))
def test_a_number_is_read_as_it_is_written(value: object) -> None:
    from decimal import Decimal

    from maillage.indicators.importers.model import CellReader

    found = CellReader(filosofi.MARKERS).read(str(value).replace(".", ","))
    assert isinstance(found, Cell)
    assert Decimal(str(found.value)) == Decimal(str(value))
