"""Static files: the script of the charts is made from the installed package, and every reference holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.core.management import call_command

from maillage.ui import vega
from maillage.ui.finders import GeneratedFinder


def test_the_script_is_made_once(tmp_path: Path) -> None:
    path = vega.bundle_in(tmp_path)
    text = path.read_text(encoding="utf-8")
    assert "vegaEmbed" in text
    assert len(text) > 500_000
    path.write_text("kept", encoding="utf-8")
    assert vega.bundle_in(tmp_path).read_text(encoding="utf-8") == "kept"
    assert [entry.name for entry in path.parent.iterdir()] == ["vega-bundle.js"]


def test_the_finder_gives_it_and_nothing_else(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    finder = GeneratedFinder()
    assert Path(str(finder.find(vega.BUNDLE_NAME))).is_file()
    assert finder.find("ui/autre.js") == []
    [(name, storage)] = finder.list()
    assert name == vega.BUNDLE_NAME
    assert storage.exists(name)


def test_the_site_knows_the_finder() -> None:
    assert any(isinstance(finder, GeneratedFinder) for finder in finders.get_finders())


def test_everything_is_collected_and_every_reference_holds(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    assert (tmp_path / "staticfiles.json").exists()
    assert list(tmp_path.glob("ui/vega-bundle.*.js"))
    assert list(tmp_path.glob("django_htmx/htmx-2.min.*.js"))
