"""What the page of gaps shows: need, supply and money of each EPCI, each with what it rests on.

Money is shown for the territory that a document or a contract gives it to. What a département receives is not split
between its EPCI: it is shown for the département, and unknown for them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Max

from maillage.contracts import perms
from maillage.contracts.models import ActionSheet, Contract
from maillage.contracts.selectors.steering.ledger import Ledger, ledgers, lines_of
from maillage.core.models import User
from maillage.directory.enums import PointKind
from maillage.directory.models import ServicePoint
from maillage.engines.contract_rules import Family
from maillage.engines.gaps import Credit, Situation, View, need_and_supply
from maillage.engines.lifecycle.contracts import SIGNED
from maillage.indicators.enums import Known
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors.level_values import at_level
from maillage.indicators.selectors.people import poor_persons
from maillage.indicators.selectors.values import Source, Value, value_of
from maillage.kernel.numbers import NBSP
from maillage.observatory.selectors.variables import DEFAULT_RULE
from maillage.territories import selectors as territories
from maillage.territories.enums import Level
from maillage.territories.models import EpciMember, Territory
from maillage.territories.selectors import BORDER_RULES, EpciInArea
from maillage.ui.tables import fold
from maillage.ui.units import typography

FRANCE_SERVICES = "FRANCE-SERVICES"
LIST_NOT_LOADED = "aucune liste de points de service chargée"
IN_REGION_ONLY = "points comptés dans la région seulement, besoin estimé sur tout l’EPCI"
NOT_SPLIT = "non réparti par EPCI"


@dataclass(frozen=True)
class Supply:
    """Where points of service come from. `mobile`: code of EPCI → buses and rotas, counted apart; None where the
    source does not tell them from fixed points.
    """

    label: str
    period: str
    source: str
    source_url: str
    points: Mapping[str, int]
    mobile: Mapping[str, int] | None
    in_region_only: bool

    def reason(self) -> str:
        return "" if self.points else LIST_NOT_LOADED


@dataclass(frozen=True)
class NamedAction:
    """An action sheet whose « territoires concernés » name an EPCI. Its amount is for all that it names."""

    contract: str
    code: str
    title: str


@dataclass(frozen=True)
class Receiver:
    """What a département, or an EPCI that signs for itself, is known to receive."""

    territory: Territory
    poor: Value
    credit: Value


@dataclass(frozen=True)
class NeedSupplyMoney:
    """`need_sources`: what the estimates of poor persons rest on, with the year."""

    region: Territory | None
    rule: str
    areas: Mapping[str, EpciInArea]
    poor: Mapping[str, Value]
    supply: Supply
    view: View
    need_sources: tuple[Source, ...]
    need_period: str
    receivers: tuple[Receiver, ...]
    actions: Mapping[str, tuple[NamedAction, ...]]
    has_demonstration: bool

    @property
    def rule_fr(self) -> str:
        return BORDER_RULES[self.rule]


def need_supply_money(user: User, on: date, rule: str = DEFAULT_RULE) -> NeedSupplyMoney:
    """One view of the region's EPCI, of what this person may see."""
    chosen = rule if rule in BORDER_RULES else DEFAULT_RULE
    region = territories.instance_region()
    areas = {one.epci.code: one for one in territories.epci_of(region, chosen)} if region is not None else {}
    departements = list(territories.departements_of(region)) if region is not None else []
    epcis = [one.epci for one in areas.values()]
    poor = poor_persons([*epcis, *departements])
    supply = supply_of(epcis)
    contracts = _contracts(user, on, epcis)
    printed = _printed([*epcis, *departements])
    money = _merged(_as_credits(printed), _contract_credits(contracts))
    situations = [_situation(area, poor, supply, money.get(code, ())) for code, area in areas.items()]
    known = [poor[one.code] for one in epcis if poor[one.code].known]
    return NeedSupplyMoney(
        region,
        chosen,
        areas,
        poor,
        supply,
        need_and_supply(situations),
        tuple(dict.fromkeys(source for value in known for source in value.sources)),
        max((value.period for value in known), default=""),
        tuple(
            Receiver(one, poor[one.code], printed[one.code][""])
            for one in [*departements, *epcis]
            if "" in printed.get(one.code, {})
        ),
        _actions(user, on, epcis),
        any(one.is_demonstration for one in contracts),
    )


