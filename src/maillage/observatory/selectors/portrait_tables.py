"""The tables of a portrait: what its page shows and exports, and what its paper prints again."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from django.urls import reverse

from maillage.indicators.models import Indicator
from maillage.indicators.selectors.series import Point, Series
from maillage.indicators.selectors.values import Value, period_label
from maillage.kernel.numbers import NBSP
from maillage.observatory.selectors.portrait import Figure, Group, Portrait
from maillage.observatory.selectors.portrait_offer import Services
from maillage.observatory.selectors.portrait_pact import RELATION_FR, Pact
from maillage.observatory.selectors.portrait_position import Position
from maillage.observatory.selectors.portrait_reading import breaks_of
from maillage.observatory.selectors.portrait_words import gap, interval, written
from maillage.ui.tables import NOTHING, Cell, Column, Table
from maillage.ui.units import typography


def figure_tables(portrait: Portrait) -> list[Table]:
    """A table by group, and no export of its own: the whole is exported at once."""
    return [_figures(portrait, group, f"chiffres-{rank}") for rank, group in enumerate(portrait.groups)]


def whole_table(portrait: Portrait) -> Table:
    """Every figure of the portrait, for a spreadsheet."""
    every = tuple(figure for group in portrait.groups for figure in group.figures)
    table = _figures(portrait, Group(f"Portrait{NBSP}: {portrait.territory.name}", every), "chiffres")
    return Table(table.id, table.caption, table.columns, table.rows, source=sources_of(every))


def _figures(portrait: Portrait, group: Group, id: str) -> Table:
    columns = [
        Column("indicator", "Indicateur", kind="link"),
        Column("period", "Année"),
        Column("value", portrait.territory.name, kind="number"),
    ]
    if portrait.epci_column is not None:
        columns.append(Column("epci", f"EPCI{NBSP}: {portrait.epci_column.name}", kind="number"))
    if portrait.reference is not None:
        columns.append(Column("reference", portrait.reference_name, kind="number"))
        columns.append(Column("difference", "Écart à la référence"))
    return Table(
        id=id,
        caption=group.title,
        columns=columns,
        rows=[_figure(one) for one in group.figures],
        source=sources_of(group.figures),
        note=_note(group.figures),
        sortable=False,
        exportable=False,
    )


def _figure(one: Figure) -> dict[str, object]:
    return {
        "indicator": Cell(typography(one.indicator.label), url=_indicator_url(one.indicator)),
        "period": period_label(one.value.period),
        "value": value_cell(one.indicator, one.value),
        "epci": value_cell(one.indicator, one.epci, beside=one.value),
        "reference": value_cell(one.indicator, one.reference, beside=one.value),
        "difference": typography(one.difference),
    }


def _indicator_url(indicator: Indicator) -> str:
    """A definition that no data brought has no page."""
    return reverse("indicator", args=[indicator.code]) if indicator.pk else ""


def value_cell(indicator: Indicator, value: Value | None, *, beside: Value | None = None) -> Cell:
    """A number linked to its source, with what it is worth; why there is none. `beside`: whose year needs no saying."""
    if value is None:
        return Cell(None, text="non chargé")
    notes = [interval(value), value.reason if not value.known else ""]
    if beside is not None and value.known and value.period != beside.period:
        notes.append(period_label(value.period))
    status = value.status if value.known and value.status in ("estimated", "rounded", "provisional") else ""
    return Cell(
        value.amount,
        text=written(indicator, value),
        url=value.source.url if value.source is not None else "",
        status=str(status),
        note=", ".join(note for note in notes if note),
    )


def sources_of(figures: Iterable[Figure]) -> str:
    """The sources of the values shown, once each."""
    values = [value for one in figures for value in (one.value, one.epci, one.reference) if value is not None]
    return f"{NBSP}; ".join(dict.fromkeys(source.label for value in values for source in value.sources))


def _note(figures: Iterable[Figure]) -> str:
    """Perimeters that go without saying nowhere, and how an estimate was made."""
    told: dict[str, None] = {}
    for one in figures:
        if one.value.note and (one.value.is_estimate or one.value.note.startswith("Somme")):
            told[one.value.note] = None
        if one.indicator.code.startswith("CAF-") and one.value.perimeter:
            told[f"{one.value.perimeter.capitalize().rstrip('.')}."] = None
    return " ".join(told)


# --- place among peers -----------------------------------------------------------------------------------------------


def position_table(portrait: Portrait) -> Table:
    columns = [
        Column("indicator", "Indicateur", kind="link"),
        Column("value", "Valeur", kind="number"),
        Column("rank", "Rang", help="Du plus élevé au plus bas."),
        Column("low", "Plus bas", kind="number"),
        Column("middle", "Médiane", kind="number"),
        Column("high", "Plus élevé", kind="number"),
    ]
    return Table(
        id="rangs",
        caption=f"Parmi les {portrait.around.peers_label}",
        columns=columns,
        rows=[_position(one) for one in portrait.positions],
        note=" ".join(
            part for part in (portrait.around.peers_rule, "Un territoire sans valeur connue est hors du rang.") if part
        ),
        source=position_source(portrait),
        sortable=False,
    )


def position_source(portrait: Portrait) -> str:
    return sources_of(portrait.figures[one.indicator.code] for one in portrait.positions)


def _position(one: Position) -> dict[str, object]:
    def cell(amount: object) -> Cell:
        value = Value(amount, one.indicator.unit)  # type: ignore[arg-type]  # a Decimal of the position
        return Cell(amount, text=written(one.indicator, value))

    return {
        "indicator": Cell(
            typography(one.indicator.label), url=_indicator_url(one.indicator), note=period_label(one.period)
        ),
        "value": cell(one.amount),
        "rank": Cell(one.rank, text=one.rank_fr, note=f"{one.unknown} sans valeur" if one.unknown else ""),
        "low": cell(one.amounts[0]),
        "middle": cell(one.middle),
        "high": cell(one.amounts[-1]),
    }


# --- evolution -------------------------------------------------------------------------------------------------------


def evolution_table(portrait: Portrait) -> Table:
    """A line for two neighbouring periods; a break says why it is one, and no difference is worked out across it."""
    return Table(
        id="evolution",
        caption="D’une période à la suivante",
        columns=[
            Column("indicator", "Indicateur", kind="link"),
            Column("before", "De"),
            Column("after", "À"),
            Column("change", "Évolution"),
        ],
        rows=[row for series in portrait.series for row in _changes(series)],
        source=sources_of(portrait.figures[series.indicator.code] for series in portrait.series),
        sortable=False,
    )


def _changes(series: Series) -> list[dict[str, object]]:
    cut = breaks_of(series)
    known = [point for point in series.points if point.value.known]
    label = Cell(typography(series.indicator.label), url=_indicator_url(series.indicator))
    found: list[dict[str, object]] = []
    for before, after in pairwise(known):
        reason = next((one.reason for period, one in cut.items() if before.period < period <= after.period), "")
        change = f"Rupture de série, non comparable. {reason}" if reason else _change(series.indicator, before, after)
        found.append(
            {
                "indicator": label,
                "before": f"{before.period_label}{NBSP}: {written(series.indicator, before.value)}",
                "after": f"{after.period_label}{NBSP}: {written(series.indicator, after.value)}",
                "change": typography(change),
            }
        )
    return found


def _change(indicator: Indicator, before: Point, after: Point) -> str:
    if before.value.amount is None or after.value.amount is None:
        return ""
    return gap(indicator, after.value.amount, before.value.amount)


# --- services and pact -----------------------------------------------------------------------------------------------


def service_table(services: Services) -> Table:
    return Table(
        id="points",
        caption=f"Points de service, {services.area.name}",
        columns=[
            Column("commune", "Commune", kind="link"),
            Column("name", "Nom"),
            Column("kind", "Nature"),
            Column("hours", "Horaires, tels que la liste les écrit"),
        ],
        rows=[
            {
                "commune": Cell(point.territory.name, url=reverse("territory", args=[point.territory.code]))
                if point.territory is not None
                else Cell("", text=point.town),
                "name": Cell(point.name, note=" ".join(part for part in (point.address, point.postcode) if part)),
                "kind": point.get_kind_display(),
                "hours": point.hours or Cell(None, text="non précisé"),
            }
            for point in services.listed
        ],
        source=service_source(services),
    )


def service_source(services: Services) -> str:
    edition = services.edition
    return f"{edition.publisher}, {edition.title}" if edition is not None and edition.publisher else str(edition or "")


def contract_table(pact: Pact) -> Table:
    return Table(
        id="contrats",
        caption="Contrats signés",
        columns=[
            Column("contract", "Contrat", kind="link"),
            Column("territory", "Territoire du contrat", kind="link"),
            Column("relation", "Où"),
            Column("sheets", "Fiches action", kind="number"),
            Column("planned", "Prévu, tous financeurs", kind="money"),
            Column("state", "dont État", kind="money"),
            Column("paid", "Payé", kind="money"),
        ],
        rows=[
            {
                "contract": Cell(
                    line.contract.reference,
                    url=reverse("contract", args=[line.contract.pk]),
                    note="données de démonstration inventées" if line.contract.is_demonstration else "",
                ),
                "territory": Cell(
                    line.contract.territory.name, url=reverse("territory", args=[line.contract.territory.code])
                ),
                "relation": RELATION_FR[line.relation],
                "sheets": line.sheets,
                "planned": Cell(line.planned, note=line.split_fr),
                "state": Cell(line.of_state, note=line.split_fr),
                "paid": Cell(line.paid, note=line.split_fr),
            }
            for line in pact.contracts
        ],
        note="Montants cumulés sur les années du contrat, hors apports en nature. Un montant inconnu n’est pas nul.",
        source="Contrats enregistrés dans cette instance, que vous pouvez consulter",
    )


def axis_table(pact: Pact) -> Table:
    return Table(
        id="axes",
        caption="Actions par axe, contrats de ce territoire et de ceux qu’il contient",
        columns=[
            Column("axis", "Axe"),
            Column("sheets", "Fiches action", kind="number"),
            Column("planned", "Prévu, tous financeurs", kind="money"),
        ],
        rows=[{"axis": typography(one.title), "sheets": one.sheets, "planned": one.planned} for one in pact.axes],
        sortable=False,
    )


def credits_table(pact: Pact) -> Table:
    """Credits that documents print; those of a territory above are never split."""
    return Table(
        id="credits",
        caption="Crédits de la contractualisation, tels que les documents les impriment",
        columns=[
            Column("territory", "Territoire", kind="link"),
            Column("period", "Année"),
            Column("amount", "Crédits", kind="money"),
            Column("perimeter", "Périmètre"),
        ],
        rows=[
            {
                "territory": Cell(one.territory.name, url=reverse("territory", args=[one.territory.code])),
                "period": one.value.period_label,
                "amount": Cell(
                    one.value.amount,
                    url=one.value.source.url if one.value.source else "",
                    note="" if one.is_own else "non réparti à ce niveau",
                ),
                "perimeter": typography(one.value.perimeter) or NOTHING,
            }
            for one in pact.credits
        ],
        source=f"{NBSP}; ".join(dict.fromkeys(source.label for one in pact.credits for source in one.value.sources)),
        sortable=False,
    )
