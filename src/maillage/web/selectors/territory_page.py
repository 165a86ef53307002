"""The page of a territory: who it is, its figures beside those of a wider one, its money, what is said of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db.models import Max, Q

from maillage.indicators.enums import Known, Nature
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors import consistency
from maillage.indicators.selectors.people import poor_persons, populations
from maillage.indicators.selectors.values import Value, period_label, unknown, value_of
from maillage.kernel.numbers import NBSP, french_list
from maillage.pacts.models import Axis, SupportedProject
from maillage.pacts.selectors import projects
from maillage.territories.enums import Level
from maillage.territories.models import EpciMember, EpciPart, Territory
from maillage.territories.selectors import (
    BORDER_RULES,
    EpciInArea,
    communes_of,
    current,
    departements_of,
    epci_of,
    epci_of_commune,
)
from maillage.ui import units
from maillage.ui.charts import Chart
from maillage.ui.maps import Map
from maillage.ui.tables import Cell, Column, Table
from maillage.web.links import address
from maillage.web.selectors import discrepancies
from maillage.web.selectors.charts import credits_chart
from maillage.web.selectors.money import Money, cell_of, money_of, money_table
from maillage.web.selectors.poverty import poverty_map
from maillage.web.selectors.tiles import Tile

_NATURES = {
    "CA": "communauté d'agglomération",
    "CC": "communauté de communes",
    "CU": "communauté urbaine",
    "METRO": "métropole",
}
_COMPARED = "Seuls les taux et les niveaux se comparent d'un territoire à l'autre. L'année est sous chaque valeur."
COMPARABLE = {Nature.SHARE, Nature.LEVEL}
MANY_CHILDREN = 30  # beyond, the table of what is inside is folded: it would fill the printed page


@dataclass(frozen=True)
class Narrowing:
    """What narrows the lists of the page: an axis, a year, the territory itself without what lies inside it."""

    axis: Axis | None = None
    year: str = ""
    own: bool = False

    @property
    def text(self) -> str:
        """« Engagement 2 : …, 2020, sans ce qui est à l'intérieur »."""
        parts = (
            [f"{self.axis.pact.axis_word.capitalize()} {self.axis.number}{NBSP}: {self.axis.title}"]
            if self.axis
            else []
        )
        parts += [f"projets de {self.year}"] if self.year else []
        parts += ["le territoire lui-même, sans ceux qu'il contient"] if self.own else []
        return ", ".join(parts)


@dataclass(frozen=True)
class Composition:
    """Communes of an EPCI at the latest vintage loaded, and its parts in the regions and départements it touches."""

    vintage: int | None
    parts: tuple[EpciPart, ...]
    communes: Table | None

    @property
    def across(self) -> str:
        """« 8 de ses 31 communes sont dans la région … », for each region that holds a part of it only."""
        said = [
            f"{part.communes} de ses {part.communes_total} communes {'est' if part.communes == 1 else 'sont'} "
            f"dans la région {part.area.name}"
            for part in self.parts
            if part.area.level == Level.REGION and part.communes < part.communes_total
        ]
        return french_list(said)


@dataclass(frozen=True)
class TerritoryPage:
    territory: Territory
    line: tuple[Territory, ...]  # from the widest to the parent
    epci: Territory | None  # of a commune, when the composition is loaded
    narrowing: Narrowing
    tiles: tuple[Tile, ...]
    figures: Table | None
    money: Money
    credits: Table | None
    chart: Chart | None
    projects: Table
    stated: Table
    contradictions: discrepancies.DiscrepancySummary
    children: tuple[Table, ...]
    composition: Composition | None
    map: Map | None

    @property
    def identity(self) -> str:
        """« Département (code 00), région » (level, official code, the territory right above)."""
        level = Level(self.territory.level).label
        nature = f", {_NATURES[self.territory.nature]}" if self.territory.nature in _NATURES else ""
        code = f"SIREN {self.territory.insee}" if self.territory.level == Level.EPCI else f"code {self.territory.insee}"
        inside = f", {self.line[-1].name}" if self.line and self.territory.level != Level.REGION else ""
        return f"{level}{nature} ({code}){inside}" if self.territory.insee else level

    @property
    def gathers(self) -> bool:
        """Whether an overview of it makes sense: it holds contracts, its own or those inside."""
        return bool(self.money.lines)

    @property
    def consistency_url(self) -> str:
        return address("consistency")

    @property
    def whole_url(self) -> str:
        return address("territory", self.territory.code)

    @property
    def tables(self) -> tuple[Table, ...]:
        composed = self.composition.communes if self.composition else None
        drawn = [self.chart.table if self.chart else None, self.map.table if self.map else None]
        found = [self.figures, self.credits, self.projects, self.stated, *self.children, composed, *drawn]
        return tuple(table for table in found if table is not None)


