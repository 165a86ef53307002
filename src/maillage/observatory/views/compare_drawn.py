"""The tables and drawings of the comparing page: every drawing has its table, and both are told in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from maillage.indicators.models import Indicator
from maillage.indicators.selectors.values import Value, period_label
from maillage.indicators.views.tables import value_cell
from maillage.kernel.numbers import NBSP, french_list
from maillage.observatory.selectors.compare import Cloud, Line, Lines, Moment, Point, Ranked, Ranking
from maillage.territories.models import Territory
from maillage.ui import charts, units
from maillage.ui.charts import Chart, Scale
from maillage.ui.tables import NOTHING, Cell, Column, Table
from maillage.ui.units import typography

KINDS = {"EUR": "money", "%": "percent"}
BARS = 20  # what a screen reads; the table holds them all
MAX_DRAWN = 1500  # points: more is a stain, and a heavy page


def column(key: str, label: str, indicator: Indicator) -> Column:
    """A column of values in the indicator's unit and decimals."""
    kind = KINDS.get(indicator.unit, "number")
    unit = indicator.unit if kind == "number" else ""
    return Column(key, label, kind=kind, decimals=indicator.decimals, unit=unit)


def written(indicator: Indicator, amount: Any) -> str:
    return units.format_value(amount, unit=indicator.unit, decimals=indicator.decimals)


def _territory(code: str, name: str, note: str = "") -> Cell:
    return Cell(name, url=reverse("territory", args=[code]), note=note)


def _source(values: Sequence[Value]) -> str:
    """What the values of a table are from, named once."""
    labels = list(dict.fromkeys(source.label for value in values for source in value.sources))
    return typography(french_list(labels[:4]))


# --- ranking --------------------------------------------------------------------------------------------------------

RANK_RULE = (
    "Rang : du premier au dernier rang possible. Deux territoires dont les intervalles se recouvrent partagent des "
    "rangs : rien ne dit lequel est devant. L'intervalle est celui de l'estimation, sinon l'arrondi de la publication."
)


def rank_text(row: Ranked) -> str:
    """« 3 » or « 3 à 5 »."""
    return str(row.rank.best) if row.rank.is_exact else f"{row.rank.best} à {row.rank.worst}"


def interval_text(indicator: Indicator, row: Ranked) -> str:
    decimals = indicator.decimals if row.value.is_estimate else None
    low, high = (units.format_value(bound, decimals=decimals) for bound in (row.interval.low, row.interval.high))
    return f"{low} à {high}"


def ranking_title(found: Ranking) -> str:
    return f"{typography(found.values.indicator.label)}, {period_label(found.values.period)}"


def ranking_table(found: Ranking, rows: Sequence[Ranked], marked: frozenset[str]) -> Table:
    """The rows given (one page of them, or all for an export)."""
    indicator = found.values.indicator
    columns = [
        Column("rank", "Rang"),
        Column("territory", "Territoire", kind="link"),
        column("value", "Valeur", indicator),
        Column("interval", "Intervalle"),
    ]
    if any(text for text, _ in found.perimeters):
        columns.append(Column("perimeter", "Périmètre"))
    return Table(
        id="classement",
        caption=f"Classement{NBSP}: {ranking_title(found)}",
        columns=columns,
        rows=[_ranked(indicator, row, marked) for row in rows],
        row_header="territory",
        note=typography(f"{RANK_RULE} {_step_text(found)}"),
        source=_source([row.value for row in rows[:200]]),
        source_url=reverse("indicator", args=[indicator.code]),
        empty="Aucune valeur à classer.",
        sortable=False,
    )


def _step_text(found: Ranking) -> str:
    if any(row.value.is_estimate for row in found.rows[:1]):
        return ""
    unit = found.values.indicator.unit
    step = units.format_value(found.step, unit="points" if unit == "%" else unit)
    return f"D'une valeur publiée à la suivante, le pas est de {step} : l'intervalle va d'un demi-pas de chaque côté."


