"""Turns the pictures of a document into SVG (PDF) and PNG (ODT, DOCX). One specification, two drawings."""

from __future__ import annotations

import json
from typing import Any

import vl_convert

from maillage.reports.document import Picture

PDF_FONT = "Libertinus Serif"  # embedded in Typst: the drawing's letters are the page's
OFFICE_FONT = "Liberation Sans"  # embedded in vl-convert
PNG_SCALE = 3.0  # about 220 dots an inch on the page
INK = "#1b2a41"


def svg(picture: Picture) -> str:
    """The drawing for the PDF."""
    if picture.svg:
        return picture.svg.replace("sans-serif", PDF_FONT)
    return _vega(picture, PDF_FONT)


def png(picture: Picture) -> bytes:
    """The drawing for the editable formats."""
    drawing = picture.svg.replace("sans-serif", OFFICE_FONT) if picture.svg else _vega(picture, OFFICE_FONT)
    return bytes(vl_convert.svg_to_png(drawing, scale=PNG_SCALE))


def _vega(picture: Picture, font: str) -> str:
    spec: dict[str, Any] = json.loads(picture.vega_lite)
    spec["config"] = {
        **spec.get("config", {}),
        "font": font,
        "background": "white",
        "view": {"stroke": None},
        "axis": {"labelFontSize": 11, "labelColor": INK, "domain": False, "ticks": False, "labelPadding": 6},
        "legend": {"labelFontSize": 11, "labelColor": INK},
        "text": {"fontSize": 10, "color": INK},
    }
    return str(vl_convert.vegalite_to_svg(spec, format_locale="fr-FR"))


def size(content: bytes) -> tuple[int, int]:
    """Width and height of a PNG, in points of the drawing, read in its head."""
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