def territory_page(territory: Territory, narrowing: Narrowing = Narrowing()) -> TerritoryPage:
    """`territory` comes with the line above it. `narrowing` applies to the projects and the stated figures."""
    line = tuple(reversed(above(territory)))
    epci = epci_of_commune(territory) if territory.level == Level.COMMUNE else None
    wider = (*line, epci) if epci is not None else line
    key = _key_values([territory, *wider])
    population = populations([territory, *line])
    poor = poor_persons([territory])[territory.code]
    money = money_of(territory)
    here = discrepancies.concerning(territory)
    children = _children(territory)
    return TerritoryPage(
        territory=territory,
        line=line,
        epci=epci,
        narrowing=narrowing,
        tiles=_tiles(territory, key, population[territory.code], poor),
        figures=_figures(territory, wider, key, epci),
        money=money,
        credits=money_table(money) if money.lines else None,
        chart=credits_chart(money),
        projects=_projects(territory, narrowing),
        stated=_stated(territory, here, narrowing),
        contradictions=discrepancies.summary(here),
        children=children,
        composition=_composition(territory) if territory.level == Level.EPCI else None,
        map=poverty_map(territory),
    )


def above(territory: Territory) -> list[Territory]:
    """From the parent to the widest."""
    found, current = [], territory.parent
    while current is not None:
        found.append(current)
        current = current.parent
    return found


# --- key figures -----------------------------------------------------------------------------------------------------

KeyValues = dict[tuple[int, int], Value]  # (indicator, territory) → the value of the latest period


def _key_values(territories: Sequence[Territory], only: Q | None = None) -> tuple[dict[int, Indicator], KeyValues]:
    """Latest value of each indicator on each territory, credits apart (they have their own section): one query.

    `only` narrows the indicators: a region has hundreds of EPCI, and a table shows few columns.
    """
    grouped: dict[tuple[int, int], dict[str, list[Observation]]] = defaultdict(lambda: defaultdict(list))
    indicators: dict[int, Indicator] = {}
    observations = (
        Observation.objects.filter(only or Q(), territory__in=territories, axis__isnull=True)
        .exclude(indicator__code=Known.CREDITS)
        .with_sources()
        .order_by("period", "pk")
    )
    for one in observations:
        indicators[one.indicator_id] = one.indicator
        grouped[one.indicator_id, one.territory_id][one.period].append(one)
    latest = {key: value_of(by_period[max(by_period)]) for key, by_period in grouped.items()}
    return indicators, {key: value for key, value in latest.items() if value is not None}


def _tiles(
    territory: Territory, key: tuple[dict[int, Indicator], KeyValues], population: Value, poor: Value
) -> tuple[Tile, ...]:
    """Inhabitants, poverty rate, persons in poverty (an estimate), and the first level known (median income)."""
    indicators, values = key
    tiles = [Tile("Population municipale", population, 0, population.note)]
    for indicator in indicators.values():
        value = values.get((indicator.pk, territory.pk))
        if value is not None and (indicator.code == Known.POVERTY_RATE or indicator.nature == Nature.LEVEL):
            tiles.append(Tile(indicator.label, value, indicator.decimals, value.note))
    tiles.append(Tile("Personnes sous le seuil de pauvreté", poor, 0, poor.note if poor.known else ""))
    return tuple(tiles)


def _figures(
    territory: Territory,
    wider: Sequence[Territory],
    key: tuple[dict[int, Indicator], KeyValues],
    epci: Territory | None,
) -> Table | None:
    """Every indicator of the territory; rates and levels beside those of the wider territories that have one.

    A commune shows those of its EPCI too: what is published for the EPCI is often all that is known there.
    """
    indicators, values = key
    shown = [territory.pk, epci.pk] if epci is not None else [territory.pk]
    own = [one for one in indicators.values() if any((one.pk, pk) in values for pk in shown)]
    own = [one for one in own if (one.pk, territory.pk) in values or one.nature in COMPARABLE]
    if not own:
        return None
    references = [
        t for t in reversed(wider) if any((one.pk, t.pk) in values for one in own if one.nature in COMPARABLE)
    ]
    rows = []
    for indicator in sorted(own, key=lambda one: (one.nature not in COMPARABLE, one.label)):
        row = {"indicator": Cell(indicator.label, url=address("indicator", indicator.code))}
        found = values.get((indicator.pk, territory.pk))
        row["own"] = _dated(found, indicator) if found is not None else Cell(None, note="non chargé pour la commune")
        for reference in references:
            row[reference.code] = _reference(values.get((indicator.pk, reference.pk)), indicator)
        rows.append(row)
    return Table(
        id="chiffres-cles",
        caption=f"Chiffres clés{NBSP}: {territory.name}",
        columns=(
            Column("indicator", "Indicateur", kind="link"),
            Column("own", territory.name, kind="number"),
            *(Column(t.code, t.name, kind="number") for t in references),
        ),
        rows=rows,
        note="Seuls les taux et les niveaux se comparent d'un territoire à l'autre. L'année est sous chaque valeur."
        if references
        else "",
    )


