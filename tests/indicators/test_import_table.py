"""Any table that a mapping describes: shapes, statuses, refusals by name, the mapping kept with its edition."""

from __future__ import annotations

import io
import json
import re
import tempfile
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maillage.cli.imports import import_
from maillage.indicators.importers.mapping import parse_mapping
from maillage.indicators.models import Indicator, Observation
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.sources.models import SourceEdition
from maillage.sources.services import go_back
from tests.indicators.statistics_files import load, load_movements, make_epci, observations, of, whole_state
from tests.territories.invented import AT, load_corsica

pytestmark = pytest.mark.django_db

DOCS = Path(__file__).resolve().parents[2] / "docs"
MAPPING = """
titre = "Logements inventés"
producteur = "Personne"
licence = "Licence Ouverte 2.0"
perimetre = "Parc social"

[territoire]
colonne = "Commune"
niveau = "commune"

[periode]
valeur = "2024"

[[indicateurs]]
colonne = "Logements"
code = "HOMES"
libelle = "Logements"
unite = "logements"
nature = "stock"
sommable = true

[[indicateurs]]
colonne = "Part"
code = "HOMES-SHARE"
libelle = "Part des logements"
unite = "%"
nature = "part"
decimales = 1
decimale = "virgule"
"""
CSV = "Commune;Logements;Part;Remarque\n2A001;1 234;12,5;\n2A002;s;nd;petite\n2A003;0;;\n"


@pytest.fixture(autouse=True)
def _corsica(tmp_path: Path) -> None:
    load_corsica(tmp_path)


def test_a_table_is_read_as_its_mapping_says(tmp_path: Path) -> None:
    report = load(tmp_path, "table", CSV, mapping=MAPPING)
    assert report.counts == {"added": 6}
    assert of("COM-2A001", "HOMES", "2024") == ("1234", "published")
    assert of("COM-2A001", "HOMES-SHARE", "2024") == ("12.5", "published")
    assert of("COM-2A002", "HOMES", "2024") == (None, "suppressed")
    assert of("COM-2A002", "HOMES-SHARE", "2024") == (None, "unavailable")
    assert of("COM-2A003", "HOMES", "2024") == ("0", "published")
    assert of("COM-2A003", "HOMES-SHARE", "2024") == (None, "unavailable")
    homes = Indicator.objects.get(code="HOMES")
    assert (homes.unit, homes.nature, homes.summable_territories, homes.producer) == (
        "logements",
        "stock",
        True,
        "Personne",
    )
    edition = SourceEdition.objects.get(pk=report.edition)
    assert (edition.title, edition.publisher, edition.licence) == (
        "Logements inventés",
        "Personne",
        "Licence Ouverte 2.0",
    )
    assert any("Remarque" in note for note in report.notes)


def test_twice_is_as_once_and_another_mapping_is_another_reading(tmp_path: Path) -> None:
    load(tmp_path, "table", CSV, mapping=MAPPING)
    before = whole_state()
    assert load(tmp_path, "table", CSV, mapping=MAPPING).already_loaded
    assert whole_state() == before
    again = load(tmp_path, "table", CSV, mapping=MAPPING.replace("Parc social", "Parc privé"))
    assert again.counts == {"changed": 6}


def test_the_mapping_may_stand_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "homes.toml").write_text(MAPPING, encoding="utf-8")
    assert load(tmp_path, "table", CSV, name="homes.csv").counts == {"added": 6}
    with pytest.raises(MaillageError, match="demande une correspondance"):
        load(tmp_path, "table", CSV, name="seul.csv")


def test_the_mapping_may_be_json_with_english_keys(tmp_path: Path) -> None:
    mapping = {
        "title": "Logements",
        "territory": {"column": "Commune", "level": "commune"},
        "period": {"value": "2024"},
        "indicators": [{"column": "Logements", "code": "HOMES", "label": "L", "unit": "homes", "nature": "stock"}],
    }
    load(tmp_path, "table", CSV, mapping=json.dumps(mapping))
    assert of("COM-2A001", "HOMES", "2024") == ("1234", "published")


