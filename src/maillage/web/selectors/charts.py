"""Charts of the shell pages."""

from __future__ import annotations

from typing import Any

from maillage.kernel.numbers import NBSP
from maillage.ui import charts, units
from maillage.ui.charts import Chart
from maillage.web.selectors.money import Money


def credits_chart(money: Money) -> Chart | None:
    """Credits of each contract, one bar by year; None below two contracts, which a table says better."""
    if len(money.lines) < 2:
        return None
    years = [year for year in (money.previous, money.year) if year]
    rows: list[dict[str, Any]] = [
        {"contract": line.territory.name, "year": year, "amount": value.amount if value is not None else None}
        for line in sorted(money.lines, key=lambda line: (line.after.amount is None, -(line.after.amount or 0)))
        for year, value in zip(years, (line.before, line.after) if money.previous else (line.after,), strict=True)
    ]
    source = money.lines[0].after.source
    comparable = all(line.evolution.comparable for line in money.lines if line.evolution.percent is not None)
    return charts.grouped_bar(
        rows,
        "contract",
        "amount",
        "year",
        id="graphique-credits",
        title=f"Crédits par contrat, {' et '.join(years)}",
        alt=_alternative(money),
        y_title="Crédits",
        x_title="Contrat",
        series_title="Année",
        unit="EUR",
        decimals=0,
        source=str(source) if source else "",
        source_url=source.url if source else "",
        note="" if comparable else "Le périmètre change d'une année à l'autre : voir la note du tableau.",
    )


def _alternative(money: Money) -> str:
    """The largest and the smallest contract of the year, in one sentence."""
    known = sorted((line.after.amount, line.territory.name) for line in money.lines if line.after.amount is not None)
    if not known:
        return f"Crédits par contrat{NBSP}: aucun montant connu pour {money.year}."
    (low, smallest), (high, largest) = known[0], known[-1]
    written = [units.format_value(amount, unit="EUR", decimals=0) for amount in (low, high)]
    return f"Crédits {money.year} par contrat{NBSP}: de {written[0]} ({smallest}) à {written[1]} ({largest})."