def _ranked(indicator: Indicator, row: Ranked, marked: frozenset[str]) -> dict[str, Any]:
    chosen = "territoire choisi" if row.place.code in marked else ""
    return {
        "rank": Cell(rank_text(row), sort=row.rank.best),
        "territory": _territory(row.place.code, row.place.name, chosen),
        "value": Cell(row.value.amount, status="" if row.value.status == "published" else row.value.status),
        "interval": interval_text(indicator, row),
        "perimeter": typography(row.value.perimeter),
    }


def ranking_bars(found: Ranking, marked: frozenset[str]) -> Chart | None:
    """The first territories, and those that were chosen."""
    shown = [row for place, row in enumerate(found.rows) if place < BARS or row.place.code in marked]
    if len(shown) < 2:
        return None
    indicator = found.values.indicator
    named = _distinct([(row.place.name, row.place.code) for row in shown])
    rows = [
        {"name": f"{name} ◆" if row.place.code in marked else name, "value": row.value.amount}
        for name, row in zip(named, shown, strict=True)
    ]
    first, last = shown[0], shown[-1]
    limited = f" ({len(shown)} sur {len(found.rows)})" if len(shown) < len(found.rows) else ""
    alt = (
        f"Barres, dans l'ordre du classement. En tête{NBSP}: {first.place.name}, "
        f"{written(indicator, first.value.amount)}. Dernier montré{NBSP}: {last.place.name}, "
        f"{written(indicator, last.value.amount)}."
    )
    return charts.bar(
        rows,
        "name",
        "value",
        id="barres",
        title=f"{ranking_title(found)}{limited}",
        alt=alt,
        x_title="Territoire",
        unit=indicator.unit,
        decimals=indicator.decimals,
        note="◆ territoire choisi." if marked & {row.place.code for row in shown} else "",
    )


def _distinct(named: Sequence[tuple[str, str]]) -> list[str]:
    """Names told apart by their code where two are the same: a category of a chart is its name."""
    names = [name for name, _ in named]
    return [f"{name} ({code.partition('-')[2]})" if names.count(name) > 1 else name for name, code in named]


# --- two indicators -------------------------------------------------------------------------------------------------


def cloud_title(found: Cloud) -> str:
    across, upward = found.across, found.upward
    return (
        f"{typography(upward.indicator.label)} ({period_label(upward.period)}) selon "
        f"{typography(across.indicator.label)} ({period_label(across.period)})"
    )


def cloud_table(found: Cloud, points: Sequence[Point], marked: frozenset[str]) -> Table:
    across, upward = found.across, found.upward
    return Table(
        id="nuage",
        caption=cloud_title(found),
        columns=[
            Column("territory", "Territoire", kind="link"),
            column("across", _axis_label(across.indicator, across.period), across.indicator),
            column("upward", _axis_label(upward.indicator, upward.period), upward.indicator),
        ],
        rows=[
            {
                "territory": _territory(
                    point.place.code, point.place.name, "territoire choisi" if point.place.code in marked else ""
                ),
                "across": value_cell(point.across),
                "upward": value_cell(point.upward),
            }
            for point in points
        ],
        source=_source([value for point in points[:200] for value in (point.across, point.upward)]),
        empty="Aucun territoire n'a les deux valeurs.",
    )


def _axis_label(indicator: Indicator, period: str) -> str:
    return f"{typography(indicator.label)}, {period_label(period)}"


def cloud_chart(found: Cloud, marked: frozenset[str], table: Table) -> Chart | None:
    """The points; named: the extremes of each axis and the territories chosen."""
    if not found.points or len(found.points) > MAX_DRAWN:
        return None
    across, upward = found.across.indicator, found.upward.indicator
    rows = [
        {
            "name": point.place.name,
            "across": point.across.amount,
            "upward": point.upward.amount,
            "label": point.place.name if point.named or point.place.code in marked else "",
            "marked": point.place.code in marked,
        }
        for point in found.points
    ]
    named = [point for point in found.points if point.named or point.place.code in marked]
    told = "; ".join(
        f"{point.place.name}{NBSP}: {written(across, point.across.amount)}, {written(upward, point.upward.amount)}"
        for point in named
    )
    return charts.scatter(
        rows,
        Scale("across", _axis_label(across, found.across.period), across.unit, across.decimals),
        Scale("upward", _axis_label(upward, found.upward.period), upward.unit, upward.decimals),
        name="name",
        label="label",
        marked="marked",
        id="points",
        title=cloud_title(found),
        alt=typography(f"Nuage de {len(found.points)} territoires. Points nommés : {told}."),
        table=table,
        note=typography("Les extrêmes de chaque axe sont nommés ; un losange marque un territoire choisi."),
    )


