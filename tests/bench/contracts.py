"""Contracts in number, invented: every départements' and métropoles' contract, its actions, its lines, its readings."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from statistics import median
from typing import Any

from django.db import transaction
from django.urls import reverse

from maillage.contracts.models import (
    ActionSheet,
    ActionYear,
    AnnualCap,
    Contract,
    ExecutionReport,
    Funder,
    FundingLine,
    IndicatorTarget,
    Reading,
)
from maillage.contracts.rules import facts_of, families, spent_of
from maillage.contracts.selectors.steering import steering
from maillage.contracts.selectors.steering.scope import scope_of
from maillage.contracts.text import text_of
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.engines.contract_rules import Amounts, Family, totals
from maillage.indicators.enums import Polarity
from maillage.indicators.models import Indicator
from maillage.pacts.models import Axis
from maillage.territories.enums import Level
from maillage.territories.models import Territory
from tests.bench import bulk
from tests.bench.size import SEED
from tests.bench.stopwatch import stopwatch
from tests.factories import Held, make_user

AT = datetime(2026, 1, 1, tzinfo=UTC)
FIRST_YEAR = 2024
INDICATOR, READER = "BANC-PERSONNES", "pilotage@exemple.test"

# code, kind, in kind: the six lines of an action's year.
FUNDERS = (
    ("BANC-ETAT", "state", False),
    ("BANC-COLLECTIVITE", "departement", False),
    ("BANC-CAF", "social_security", False),
    ("BANC-COMMUNE", "commune", False),
    ("BANC-ASSOCIATION", "association", True),
    ("BANC-FONDATION", "foundation", False),
)


@dataclass(frozen=True, slots=True)
class ContractsSize:
    """How many contracts, actions by contract, years, lines by action and year."""

    contracts: int
    actions: int
    years: int
    lines: int

    @property
    def all_lines(self) -> int:
        return self.contracts * self.actions * self.years * self.lines


FEW = ContractsSize(5, 3, 2, 6)
ONE_REGION = ContractsSize(6, 30, 4, 6)
NATIONAL = ContractsSize(116, 30, 4, 6)  # one contract by département and by métropole of France
SIZES = {"small": FEW, "region": ONE_REGION, "france": NATIONAL}


@dataclass(frozen=True, slots=True)
class Contracts:
    """What the measures need to know of the contracts that were written."""

    size: ContractsSize
    first: Contract
    reader: User


def build(size: ContractsSize) -> Contracts:
    """Write the contracts on the territories already there, and who steers them all. No contract may exist before."""
    draw = random.Random(SEED)  # noqa: S311  (a draw that can be repeated, not a secret)
    with transaction.atomic():
        contracts = _contracts(size)
        sheets = _sheets(size, contracts, draw)
        _lines(size, sheets, draw)
        _caps(size, contracts, draw)
        _results(size, sheets, draw)
        reader = make_user("Dominique Mesure", Held(Role.COMMISSIONER, "FRANCE"), email=READER)
    bulk.refresh_statistics()
    return Contracts(size, contracts[0], reader)


def remove() -> None:
    """Take out all that `build` writes, so that another size can be built."""
    for model in (Reading, ExecutionReport, IndicatorTarget, FundingLine, ActionYear, ActionSheet, AnnualCap, Contract):
        model._base_manager.all()._raw_delete(using="default")
    Funder.objects.all()._raw_delete(using="default")
    Indicator.objects.filter(code=INDICATOR).delete()
    User.objects.filter(email=READER).delete()


def pages(contracts: Contracts) -> dict[str, str]:
    """The measured pages: name to address. The first is the one that is promised in the README."""
    steering, year = reverse("steering"), FIRST_YEAR + 1
    return {
        "steering": f"{steering}?annee={year}",
        "steering (axis)": f"{steering}?annee={year}&lignes=axe",
        "steering (crossed)": f"{steering}?annee={year}&lignes=croise",
        "steering (every year)": f"{steering}?annee=toutes",
        "steering, its alerts": f"{reverse('steering-alerts')}?annee={year}",
        "contract": reverse("contract", args=[contracts.first.pk]),
        "contract, negotiation": reverse("contract-negotiation", args=[contracts.first.pk]),
    }


# --- the same figures, twice ------------------------------------------------------------------------------------------

Figures = dict[int, tuple[Amounts, Amounts]]  # contract → cash of the State, and everything


def by_selector(contracts: Contracts) -> Figures:
    """What the steering screen shows of each contract, over its years."""
    scope = scope_of(contracts.reader, AT.date())
    screen = steering(scope, scope.filters({"lignes": "contrat", "annee": "toutes"}))
    return {int(str(row.key)): (row.totals.cash[Family.STATE], row.totals.total) for row in screen.rows}


def by_contract(contracts: Contracts) -> Figures:
    """The naive way: the text of each contract, line by line, through the rules' engine."""
    found = {}
    for contract in Contract.objects.order_by("pk"):
        facts = facts_of(contract.kind, text_of(contract), families(), spent_of(contract))
        overall = totals(facts).overall
        found[contract.pk] = (overall.cash[Family.STATE], overall.total)
    return found