def test_a_workbook_with_a_title_and_periods_in_a_column(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.create_sheet("Données")
    for row in (
        ["Un titre"],
        [],
        ["Commune", "Année", "Logements", "Part"],
        ["2A001", 2023, 10, 1.5],
        ["2A001", 2024, 12, 2],
    ):
        page.append(row)
    written = io.BytesIO()
    book.save(written)
    mapping = (
        MAPPING.replace('valeur = "2024"', 'colonne = "Année"') + '\n[fichier]\nfeuille = "Données"\nligne_titres = 3\n'
    )
    load(tmp_path, "table", written.getvalue(), name="a.xlsx", mapping=mapping.replace('decimale = "virgule"\n', ""))
    assert of("COM-2A001", "HOMES", "2023") == ("10", "published")
    assert of("COM-2A001", "HOMES-SHARE", "2024") == ("2", "published")


def test_json_at_a_path_keeps_codes_and_numbers_as_they_are_written(tmp_path: Path) -> None:
    make_epci("200000001")
    rows = [
        {"Commune": "EPCI-200000001", "Logements": 12, "Part": 0.1},
        {"Commune": "total", "Logements": None, "Part": 1},
    ]
    mapping = (
        MAPPING.replace('"commune"', '"epci"').replace('decimale = "virgule"\n', "") + '\n[fichier]\nchemin = "a.b"\n'
    )
    report = load(tmp_path, "table", json.dumps({"a": {"b": rows}}), name="a.json", mapping=mapping)
    assert of("EPCI-200000001", "HOMES-SHARE", "2024") == ("0.1", "published")
    assert [(one.count, one.examples) for one in report.left_out] == [(1, ("total",))]


def test_encoding_and_separator_may_be_told(tmp_path: Path) -> None:
    text = CSV.replace(";", "|").replace("petite", "très petite").encode("iso-8859-15")
    mapping = MAPPING + '\n[fichier]\nencodage = "iso-8859-15"\nseparateur = "|"\n'
    assert load(tmp_path, "table", text, mapping=mapping).counts == {"added": 6}


def test_lost_zeros_are_given_back_only_where_it_is_asked(tmp_path: Path) -> None:
    from maillage.territories.enums import Level
    from maillage.territories.models import Territory

    Territory.objects.create(code="COM-01004", level=Level.COMMUNE, insee="01004", name="Ville", sort_name="ville")
    text = "Commune;Logements;Part\n1004;5;1\n2A001;1;1\n"
    report = load(tmp_path, "table", text, mapping=MAPPING)
    assert report.counts == {"added": 2}
    load(
        tmp_path,
        "table",
        text,
        mapping=MAPPING.replace('niveau = "commune"', 'niveau = "commune"\ncompleter_zeros = true'),
    )
    assert of("COM-01004", "HOMES", "2024") == ("5", "published")


def test_a_rounded_count_says_within_what(tmp_path: Path) -> None:
    load(tmp_path, "table", CSV, mapping=MAPPING.replace("sommable = true", "sommable = true\narrondi = 10"))
    one = Observation.objects.get(territory__code="COM-2A001", indicator__code="HOMES")
    assert (one.low, one.high, one.status) == (1229, 1239, "rounded")


def test_unknown_territories_are_left_out_or_refused_as_chosen(tmp_path: Path) -> None:
    text = CSV + "01999;5;1,0;\nTotal;9;9;\n"
    report = load(tmp_path, "table", text, mapping=MAPPING)
    assert sum(one.count for one in report.left_out) == 2
    before = whole_state()
    refusing = MAPPING.replace('niveau = "commune"', 'niveau = "commune"\ninconnus = "refuser"')
    with pytest.raises(InputRefused, match="Ligne 6"):
        load(tmp_path, "table", text, mapping=refusing)
    with pytest.raises(InputRefused, match="Ligne 5"):
        load(tmp_path, "table", CSV + "01999;5;1,0;\n", mapping=refusing)
    assert whole_state() == before


def test_merged_communes_follow_the_geography_that_is_told(tmp_path: Path) -> None:
    load_movements(tmp_path)
    text = "Commune;Logements;Part\n2A001;10;1,0\n2A005;5;2,0\n"
    load(
        tmp_path, "table", text, mapping=MAPPING.replace('niveau = "commune"', 'niveau = "commune"\ngeographie = 2024')
    )
    assert observations() == [("COM-2A001", "HOMES", "2024", "15", "published", None, None, "2024", "Parc social")]


def test_one_territory_may_be_told_for_the_whole_table(tmp_path: Path) -> None:
    mapping = MAPPING.replace('colonne = "Commune"\nniveau = "commune"', 'code = "REG-94"\nniveau = "region"')
    mapping = mapping.replace('valeur = "2024"', 'colonne = "Mois"')
    load(tmp_path, "table", "Mois;Logements;Part\n202401;5;1\n2024-02;6;1\n", mapping=mapping)
    assert of("REG-94", "HOMES", "2024-01") == ("5", "published")
    assert of("REG-94", "HOMES", "2024-02") == ("6", "published")


def test_going_back_reads_the_kept_file_with_the_kept_mapping(tmp_path: Path) -> None:
    first = load(tmp_path, "table", CSV, mapping=MAPPING)
    before = observations()
    load(tmp_path, "table", CSV.replace("12,5", "13,5") + "2A004;7;1,0;\n", mapping=MAPPING)
    assert observations() != before
    go_back(edition=SourceEdition.objects.get(pk=first.edition), by=None, at=AT)
    assert observations() == before


def test_the_command_takes_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "m.toml").write_text(MAPPING, encoding="utf-8")
    result = CliRunner().invoke(import_, ["table", str(tmp_path / "a.csv"), "--mapping", str(tmp_path / "m.toml")])
    assert "Chargé" in result.output
    assert Observation.objects.count() == 6


