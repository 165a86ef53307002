"""Contracts in number, invented: every départements' and métropoles' contract, its actions, its lines, its readings."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product

from django.db import transaction

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
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.indicators.enums import Polarity
from maillage.indicators.models import Indicator
from maillage.pacts.models import Axis
from maillage.territories.enums import Level
from maillage.territories.models import Territory
from tests.bench import bulk
from tests.bench.size import SEED
from tests.factories import Held, make_user

AT = datetime(2026, 1, 1, tzinfo=UTC)
FIRST_YEAR = 2024

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
NATIONAL = ContractsSize(116, 30, 4, 6)  # one contract by département and by métropole of France


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
        reader = make_user("Dominique Mesure", Held(Role.COMMISSIONER, "FRANCE"), email="pilotage@exemple.test")
    bulk.refresh_statistics()
    return Contracts(size, contracts[0], reader)


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
        code="BANC-PERSONNES",
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
