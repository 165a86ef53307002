"""Envelopes as tables: what territories are counted on, simulations side by side, their effect on equity."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.urls import reverse

from maillage.contracts.enums import ContractKind
from maillage.contracts.models import Envelope
from maillage.contracts.selectors.envelopes import Bases, Simulated
from maillage.engines.envelope import Share
from maillage.engines.equity import PerPerson
from maillage.engines.estimates import Estimate
from maillage.indicators.selectors.values import Value
from maillage.kernel.money import Money
from maillage.ui import units
from maillage.ui.tables import NOTHING, Cell, Column, Table

SIDE_BY_SIDE = 4


def envelopes_table(envelopes: Sequence[Envelope]) -> Table:
    return Table(
        id="enveloppes",
        caption="Enveloppes",
        columns=[
            Column("title", "Enveloppe", "link"),
            Column("year", "Année", "code"),
            Column("kind", "Nature"),
            Column("amount", "Montant", "money", decimals=0),
            Column("state", "Décision"),
        ],
        rows=[
            {
                "title": Cell(one.title, url=reverse("envelope", args=[one.pk]), note=one.reference),
                "year": str(one.year),
                "kind": ContractKind(one.kind).label,
                "amount": one.amount,
                "state": "Répartie" if one.decisions.all() else "À décider",
            }
            for one in envelopes
        ],
    )


def value_cell(value: Value, decimals: int = 0) -> Cell:
    """A number of persons: an estimate with its interval, an unknown with its reason."""
    if value.amount is None:
        return Cell(None, note=value.reason)
    url = value.source.url if value.source else ""
    interval = ""
    if value.is_estimate and value.low is not None and value.high is not None:
        interval = f"de {units.format_value(value.low, decimals=0)} à {units.format_value(value.high, decimals=0)}"
    return Cell(value.amount, url=url, status=value.status if value.is_estimate else "", note=interval)


def compared_table(bases: Bases, simulations: Sequence[Simulated]) -> Table:
    """Territories in rows; what they are counted on, what they get today, then each simulation."""
    shown = list(simulations)[:SIDE_BY_SIDE]
    by_code = [{share.territory.code: share for share in one.shares} for one in shown]
    current = f"Plafonds {bases.current_year}" if bases.current_year else "Crédits actuels"
    columns = [
        Column("territory", "Territoire", "link"),
        Column("inhabitants", "Habitants", "number", decimals=0, total="sum"),
        Column("poor", "Personnes pauvres", "number", decimals=0),
        Column("current", current, "money", decimals=0, total="sum"),
        *(Column(f"s{n}", one.simulation.title, "money", total="sum") for n, one in enumerate(shown)),
    ]
    rows = []
    for base in bases.rows:
        without = ", ".join(one.name for one in base.without)
        row: dict[str, object] = {
            "territory": Cell(
                base.territory.name,
                url=reverse("territory", args=[base.territory.code]),
                note=f"hors {without}" if without else "",
                sort=base.territory.sort_name,
            ),
            "inhabitants": value_cell(base.inhabitants),
            "poor": value_cell(base.poor),
            "current": _money(base.facts.current),
        }
        for n, shares in enumerate(by_code):
            row[f"s{n}"] = _share(shares.get(base.facts.code))
        rows.append(row)
    return Table(id="territoires", caption="Territoires et simulations", columns=columns, rows=rows, note=_note(bases))


def _note(bases: Bases) -> str:
    parts = ["Sous chaque montant simulé : l'écart avec les crédits actuels."] if bases.rows else []
    if bases.crossed:
        parts.append(
            "Un département dont la métropole a son propre contrat est compté sans elle, pour toutes les personnes."
        )
    return units.typography(" ".join(parts))


def _money(amount: Money | None) -> Cell:
    return Cell(None if amount is None else amount.euros)


def _share(share: Share | None) -> Cell:
    if share is None:
        return NOTHING
    return Cell(share.amount.euros, note=signed(share.difference))


def signed(amount: Money | None) -> str:
    """« +12 000 € », « −3 000 € », « = »; nothing where the current amount is not known."""
    if amount is None:
        return ""
    if not amount:
        return "="
    return f"+{amount}" if amount.euros > 0 else str(amount)


def equity_table(simulations: Sequence[Simulated], *, with_changes: bool = True) -> Table:
    """The effect of each simulation: how unequal it leaves territories, and who gains or loses (`with_changes`)."""
    columns = [
        Column("simulation", "Simulation"),
        Column("inhabitant", "Par habitant, du plus bas au plus haut"),
        Column("inhabitant_ratio", "Plus haut / plus bas", "number", decimals=2),
        Column("inhabitant_gini", "Indice de Gini", "number", decimals=3, help=_GINI),
        Column("poor", "Par personne pauvre, du plus bas au plus haut"),
        Column("poor_ratio", "Plus haut / plus bas (pauvres)", "number", decimals=2),
        Column("poor_gini", "Indice de Gini (pauvres)", "number", decimals=3),
        *([Column("gainers", "Gagnent"), Column("losers", "Perdent")] if with_changes else []),
    ]
    return Table(
        id="equite",
        caption=units.typography("Effet sur l'équité entre territoires"),
        columns=columns,
        rows=[_effect(one) for one in simulations],
        note="Les personnes pauvres sont une estimation : ces rapports se lisent sur sa valeur centrale.",
        sortable=False,
    )


_GINI = "0 : chaque territoire reçoit autant par personne ; près de 1 : un seul reçoit tout."


def _effect(one: Simulated) -> dict[str, Cell]:
    equity = one.equity
    cells = {"simulation": Cell(one.simulation.title)}
    for name, effect in (("inhabitant", equity.per_inhabitant), ("poor", equity.per_poor_person)):
        cells[name] = Cell(_range(effect), note=_unknown(effect))
        cells[f"{name}_ratio"] = Cell(_times(effect))
        cells[f"{name}_gini"] = Cell(effect.gini)
    cells["gainers"] = Cell(_changes(equity.gainers))
    cells["losers"] = Cell(_changes(equity.losers))
    return cells


def _range(effect: PerPerson) -> str:
    known = [one.value for one in effect.amounts.values() if one is not None]
    if not known:
        return "non connu"
    low, high = (units.format_value(bound, unit="EUR", decimals=2) for bound in (min(known), max(known)))
    return low if low == high else f"de {low} à {high}"


def _unknown(effect: PerPerson) -> str:
    return f"sans {', '.join(effect.unknown)}, non connu" if effect.unknown else ""


def _times(effect: PerPerson) -> Decimal | None:
    """How many times the lowest the highest is; None when it cannot be told, or when one gets nothing."""
    return 1 / effect.ratio if effect.ratio else None


def _changes(shares: Sequence[Share]) -> str:
    return ", ".join(f"{share.territory.label} {signed(share.difference)}" for share in shares) or "aucun"


def decision_table(found: Simulated, current_year: int | None) -> Table:
    """What each territory would get, per person and against today: read before deciding."""
    per_inhabitant, per_poor = found.equity.per_inhabitant.amounts, found.equity.per_poor_person.amounts
    return Table(
        id="parts",
        caption="Ce que recevrait chaque territoire",
        columns=[
            Column("territory", "Territoire"),
            Column("amount", "Part", "money", total="sum"),
            Column("current", f"Plafonds {current_year}" if current_year else "Crédits actuels", "money", total="sum"),
            Column("difference", "Écart"),
            Column("inhabitant", "Par habitant", "money", decimals=2),
            Column("poor", "Par personne pauvre", "money", decimals=2),
        ],
        rows=[
            {
                "territory": share.territory.label,
                "amount": share.amount.euros,
                "current": _money(share.territory.current),
                "difference": Cell(
                    signed(share.difference) or "non connu", sort=share.difference.euros if share.difference else None
                ),
                "inhabitant": _per(per_inhabitant[share.territory.code]),
                "poor": _per(per_poor[share.territory.code]),
            }
            for share in found.shares
        ],
        sortable=False,
    )


def _per(amount: Estimate | None) -> Cell:
    if amount is None:
        return Cell(None)
    low, high = (units.format_value(bound, decimals=2) for bound in (amount.low, amount.high))
    exact = amount.low == amount.high
    return Cell(amount.value, status="" if exact else "estimated", note="" if exact else f"de {low} à {high}")
