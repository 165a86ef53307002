"""Any region of France can be the instance's region: the first one is a data set, never a constant in the code."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from tests.architecture import project

# The first instance's names and codes may be in its data, in tests, in documentation; nowhere else.
FIRST_REGION = re.compile(
    r"Pays de la Loire|\bLoire\b|Nantes|Nantais|Mayenne|Sarthe|Vend[ée]e|Maine-et-Loire|\bAngers\b|Le Mans|\bLaval\b"
    r"|\bREG[-_]?52\b|\bDEP[-_]?(?:44|49|53|72|85)\b|\b244400404\b",
    re.IGNORECASE,
)
EXEMPT_FILES = {
    "src/maillage/config/settings/test.py": "the tests' own instance",
}
EXEMPT_FOLDERS = ("src/maillage/demo/data/", "src/maillage/rights/data/")  # local aids have names and places
CODE = {".py", ".html", ".css", ".js", ".typ", ".toml", ".json", ".csv"}


def _code() -> list[Path]:
    return [
        path
        for path in sorted((project.ROOT / "src").rglob("*"))
        if path.suffix in CODE
        and not path.name.endswith((".min.js", ".bundle.js"))
        and project.relative(path) not in EXEMPT_FILES
        and not project.relative(path).startswith(EXEMPT_FOLDERS)
    ]


def test_no_territory_of_the_first_instance_is_named_in_code() -> None:
    found = [
        f"{project.relative(path)}:{number} {match.group(0)}"
        for path in _code()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (match := FIRST_REGION.search(line))
    ]
    assert not found, "\n".join(found)


def test_no_figure_of_the_data_is_named_in_code() -> None:
    """The engine finds contradictions it was never told about: no identifier of a stated figure, no document's code."""
    data = project.PACKAGE / "demo" / "data"
    identifiers: set[str] = set()
    for name, column in (("stated_figures.csv", "id"), ("documents.csv", "code")):
        with (data / name).open(encoding="utf-8", newline="") as handle:
            identifiers |= {row[column] for row in csv.DictReader(handle)}
    assert len(identifiers) > 50
    pattern = re.compile(r"\b(?:" + "|".join(sorted(map(re.escape, identifiers))) + r")\b")
    found = [
        f"{project.relative(path)}:{number} {match.group(0)}"
        for path in _code()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (match := pattern.search(line))
    ]
    assert not found, "\n".join(found)


def test_the_pattern_sees_what_it_refuses() -> None:
    assert FIRST_REGION.search('region = "REG-52"')
    assert FIRST_REGION.search("Loire-Atlantique")
    assert not FIRST_REGION.search("REG-84 DEP-01 Ain")
