"""Charts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from maillage.ui.tables import Table


@dataclass(frozen=True)
class Chart:
    """A chart: one Vega-Lite spec for the page and for documents, told in words by `alt`, in figures by `table`."""

    id: str
    title: str
    alt: str
    spec: dict[str, Any]
    table: Table
    source: str = ""
    note: str = ""
    source_url: str = ""

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ValueError(f"the chart {self.id} has no alternative text")
        if not self.table.rows:
            raise ValueError(f"the chart {self.id} has no table of its data")
