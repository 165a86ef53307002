"""The table beside the map: every territory of it, sorted whole, shown by pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, overload

from django.urls import reverse

from maillage.indicators.selectors.level_values import Place
from maillage.indicators.selectors.values import Value
from maillage.indicators.views.tables import value_cell
from maillage.kernel.numbers import NBSP
from maillage.observatory.selectors.explorer_asked import Asked
from maillage.observatory.selectors.explorer_picture import Picture
from maillage.observatory.views.explorer_map import title
from maillage.ui import units
from maillage.ui.tables import Cell, Column, Table, unknown_text
from maillage.ui.units import typography

TABLE_ID = "territoires"
KINDS = {"EUR": "money", "%": "percent"}
Ranked = tuple[Place, Value]


class _Rows(Sequence[dict[str, Any]]):
    """Rows made when they are read: a page of a long list makes its own only; an export makes them all."""

    def __init__(self, found: Picture, ordered: Sequence[Ranked]) -> None:
        self._found, self._ordered = found, ordered
        classes = found.classes
        self._labels = classes.labels(units.suffix_of(found.indicator.unit)) if classes is not None else ()

    def __len__(self) -> int:
        return len(self._ordered)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(index, slice):
            return [self._row(one) for one in self._ordered[index]]
        return self._row(self._ordered[index])

    def _row(self, ranked: Ranked) -> dict[str, Any]:
        place, value = ranked
        classes = self._found.classes
        rank = classes.index_of(value.amount) if classes is not None else None
        return {
            "name": Cell(place.name, url=reverse("portrait", args=[place.code])),
            "code": Cell(place.code),
            "value": value_cell(value),
            "class": Cell(self._labels[rank] if rank is not None else unknown_text(str(value.status)), sort=rank),
            "source": Cell(str(value.source) if value.source is not None else ""),
        }


def table_of(asked: Asked, found: Picture, params: Mapping[str, str]) -> Table:
    """The rows in the order asked (`territoires-tri`, `territoires-sens`): the highest values first, else."""
    indicator = asked.indicator
    kind = KINDS.get(indicator.unit, "number")
    columns = [
        Column("name", "Territoire", kind="link"),
        Column(
            "value", "Valeur", kind=kind, decimals=indicator.decimals, unit=indicator.unit if kind == "number" else ""
        ),
        *([Column("class", "Classe")] if found.classes is not None else []),
        Column("code", "Code", kind="code"),
        Column("source", "Source"),
    ]
    key, descending = params.get(f"{TABLE_ID}-tri", ""), params.get(f"{TABLE_ID}-sens") == "desc"
    if key not in ("name", "value", "class", "code"):
        key, descending = "value", True
    return Table(
        id=TABLE_ID,
        caption=title(asked, found),
        columns=columns,
        rows=_Rows(found, _ordered(found, key, descending=descending)),
        note=typography(f"Indicateur : {indicator.label}. Période : {found.values.period or 'inconnue'}."),
        source=f"{NBSP}; ".join(source.label for source in found.sources),
        source_url=reverse("indicator", args=[indicator.code]),
        empty="Aucun territoire de ce niveau n'est chargé ici.",
        row_header="name",
        sort=(key, "desc" if descending else "asc"),
    )


def on_page(columns: Sequence[Column]) -> list[Column]:
    """Those that stand beside a map; the files have them all."""
    return [column for column in columns if column.key in ("name", "value", "class")]


def _ordered(found: Picture, key: str, *, descending: bool) -> Sequence[Ranked]:
    """Unknown values come last in both directions; a class is in the order of its values."""
    if key == "name":  # the order they come in
        return found.values.rows[::-1] if descending else found.values.rows
    if key == "code":
        return sorted(found.values.rows, key=lambda one: one[0].code, reverse=descending)
    return (*(found.falling if descending else found.rising), *found.without_value)
