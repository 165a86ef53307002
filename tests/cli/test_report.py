"""`maillage report annual`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from maillage.cli.report import report
from maillage.kernel.errors import MaillageError
from maillage.territories.models import Territory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("wanted", "start"), [("pdf", b"%PDF"), ("odt", b"PK"), ("docx", b"PK")])
def test_each_format(territories: dict[str, Territory], tmp_path: Path, wanted: str, start: bytes) -> None:
    target = tmp_path / f"bilan.{wanted}"
    args = ["annual", "--year", "2020", "--format", wanted, "--output", str(target), "--json"]
    result = CliRunner().invoke(report, args, catch_exceptions=False)
    written = json.loads(result.output)
    assert target.read_bytes().startswith(start)
    assert written["path"] == str(target)
    assert written["size"] == target.stat().st_size
    assert written["format"] == wanted


def test_the_sentence_says_where(territories: dict[str, Territory], tmp_path: Path) -> None:
    target = tmp_path / "bilan.pdf"
    result = CliRunner().invoke(report, ["annual", "--year", "2020", "--output", str(target)])
    assert result.output.strip() == f"Bilan 2020 écrit : {target}"


def test_a_region_that_is_not_loaded_is_said(settings: Any) -> None:
    with pytest.raises(MaillageError, match="n'est pas chargée"):
        CliRunner().invoke(report, ["annual", "--year", "2020"], catch_exceptions=False)


@pytest.mark.parametrize(
    "args", [["annual"], ["annual", "--year", "12"], ["annual", "--year", "2020", "--format", "xls"]]
)
def test_what_is_refused(args: list[str]) -> None:
    assert CliRunner().invoke(report, args).exit_code == 2