def compare(contracts: Contracts, *, runs: int) -> dict[str, Any]:
    """Milliseconds of each (medians), and how many times slower the naive way is. Raises ValueError if they differ."""
    taken: dict[str, list[float]] = {"selector": [], "naive": []}
    figures = []
    for name, rebuild, times in (("selector", by_selector, runs), ("naive", by_contract, min(runs, 3))):
        for _ in range(times):
            with stopwatch() as seconds:
                found = rebuild(contracts)
            taken[name].append(seconds() * 1000)
        figures.append(found)
    if figures[0] != figures[1]:
        raise ValueError("the steering screen and the contracts do not give the same figures")
    selector, naive = (median(taken[name]) for name in ("selector", "naive"))
    return {
        "lines": contracts.size.all_lines,
        "contracts": contracts.size.contracts,
        "selector_ms": round(selector, 1),
        "naive_ms": round(naive, 1),
        "ratio": round(naive / selector, 1),
    }


# --- what is written --------------------------------------------------------------------------------------------------


def _contracts(size: ContractsSize) -> list[Contract]:
    departements = list(Territory.objects.filter(level=Level.DEPARTEMENT).order_by("code"))
    epcis = list(Territory.objects.filter(level=Level.EPCI).order_by("code"))[: size.contracts]
    holders = (departements + epcis)[: size.contracts]
    if len(holders) < size.contracts:
        raise ValueError(f"{len(holders)} territories for {size.contracts} contracts")
    return Contract.objects.bulk_create(
        Contract(
            reference=f"CLS-BANC-{territory.code}",
            kind="cls",
            title=f"Contrat inventé de {territory.name}",
            territory=territory,
            starts_on=date(FIRST_YEAR, 1, 1),
            ends_on=date(FIRST_YEAR + size.years - 1, 12, 31),
            status="in_force",
            is_demonstration=True,
            created_at=AT,
        )
        for territory in holders
    )


def _sheets(size: ContractsSize, contracts: Sequence[Contract], draw: random.Random) -> list[ActionSheet]:
    axes = list(Axis.objects.filter(pact__code="INVENTE-1").order_by("number"))
    return ActionSheet.objects.bulk_create(
        (
            ActionSheet(
                contract=contract,
                code=f"A{number:02d}",
                title=f"Action inventée {number}",
                axis=draw.choice(axes),
                need="Besoin inventé",
                pilot="Personne",
                position=number,
                status="under_way",
            )
            for contract, number in product(contracts, range(1, size.actions + 1))
        ),
        batch_size=1_000,
    )


def _years(size: ContractsSize) -> range:
    return range(FIRST_YEAR, FIRST_YEAR + size.years)


Row = tuple[object, ...]


def _lines(size: ContractsSize, sheets: Sequence[ActionSheet], draw: random.Random) -> None:
    funders = Funder.objects.bulk_create(
        Funder(code=code, name=f"Financeur inventé {code}", kind=kind) for code, kind, _ in FUNDERS[: size.lines]
    )
    pairs = list(zip(funders, (in_kind for *_, in_kind in FUNDERS), strict=False))
    FundingLine.objects.bulk_create(
        (
            FundingLine(sheet=sheet, key=f"L{year}-{rank}", year=year, funder=funder, in_kind=in_kind, **_amounts(draw))
            for sheet, year in product(sheets, _years(size))
            for rank, (funder, in_kind) in enumerate(pairs)
        ),
        batch_size=2_000,
    )
    names = ("sheet_id", "year", "total_cost", "eligible_cost")
    bulk.insert(ActionYear, names, ((s.pk, year, 600_000, 600_000) for s, year in product(sheets, _years(size))))


def _amounts(draw: random.Random) -> dict[str, Decimal]:
    """paid ≤ committed ≤ awarded, to the cent."""
    cents = [draw.randint(100_000, 9_000_000)]
    for _ in range(3):
        cents.append(draw.randint(cents[-1] // 2, cents[-1]))
    awarded, committed, paid, justified = (Decimal(one) / 100 for one in cents)
    return {"planned": awarded, "awarded": awarded, "committed": committed, "paid": paid, "justified": justified}


def _caps(size: ContractsSize, contracts: Sequence[Contract], draw: random.Random) -> None:
    AnnualCap.objects.bulk_create(
        AnnualCap(contract=contract, year=year, ae=draw.randint(1_000_000, 3_000_000))
        for contract, year in product(contracts, _years(size))
    )


def _results(size: ContractsSize, sheets: Sequence[ActionSheet], draw: random.Random) -> None:
    """A reading by action and year, and reports of which one in ten is missing."""
    indicator = Indicator.objects.create(
        code=INDICATOR,
        label="Personnes inventées",
        unit="persons",
        nature="flow",
        polarity=Polarity.MORE_IS_BETTER,
    )
    targets = IndicatorTarget.objects.bulk_create(
        (IndicatorTarget(sheet=sheet, indicator=indicator) for sheet in sheets), batch_size=2_000
    )
    Reading.objects.bulk_create(
        (
            Reading(
                target=target,
                year=year,
                period=str(year),
                counted="persons",
                value=draw.randint(1, 900),
                status="validated",
                entered_at=AT,
            )
            for target, year in product(targets, _years(size))
        ),
        batch_size=2_000,
    )
    ExecutionReport.objects.bulk_create(
        (
            ExecutionReport(sheet=sheet, year=year, status="validated")
            for sheet, year in product(sheets, _years(size))
            if draw.random() > 0.1
        ),
        batch_size=2_000,
    )
