"""Maps: each territory reachable and told in words, the unknown hatched, the same drawing for documents."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from django.template import engines
from django.test import RequestFactory

from maillage.ui import map_drawing, maps
from tests.ui import contrast, gallery

SVG = "{http://www.w3.org/2000/svg}"


def simple(**changes: object) -> maps.Map:
    shapes = [
        maps.MapShape("A", "Ardenne", "M0 0H10V10Z", 0, "12,3 %", "/territoire/A/", x=5, y=5, short="A"),
        maps.MapShape("B", 'B<"b">', "M10 0H20V10Z", None, "n. c.", "javascript:x", status="suppressed"),
    ]
    classes = [maps.MapClass(0, "moins de 20 %"), maps.MapClass(None, "n. c.")]
    made = maps.Map("m", "Taux", "Le taux est faible.", shapes, classes, (0, 0, 20, 10), legend="Taux")
    return replace(made, **changes)  # type: ignore[arg-type]  # the fields of Map


def test_a_territory_is_a_link_with_its_value() -> None:
    root = ElementTree.fromstring(simple().svg())  # noqa: S314  (our own drawing)
    links = list(root.iter(f"{SVG}a"))
    assert [link.get("href") for link in links] == ["/territoire/A/"]
    assert links[0].get("aria-label") == "Ardenne\u00a0: 12,3\u00a0%"
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert 'B<"b">\u00a0: n. c. (secret statistique)' in titles


@pytest.mark.parametrize(
    ("status", "kind"), [("suppressed", "suppressed"), ("unavailable", "unknown"), ("", "unknown")]
)
def test_what_has_no_value_is_drawn_apart_and_never_as_the_lowest_class(status: str, kind: str) -> None:
    first, second = simple().shapes
    root = ElementTree.fromstring(simple(shapes=[first, replace(second, status=status)]).svg())  # noqa: S314  (as above)
    shapes = [path for path in root.iter(f"{SVG}path") if "ui-map-shape" in (path.get("class") or "")]
    assert shapes[1].get("fill") == f"url(#m-{kind})"
    assert f"ui-map-{kind}" in (shapes[1].get("class") or "")
    assert "ui-map-0" in (shapes[0].get("class") or "")
    assert [pattern.get("id") for pattern in root.iter(f"{SVG}pattern")] == ["m-unknown", "m-suppressed"]


def test_seven_classes_have_seven_colours() -> None:
    fills = [map_drawing.class_of(rank, 7) for rank in range(7)]
    assert len(set(fills)) == 7
    assert [map_drawing.class_of(rank, 5)[0] for rank in range(5)] == [f"ui-map-{rank}" for rank in range(5)]
    assert [map_drawing.class_of(rank, 2)[0] for rank in range(2)] == ["ui-map-0", "ui-map-4"]
    lightness = [contrast.luminance(colour) for _, colour in fills]
    assert lightness == sorted(lightness, reverse=True)
    for css, colour in fills:
        letters = "#ffffff" if map_drawing.is_dark(css) else map_drawing.INK
        assert contrast.ratio(letters, colour) >= 4.5, css


def test_circles_are_drawn_over_plain_ground_the_small_ones_on_top() -> None:
    first, second = simple().shapes
    small = replace(first, radius=2.0)
    large = replace(first, code="L", label="Large", radius=9.0)
    scale = [maps.MapScale(8.0, "1 000 personnes")]
    drawn = simple(shapes=[small, large, second], classes=[maps.MapClass(None, "n. c.")], scale=scale)
    root = ElementTree.fromstring(drawn.svg())  # noqa: S314  (as above)
    circles = [one for one in root.iter(f"{SVG}circle") if one.get("class") == "ui-map-circle"]
    assert [one.get("r") for one in circles] == ["9", "2"]
    shapes = [path.get("class") for path in root.iter(f"{SVG}path") if "ui-map-shape" in (path.get("class") or "")]
    assert shapes == ["ui-map-shape ui-map-plain"] * 2 + ["ui-map-shape ui-map-suppressed"]
    ((share, box, radius, label),) = drawn.scale_marks
    assert (share, box, radius, label) == ("90%", "-9 -9 18 18", "8", "1 000 personnes")
    texts = [text.text for text in ElementTree.fromstring(maps.svg(drawn)).iter(f"{SVG}text")]  # noqa: S314  (as above)
    assert "1 000 personnes" in texts


def test_a_file_that_goes_about_alone_has_its_title_and_its_source() -> None:
    drawing = maps.standalone(simple(), "Source : ici.", "Une note " * 30)
    texts = [text.text for text in ElementTree.fromstring(drawing).iter(f"{SVG}text")]  # noqa: S314  (as above)
    assert texts[0] == "Taux"
    assert "Source : ici." in texts
    paper = next(ElementTree.fromstring(drawing).iterfind(f"{SVG}rect"))  # noqa: S314  (as above)
    box = [paper.get(side) for side in ("x", "y", "width", "height")]
    assert " ".join(str(side) for side in box) in drawing.split("viewBox=")[1], "the white ground takes the whole file"
    assert sum("Une note" in (text or "") for text in texts) > 1, "a long note goes on to a next line"


def test_a_document_has_the_legend_and_no_link() -> None:
    drawing = maps.svg(simple())
    assert 'font-family="sans-serif"' in drawing  # a renderer without a default font would leave the letters out
    root = ElementTree.fromstring(drawing)  # noqa: S314  (as above)
    assert not list(root.iter(f"{SVG}a"))
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"Taux", "moins de 20 %", "n. c."} <= set(texts)
    height = float((root.get("viewBox") or "").split()[3])
    assert height > 10


@pytest.mark.parametrize("drawing", [simple().svg(), maps.svg(simple()), gallery.a_map().svg()])
def test_a_drawing_holds_to_the_policy(drawing: str) -> None:
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:|<script", drawing)


def test_a_map_without_words_or_extent_is_refused() -> None:
    with pytest.raises(ValueError, match="alternative text"):
        simple(alt="")
    with pytest.raises(ValueError, match="extent"):
        simple(view_box=(0, 0, float("nan"), 1))


def test_the_page_says_that_a_map_is_schematic_and_gives_its_table() -> None:
    draw = engines["django"].from_string("{% ui_map map %}")
    html = draw.render({"map": gallery.a_map()}, RequestFactory().get("/"))
    assert "Carte schématique" in html
    assert "<caption" in html
    assert html.count("ui-swatch") >= 5
    assert "Carte schématique" not in draw.render({"map": simple()}, RequestFactory().get("/"))


def test_a_territory_that_nobody_told_of_is_unknown() -> None:
    made = gallery.a_map()
    unknown = [shape for shape in made.shapes if shape.bin is None]
    assert unknown
    assert made.classes[-1].bin is None


def test_two_classes_are_pale_and_dark() -> None:
    classes = [maps.MapClass(0, "peu"), maps.MapClass(1, "beaucoup")]
    assert [css for css, _ in maps.swatches(simple(classes=classes))] == ["ui-map-0", "ui-map-4"]
