"""`maillage rights` on the real law: files in, files out, French refusals, nothing left behind."""

from __future__ import annotations

import io
import json
import logging
import signal
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pytest
from django.conf import settings as django_settings
from openpyxl import load_workbook

from maillage.cli import output
from maillage.cli import rights as command
from maillage.cli.serve import warm_law
from maillage.gateways.openfisca_france.inputs import Of, questions_of
from maillage.gateways.openfisca_france.population_columns import headers
from maillage.gateways.openfisca_france.rights import RIGHTS
from maillage.rights.selectors import simulation
from maillage.territories import selectors as territories_selectors
from maillage.territories.models import CodeMovement, Territory
from tests.gateways.openfisca_france.compiled import MONTH, law

pytestmark = pytest.mark.django_db

ROWS = """\
foyer;commune;logement;loyer;date_naissance;role;salaire;autre_parent
A;44109;locataire HLM;420,50;1990-06-15;demandeur;0;participe
A;;;;2018-02-01;enfant;;
B;49126;propriétaire;0;15/06/1950;demandeur;0;
"""
HOUSEHOLD: dict[str, Any] = {
    "commune": "44109",
    "logement": "locataire HLM",
    "loyer": 420.5,
    "personnes": [{"date_naissance": "1990-06-15"}, {"date_naissance": "2018-02-01", "role": "enfant"}],
}


@pytest.fixture(autouse=True)
def _compiled() -> None:
    law()


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "population.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def run(*args: str | Path) -> int:
    return output.run(command.rights, [str(arg) for arg in args])


# Files


def test_a_file_is_computed_with_what_is_to_verify_beside_it(
    rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("compute", rows, "--month", MONTH, "--out", tmp_path / "droits.parquet") == output.DONE
    said = capsys.readouterr()
    assert said.out.startswith("2 foyers (3 personnes), loi de janvier 2026, en ")
    assert "Chèque énergie" in said.out
    assert not said.err
    found = pl.read_parquet(tmp_path / "droits.parquet")
    assert found["foyer"].to_list() == ["A", "B"]
    assert found["rsa"][0] > 500
    about = json.loads((tmp_path / "droits.a_verifier.json").read_text(encoding="utf-8"))
    assert (about["mois"], about["foyers"], about["passes"], about["fichier"]) == (MONTH, 2, 1, "population.csv")
    assert about["droits"][0]["a_verifier"] == list(law().flags["rsa"])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "droits.a_verifier.json",
        "droits.parquet",
        "population.csv",
    ]


