"""Invented contracts, led to their stage through the services, by the demonstration accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile

from maillage.contracts.models import Contract, Funder
from maillage.contracts.perms import NAMED_ONLY, PARTNER_ROLES
from maillage.contracts.services.attachments import attach
from maillage.contracts.services.comments import answer, comment
from maillage.contracts.services.contracts import create_contract, name_participant
from maillage.contracts.services.texts import change_text
from maillage.contracts.services.transitions import move_contract, move_sheet
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.demo.contracts.papers import invented_pdf
from maillage.demo.contracts.tables import People, Row, Tables
from maillage.pacts.models import Pact
from maillage.territories.models import Territory

REASON = "Motif d'exemple, inventé pour la démonstration."
EXAMPLE = "Texte d'exemple, inventé pour la démonstration."
# What a year costs, of the yearly cost of the table.
GROWTH = {2024: Decimal("0.8"), 2025: Decimal("1"), 2026: Decimal("1.1"), 2027: Decimal("1.1")}
# The steps of the negotiation: name, side that does it, month of the first year.
STEPS = (
    ("open", "partner", 1),
    ("agree", "state", 2),
    ("deliberate", "partner", 3),
    ("send_to_sign", "state", 3),
    ("sign_partner", "partner", 4),
    ("sign_prefect", "prefect", 4),
)
# Stage of the table → the state where the negotiation stops.
STOPS = {
    "draft": "draft",
    "negotiation": "negotiation",
    "corrections": "negotiation",
    "agreed": "agreed",
    "deliberated": "deliberated",
    "to_sign": "to_sign",
    "signed_partner": "signed_partner",
    "cancelled": "deliberated",
}


@dataclass
class Story:
    """One invented contract and those who act in it."""

    row: Row
    contract: Contract
    people: People

    @property
    def partner(self) -> User:
        role = self.partner_role
        return self.people.of(role, self.row["territory"])

    @property
    def partner_role(self) -> str:
        roles = PARTNER_ROLES[self.row["kind"]]
        named = sorted(roles & NAMED_ONLY)
        return named[0] if named else Role.DEPARTEMENT

    @property
    def state(self) -> User:
        """The DDETS where the demonstration has one, the region's team elsewhere."""
        place = self._ddets_place
        return self.people.of(Role.DDETS, place) if place else self.people.of(Role.COMMISSIONER)

    @property
    def _ddets_place(self) -> str:
        """The DDETS answers for the département, and for a métropole inside it."""
        territory = self.contract.territory
        places = [territory.code, territory.parent.code if territory.parent is not None else ""]
        return next((code for code in places if self.people.holds(Role.DDETS, code)), "")

    @property
    def state_role(self) -> str:
        return Role.DDETS if self._ddets_place else Role.COMMISSIONER

    @property
    def prefect(self) -> User:
        return self.people.of(Role.PREFECT)

    def who(self, side: str) -> User:
        return {"partner": self.partner, "state": self.state, "prefect": self.prefect}[side]

    def at(self, month: int, *, year: int = 0, day: int = 12) -> datetime:
        return datetime(year or self.contract.starts_on.year, month, day, 10, tzinfo=UTC)

    def reload(self) -> None:
        self.contract = Contract.objects.select_related("territory").get(pk=self.contract.pk)


def write(row: Row, tables: Tables, people: People) -> int:
    """Write one invented contract; 0 where its territory is not loaded."""
    from maillage.demo.contracts.life import LIVES

    territory = Territory.objects.filter(code=row["territory"]).first()
    if territory is None:
        return 0
    _funders(tables)
    story = _open(row, territory, people)
    _fill(story, tables)
    _negotiate(story, STOPS.get(row["stage"], "in_force"))
    if row["stage"] == "corrections":
        _ask_corrections(story)
    elif row["stage"] == "negotiation":
        _discuss(story)
    elif row["stage"] in LIVES:
        LIVES[row["stage"]](story)
    return 1


def _funders(tables: Tables) -> None:
    for row in tables.funders:
        Funder.objects.get_or_create(code=row["code"], defaults={"name": row["name"], "kind": row["kind"]})


