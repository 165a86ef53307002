"""Tables, map and chart of need, supply and money."""

from __future__ import annotations

from decimal import Decimal

from django.urls import reverse

from maillage.engines.estimates import Estimate
from maillage.engines.gaps import CreditPerPerson, Gap
from maillage.indicators.enums import Status
from maillage.indicators.selectors.credits import per_person
from maillage.indicators.selectors.maps import MapSubject, territory_map
from maillage.indicators.selectors.values import Value, period_label
from maillage.indicators.views.tables import value_cell
from maillage.kernel.numbers import NARROW_NBSP, NBSP
from maillage.observatory.selectors.gaps import NeedSupplyMoney
from maillage.observatory.views.understand_needs import part_cell
from maillage.ui import charts, maps, units
from maillage.ui.charts import Chart
from maillage.ui.tables import Cell, Column, Table
from maillage.ui.units import typography

SHOWN_IN_CHART = 15
PER_FR = f"10{NARROW_NBSP}000 personnes pauvres"


def estimate_cell(one: Estimate | None, reason: str = "", *, decimals: int = 0, estimated: bool = True) -> Cell:
    """An estimate with its interval; unknown with its reason."""
    if one is None:
        return Cell(None, note=reason)
    low, high = (units.format_value(round(bound, decimals), decimals=decimals) for bound in (one.low, one.high))
    note = f"entre {low} et {high}" if low != high else ""
    return Cell(round(one.value, decimals), status=Status.ESTIMATED.value if estimated else "", note=note)


def gaps_table(found: NeedSupplyMoney) -> Table:
    """Need, supply, gap and money of each EPCI, the widest gap first."""
    return Table(
        id="ecarts",
        caption="Besoin, offre et argent par EPCI, de l’écart le plus large au moins large",
        columns=[
            Column("epci", "EPCI", kind="link"),
            Column("rank", "Rang de l’écart", kind="number"),
            Column("poor", "Personnes pauvres", kind="number", decimals=0),
            Column("points", "Points de service", kind="number", decimals=0),
            Column("supply", f"Points pour {PER_FR}", kind="number", decimals=2),
            Column(
                "missing",
                "Points manquants",
                kind="number",
                decimals=1,
                help="Ce qu’il faudrait de points en plus pour avoir, par personne pauvre, autant que "
                "l’ensemble des EPCI comparés. Négatif : au-delà de l’ensemble.",
            ),
            Column("sure", "Sûreté"),
            Column("money", "Par personne pauvre", kind="money", decimals=2),
            *([Column("actions", "Fiches action qui le nomment")] if found.actions else []),
            *([Column("part", "Part dans la région")] if _crossing(found) else []),
            Column("basis", "Repose sur"),
        ],
        rows=[_gap_row(found, one) for one in found.view.gaps],
        row_header="epci",
        sort=("rank", "asc"),
        source=sources_fr(found),
        note="Les personnes pauvres sont une estimation : taux de pauvreté multiplié par les personnes des "
        "ménages fiscaux. L’argent que reçoit un département n’est pas réparti entre ses EPCI.",
    )


def _crossing(found: NeedSupplyMoney) -> bool:
    return any(area.crosses_border for area in found.areas.values())


def _gap_row(found: NeedSupplyMoney, one: Gap) -> dict[str, object]:
    code = one.situation.code
    mobile = (found.supply.mobile or {}).get(code, 0)
    return {
        "epci": Cell(one.situation.label, url=reverse("territory", args=[code])),
        "rank": Cell(one.rank, text="" if one.rank else "non comparé", note=typography(one.reason)),
        "poor": estimate_cell(one.situation.poor, one.situation.poor_reason),
        "points": Cell(
            one.situation.points,
            note=f"et {mobile} itinérant{'s' if mobile > 1 else ''}" if mobile else "",
        ),
        "supply": estimate_cell(one.supply, decimals=2),
        "missing": estimate_cell(one.missing, decimals=1),
        "sure": _sure_fr(one),
        "money": _money_cell(one.credits),
        "actions": Cell(
            len(found.actions.get(code, ())) or "",
            note=", ".join(f"{named.contract} {named.code}" for named in found.actions.get(code, ())[:3]),
        ),
        "part": part_cell(found.areas.get(code)),
        "basis": basis_fr(found, code),
    }


def _sure_fr(one: Gap) -> str:
    if one.missing is None:
        return ""
    return "écart sûr" if one.is_sure else f"intervalle avec zéro{NBSP}: peut être nul"


def _money_cell(credits: tuple[CreditPerPerson, ...]) -> Cell:
    """The amount for all axes; what is split by axis or by contract is in the table of credits."""
    whole = next((one for one in credits if not one.credit.subject and one.per_person is not None), None)
    others = sum(1 for one in credits if one.credit.subject)
    more = f"{others} montant{'s' if others > 1 else ''} par axe ou par convention, plus bas" if others else ""
    if whole is None or whole.per_person is None:
        return Cell(None, note=more or (credits[0].reason if credits else ""))
    cell = estimate_cell(whole.per_person, decimals=2)
    note = "\u202f; ".join(part for part in (whole.credit.year, cell.note, more) if part)
    return Cell(cell.value, status=cell.status, note=note)


