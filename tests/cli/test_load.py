"""`maillage load`: a folder of tables into an instance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from maillage.cli.load import load
from maillage.kernel.errors import MaillageError
from maillage.pacts.models import Axis, Pact
from maillage.sources.models import SourceEdition

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pacts.csv").write_text(
        "code,title,short_title,period,axis_word\nPLAN,Plan inventé,Plan,2024/2027,axe\n", encoding="utf-8"
    )
    (tmp_path / "axes.csv").write_text("pact,code,number,title\nPLAN,PLAN-1,1,Axe inventé\n", encoding="utf-8")
    return tmp_path


def invoke(*args: str) -> str:
    result = CliRunner().invoke(load, args, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_a_dry_run_tells_and_writes_nothing(folder: Path) -> None:
    told = json.loads(invoke(str(folder), "--dry-run", "--json"))
    assert told["dry_run"] is True
    assert {row["table"]: row["added"] for row in told["tables"]} == {"pacts.csv": 1, "axes.csv": 1}
    assert not Pact.objects.exists()
    assert not SourceEdition.objects.exists()


def test_a_folder_loads_once(folder: Path) -> None:
    assert "axes.csv" in invoke(str(folder))
    assert Axis.objects.get().code == "PLAN-1"
    assert "rien ne change" in invoke(str(folder))


@pytest.mark.parametrize("args", [(), ("--embedded", ".")])
def test_either_a_folder_or_the_embedded_one(args: tuple[str, ...]) -> None:
    with pytest.raises(MaillageError, match="Indiquez un dossier"):
        CliRunner().invoke(load, args, catch_exceptions=False)