def _dated(value: Value, indicator: Indicator) -> Cell:
    """A value with its unit, and its period under it."""
    cell = cell_of(value)
    text = units.format_value(value.amount, unit=indicator.unit, decimals=indicator.decimals) if value.known else ""
    note = f"{value.period_label}, {cell.note}" if cell.note else value.period_label
    return Cell(value.amount, text=text, url=cell.url, status=cell.status, note=note)


def _reference(value: Value | None, indicator: Indicator) -> Cell:
    if indicator.nature not in COMPARABLE:
        return Cell("", text="–")
    return Cell(None) if value is None else _dated(value, indicator)


def territory_cell(territory: Territory) -> Cell:
    return Cell(territory.name, url=address("territory", territory.code), sort=territory.sort_name)


# --- what is inside --------------------------------------------------------------------------------------------------


def _children(territory: Territory) -> tuple[Table, ...]:
    """Regions of the country, départements and EPCI of a region, EPCI of a département; an EPCI has its composition."""
    if territory.level == Level.COUNTRY:
        regions = list(current().filter(parent=territory, level=Level.REGION))
        return (_inside_table("Régions", Level.REGION, regions),) if regions else ()
    if territory.level not in (Level.REGION, Level.DEPARTEMENT):
        return ()
    tables = []
    if territory.level == Level.REGION and (departements := list(departements_of(territory))):
        tables.append(_inside_table(f"Départements de la région {territory.name}", Level.DEPARTEMENT, departements))
    if touching := epci_of(territory):
        parts = {one.epci.pk: one for one in touching}
        tables.append(_inside_table(f"EPCI{NBSP}: {territory.name}", Level.EPCI, [one.epci for one in touching], parts))
    return tuple(tables)


def _inside_table(
    caption: str, level: Level, inside: list[Territory], parts: dict[int, EpciInArea] | None = None
) -> Table:
    indicators, values = _key_values(inside, Q(indicator__code=Known.POVERTY_RATE) | Q(indicator__nature=Nature.LEVEL))
    persons, poor = populations(inside), poor_persons(inside)
    shown = list(indicators.values())
    rows = []
    for territory in inside:
        row = {
            "name": _inside_cell(territory, (parts or {}).get(territory.pk)),
            "population": cell_of(persons[territory.code]),
            "poor": cell_of(poor[territory.code], decimals=0),
        }
        for indicator in shown:
            value = values.get((indicator.pk, territory.pk)) or unknown(indicator.unit, "non chargé")
            row[indicator.code] = cell_of(value, decimals=indicator.decimals)
        rows.append(row)
    return Table(
        id=f"dedans-{level.value}",
        caption=caption,
        columns=(
            Column("name", level.label, kind="link"),
            Column("population", "Population", kind="number", decimals=0, help=_years(persons.values())),
            *(_indicator_column(indicator, values) for indicator in shown),
            Column("poor", "Personnes sous le seuil de pauvreté", kind="number", decimals=0, help="Estimation."),
        ),
        rows=rows,
        note=f"{BORDER_RULES['touches']} ; les chiffres portent sur tout l'EPCI." if parts else "",
    )


def _inside_cell(territory: Territory, part: EpciInArea | None) -> Cell:
    cell = territory_cell(territory)
    return replace(cell, note=f"{part.part_fr} ici") if part is not None and part.crosses_border else cell


def _indicator_column(indicator: Indicator, values: KeyValues) -> Column:
    periods = sorted({value.period_label for (key, _), value in values.items() if key == indicator.pk})
    return Column(
        indicator.code,
        indicator.label,
        kind="number",
        unit=indicator.unit,
        decimals=indicator.decimals,
        help=", ".join(periods),
    )


def _years(values: Iterable[Value]) -> str:
    years = sorted({value.period for value in values if value.known})
    return f"Population municipale légale, {', '.join(years)}." if years else ""


