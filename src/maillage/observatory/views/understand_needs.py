"""Tables, map and chart of the needs index."""

from __future__ import annotations

from decimal import Decimal

from django.urls import reverse

from maillage.engines.needs import NeedsIndex, Ranked
from maillage.engines.variables import Measure
from maillage.indicators.enums import Status
from maillage.indicators.selectors.maps import MapSubject, territory_map
from maillage.indicators.selectors.values import Value
from maillage.kernel.numbers import NBSP
from maillage.observatory.selectors.needs import CommuneEvidence, EpciNeeds, Needs
from maillage.observatory.selectors.variables import Offered, sources_of
from maillage.ui import charts, maps, units
from maillage.ui.charts import Chart
from maillage.ui.tables import Cell, Column, Table
from maillage.ui.units import typography

SHOWN_IN_CHART = 15
SCORE = "Indice"
NO_PERSON = "L’indice compare des territoires : il ne dit rien d’un foyer et ne note jamais une personne."


def decimal_of(number: float, decimals: int = 2) -> Decimal:
    """A number computed by an engine, as the interface writes it."""
    return round(Decimal(str(number)), decimals)


def measure_fr(variable: Offered, measure: Measure | None) -> str:
    """« 13,0 % », or why it is not known."""
    if measure is None or measure.value is None:
        return measure.reason if measure is not None and measure.reason else units.UNKNOWN
    value = decimal_of(measure.value, variable.decimals)
    written = units.format_value(value, unit=variable.unit, decimals=variable.decimals)
    return f"{written} ou moins" if measure.status == Status.FLOOR else written


def rank_fr(one: Ranked) -> str:
    """« 3 à 7 », or « 3 » where nothing moves it."""
    return str(one.rank) if one.is_steady else f"{one.rank_low} à {one.rank_high}"


def ranking_table(found: Needs, index: NeedsIndex, query: str) -> Table:
    """The ranking: rank, its interval, score, what each variable brings to it, part in the region."""
    contributions = [
        Column(f"c{number}", one.label, "number", decimals=2) for number, one in enumerate(found.chosen, start=1)
    ]
    return Table(
        id="classement",
        caption="EPCI par indice de besoin décroissant",
        columns=[
            Column("epci", "EPCI", kind="link"),
            Column("rank", "Rang", kind="number", decimals=0),
            Column(
                "interval",
                "Intervalle du rang",
                help="Du 5e au 95e centile des rangs obtenus en faisant varier les poids et, dans leur intervalle, "
                "les valeurs arrondies ou estimées.",
            ),
            Column("score", SCORE, kind="number", decimals=2),
            *contributions,
            Column("part", "Part dans la région"),
        ],
        rows=[_ranking_row(found, one, query) for one in index.ranked],
        row_header="epci",
        sort=("rank", "asc"),
        source=sources_of(found.chosen),
        note="Sous chaque variable : sa contribution à l’indice (leur somme est l’indice), puis la valeur de l’EPCI.",
    )


def _ranking_row(found: Needs, one: Ranked, query: str) -> dict[str, object]:
    area = found.area(one.code)
    row: dict[str, object] = {
        "epci": Cell(one.label, url=reverse("needs-epci", args=[one.code]) + query),
        "rank": one.rank,
        "interval": Cell(rank_fr(one), sort=one.rank_low),
        "score": decimal_of(one.score),
        "part": part_cell(area),
    }
    for number, variable in enumerate(found.chosen, start=1):
        told = measure_fr(variable, found.measures[one.code].get(variable.code))
        row[f"c{number}"] = Cell(decimal_of(one.contributions[variable.code]), note=told)
    return row


def part_cell(area: object) -> Cell:
    """« 8 communes sur 31 » for an EPCI that crosses the border; « entier » for the others, nothing if unknown."""
    part, crosses = getattr(area, "part_fr", ""), getattr(area, "crosses_border", False)
    return Cell(part if crosses else ("entier" if part else ""))


def variables_table(found: Needs) -> Table:
    """The variables: direction, weight, mean and spread, loading on the component, period and source."""
    index = found.index
    weighed = {one.variable.code: one for one in index.variables} if index is not None else {}
    with_loading = any(one.loading is not None for one in weighed.values())
    rows = []
    for variable in found.chosen:
        one = weighed.get(variable.code)
        mean = decimal_of(one.mean, variable.decimals) if one is not None else None
        rows.append(
            {
                "label": Cell(variable.label, url=reverse("indicator", args=[variable.indicator.code])),
                "way": "plus élevé = plus de besoin" if found.more_is_need(variable) else "plus bas = plus de besoin",
                "weight": Cell(
                    decimal_of(one.weight) if one is not None else None,
                    note="ne varie pas : n’apporte rien" if one is not None and one.constant else "",
                ),
                "loading": decimal_of(one.loading) if one is not None and one.loading is not None else None,
                "mean": Cell(mean, text="" if mean is None else units.format_value(mean, unit=variable.unit)),
                "deviation": decimal_of(one.deviation) if one is not None else None,
                "period": Cell(variable.period_fr),
                "source": typography(variable.indicator.producer or "source à préciser"),
            }
        )
    columns = [
        Column("label", "Variable", kind="link"),
        Column("way", "Sens de lecture"),
        Column("weight", "Poids", kind="number", decimals=2),
        *([Column("loading", "Corrélation avec la composante", kind="number", decimals=2)] if with_loading else []),
        Column("mean", "Moyenne", kind="number"),
        Column("deviation", "Écart-type", kind="number", decimals=2),
        Column("period", "Période"),
        Column("source", "Source"),
    ]
    return Table(id="variables", caption="Variables de l’indice", columns=columns, rows=rows, sortable=False)


