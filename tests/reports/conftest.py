"""A small instance with a year in it: two contracts, an axis, a project, contradicting figures. Invented amounts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from maillage.core.models import User
from maillage.governance.models import Body
from maillage.indicators.enums import Known, Nature, Status
from maillage.indicators.models import Indicator, Observation, StatedFigure
from maillage.pacts.models import Axis, Milestone, Pact, SupportedProject
from maillage.reports import services
from maillage.reports.models import AnnualReport
from maillage.sources.models import SourceDocument
from maillage.territories.models import Population, Territory

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
TODAY = date(2026, 11, 20)


@pytest.fixture
def at() -> datetime:
    return AT


@pytest.fixture
def book(db: None) -> SourceDocument:
    return SourceDocument.objects.create(code="INVENTE", title="Bilan inventé", publisher="Préfecture inventée")


@pytest.fixture
def pact(book: SourceDocument) -> Pact:
    made = Pact.objects.create(
        code="STRAT",
        title="Stratégie inventée",
        short_title="Stratégie",
        axis_word="engagement",
        period="2018/2022",
        starts_on=date(2018, 9, 1),
        document=book,
    )
    Axis.objects.create(pact=made, code="STRAT-1", number=1, title="Agir dès l'enfance ; sans attendre")
    Body.objects.create(
        pact=made, code="COMITE", kind="comité", title="Comité régional", period="2019/", position=1, document=book
    )
    Milestone.objects.create(
        pact=made,
        period="2020-02-14",
        starts_on=date(2020, 2, 14),
        ends_on=date(2020, 2, 14),
        title="Rencontre inventée",
        document=book,
    )
    return made


@pytest.fixture
def credits(book: SourceDocument, territories: dict[str, Territory]) -> dict[tuple[str, str], Observation]:
    """Observed credits by (territory, year)."""
    indicator = Indicator.objects.create(
        code=Known.CREDITS, label="Crédits", unit="EUR", nature=Nature.FLOW, summable_territories=True
    )
    amounts = {
        ("DEP-44", "2019"): 1_000_000,
        ("DEP-44", "2020"): 1_516_843,
        ("DEP-49", "2019"): 500_000,
        ("DEP-49", "2020"): 424_495,
    }
    for code in ("DEP-44", "DEP-49", "REG-52"):
        Population.objects.create(territory=territories[code], year=2020, municipal=250_000)
    return {
        key: Observation.objects.create(
            indicator=indicator,
            territory=territories[key[0]],
            period=key[1],
            value=Decimal(amount),
            status=Status.PUBLISHED,
            document=book,
            locator="tableau inventé",
        )
        for key, amount in amounts.items()
    }


@pytest.fixture
def figures(book: SourceDocument, pact: Pact, territories: dict[str, Territory]) -> dict[str, StatedFigure]:
    """Two amounts, and an evolution that they do not give."""

    def stated(code: str, label: str, printed_as: str, value: str, **fields: Any) -> StatedFigure:
        return StatedFigure.objects.create(
            code=code,
            label=label,
            territory=territories["REG-52"],
            printed_as=printed_as,
            value=Decimal(value),
            document=book,
            locator="édito",
            **({"unit": "EUR", "period": "2020"} | fields),
        )

    axis = pact.axes.get()
    return {
        "X1": stated("X1", "Crédits d'État", "1 000 000 €", "1000000", period="2019"),
        "X2": stated("X2", "Crédits d'État", "1 500 000 €", "1500000"),
        "X3": stated("X3", "Hausse", "89 %", "89", unit="%", period="2019/2020", relation="evolution(X1;X2)"),
        "X4": stated("X4", "Places <créées> & #1", "431", "431", unit="places", axis=axis),
    }


@pytest.fixture
def year(
    territories: dict[str, Territory],
    book: SourceDocument,
    pact: Pact,
    credits: dict[tuple[str, str], Observation],
    figures: dict[str, StatedFigure],
) -> int:
    """Everything above, for 2020."""
    SupportedProject.objects.create(
        axis=pact.axes.get(),
        territory=territories["DEP-44"],
        year=2020,
        organisation="État & Dpt <44>",
        subject="Accueil « ouvert » #$*_\\@",
        position=1,
        document=book,
    )
    return 2020


@pytest.fixture
def report(year: int, territories: dict[str, Territory], aicha: User) -> AnnualReport:
    return services.open_report(territory=territories["REG-52"], year=year, by=aicha, at=AT)