def _open(row: Row, territory: Territory, people: People) -> Story:
    starts_on = date.fromisoformat(row["starts_on"])
    at = datetime(starts_on.year, 1, 5, 9, tzinfo=UTC)
    commissioner = people.of(Role.COMMISSIONER)
    contract = create_contract(
        reference=row["reference"],
        kind=row["kind"],
        title=row["title"],
        territory=territory,
        starts_on=starts_on,
        ends_on=date.fromisoformat(row["ends_on"]),
        pact=Pact.objects.filter(code="PACTE").first(),
        by=commissioner,
        at=at,
        is_demonstration=True,
    )
    story = Story(row, contract, people)
    for role, user in ((story.partner_role, story.partner), (story.state_role, story.state)):
        name_participant(contract=contract, user=user, role=role, by=commissioner, at=at)
    return story


# --- the text -------------------------------------------------------------------------------------------------------


def _fill(story: Story, tables: Tables) -> None:
    codes = story.row["actions"].split(";")
    actions = [tables.invented_actions[code] for code in codes]
    edits: dict[str, Any] = {"contract/purpose": "Texte d'exemple, inventé pour la démonstration."} | _parties(
        story.row
    )
    planned: dict[int, tuple[Decimal, Decimal]] = {}
    for action in actions:
        edits |= _sheet(action)
        for year in story.contract.years:
            cost = _cost(action, story.row, year)
            edits |= _year(action, story.row, year, cost)
            state, total = planned.get(year, (Decimal(0), Decimal(0)))
            planned[year] = (state + cost.state, total + cost.total)
    for year, (state, total) in planned.items():
        edits |= {f"caps/{year}/ae": str(_cap(state)), f"caps/{year}/budget": str(total)}
        edits[f"caps/{year}/reference"] = "Plafond d'exemple"
    if story.row["stage"] == "draft":
        edits = {path: value for path, value in edits.items() if not path.startswith("caps/")}
    commissioner = story.people.of(Role.COMMISSIONER)
    change_text(contract=story.contract, edits=edits, seen={}, by=commissioner, at=story.at(1), source="démonstration")
    if STOPS.get(story.row["stage"]) not in ("draft", "negotiation"):
        for sheet in story.contract.sheets.all():
            move_sheet(sheet=sheet, name="retain", by=story.state, at=story.at(1, day=20))


def _cap(state: Decimal) -> Decimal:
    """A little above what is planned, in round thousands."""
    return (state * Decimal("1.05") / 1000).quantize(Decimal(1)) * 1000


def _parties(row: Row) -> dict[str, str]:
    return {
        "signatories/S1/side": "state",
        "signatories/S1/organisation": "Préfecture (exemple)",
        "signatories/S1/office": "Préfet ou préfète",
        "signatories/S2/side": "partner",
        "signatories/S2/organisation": f"{row['partner']} (exemple)",
        "signatories/S2/office": "Président ou présidente",
    }


_TEXTS = (
    "title",
    "axis",
    "measure",
    "need",
    "need_indicator",
    "nature",
    "justification",
    "enlargement",
    "description",
    "target_public",
    "pilot",
    "partners",
)


def _sheet(action: Row) -> dict[str, Any]:
    base = f"sheets/{action['code']}"
    return {f"{base}/{name}": action[name] for name in _TEXTS} | {
        f"{base}/targets/{action['indicator']}/baseline": action["baseline"],
        f"{base}/targets/{action['indicator']}/baseline_period": "2023",
        f"{base}/targets/{action['indicator']}/method": "Comptage par le pilote (exemple).",
    }


@dataclass(frozen=True)
class Cost:
    """What an action costs in a year, by who pays."""

    state: Decimal
    partner: Decimal
    other: Decimal
    in_kind: Decimal

    @property
    def cash(self) -> Decimal:
        return self.state + self.partner + self.other

    @property
    def total(self) -> Decimal:
        return self.cash + self.in_kind