def test_a_csv_says_the_same(rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("compute", rows, "--month", MONTH, "--out", tmp_path / "droits.parquet")
    assert run("compute", rows, "--month", MONTH, "--out", tmp_path / "droits.csv", "--json") == output.DONE
    told = json.loads(capsys.readouterr().out.partition("droits.a_verifier.json\n")[2])
    assert told["sortie"] == str(tmp_path / "droits.csv")
    text = (tmp_path / "droits.csv").read_text(encoding="utf-8-sig").replace(",", ".")
    read = pl.read_csv(io.BytesIO(text.encode()), separator=";")
    whole = pl.read_parquet(tmp_path / "droits.parquet")
    assert read["rsa"].to_list() == whole["rsa"].to_list()


def test_a_trial_writes_nothing(rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ("compute", rows, "--month", MONTH, "--out", tmp_path / "droits.csv", "--dry-run")
    assert run(*args) == output.DONE
    assert "Rien n'a été écrit" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [rows]


def test_a_commune_of_today_is_placed_by_those_it_was_made_of(
    rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "droits.csv"
    run("compute", rows, "--month", MONTH, "--out", out)
    known = out.read_text(encoding="utf-8-sig")
    rows.write_text(ROWS.replace("44109", "44999"), encoding="utf-8")  # a code that no commune bears
    capsys.readouterr()
    assert run("compute", rows, "--month", MONTH, "--out", out) == output.REFUSED
    assert "44999 n'est pas dans le zonage" in capsys.readouterr().err
    territories_selectors._history.cache_clear()  # its key is the last row, which a test rolled back gives alike
    CodeMovement.objects.create(
        kind=32,
        effective_on=date(2019, 1, 1),
        code_before="44109",
        type_before="COM",
        name_before="Ancienne",
        code_after="44999",
        type_after="COM",
        name_after="Nouvelle",
    )
    assert run("compute", rows, "--month", MONTH, "--out", out) == output.DONE
    assert out.read_text(encoding="utf-8-sig") == known


@pytest.mark.parametrize("action", ["validate", "compute"])
def test_every_problem_is_said_and_nothing_is_left(
    rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    wrong = [f"{rank};44109;propriétaire;0;1990-06-15;demandeur;-1;" for rank in range(40)]
    rows.write_text(ROWS + "\n".join(wrong) + "\n", encoding="utf-8")
    out = ("--out", tmp_path / "droits.csv") if action == "compute" else ()
    assert run(action, rows, "--month", MONTH, *out) == output.REFUSED
    said = capsys.readouterr().err
    assert said.startswith("Erreur\u00a0: Le fichier « population.csv » est refusé.\nLigne 5, colonne « salaire »")
    assert said.count("colonne « salaire »") == 40
    assert list(tmp_path.iterdir()) == [rows]
    assert run(action, rows, "--month", MONTH, *out, "--json") == output.REFUSED
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert (problems[0]["row"], problems[0]["column"], len(problems)) == (5, "salaire", 40)


def test_a_file_without_a_problem_is_said_so(rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("validate", rows, "--month", MONTH) == output.DONE
    assert capsys.readouterr().out == "2 foyers, 3 personnes : aucun problème.\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--out", "droits.xlsx"], "qui finit par .parquet ou .csv"),
        (["--out", "absent/droits.csv"], "n'existe pas"),
        (["--out", "population.csv"], "ne peuvent pas remplacer le fichier lu"),
        ([], "où écrire les résultats"),
        (["--out", "droits.csv", "--month", "2040-01"], "2040-01 n'est pas calculé"),
        (["--out", "droits.csv", "--month", "janvier"], "n'est pas un mois"),
        (["--out", "droits.csv", "--passes", "3"], "hors des bornes"),
        (["--out", "droits.csv", "--processes", "0"], "hors des bornes"),
    ],
)
def test_what_is_asked_wrongly_is_refused(
    rows: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    args: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    month = [] if "--month" in args else ["--month", MONTH]
    assert run("compute", rows, *month, *args) == output.REFUSED
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [rows]


def test_a_signal_to_end_drops_what_was_being_written() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), command._stoppable():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


# The template


def test_the_templates_hold_every_column_and_are_refused_while_empty(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for kind in ("xlsx", "csv", "parquet"):
        path = tmp_path / f"population.{kind}"
        assert run("template", path) == output.DONE
        assert "Quelle est sa date de naissance" in capsys.readouterr().out
        assert run("validate", path, "--month", MONTH) == output.REFUSED
        assert "Aucun foyer" in capsys.readouterr().err
    book = load_workbook(tmp_path / "population.xlsx")
    assert tuple(cell.value for cell in next(iter(book.worksheets[0].rows))) == headers()
    assert [row[0].value for row in book["À propos"].rows] == list(headers())
    assert tuple(pl.read_parquet(tmp_path / "population.parquet").columns) == headers()
    assert (tmp_path / "population.csv").read_text(encoding="utf-8-sig").strip() == ";".join(headers())


def test_a_filled_template_is_computed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "population.xlsx"
    run("template", path)
    book = load_workbook(path)
    filled = {"foyer": "A", "commune": "01004", "logement": "locataire HLM", "date_naissance": date(1990, 6, 15)}
    book.worksheets[0].append([filled.get(header) for header in headers()])
    book.save(path)
    capsys.readouterr()
    assert run("compute", path, "--month", MONTH, "--out", tmp_path / "droits.csv") == output.DONE
    assert "1 foyer (1 personne)" in capsys.readouterr().out


def test_a_template_never_replaces_a_file(rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("template", rows) == output.REFUSED
    assert "existe déjà" in capsys.readouterr().err
    assert rows.read_text(encoding="utf-8") == ROWS
    assert run("template", tmp_path / "population.txt") == output.REFUSED
    assert run("template", tmp_path / "absent" / "population.csv") == output.REFUSED


# One household


def written(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "foyer.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_a_household_is_answered_as_in_a_file_with_its_explanation(
    rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("household", written(tmp_path, HOUSEHOLD), "--month", MONTH) == output.DONE
    told = json.loads(capsys.readouterr().out)
    assert (told["mois"], set(told["loi"])) == (MONTH, {"versions", "empreinte"})
    assert set(told["droits"]) == {right.code for right in RIGHTS}
    run("compute", rows, "--month", MONTH, "--out", tmp_path / "droits.parquet")
    first = pl.read_parquet(tmp_path / "droits.parquet").row(0, named=True)
    assert {code: one["montant"] for code, one in told["droits"].items()} == {
        code: value for code, value in first.items() if code != "foyer"
    }
    step = told["droits"]["rsa"]["explication"][0]
    assert "969,78" in step["texte"]
    assert step["article"]
    assert "646,52" in step["parametres"][0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (HOUSEHOLD | {"humeur": 1}, "n'est pas une question"),
        (HOUSEHOLD | {"rent": 3}, "est donné deux fois"),
        (HOUSEHOLD | {"loyer": -3}, "loyer : il faut une valeur de 0"),
        (HOUSEHOLD | {"loyer": [3]}, "n'est pas comprise"),
        (HOUSEHOLD | {"loyer": 10**400}, "n'est pas comprise"),
        (HOUSEHOLD | {"logement": None}, "logement : le logement est nécessaire"),
        (HOUSEHOLD | {"personnes": []}, "il faut la liste « personnes »"),
        (HOUSEHOLD | {"personnes": [1]}, "il faut la liste « personnes »"),
        (HOUSEHOLD | {"personnes": [{}] * 101}, "plus de 100 personnes"),
        (HOUSEHOLD | {"personnes": [{"role": "enfant"}]}, "personne 1, date_naissance"),
        (HOUSEHOLD | {"personnes": [HOUSEHOLD["personnes"][1]]}, "il faut un adulte"),
        ("", "pas du JSON"),
        ("[]", "il faut un objet"),
        ('{"loyer": NaN}', "pas du JSON"),
        ('{"loyer": 1e999, "personnes": [{}]}', "nombre fini"),
        ('{"loyer": 1, "loyer": 2}', "deux fois"),
        ("[" * 100_000, "trop profond"),
        ('{"a": "' + "x" * (1 << 20) + '"}', "trop gros"),
    ],
)
def test_a_household_is_refused_person_by_person(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: Any, said: str
) -> None:
    assert run("household", written(tmp_path, content), "--month", MONTH) == output.REFUSED
    told = json.loads(capsys.readouterr().out)
    assert told["refused"]
    assert any(said in problem["message"] for problem in told["problems"]), told


def test_the_schema_is_that_of_the_questions(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("schema") == output.DONE
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    valid = jsonschema.Draft202012Validator(schema)
    assert valid.is_valid(HOUSEHOLD)
    assert not valid.is_valid(HOUSEHOLD | {"humeur": 1})
    assert not valid.is_valid(HOUSEHOLD | {"loyer": -1})
    assert not valid.is_valid(HOUSEHOLD | {"personnes": [{"salaire": 1}]})
    persons = schema["properties"]["personnes"]["items"]
    assert set(persons["properties"]) == {one.header_fr for one in questions_of(Of.PERSON)}
    assert set(schema["properties"]) == {one.header_fr for one in questions_of(Of.HOUSEHOLD)} | {"personnes"}


# The law made ready


def test_the_law_is_prepared_where_the_pages_look_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("prepare", "--month", MONTH) == output.DONE
    assert capsys.readouterr().out.startswith("Loi de janvier 2026 : prête en ")
    assert list((django_settings.DATA_DIR / "law").glob(f"{MONTH}-*.law"))
    assert run("prepare", "--month", MONTH, "--json") == output.DONE
    assert json.loads(capsys.readouterr().out)["month"] == MONTH


def test_the_server_finds_the_law_warm(territories: dict[str, Territory], caplog: pytest.LogCaptureFixture) -> None:
    simulation.engine.cache_clear()
    with caplog.at_level(logging.WARNING, logger="maillage"):
        warm_law(MONTH)
    assert not caplog.records
    engine = simulation.engine()
    assert engine.month(MONTH) is engine.month(MONTH)  # type: ignore[attr-defined]  # the real engine is set here
    simulation.engine.cache_clear()


def test_a_law_that_cannot_be_prepared_is_logged_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    simulation.engine.cache_clear()
    with caplog.at_level(logging.WARNING, logger="maillage"):
        warm_law("2040-01")
    assert "La loi de 2040-01 n'a pas pu être préparée" in caplog.text
    simulation.engine.cache_clear()
