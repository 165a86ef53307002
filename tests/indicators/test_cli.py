"""`maillage figures`: the check as text and as JSON, the list, the import under the same name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from maillage.cli.figures import figures
from maillage.core.models import User
from maillage.indicators import services
from maillage.indicators.models import StatedFigure
from maillage.kernel.errors import MaillageError
from maillage.territories.models import Territory
from tests.indicators.samples import AT, STATED_HEAD, contradiction, document

pytestmark = pytest.mark.django_db
FIELDS = {"figure", "document", "locator", "printed_as", "value", "recomputed", "verdict", "reason"}
MORE = {"label", "territory", "period", "unit", "perimeter", "waiver", "related"}


@pytest.fixture
def wrong(territories: dict[str, Territory]) -> StatedFigure:
    contradiction(territories["DEP-49"], document("DOC-B"), prefix="L")
    return contradiction(territories["REG-52"], document())


def ran(*args: str) -> Any:
    return CliRunner().invoke(figures, list(args), catch_exceptions=False, standalone_mode=False)


def test_the_json_is_a_list_of_objects(wrong: StatedFigure) -> None:
    found = json.loads(ran("check", "--json").output)
    assert [one["figure"] for one in found] == ["K1", "K2", "K3", "L1", "L2", "L3"]
    assert all(set(one) == FIELDS | MORE for one in found)
    third = found[2]
    assert (third["verdict"], third["value"], third["recomputed"]) == ("contradicts_components", 80, 50)
    assert (third["printed_as"], third["document"], third["territory"]) == ("80 %", "DOC-A", "REG-52")
    assert third["waiver"] is None
    assert third["reason"]


def test_one_document_alone(wrong: StatedFigure) -> None:
    assert {one["document"] for one in json.loads(ran("check", "--document", "DOC-B", "--json").output)} == {"DOC-B"}


def test_a_document_that_is_not_loaded_is_refused(wrong: StatedFigure) -> None:
    with pytest.raises(MaillageError, match=r"AUTRE.*DOC-A, DOC-B"):
        ran("check", "--document", "AUTRE")


def test_the_text_is_grouped_by_verdict(wrong: StatedFigure) -> None:
    text = ran("check").output
    assert "6 chiffres énoncés contrôlés" in text
    assert "Contredit par ses composantes\u00a0: 2" in text
    assert "Écarts\u00a0: 2 ouverts, 0 couverts" in text


def test_strict_tells_open_discrepancies_only(wrong: StatedFigure, aicha: User) -> None:
    assert ran("check").return_value == 0
    assert ran("check", "--strict").return_value == 1
    for code in ("K3", "L3"):
        figure = StatedFigure.objects.get(code=code)
        services.waive(figure=figure, reason="Écart expliqué au comité.", by=aicha, at=AT)
    assert ran("check", "--strict").return_value == 0
    waived = json.loads(ran("check", "--document", "DOC-A", "--json").output)[2]["waiver"]
    assert (waived["reason"], waived["by"]) == ("Écart expliqué au comité.", "Aïcha Benali")
    assert "Dérogation de Aïcha Benali" in ran("check").output


def test_nothing_loaded() -> None:
    assert json.loads(ran("check", "--json").output) == []
    assert "Aucun chiffre" in ran("check").output


def test_the_list(wrong: StatedFigure) -> None:
    assert [one["figure"] for one in json.loads(ran("list", "--json").output)] == ["K1", "K2", "K3", "L1", "L2", "L3"]
    assert "80 %" in ran("list").output


def test_figures_are_imported_under_the_same_name(territories: dict[str, Territory], tmp_path: Path) -> None:
    document()
    path = tmp_path / "chiffres.csv"
    path.write_text(f"{STATED_HEAD}\nA1,Aides,DEP-44,2020,12,EUR,12 €,,DOC-A,page 1,\n", encoding="utf-8")
    ran("import", "stated", str(path))
    assert StatedFigure.objects.get().code == "A1"
