"""The charts of the report, as Vega-Lite specifications in canonical JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from maillage.reports.content.data import CreditLine

BEFORE_COLOUR, AFTER_COLOUR = "#9fb3c8", "#1d4e89"


def dump(spec: dict[str, Any]) -> str:
    """The same specification always gives the same text."""
    return json.dumps(spec, ensure_ascii=False, sort_keys=True)


def credits_chart(lines: Sequence[CreditLine], year: int) -> str:
    """Two bars per contract, the year before and the year; a bar that is not known is absent, never of length zero."""
    rows = [
        {"territory": line.territory, "year": str(when), "amount": float(value.value)}
        for line in lines
        for when, value in ((year - 1, line.before), (year, line.after))
        if value is not None and value.value is not None
    ]
    order = [line.territory for line in lines]
    years = [str(year - 1), str(year)]
    encoding = {
        "y": {"field": "territory", "type": "nominal", "sort": order, "title": None, "axis": {"labelLimit": 170}},
        "yOffset": {"field": "year", "type": "nominal", "sort": years},
    }
    colour = {
        "field": "year",
        "type": "nominal",
        "scale": {"domain": years, "range": [BEFORE_COLOUR, AFTER_COLOUR]},
        "legend": {"title": None, "orient": "top", "direction": "horizontal"},
    }
    length = {"field": "amount", "type": "quantitative", "title": None, "axis": None}
    return dump(
        {
            "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
            "width": 400,
            "height": {"step": 15},
            "data": {"values": rows},
            "encoding": encoding,
            "layer": [
                {"mark": {"type": "bar", "height": 12}, "encoding": {"x": length, "color": colour}},
                {
                    "mark": {"type": "text", "align": "left", "baseline": "middle", "dx": 4},
                    "encoding": {
                        "x": length,
                        "text": {"field": "amount", "type": "quantitative", "format": ",.0f"},
                    },
                },
            ],
        }
    )
