"""The shape of files: short, in their place, free of any machine, of any region and of code hidden in pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture import project

MAX_LINES = 600

# A feature app has at most these; a file that grows becomes a package of the same name.
APP_FILES = {
    "__init__",
    "admin",
    "api",
    "apps",
    "digests",
    "enums",
    "forms",
    "models",
    "perms",
    "selectors",
    "services",
    "tasks",
    "urls",
    "views",
}
APP_FOLDERS = {"management", "migrations", "static", "templates", "templatetags"}
# Not features: the base that features stand on, the shell, the demonstration.
BASE_APPS = {"core", "ui", "web", "demo"}
# What an app needs beyond the list, each with its reason.
ALLOWED_BEYOND = {
    ("contracts", "archive"): "the zip that rebuilds a contract: tables, pages, files, checksums",
    ("contracts", "exchange"): "the workbook filled offline, and the paste: written, read, compared",
    ("contracts", "paper"): "what each document says of a contract, and its merge fields",
    ("contracts", "rules"): "from text and money to the facts of the rules' engine",
    ("contracts", "text"): "from the rows of a contract to its text, and back",
    ("contracts", "values"): "what people type as values of a text, and back",
    ("contracts", "data"): "the dated parameters, each with its reference",
    ("contracts", "parameters"): "reads them, for rules that know no file",
    ("indicators", "data"): "the definitions that official statistics bring",
    ("directory", "importers"): "one per official list of points of service",
    ("indicators", "importers"): "one per official file of statistics",
    ("observatory", "data"): "words and synonyms of the questions asked in words",
    ("reports", "content"): "what each chapter says, read from the selectors of the lower steps",
    ("reports", "narrative"): "the light markup of the written parts",
    ("rights", "cells"): "cells of the tables below, read with their row and column",
    ("rights", "data"): "local aids and guidance, each with its source",
    ("rights", "guidance"): "reads what to bring and where to go, right by right",
    ("rights", "local_aids"): "reads the local aids shipped, and those of the instance",
    ("rights", "plain_language"): "the words that a text to the public may not use",
    ("rights", "households"): "from a completed questionnaire to the facts that the law engine reads",
    ("rights", "presenting"): "amounts and intervals in plain French, for the page and the sheet",
    ("rights", "schema"): "the JSON Schema of the API, from the questionnaire",
    ("sources", "bulk"): "many rows in little time, for every importer",
    ("sources", "registry"): "the kinds of files, registered by the apps above",
    ("territories", "importers"): "one per official file",
}

GENERATED = {"locks", "docs/reference"}
WRITTEN_BY_A_TOOL = re.compile(r"\.min\.(js|css)$|/vendor/|/migrations/")

# An address of one machine or of one registry has nothing to do in a public clone.
MACHINE = re.compile(
    r"(?<![\w./:-])/(?:root|home|work|Users|farm|opt/[a-z]+)/[A-Za-z0-9_.-]+"
    r"|[A-Z]:\\\\Users"
    r"|--(?:extra-)?index-url[= ]\S"
    r"|\b(?:pypi|artifactory|nexus|devpi)\.[a-z0-9.-]*\b(?:internal|corp|local|lan)\b"
    r"|\b(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}:\d{2,5}\b"
)

MARKERS = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
SILENCED = re.compile(r"#\s*noqa(?!: )|#\s*noqa: [A-Z0-9, ]+$|#\s*type: ignore(?!\[)|#\s*type: ignore\[[^\]]+\]$")
DODGED = re.compile(r"pytest\.(?:skip|xfail|importorskip)|mark\.(?:skip|xfail)")


def _written() -> list[Path]:
    return [
        p
        for p in project.tracked()
        if (p.suffix in project.WRITTEN_SUFFIXES or p.name in {"Makefile", "run"})
        and not any(project.relative(p).startswith(folder) for folder in GENERATED)
        and p.name != "LICENSE"
    ]


def _lines(path: Path) -> list[tuple[int, str]]:
    return list(enumerate(path.read_text(encoding="utf-8").splitlines(), start=1))


def _found(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{project.relative(path)}:{number} {match.group(0)}"
        for path in paths
        for number, line in _lines(path)
        if (match := pattern.search(line))
    ]


def test_files_are_short() -> None:
    watched = {".py", ".html", ".css", ".js", ".typ", ".md"}
    long = [
        f"{project.relative(path)}: {count} lines"
        for path in _written()
        if path.suffix in watched and not WRITTEN_BY_A_TOOL.search(path.as_posix())
        if (count := len(_lines(path))) > MAX_LINES
    ]
    assert not long, "\n".join(long)


@pytest.mark.parametrize("app", sorted(set(project.apps()) - BASE_APPS))
def test_a_feature_app_has_only_the_known_files(app: str) -> None:
    strange = [
        entry.name
        for entry in (project.PACKAGE / app).iterdir()
        if entry.name != "__pycache__"
        and entry.stem not in APP_FILES
        and not (entry.is_dir() and entry.name in APP_FOLDERS)
        and (app, entry.stem) not in ALLOWED_BEYOND
    ]
    assert not strange, f"{app}: {sorted(strange)}: put it where the house says, or record why in ALLOWED_BEYOND"


def test_what_is_allowed_beyond_exists() -> None:
    for app, stem in ALLOWED_BEYOND:
        assert (project.PACKAGE / app / stem).is_dir() or (project.PACKAGE / app / f"{stem}.py").exists(), (app, stem)


def test_no_machine_nor_registry_is_written_down() -> None:
    found = _found(MACHINE, [p for p in _written() if p != Path(__file__)])
    assert not found, "\n".join(found)


def test_locks_carry_hashes_and_no_address() -> None:
    locks = sorted((project.ROOT / "locks").glob("*.txt"))
    assert [lock.name for lock in locks] == ["dev.txt", "run.txt", "test.txt"]
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text, f"{lock.name} names a host"
        pins = len(re.findall(r"^[a-z0-9].*==", text, flags=re.MULTILINE | re.IGNORECASE))
        hashed = len(re.findall(r"^[a-z0-9].*== ?\S+.*\\\n\s+--hash=sha256:", text, flags=re.MULTILINE | re.IGNORECASE))
        assert pins > 10
        assert pins == hashed, f"{lock.name}: a requirement has no hash"


def test_nothing_is_left_for_later_and_nothing_is_silenced_without_a_reason() -> None:
    python = [p for p in _written() if p.suffix == ".py" and p != Path(__file__)]
    found = _found(MARKERS, [p for p in _written() if p != Path(__file__)]) + _found(SILENCED, python)
    assert not found, "\n".join(found)


def test_no_test_is_dodged() -> None:
    tests = [p for p in _written() if "tests" in p.parts and p.suffix == ".py" and p != Path(__file__)]
    found = _found(DODGED, tests)
    assert not found, "\n".join(found)


def test_guards_see_what_they_refuse() -> None:
    """A guard that never fires proves nothing: each pattern is shown one offence and one innocent."""
    assert MACHINE.search('path = "/home/someone/maillage"')
    assert MACHINE.search("pip install --extra-" + "index-url https://host/" + "simple")
    assert not MACHINE.search("/territoire/DEP-01/ and docs/home/page.md")
    assert MARKERS.search("# TODO: later")
    assert SILENCED.search("x = 1  # noqa")
    assert SILENCED.search("x = 1  # type: ignore[misc]")
    assert not SILENCED.search("x = 1  # type: ignore[misc]  # the stub lacks it")
    assert DODGED.search("pytest.skip('tomorrow')")