def left_out_table(found: Needs, index: NeedsIndex) -> Table | None:
    """The EPCI that are not ranked, each with what is not known of it."""
    if not index.left_out:
        return None
    rows = [
        {
            "epci": Cell(one.label, url=reverse("territory", args=[one.code])),
            "reason": typography(one.reason),
            "part": part_cell(found.area(one.code)),
        }
        for one in index.left_out
    ]
    return Table(
        id="non-classes",
        caption="EPCI non classés",
        columns=[
            Column("epci", "EPCI", kind="link"),
            Column("reason", "Ce qui manque"),
            Column("part", "Part dans la région"),
        ],
        rows=rows,
        note="Aucune valeur n’est mise à la place de ce qui n’est pas connu.",
    )


def ranking_chart(index: NeedsIndex, source: str) -> Chart:
    """The highest scores."""
    shown = index.ranked[:SHOWN_IN_CHART]
    rows = [{"epci": one.label, "score": decimal_of(one.score)} for one in shown]
    told = ", ".join(f"{one.label}, rang {rank_fr(one)}" for one in shown[:3])
    return charts.bar(
        rows,
        "epci",
        "score",
        id="plus-eleves",
        title=f"Les {len(shown)} indices les plus élevés",
        alt=f"Barres des {len(shown)} indices les plus élevés, du plus grand au plus petit. En tête{NBSP}: {told}.",
        x_title="EPCI",
        y_title=SCORE,
        decimals=2,
        source=source,
        note="0 est la moyenne des EPCI classés. L’ordre de deux EPCI voisins n’est pas sûr : voir l’intervalle "
        "du rang.",
    )


def needs_map(found: Needs, index: NeedsIndex, source: str) -> maps.Map | None:
    """The index on the map; an EPCI that is not ranked is unknown there."""
    scores = {one.code: decimal_of(one.score) for one in index.ranked}
    subject = MapSubject(
        id="carte-besoins",
        title="Indice de besoin par EPCI",
        value_label=SCORE,
        unit="number",
        decimals=2,
        source=source,
        note="Un EPCI à cheval est montré en entier." if found.offer.across else "",
    )
    values = [
        (area.epci, Value(scores.get(area.epci.code), "number", reason="non classé")) for area in found.offer.areas
    ]
    return territory_map(subject, values)


# --- one EPCI ---


def rank_note(one: EpciNeeds) -> str:
    """« sur 71 EPCI ; intervalle : 3 à 7 »."""
    if one.ranked is None or one.needs.index is None:
        return ""
    moved = f"\u202f; intervalle{NBSP}: {rank_fr(one.ranked)}" if not one.ranked.is_steady else ""
    return f"sur {len(one.needs.index.ranked)} EPCI classés{moved}"


def contributions_table(one: EpciNeeds) -> Table | None:
    """What makes the score of an EPCI."""
    if one.ranked is None:
        return None
    rows = [
        {
            "label": Cell(variable.label, url=reverse("indicator", args=[variable.indicator.code])),
            "value": Cell(measure_fr(variable, one.own.get(variable.code))),
            "mean": Cell(_mean_fr(one.needs, variable)),
            "part": decimal_of(one.ranked.contributions[variable.code]),
        }
        for variable in one.needs.chosen
    ]
    return Table(
        id="contributions",
        caption="Ce qui fait l’indice de cet EPCI",
        columns=[
            Column("label", "Variable", kind="link"),
            Column("value", "Valeur de l’EPCI"),
            Column("mean", "Moyenne des EPCI classés"),
            Column("part", "Contribution", kind="number", decimals=2),
        ],
        rows=rows,
        footer={"label": Cell("Indice"), "part": decimal_of(one.ranked.score)},
        sortable=False,
        source=sources_of(one.needs.chosen),
    )


def _mean_fr(found: Needs, variable: Offered) -> str:
    weighed = found.index.variables if found.index is not None else ()
    mean = next((one.mean for one in weighed if one.variable.code == variable.code), None)
    return measure_fr(variable, None if mean is None else Measure(mean))


def communes_table(one: EpciNeeds) -> Table:
    """Each commune: its own published values, and the EPCI's beside them, never in their place."""
    columns = [
        Column(f"v{number}", variable.label, "number", decimals=variable.decimals, unit=variable.unit)
        for number, variable in enumerate(one.needs.chosen, start=1)
    ]
    return Table(
        id="communes",
        caption=f"Communes de {one.epci.name}",
        columns=[
            Column("commune", "Commune", kind="link"),
            Column("population", "Population", kind="number", decimals=0),
            *columns,
        ],
        rows=[_commune_row(one, commune) for commune in one.communes],
        row_header="commune",
        source=sources_of(one.needs.chosen),
        note="Dans chaque case : la valeur publiée pour la commune elle-même, ou la raison pour laquelle il n’y "
        "en a pas ; au-dessous, celle de l’EPCI, qui ne la remplace pas.",
    )


def _commune_row(one: EpciNeeds, commune: CommuneEvidence) -> dict[str, object]:
    territory = commune.commune
    row: dict[str, object] = {
        "commune": Cell(territory.name, url=reverse("territory", args=[territory.code]), sort=territory.sort_name),
        "population": commune.population.amount,
    }
    for number, variable in enumerate(one.needs.chosen, start=1):
        own = commune.measures[variable.code]
        told = f"EPCI{NBSP}: {measure_fr(variable, one.own.get(variable.code))}"
        if own.value is None:
            row[f"v{number}"] = Cell(None, status=own.status, note=f"{own.reason}\u202f; {told}")
            continue
        floor = f"{measure_fr(variable, own)}\u202f; " if own.status == Status.FLOOR else ""
        row[f"v{number}"] = Cell(decimal_of(own.value, variable.decimals), note=f"{floor}{told}")
    return row
