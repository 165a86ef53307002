"""The list of what a campaign asks, loaded from a table: partners, and the figures of each or of all of a kind.

A row names a partner and a figure, a partner alone, or a figure alone: the last is asked of every partner of its kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from django.db import transaction
from django.utils.timezone import localdate

from maillage.collection import perms
from maillage.collection.enums import PartnerKind
from maillage.collection.models import Campaign, FigureRequest
from maillage.collection.services.campaigns import (
    Asked,
    add_figures,
    add_request,
    assign,
    locked_campaign,
    require_draft,
    require_lead,
)
from maillage.collection.services.sheets import LIMITS
from maillage.core import upsert
from maillage.core.models import StoredFile, User
from maillage.engines import rows as reading
from maillage.engines.rows import Field, Row
from maillage.gateways.tabular import read_table
from maillage.gateways.tabular.model import Table
from maillage.indicators.models import Indicator
from maillage.indicators.selectors.values import period_label
from maillage.kernel.errors import InputProblem, InputRefused
from maillage.territories.models import Territory
from maillage.territories.selectors import lineage_codes

LIST_FIELDS = (
    Field(
        "kind",
        ("nature", "nature du partenaire"),
        reading.choice({kind.value: kind.value for kind in PartnerKind} | {str(k.label): k.value for k in PartnerKind}),
        needed=True,
        filled=True,
    ),
    Field("partner", ("partenaire", "nom"), max_length=150),
    Field("territory", ("territoire", "code territoire"), reading.territory),
    Field("responsible", ("responsable", "adresse du responsable"), max_length=254),
    Field("indicator", ("indicateur", "code indicateur"), needed=True),
    Field("figure_territory", ("territoire du chiffre",), reading.territory),
    Field("period", ("période", "année"), reading.period),
)
_NO_TERRITORY = "n'est pas un territoire chargé."
_NO_INDICATOR = "n'est pas un indicateur chargé. Chargez d'abord sa définition."
TITLE = "La liste est refusée : rien n'est enregistré."

_Key = tuple[str, str]  # partner, code of its territory


@dataclass
class PartnerPlan:
    """A partner of the list: the request it has already, if any, and the figures to add."""

    partner: str
    kind: PartnerKind
    territory: Territory
    responsible: User | None = None
    existing: FigureRequest | None = None
    figures: list[Asked] = field(default_factory=list)

    @property
    def told(self) -> str:
        """The figures that would be added, in words."""
        return " ; ".join(_told(one) for one in self.figures) or "aucun chiffre"


@dataclass(frozen=True)
class ListPlan:
    """What a list would add. Nothing is ever removed by a list."""

    partners: tuple[PartnerPlan, ...]

    @property
    def new_partners(self) -> int:
        return sum(one.existing is None for one in self.partners)

    @property
    def new_figures(self) -> int:
        return sum(len(one.figures) for one in self.partners)

    @property
    def new_responsibles(self) -> int:
        return sum(_is_reassigned(one) for one in self.partners)

    @property
    def adds_nothing(self) -> bool:
        return not self.new_partners and not self.new_figures and not self.new_responsibles


def read_list(content: bytes | IO[bytes], *, name: str) -> Table:
    """The table of a list. Raises InputRefused when it cannot be read."""
    data = content if isinstance(content, bytes) else content.read()
    return read_table(data, name=name, limits=LIMITS)


def plan_list(*, campaign: Campaign, table: Table, at: datetime) -> ListPlan:
    """Compare a list with what the campaign asks already. Raises InputRefused, by row and column."""
    rows = reading.read_rows(table, LIST_FIELDS)
    problems: list[InputProblem] = []
    for name, model, missing in (
        ("territory", Territory, _NO_TERRITORY),
        ("figure_territory", Territory, _NO_TERRITORY),
        ("indicator", Indicator, _NO_INDICATOR),
    ):
        problems += upsert.resolve(rows, name, model, missing)
    problems += _resolve_persons(rows)
    problems += [problem for row in rows for problem in _row_problems(row)]
    _refuse(problems)
    partners = _existing(campaign)
    for row in (row for row in rows if row["partner"]):
        problems += _add_partner(campaign, partners, row, at)
    for row in (row for row in rows if row["indicator"] is not None):
        problems += _add_figure(partners, row)
    _refuse(problems)
    return ListPlan(tuple(_without_held(campaign, partners.values())))


@transaction.atomic
def load_list(*, campaign: Campaign, file: StoredFile, by: User, at: datetime) -> ListPlan:
    """Add to the campaign what a stored list asks. A second time adds nothing."""
    campaign = locked_campaign(campaign)
    require_lead(by, campaign, at)
    require_draft(campaign)
    with file.content.open("rb") as handle:
        table = read_list(handle, name=file.name)
    plan = plan_list(campaign=campaign, table=table, at=at)
    for one in plan.partners:
        if one.existing is None:
            add_request(
                campaign=campaign,
                partner=one.partner,
                kind=one.kind,
                territory=one.territory,
                responsible=one.responsible,
                figures=one.figures,
                by=by,
                at=at,
            )
            continue
        add_figures(figure_request=one.existing, figures=one.figures, by=by, at=at)
        if _is_reassigned(one):
            assign(figure_request=one.existing, responsible=one.responsible, by=by, at=at)
    return plan


def _row_problems(row: Row) -> Iterable[InputProblem]:
    if row["partner"] and row["territory"] is None:
        yield row.problem("territory", "un partenaire a un territoire : écrivez son code.")
    if not row["partner"] and row["indicator"] is None:
        yield row.problem("indicator", "cette ligne ne nomme ni partenaire, ni indicateur.")
    if not row["partner"] and (row["territory"] is not None or row["responsible"] is not None):
        yield row.problem("partner", "un territoire ou un responsable va avec le nom d'un partenaire.")


def _resolve_persons(rows: Sequence[Row]) -> list[InputProblem]:
    """Replace an address by its account in every row. The address itself stands in no message: it names a person."""
    wanted = {str(row["responsible"]).lower() for row in rows if row["responsible"]}
    found = {one.email: one for one in User.objects.filter(email__in=wanted).prefetch_related("memberships")}
    problems = []
    for row in rows:
        email = str(row["responsible"]).lower()
        if email and email not in found:
            problems.append(row.problem("responsible", "aucun compte n'a cette adresse."))
        row.values["responsible"] = found.get(email)
    return problems


def _existing(campaign: Campaign) -> dict[_Key, PartnerPlan]:
    requests = campaign.requests.select_related("territory", "responsible").order_by("pk")
    return {
        (one.partner, one.territory.code): PartnerPlan(
            one.partner, PartnerKind(one.kind), one.territory, one.responsible, one
        )
        for one in requests
    }


def _add_partner(
    campaign: Campaign, partners: dict[_Key, PartnerPlan], row: Row, at: datetime
) -> Iterable[InputProblem]:
    name, kind, territory = " ".join(row["partner"].split()), PartnerKind(row["kind"]), row["territory"]
    if campaign.territory.code not in lineage_codes(territory):
        yield row.problem("territory", "il n'est pas dans le territoire de la collecte.")
        return
    plan = partners.setdefault((name, territory.code), PartnerPlan(name, kind, territory))
    if plan.kind != kind:
        yield row.problem("kind", f"ce partenaire est donné ailleurs comme « {plan.kind.label} ».")
    person: User | None = row["responsible"]
    if person is None:
        return
    probe = FigureRequest(campaign=campaign, partner=name, kind=kind, territory=territory)
    if not person.is_active or not perms.may_answer_for(person, probe, localdate(at)):
        message = "cette personne n'a pas d'habilitation qui permette de répondre sur ce territoire."
        yield row.problem("responsible", message)
        return
    plan.responsible = person


def _add_figure(partners: dict[_Key, PartnerPlan], row: Row) -> Iterable[InputProblem]:
    asked = Asked(row["indicator"], row["figure_territory"], row["period"])
    if row["partner"]:
        key = (" ".join(row["partner"].split()), row["territory"].code)
        if key in partners:
            partners[key].figures.append(asked)
        return
    same = [one for one in partners.values() if one.kind == row["kind"]]
    if not same:
        label = PartnerKind(row["kind"]).label
        yield row.problem("kind", f"aucun partenaire de nature « {label} » n'est dans la liste.")
    for one in same:
        one.figures.append(asked)


def _without_held(campaign: Campaign, partners: Iterable[PartnerPlan]) -> Iterable[PartnerPlan]:
    """Figures that are not asked yet, once each; partners that change nothing are left out."""
    held: dict[int, set[tuple[Any, ...]]] = {}
    asked_now = campaign.requests.values_list("pk", "figures__indicator", "figures__territory", "figures__period")
    for pk, indicator, place, period in asked_now.order_by("pk"):
        held.setdefault(pk, set()).add((indicator, place, period))
    for one in partners:
        known = set(held.get(one.existing.pk, set())) if one.existing else set()
        fresh = []
        for asked in one.figures:
            territory = asked.territory or one.territory
            key = (asked.indicator.pk, territory.pk, asked.period or str(campaign.year))
            if key not in known:
                known.add(key)
                fresh.append(asked)
        one.figures = fresh
        if fresh or one.existing is None or _is_reassigned(one):
            yield one


def _is_reassigned(one: PartnerPlan) -> bool:
    """Whether a partner that was there already gets another responsible person."""
    before = one.existing.responsible_id if one.existing else None
    return one.existing is not None and one.responsible is not None and one.responsible.pk != before


def _told(asked: Asked) -> str:
    parts = [asked.indicator.label, asked.territory.name if asked.territory else "", period_label(asked.period)]
    return ", ".join(part for part in parts if part)


def _refuse(problems: Sequence[InputProblem]) -> None:
    if problems:
        raise InputRefused(sorted(problems, key=lambda problem: problem.row or 0), TITLE)