def test_the_example_of_the_documentation_works(tmp_path: Path) -> None:
    """The mapping and the table printed in the guide, loaded as they are."""
    text = (DOCS / "correspondance.md").read_text(encoding="utf-8")
    mapping = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    table = re.search(r"```text\n(.*?)```", text, re.DOTALL)
    assert mapping is not None
    assert table is not None
    found = parse_mapping(mapping[1])
    assert len(found.columns) == 2
    report = load(tmp_path, "table", table[1].replace("01001", "2A001").replace("01002", "2A002"), mapping=mapping[1])
    assert report.counts == {"added": 4}


BAD_MAPPINGS = {
    "not TOML": ("titre = ", "pas du TOML"),
    "not JSON": ('{"title": ', "pas du JSON"),
    "an unknown key": (MAPPING.replace("perimetre =", "perimettre ="), "« perimettre » : cette clé n'est pas connue"),
    "a key missing": (MAPPING.replace('titre = "Logements inventés"', ""), "« titre » : cette clé manque"),
    "an unknown level": (MAPPING.replace('"commune"', '"canton"'), "« territoire, niveau »"),
    "an unknown nature": (MAPPING.replace('"stock"', '"nombre"'), "« indicateurs, n° 1, nature »"),
    "a rate that is summed": (MAPPING.replace('"stock"', '"part"'), "ne s'additionne pas"),
    "no period": (MAPPING.replace('valeur = "2024"', ""), "« periode, valeur »"),
    "a period that is none": (MAPPING.replace('"2024"', '"hier"'), "Période illisible"),
    "no indicator": (MAPPING.split("[[indicateurs]]")[0], "au moins un indicateur"),
    "a code twice": (MAPPING.replace("HOMES-SHARE", "HOMES"), "donné deux fois"),
    "a code in lower case": (MAPPING.replace("HOMES-SHARE", "homes"), "majuscules"),
    "no definition": (MAPPING.replace('libelle = "Logements"\n', ""), "n'est pas défini"),
    "another unit": (MAPPING.replace('"HOMES"', '"FISCAL-PERSONS"'), "déjà défini, avec l'unité"),
    "an unknown encoding": (MAPPING + '\n[fichier]\nencodage = "latin-42"\n', "encodage n'est pas connu"),
}
BAD_TABLES = {
    "a column missing": (CSV.replace("Logements", "Maisons"), "colonne « Logements » : Colonne manquante"),
    "a row twice": (CSV + "2A001;1;1;\n", "figure déjà ligne 2"),
    "a text in a number": (CSV.replace("1 234", "beaucoup"), "Ligne 2, colonne « Logements »"),
    "a web page": ("<!DOCTYPE html>\n<html></html>\n", ""),
    "a shifted heading": ("Titre;;;Source\n" + CSV, "Colonne manquante"),
    "nothing known": ("Commune;Logements;Part\n01999;1;1\n", "Aucun territoire du fichier"),
    "no row": ("Commune;Logements;Part\n", "aucune ligne"),
    "a ragged row": (CSV + "2A004;1\n", "2 cellules au lieu de 4"),
}


@pytest.mark.parametrize("case", BAD_MAPPINGS)
def test_a_bad_mapping_is_refused_by_name(tmp_path: Path, case: str) -> None:
    before = whole_state()
    mapping, said = BAD_MAPPINGS[case]
    with pytest.raises(InputRefused) as refusal:
        load(tmp_path, "table", CSV, mapping=mapping)
    assert said in refusal.value.message_fr
    assert whole_state() == before


@pytest.mark.parametrize("case", BAD_TABLES)
def test_a_bad_table_is_refused_and_changes_nothing(tmp_path: Path, case: str) -> None:
    load(tmp_path, "table", CSV, mapping=MAPPING, name="avant.csv")
    before = whole_state()
    content, said = BAD_TABLES[case]
    with pytest.raises(MaillageError) as refusal:
        load(tmp_path, "table", content, mapping=MAPPING)
    assert said in refusal.value.message_fr
    assert whole_state() == before


@given(st.text(max_size=200))
def test_any_text_is_a_mapping_or_is_refused(text: str) -> None:
    with pytest.raises(InputRefused):
        parse_mapping(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["titre", "territoire", "periode", "indicateurs", "fichier", "manquants"]), json_values
    )
)
def test_a_mapping_of_any_shape_is_refused_without_failing(items: dict[str, object]) -> None:
    with pytest.raises(InputRefused):
        parse_mapping(json.dumps(items))


amounts = st.one_of(st.sampled_from(["s", "nd", ""]), st.integers(0, 10**9).map(str))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["2A001", "2A002", "2B001"]), st.tuples(amounts, amounts), min_size=1))
def test_any_table_twice_is_as_once(told: dict[str, tuple[str, str]]) -> None:
    text = "Commune;Logements;Part\n" + "".join(f"{code};{a};{b}\n" for code, (a, b) in told.items())
    with tempfile.TemporaryDirectory() as folder:
        load(Path(folder), "table", text, mapping=MAPPING)
        before = observations()
        assert load(Path(folder), "table", text, mapping=MAPPING).already_loaded
        assert observations() == before