def _situation(area: EpciInArea, poor: Mapping[str, Value], supply: Supply, credits: Sequence[Credit]) -> Situation:
    code = area.epci.code
    points = supply.points.get(code) if supply.in_region_only else supply.points.get(code, 0 if supply.points else None)
    return Situation(
        code,
        area.epci.name,
        poor[code].estimate,
        points,
        poor_reason=poor[code].reason,
        points_reason=supply.reason() or "aucune valeur chargée",
        apart=IN_REGION_ONLY if supply.in_region_only and area.crosses_border else "",
        credits=tuple(credits) or (Credit("", "", None, NOT_SPLIT),),
    )


# --- supply ---


def supply_of(epcis: Sequence[Territory]) -> Supply:
    """Points of the loaded lists by EPCI; without any, the counts observed."""
    return _listed_points(epcis) or _observed_points()


def _listed_points(epcis: Sequence[Territory]) -> Supply | None:
    """Points open in the communes of each EPCI, by the latest composition: all its communes, of any region."""
    latest = EpciMember.objects.aggregate(last=Max("vintage"))["last"]
    of_commune = dict(
        EpciMember.objects.filter(epci__in=epcis, vintage=latest).order_by("pk").values_list("commune_id", "epci__code")
    )
    fixed: Counter[str] = Counter()
    mobile: Counter[str] = Counter()
    source = None
    rows = ServicePoint.objects.filter(closed_on__isnull=True, territory__isnull=False).order_by("pk")
    fields = ("territory_id", "kind", "network", "edition__publisher", "edition__title", "edition__vintage")
    for commune, kind, network, publisher, title, vintage in rows.values_list(*fields):
        source = source or (network, publisher or "", title or "", vintage or "")
        code = of_commune.get(commune)
        if code is not None:
            (mobile if kind == PointKind.MOBILE else fixed)[code] += 1
    if source is None or not of_commune:
        return None
    _, publisher, title, vintage = source
    label = ", ".join(part for part in (publisher, title) if part)
    return Supply("Points de service fixes", vintage, label, "", fixed, mobile, in_region_only=False)


def _observed_points() -> Supply:
    indicator = Indicator.objects.filter(code=FRANCE_SERVICES).first()
    if indicator is None:
        return Supply("Points de service", "", "", "", {}, None, in_region_only=True)
    found = at_level(indicator, Level.EPCI)
    known = found.known
    points = {place.code: int(value.amount) for place, value in known if value.amount is not None}
    source = next((value.source for _, value in known if value.source is not None), None)
    return Supply(
        indicator.label,
        found.period,
        str(source.label) if source else "",
        source.url if source else "",
        points,
        None,
        in_region_only=True,
    )


# --- money ---


def _printed(holders: Sequence[Territory]) -> dict[str, dict[str, Value]]:
    """Credits that documents give, by code of territory then subject ('' all axes together), of the latest year."""
    grouped: dict[tuple[str, str], dict[str, list[Observation]]] = defaultdict(lambda: defaultdict(list))
    rows = Observation.objects.filter(indicator__code=Known.CREDITS, territory__in=holders).with_sources()
    for one in rows.select_related("territory", "axis").order_by("territory__code", "axis__number", "period", "pk"):
        subject = f"Axe {one.axis.number}. {one.axis.title}" if one.axis is not None else ""
        grouped[one.territory.code, subject][one.period].append(one)
    found: dict[str, dict[str, Value]] = defaultdict(dict)
    for (code, subject), periods in grouped.items():
        value = value_of(periods[max(periods)])
        if value is not None:
            found[code][subject] = value
    return found