def _composition(epci: Territory) -> Composition:
    """What is known of its communes: their list where the composition is loaded, else their number on each side."""
    parts = EpciPart.objects.filter(epci=epci).select_related("area").order_by("area__level", "area__code")
    vintage = EpciMember.objects.filter(epci=epci).aggregate(latest=Max("vintage"))["latest"]
    communes = list(communes_of(epci)) if vintage else []
    return Composition(vintage, tuple(parts), _communes_table(epci, communes, vintage) if communes else None)


def _communes_table(epci: Territory, communes: list[Territory], vintage: int | None) -> Table:
    persons = populations(communes)
    ordered = sorted(communes, key=lambda commune: (commune.sort_name, commune.code))
    return Table(
        id="communes",
        caption=f"Communes de {epci.name}, {vintage}",
        columns=(
            Column("name", "Commune", kind="link"),
            Column("departement", "Département"),
            Column("population", "Population", kind="number", decimals=0, total="sum", help=_years(persons.values())),
        ),
        rows=[
            {
                "name": territory_cell(commune),
                "departement": commune.parent.name if commune.parent else "",
                "population": cell_of(persons[commune.code]),
            }
            for commune in ordered
        ],
    )


# --- projects and stated figures -------------------------------------------------------------------------------------


def _projects(territory: Territory, narrowing: Narrowing) -> Table:
    year = int(narrowing.year) if narrowing.year.isdecimal() else None
    where = {"territory": territory} if narrowing.own else {"inside": territory}
    found = projects(**where, axis=narrowing.axis, year=year)
    rows = list(found.order_by("-year", "axis__pact__starts_on", "axis__number", "position", "pk"))
    wide = any(project.territory_id != territory.pk for project in rows)
    documents = list(dict.fromkeys(project.document.code for project in rows))
    columns = [
        Column("organisation", "Structure"),
        Column("subject", "Objet"),
        Column("axis", "Axe ou engagement", kind="link"),
    ]
    if wide:
        columns.append(Column("territory", "Territoire", kind="link"))
    return Table(
        id="projets-soutenus",
        caption="Liste des projets soutenus" + (f", {year}" if year else ""),
        columns=(*columns, Column("year", "Année")),
        rows=[_project_row(project) for project in rows],
        source=", ".join(documents),
        source_url=address("document", documents[0]) if len(documents) == 1 else "",
        note="La liste imprimée peut ne pas être complète." if rows else "",
        empty="Aucun document chargé ne nomme de projet soutenu ici.",
    )


def _project_row(project: SupportedProject) -> dict[str, Cell]:
    axis, label = project.axis, f"{project.axis.pact.axis_word.capitalize()} {project.axis.number}"
    return {
        "organisation": Cell(project.organisation, note=f"avec {project.partners}" if project.partners else ""),
        "subject": Cell(project.subject),
        "axis": Cell(label, url=address("axis", axis.code)),
        "territory": territory_cell(project.territory),
        "year": Cell(str(project.year)),
    }


def _stated(territory: Territory, here: list[consistency.Checked], narrowing: Narrowing) -> Table:
    """What documents assert here, with the verdict beside each."""
    if narrowing.axis is not None:
        here = [item for item in here if item.figure.axis_id == narrowing.axis.pk]
    if narrowing.own:
        here = [item for item in here if item.figure.territory_id == territory.pk]
    wide = any(item.figure.territory_id != territory.pk for item in here)
    columns = [Column("label", "Chiffre", kind="link")]
    if wide:
        columns.append(Column("territory", "Territoire", kind="link"))
    return Table(
        id="chiffres-enonces",
        caption="Chiffres énoncés, avec le verdict du contrôle",
        columns=(
            *columns,
            Column("period", "Période"),
            Column("printed", "Tel qu'imprimé"),
            Column("verdict", "Verdict", kind="status"),
            Column("document", "Document", kind="link"),
        ),
        rows=[_stated_row(item) for item in here],
        empty="Aucun document chargé n'énonce de chiffre ici.",
    )


def _stated_row(item: consistency.Checked) -> dict[str, Cell]:
    figure = item.figure
    note = item.verdict.reason if item.is_discrepancy else ""
    if item.waiver is not None:
        note = f"Dérogation de {item.waiver.by}, {item.waiver.at:%d/%m/%Y}{NBSP}: {item.waiver.reason}"
    return {
        "label": Cell(figure.label, url=address("figure", figure.code)),
        "territory": territory_cell(figure.territory),
        "period": Cell(figure.period, text=period_label(figure.period), sort=figure.period),
        "printed": Cell(figure.printed_as, url=address("figure", figure.code)),
        "verdict": Cell(item.kind, note=note),
        "document": Cell(figure.document.code, url=address("document", figure.document.code), note=figure.locator),
    }
