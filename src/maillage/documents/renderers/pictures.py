"""Turns the pictures of a document into SVG (PDF) and PNG (ODT, DOCX), by the charts that the pages show too."""

from __future__ import annotations

import vl_convert

from maillage.documents.model import Picture, plain
from maillage.ui import charts

OFFICE_FONT = "Liberation Sans"  # embedded in vl-convert: the same drawing on every machine
PNG_SCALE = 3.0  # about 220 dots an inch on the page


def svg(picture: Picture, font: str = charts.DOCUMENT_FONT) -> str:
    """The drawing, its letters in a font that is always there."""
    if picture.svg:
        return picture.svg.replace("sans-serif", font)
    chart = charts.grouped_bar(
        [{"category": bar.category, "series": bar.series, "amount": bar.amount} for bar in picture.bars],
        "category",
        "amount",
        "series",
        id="figure",
        title=plain(picture.caption),
        alt=picture.alt,
        unit=picture.unit,
    )
    return charts.svg(chart, font=font)


def png(picture: Picture) -> bytes:
    """The drawing for the editable formats."""
    return bytes(vl_convert.svg_to_png(svg(picture, OFFICE_FONT), scale=PNG_SCALE))


def size(content: bytes) -> tuple[int, int]:
    """Width and height of a PNG, in points of the drawing, read in its head."""
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