def _as_credits(printed: Mapping[str, Mapping[str, Value]]) -> dict[str, list[Credit]]:
    return {
        code: [Credit(subject, value.period_label, value.amount, value.reason) for subject, value in by_subject.items()]
        for code, by_subject in printed.items()
    }


def _contracts(user: User, on: date, epcis: Sequence[Territory]) -> list[Contract]:
    """Signed contracts of the EPCI themselves, that the person may see."""
    visible = perms.visible(user, on).filter(territory__in=epcis, status__in=SIGNED)
    return list(visible.order_by("reference"))


def _contract_credits(contracts: Sequence[Contract]) -> dict[str, list[Credit]]:
    """The State's money in each contract, by axis: what its funding lines plan over its years."""
    if not contracts:
        return {}
    by_pk = {one.pk: one for one in contracts}
    found: dict[str, list[Credit]] = defaultdict(list)
    keys = ("sheet__contract", "sheet__axis__number", "sheet__axis__title")
    by_axis: dict[tuple[str, int, str], Ledger] = defaultdict(Ledger)
    for (contract, number, title), ledger in ledgers(lines_of(by_pk), keys):
        by_axis[by_pk[int(str(contract))].reference, int(str(number or 0)), str(title or "")].merge(ledger)
    by_reference = {one.reference: one for one in contracts}
    for (reference, number, title), ledger in sorted(by_axis.items(), key=lambda item: item[0]):
        signed = by_reference[reference]
        axis = f"axe {number}. {title}" if number else "sans axe"
        years = f"{signed.years[0]}-{signed.years[-1]}"
        amount = ledger.known_cash("planned", Family.STATE)
        found[signed.territory.code].append(Credit(typography(f"{reference}, {axis}"), years, amount))
    return found


def _merged(*parts: Mapping[str, Sequence[Credit]]) -> dict[str, tuple[Credit, ...]]:
    codes = {code for part in parts for code in part}
    return {code: tuple(credit for part in parts for credit in part.get(code, ())) for code in codes}


# --- actions that name an EPCI ---


def _actions(user: User, on: date, epcis: Sequence[Territory]) -> dict[str, tuple[NamedAction, ...]]:
    """Action sheets, of the signed contracts that the person may see, whose area names an EPCI in full."""
    patterns = {one.code: re.compile(rf"\b{re.escape(fold(_plain(one.name)))}\b") for one in epcis}
    sheets = (
        ActionSheet.objects.filter(
            contract__in=perms.visible(user, on).filter(status__in=SIGNED).order_by().values("pk"), in_text=True
        )
        .exclude(area="")
        .order_by("contract__reference", "position", "code")
        .values_list("contract__reference", "code", "title", "area")
    )
    found: dict[str, list[NamedAction]] = defaultdict(list)
    for reference, code, title, area in sheets:
        told = fold(area.replace("’", "'"))
        for epci, pattern in patterns.items():
            if pattern.search(told):
                found[epci].append(NamedAction(reference, code, title))
    return {epci: tuple(named) for epci, named in found.items()}


def _plain(name: str) -> str:
    """A name without its legal form nor what follows in brackets: « CC Pays X (Y) » is « Pays X »."""
    bare = re.sub(r"\s*\([^)]*\)", "", name.replace("’", "'"))
    return re.sub(r"^(?:CA|CC|CU|Communauté (?:de communes|d'agglomération|urbaine))\s+(?:de |du |des |d')?", "", bare)


def lacking(found: NeedSupplyMoney) -> str:
    """What must be imported first; '' when the page has something to compare."""
    if not found.areas:
        return "Aucun EPCI n’est chargé."
    if not any(value.known for value in found.poor.values()):
        return f"Le besoin n’est pas estimable{NBSP}: il faut le taux de pauvreté et les personnes des ménages fiscaux."
    return "" if found.supply.points else f"L’offre n’est pas connue{NBSP}: {LIST_NOT_LOADED}."