# --- lines in time --------------------------------------------------------------------------------------------------


def lines_table(found: Lines) -> Table:
    indicator = found.indicator
    return Table(
        id="series",
        caption=f"{typography(indicator.label)}, par territoire et par période",
        columns=[
            Column("territory", "Territoire", kind="link"),
            Column("period", "Période"),
            column("value", "Valeur", indicator),
            Column("since", "Comparable avec la précédente"),
            Column("perimeter", "Périmètre"),
            Column("source", "Source", kind="link"),
        ],
        rows=[_moment(line.territory, moment) for line in found.lines for moment in line.moments],
        empty="Aucune valeur n'est chargée pour ces territoires.",
    )


def _moment(territory: Territory, moment: Moment) -> dict[str, Any]:
    value, source = moment.value, moment.value.source
    cell = value_cell(value)
    return {
        "territory": _territory(territory.code, territory.name),
        "period": Cell(value.period_label, sort=value.period),
        "value": Cell(cell.value, status=cell.status, note=cell.note),
        "since": _since(moment),
        "perimeter": typography(value.perimeter),
        "source": Cell(typography(str(source)), url=source.url) if source is not None else NOTHING,
    }


def _since(moment: Moment) -> Cell:
    if moment.since is None:
        return Cell("première valeur")
    said = typography(" ".join([moment.since.reason, *moment.since.notes]).strip())
    return Cell("oui" if moment.since.comparable else "non", note=said)


def lines_chart(found: Lines) -> Chart | None:
    """One line a territory. A cut is a place of its own on the axis, where no line passes."""
    if len(found.periods) < 2:
        return None
    indicator = found.indicator
    names = _distinct([(line.territory.name, line.territory.code) for line in found.drawn])
    cuts = sorted({(after, before) for line in found.drawn for before, after, _ in line.breaks})
    rows: list[dict[str, Any]] = []
    for period in found.periods:
        for mark, (after, before) in enumerate(cuts):
            if after == period:
                rows += _cut_rows(found, names, "≠" + "\u200b" * mark, (before, after))
        for name, line in zip(names, found.drawn, strict=True):
            value = next((one.value for one in line.moments if one.value.period == period), None)
            bounds = (value.low, value.high) if value else (None, None)
            rows.append(
                {
                    "period": period_label(period),
                    "value": value.amount if value else None,
                    "series": name,
                    "low": bounds[0],
                    "high": bounds[1],
                }
            )
    return charts.line(
        rows,
        "period",
        "value",
        "series" if len(names) > 1 else "",
        id="lignes",
        title=typography(indicator.label),
        alt=_lines_alt(found, bool(cuts)),
        series_title="Territoire",
        unit=indicator.unit,
        decimals=indicator.decimals,
        low="low",
        high="high",
        table=lines_table(found),
        note="≠ rupture : les valeurs avant et après ne se comparent pas, aucune ligne ne les joint." if cuts else "",
    )


def _cut_rows(found: Lines, names: Sequence[str], mark: str, cut: tuple[str, str]) -> list[dict[str, Any]]:
    """A hole in the lines that are cut there; the others go on, without a point."""
    return [
        {"period": mark, "value": None, "series": name}
        for name, line in zip(names, found.drawn, strict=True)
        if any(cut == one[:2] for one in line.breaks)
    ]


def _lines_alt(found: Lines, is_cut: bool) -> str:
    told = [_line_alt(found.indicator, line) for line in found.drawn]
    return typography(" ".join([*told, "Les ruptures ne sont pas jointes." if is_cut else ""]).strip())


def _line_alt(indicator: Indicator, line: Line) -> str:
    values = [f"{one.value.period_label}, {written(indicator, one.value.amount)}" for one in line.moments]
    return f"{line.territory.name}{NBSP}: {'; '.join(values)}."
