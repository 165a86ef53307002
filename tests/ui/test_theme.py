"""The neutral theme: contrasts computed from the style sheet, and what it must not borrow."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

import maillage.ui
from maillage.ui import maps
from tests.ui.contrast import ratio

STATIC = Path(maillage.ui.__file__).parent / "static/ui"
SHEETS = ("maillage.css", "components.css", "data.css", "print.css")

TEXT = [
    (ink, ground) for ink in ("ink", "ink-2", "accent", "accent-hover") for ground in ("ground", "surface", "surface-2")
]
TEXT += [(kind, f"{kind}-ground") for kind in ("info", "success", "warning", "error", "neutral")]
TEXT += [("ink", f"{kind}-ground") for kind in ("info", "success", "warning", "error", "accent")]
TEXT += [("on-accent", "accent"), ("on-accent", "accent-hover"), ("error", "surface"), ("error", "ground")]
TEXT += [("accent", "accent-ground"), ("surface", "ink")]
TEXT += [("map-light", "map-3"), ("map-light", "map-4")] + [("map-dark", f"map-{rank}") for rank in range(3)]
SHAPES = [("line-strong", ground) for ground in ("ground", "surface", "surface-2")]
SHAPES += [("focus", "ground"), ("focus", "surface"), ("accent", "surface")]


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", block))


def themes() -> dict[str, dict[str, str]]:
    """Colours by way of showing: each starts from the light ones."""
    sheet = (STATIC / "maillage.css").read_text(encoding="utf-8")
    light_text, dark_text = sheet.split("@media (prefers-color-scheme: dark)", 1)
    light = tokens(light_text)
    dark = light | tokens(dark_text.split("*, *::before", 1)[0])
    paper = light | tokens((STATIC / "print.css").read_text(encoding="utf-8"))
    return {"light": light, "dark": dark, "print": paper, "dark on paper": dark | paper}


@pytest.mark.parametrize("name", list(themes()))
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_is_readable(name: str, ink: str, ground: str) -> None:
    colours = themes()[name]
    assert ratio(colours[ink], colours[ground]) >= 4.5, f"{name}: {ink} on {ground}"


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), SHAPES)
def test_edges_and_focus_are_seen(name: str, line: str, ground: str) -> None:
    colours = themes()[name]
    assert ratio(colours[line], colours[ground]) >= 3, f"{name}: {line} on {ground}"


@pytest.mark.parametrize("name", ["light", "dark", "print"])
def test_classes_of_a_map_go_one_way_in_grey(name: str) -> None:
    colours = themes()[name]
    against = [ratio(colours[f"map-{rank}"], colours["surface"]) for rank in range(5)]
    assert against == sorted(against)
    assert all(later / earlier >= 1.2 for earlier, later in pairwise(against))


@pytest.mark.parametrize("name", ["light", "dark", "print"])
def test_seven_classes_go_one_way_in_grey_and_letters_are_read_on_each(name: str) -> None:
    colours = themes()[name]
    fine = [colours[f"map-fine-{rank}"] for rank in range(7)]
    against = [ratio(colour, colours["surface"]) for colour in fine]
    assert against == sorted(against)
    assert all(later / earlier >= 1.15 for earlier, later in pairwise(against))
    for rank, colour in enumerate(fine):
        letters = colours["map-light" if rank >= 4 else "map-dark"]
        assert ratio(letters, colour) >= 4.5, f"{name}: {rank}"


def test_documents_and_pages_colour_maps_alike() -> None:
    for name in ("light", "print"):
        colours = themes()[name]
        assert tuple(colours[f"map-{rank}"] for rank in range(5)) == maps.FILLS
        assert tuple(colours[f"map-fine-{rank}"] for rank in range(7)) == maps.FINE_FILLS


def test_every_colour_named_exists() -> None:
    sheets = "".join((STATIC / name).read_text(encoding="utf-8") for name in SHEETS)
    declared = set(re.findall(r"(--[\w-]+):", sheets))
    assert set(re.findall(r"var\((--[\w-]+)\)", sheets)) <= declared


@pytest.mark.parametrize("name", SHEETS)
def test_nothing_is_fetched_nor_borrowed_from_the_state(name: str) -> None:
    sheet = (STATIC / name).read_text(encoding="utf-8").lower()
    for word in ("url(", "@import", "marianne", "spectral", "dsfr", "fr-", "#000091", "!important"):
        assert word not in sheet


@pytest.mark.parametrize("name", ["maillage.js", "charts.js"])
def test_scripts_hold_to_the_policy(name: str) -> None:
    script = (STATIC / name).read_text(encoding="utf-8")
    assert not re.search(r"\beval\(|new Function|innerHTML|insertAdjacentHTML|document\.write|https?://", script)