def credits_table(found: NeedSupplyMoney) -> Table | None:
    """What is known for the EPCI themselves: by document or contract, by axis where a source splits it."""
    rows = [_credit_row(gap, one) for gap in found.view.gaps for one in gap.credits if one.credit.amount is not None]
    if not rows:
        return None
    return Table(
        id="credits-epci",
        caption="Crédits donnés à un EPCI, par source et par axe",
        columns=[
            Column("epci", "EPCI", kind="link"),
            Column("subject", "Pour"),
            Column("year", "Année"),
            Column("amount", "Montant", kind="money", decimals=0),
            Column("per", "Par personne pauvre", kind="money", decimals=2),
        ],
        rows=rows,
        note="Document : crédits de l’année. Convention signée : part de l’État prévue par ses lignes, sur toutes ses "
        "années. Les deux ne s’additionnent pas.",
    )


def _credit_row(gap: Gap, one: CreditPerPerson) -> dict[str, object]:
    return {
        "epci": Cell(gap.situation.label, url=reverse("territory", args=[gap.situation.code])),
        "subject": one.credit.subject or "tous axes (document)",
        "year": one.credit.year,
        "amount": one.credit.amount,
        "per": estimate_cell(one.per_person, one.reason, decimals=2),
    }


def basis_fr(found: NeedSupplyMoney, code: str) -> str:
    """The sources and years of a row."""
    poor, supply = found.poor[code], found.supply
    need = f"besoin de {poor.period}, estimé" if poor.known else "besoin inconnu"
    return typography(f"{need} ; offre du {period_label(supply.period)}" if supply.period else need)


def sources_fr(found: NeedSupplyMoney) -> str:
    named = [source.label for source in found.need_sources]
    return typography(", ".join(dict.fromkeys([*named, *([found.supply.source] if found.supply.source else [])])))


def gaps_chart(found: NeedSupplyMoney) -> Chart | None:
    """The widest gaps: where supply is the furthest below the average."""
    widest = [one for one in found.view.gaps if one.missing is not None and one.missing.value > 0][:SHOWN_IN_CHART]
    if not widest:
        return None
    rows = [
        {"epci": one.situation.label, "missing": round(one.missing.value, 1)}
        for one in widest
        if one.missing is not None
    ]
    first = widest[0]
    return charts.bar(
        rows,
        "epci",
        "missing",
        id="plus-larges",
        title=f"Les {len(rows)} écarts les plus larges entre le besoin et l’offre",
        alt=f"Barres du nombre de points de service qui manquent, du plus grand au plus petit. En tête{NBSP}: "
        f"{first.situation.label}, {units.format_value(rows[0]['missing'])}.",
        x_title="EPCI",
        y_title="Points manquants",
        decimals=1,
        source=sources_fr(found),
        note="Points en plus pour avoir, par personne pauvre, autant que l’ensemble des EPCI comparés. "
        "Estimation : les intervalles sont dans le tableau.",
    )


def supply_map(found: NeedSupplyMoney) -> maps.Map | None:
    """Points of service per 10,000 poor persons; an EPCI that is not compared is unknown there."""
    supplies = {one.situation.code: one.supply for one in found.view.gaps}
    subject = MapSubject(
        id="carte-offre",
        title=f"Points de service pour {PER_FR}, par EPCI",
        value_label="Points de service",
        unit="number",
        decimals=2,
        source=sources_fr(found),
    )
    values = [(area.epci, _supply_value(supplies.get(code))) for code, area in found.areas.items()]
    return territory_map(subject, values)


def _supply_value(one: Estimate | None) -> Value:
    if one is None:
        return Value(None, "number", status=Status.UNAVAILABLE, reason="non comparé")
    return Value(round(one.value, 2), "number", status=Status.ESTIMATED, low=one.low, high=one.high)


def receivers_table(found: NeedSupplyMoney) -> Table | None:
    """The money that documents give, for the territory they give it to: départements, and EPCI that sign "
    "themselves."""
    if not found.receivers:
        return None
    rows = [
        {
            "territory": Cell(
                one.territory.name, url=reverse("territory", args=[one.territory.code]), sort=one.territory.sort_name
            ),
            "level": one.territory.get_level_display(),
            "year": Cell(one.credit.period_label, sort=one.credit.period),
            "credit": value_cell(one.credit),
            "poor": value_cell(_rounded(one.poor)),
            "per": value_cell(_rounded(per_person(one.credit, one.poor), 2)),
        }
        for one in found.receivers
    ]
    return Table(
        id="credits",
        caption="Crédits connus, et leur montant par personne pauvre",
        columns=[
            Column("territory", "Territoire", kind="link"),
            Column("level", "Niveau"),
            Column("year", "Année"),
            Column("credit", "Crédits, tous axes", kind="money"),
            Column("poor", "Personnes pauvres", kind="number", decimals=0),
            Column("per", "Par personne pauvre", kind="money", decimals=2),
        ],
        rows=rows,
        row_header="territory",
        note="Un département additionne les EPCI dont le siège y est, métropole comprise, même quand la "
        "métropole a sa propre convention. Aucun montant n’est réparti entre les EPCI.",
    )


def _rounded(value: Value, decimals: int = 0) -> Value:
    """An estimate without decimals that it cannot have."""
    if value.amount is None:
        return value
    bounds = (None if bound is None else round(bound, decimals) for bound in (value.low, value.high))
    low, high = bounds
    return Value(
        round(Decimal(value.amount), decimals),
        value.unit,
        value.status,
        value.period,
        value.reason,
        low,
        high,
        value.perimeter,
        value.note,
        value.sources,
    )
