"""What partners gave for the latest collection, as the overview shows it."""

from __future__ import annotations

from maillage.indicators.models import Observation
from maillage.indicators.selectors.collected import collected, latest_year
from maillage.indicators.selectors.values import of_observation
from maillage.territories.models import Territory
from maillage.ui.tables import Cell, Column, Table
from maillage.web.links import address
from maillage.web.selectors.money import cell_of


def collected_table(area: Territory) -> Table | None:
    """The values of the latest consolidated year, each with its partner; None when there is none."""
    year = latest_year(area)
    if not year:
        return None
    return Table(
        id="partenaires",
        caption=f"Chiffres donnés par les partenaires, {year}",
        columns=(
            Column("indicator", "Indicateur", kind="link"),
            Column("territory", "Territoire"),
            Column("partner", "Partenaire"),
            Column("value", "Valeur", kind="number"),
        ),
        rows=[_row(one) for one in collected(area).filter(edition__vintage=year)],
        note="Ces valeurs ne s'additionnent pas : deux partenaires peuvent compter la même personne.",
    )


def _row(one: Observation) -> dict[str, Cell]:
    return {
        "indicator": Cell(one.indicator.label, url=address("indicator", one.indicator.code)),
        "territory": Cell(one.territory.name),
        "partner": Cell(one.edition.publisher if one.edition is not None else ""),
        "value": cell_of(of_observation(one)),
    }