def _cost(action: Row, row: Row, year: int) -> Cost:
    scale = Decimal(row["scale"])
    cash = Decimal(action["yearly_cost"]) * scale * GROWTH.get(year, Decimal(1))
    other = (cash / 10).quantize(Decimal(1)) if action["other_funder"] else Decimal(0)
    state = ((cash - other) / 2).quantize(Decimal(1))
    return Cost(state, state, other, Decimal(action["in_kind"]) * scale)


def _year(action: Row, row: Row, year: int, cost: Cost) -> dict[str, Any]:
    base = f"sheets/{action['code']}"
    edits: dict[str, Any] = {
        f"{base}/years/{year}/total_cost": str(cost.total),
        f"{base}/years/{year}/eligible_cost": str(cost.cash),
        f"{base}/targets/{action['indicator']}/years/{year}/value": str(_target(action, row, year)),
    }
    lines = [
        (f"E{year}", "ETAT", cost.state, "non"),
        (f"P{year}", row["funder"], cost.partner, "non"),
        (f"A{year}", action["other_funder"], cost.other, "non"),
        (f"N{year}", row["funder"], cost.in_kind, "oui"),
    ]
    for key, funder, amount, in_kind in lines:
        if amount:
            edits |= {
                f"{base}/lines/{key}/year": str(year),
                f"{base}/lines/{key}/funder": funder,
                f"{base}/lines/{key}/in_kind": in_kind,
                f"{base}/lines/{key}/planned": str(amount),
            }
    edits[f"{base}/lines/E{year}/planned_cp"] = str(cost.state)
    return edits


def _target(action: Row, row: Row, year: int) -> Decimal:
    """A share does not grow with the size of a territory; a count does, and a cumulative one with the years too."""
    target = Decimal(action["target"])
    if action["indicator"] == "DEMO-STAYED":
        return target
    scaled = target * Decimal(row["scale"]) / 4
    if action["indicator"] == "DEMO-HOMES":
        scaled *= year - 2023
    return scaled.quantize(Decimal(1))


# --- the negotiation ------------------------------------------------------------------------------------------------


def _negotiate(story: Story, until: str) -> None:
    for name, side, month in STEPS:
        if story.contract.status == until:
            return
        at = story.at(month, day=15)
        if name == "deliberate":
            deposit(story, "deliberation", "Délibération d'exemple", at)
        move_contract(contract=story.contract, name=name, by=story.who(side), at=at, on=at.date())
        story.reload()


def deposit(story: Story, kind: str, title: str, at: datetime) -> None:
    """A file that says that it is an example."""
    file = ContentFile(invented_pdf(title, story.contract.reference), name=f"{kind}-exemple.pdf")
    attach(contract=story.contract, kind=kind, title=title, dated_on=at.date(), file=file, by=story.partner, at=at)


def _discuss(story: Story) -> None:
    """A negotiation under way: one sheet retained, questions asked, an answer."""
    first = story.contract.sheets.order_by("position")[0]
    move_sheet(sheet=first, name="retain", by=story.state, at=story.at(2))
    base = f"sheets/{first.code}"
    asked = comment(
        contract=story.contract,
        path=f"{base}/need",
        body="Exemple : d'où vient ce constat ?",
        by=story.state,
        at=story.at(2, day=14),
    )
    answer(comment=asked, body="Exemple : de l'observatoire, chiffre ajouté.", by=story.partner, at=story.at(2, day=16))
    comment(
        contract=story.contract,
        path=f"{base}/partners",
        body="Exemple : la CAF est-elle d'accord ?",
        by=story.state,
        at=story.at(2, day=18),
    )


def _ask_corrections(story: Story) -> None:
    """Fields commented, and corrections asked: these fields alone stay open."""
    for sheet in story.contract.sheets.order_by("position")[:2]:
        for field, body in (("need", "Exemple : précisez le besoin."), ("target_public", "Exemple : quel âge ?")):
            comment(
                contract=story.contract,
                path=f"sheets/{sheet.code}/{field}",
                body=body,
                by=story.state,
                at=story.at(2, day=14),
            )
    move_contract(contract=story.contract, name="request_corrections", by=story.state, at=story.at(2, day=15))
