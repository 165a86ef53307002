"""The command offers every kind of official file, each examined without writing and told as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from maillage.cli.imports import import_
from maillage.directory.models import ServicePoint
from maillage.sources import registry
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition
from maillage.territories.models import Zoning
from tests.sources import made
from tests.territories.invented import load_corsica

pytestmark = pytest.mark.django_db

KINDS = (
    "cog", "movements", "populations", "epci", "filosofi", "caf", "caf-iris", "france-services", "density", "zoning",
    "contours", "table",
)  # fmt: skip


def test_every_kind_is_offered_with_its_help_and_its_label() -> None:
    offered = {one.kind: one for one in registry.importers()}
    assert set(KINDS) <= set(offered)
    for kind in KINDS:
        assert kind in EditionKind.values
        assert offered[kind].help.endswith((".", ")"))
        assert offered[kind].way_back is not None


@pytest.mark.parametrize(
    ("kind", "name", "content"),
    [
        ("density", "d.json", made.density({"2A001": 6})),
        ("zoning", "z.csv", made.zoning_table({"2A001": "C"})),
        ("france-services", "liste-fs-20240801.csv", made.points(("1", "2A001", "A"))),
    ],
)
def test_a_file_is_examined_then_loaded_by_the_command(kind: str, name: str, content: str, tmp_path: Path) -> None:
    load_corsica(tmp_path)
    (tmp_path / name).write_text(content, encoding="utf-8")

    def run(*options: str) -> dict[str, object]:
        result = CliRunner().invoke(import_, [kind, str(tmp_path / name), "--json", *options])
        told: dict[str, object] = json.loads(result.stdout)
        return told

    assert run("--dry-run")["counts"] == {"added": 1}
    assert not Zoning.objects.exists()
    assert not ServicePoint.objects.exists()
    told = run()
    edition = SourceEdition.objects.select_related("file").get(pk=told["edition"])
    assert edition.loaded_by is None
    assert edition.file is not None
    assert (edition.file.name, edition.file.created_by) == (name, None)
    assert run()["already_loaded"] is True


def test_a_refusal_is_told_by_row_and_column(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    (tmp_path / "d.csv").write_text("CODGEO;DENS7\n2A001;9\n", encoding="utf-8")
    result = CliRunner().invoke(import_, ["density", str(tmp_path / "d.csv"), "--json"])
    told = json.loads(result.stdout)
    assert told["refused"] is True
    assert [(one["row"], one["column"]) for one in told["problems"]] == [(2, "DENS7")]
