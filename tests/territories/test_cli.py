"""`maillage import` and `maillage territories`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from maillage.cli.imports import import_
from maillage.cli.territories import territories
from maillage.gateways.fetch import DummyFetcher
from maillage.kernel.errors import MaillageError
from maillage.sources.models import SourceEdition
from maillage.territories.models import Territory
from tests.territories.invented import epci_workbook, load, load_corsica, movements, populations, regions

pytestmark = pytest.mark.django_db


def _run(command: click.Command, *args: str) -> Result:
    return CliRunner().invoke(command, list(args), catch_exceptions=False, standalone_mode=False)


def _json(command: click.Command, *args: str) -> Any:
    return json.loads(_run(command, *args, "--json").stdout)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "regions.csv"
    path.write_text(regions(("94", "Corse"), ("84", "Auvergne-Rhône-Alpes")), encoding="utf-8")
    return path


def test_a_file_is_loaded_and_its_report_written(file: Path) -> None:
    result = _run(import_, "cog", str(file), "--vintage", "2026")
    edition = SourceEdition.objects.get()
    assert result.return_value == 0
    assert "Différences : 2 ajouts.".replace(" :", "\u00a0:") in result.stdout
    assert f"Édition {edition.pk}" in result.stdout
    assert (edition.origin, edition.loaded_by) == ("regions.csv", None)


def test_progress_goes_to_the_error_stream(file: Path) -> None:
    result = _run(import_, "cog", str(file))
    assert "Lecture du fichier" in result.stderr
    assert "Lecture du fichier" not in result.stdout


def test_a_dry_run_writes_nothing(file: Path) -> None:
    report = _json(import_, "cog", str(file), "--vintage", "2026", "--dry-run")
    assert (report["dry_run"], report["counts"], report["edition"]) == (True, {"added": 2}, None)
    assert not Territory.objects.exists()


def test_the_same_file_twice_is_told(file: Path) -> None:
    _run(import_, "cog", str(file), "--vintage", "2026")
    assert "déjà chargé, rien ne change" in _run(import_, "cog", str(file), "--vintage", "2026").stdout


def test_a_refused_file_gives_its_problems_as_json_and_exits_with_2(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("REG,LIBELLE\nZZ,Nulle part\n94,\n")
    result = _run(import_, "cog", str(path), "--json")
    told = json.loads(result.stdout)
    assert result.return_value == 2
    assert told["refused"]
    assert [(one["row"], one["column"]) for one in told["problems"]] == [(2, "REG"), (3, "LIBELLE")]
    plain = _run(import_, "cog", str(path))
    assert plain.return_value == 2
    assert "Ligne 3, colonne « LIBELLE »" in plain.stderr


def test_an_address_is_fetched_and_its_copy_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://exemple.fr/regions.csv"
    fetched: list[Path] = []
    dummy = DummyFetcher({url: ("regions.csv", regions(("94", "Corse")).encode())})

    def fetch(asked: str) -> Any:
        found = dummy(asked)
        fetched.append(found.path)
        return found

    monkeypatch.setattr("maillage.sources.services.loading.fetch", fetch)
    _run(import_, "cog", url)
    assert SourceEdition.objects.get().origin == url
    assert [path.exists() for path in fetched] == [False]


def test_a_kind_that_does_not_exist_names_the_others(file: Path) -> None:
    with pytest.raises(click.UsageError, match="cog, movements, populations, epci, contours"):
        _run(import_, "inconnu", str(file))


def test_a_file_that_does_not_exist_is_told() -> None:
    with pytest.raises(MaillageError, match="n'existe pas"):
        _run(import_, "cog", "absent.csv")


def test_the_help_lists_the_kinds_of_every_app() -> None:
    text = _run(import_, "--help").stdout
    for kind in ("cog", "movements", "populations", "epci", "contours", "observations"):
        assert kind in text


def test_territories_are_listed_and_shown(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "epci", epci_workbook([("2A", "200000002", "CC du Sud", "CC", 4, 33, 31, "2A001")]))
    load(tmp_path, "populations", populations(("2A001", 12345, 12400)), vintage="2023")
    listed = _json(territories, "list", "alta")
    assert [(one["code"], one["population"]) for one in listed] == [("COM-2A001", 12345)]
    assert "12\u202f345" in _run(territories, "list", "alta").stdout
    assert len(_json(territories, "list", "--level", "departement", "--region", "REG-94")) == 2
    region = _json(territories, "show", "REG-94")
    assert (region["communes"], region["epci"], region["epci_across_border"]) == (6, 1, 1)
    assert region["epci_rule"] == "EPCI dont une commune au moins est dans le territoire"
    commune = _json(territories, "show", "COM-2A001")
    assert (commune["epci"], commune["lineage"]) == ("EPCI-200000002", ["COM-2A001", "DEP-2A", "REG-94", "FRANCE"])
    assert "Niveau : Commune" in _run(territories, "show", "COM-2A001").stdout
    assert "Aucun territoire" in _run(territories, "list", "introuvable").stdout
    with pytest.raises(MaillageError, match="n'est pas chargé"):
        _run(territories, "show", "COM-99999")


def test_the_passage_of_a_code(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "movements", movements((32, "2015-01-01", "2A009", "2A001"), (32, "2015-01-01", "2A001", "2A001")))
    found = _json(territories, "passage", "2A009", "--from", "2010", "--to", "2020-01-01")
    assert (found["outcome"], found["sure"], found["codes"]) == ("merged", True, [{"code": "2A001", "name": "Alta"}])
    text = _run(territories, "passage", "COM-2A001", "--from", "2020", "--to", "2010").stdout
    assert "faite de plusieurs communes" in text
    assert "01/01/2015 MOD 32 : 2A009 → 2A001" in text
    with pytest.raises(MaillageError, match="n'est pas une date"):
        _run(territories, "passage", "2A009", "--from", "hier", "--to", "2020")
    with pytest.raises(MaillageError, match="n'est connue d'aucun fichier"):
        _run(territories, "passage", "99999", "--from", "2010", "--to", "2020")


def test_without_movements_the_passage_says_what_to_load() -> None:
    with pytest.raises(MaillageError, match="maillage import movements"):
        _run(territories, "passage", "2A009", "--from", "2010", "--to", "2020")
