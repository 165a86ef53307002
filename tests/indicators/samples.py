"""Invented documents, figures and observations on real territories."""

from __future__ import annotations

from datetime import UTC, datetime

from maillage.indicators.enums import Nature
from maillage.indicators.models import Indicator, StatedFigure
from maillage.pacts.models import Axis, Pact
from maillage.sources.models import SourceDocument
from maillage.territories.models import Territory

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)

STATED_HEAD = "id,label_fr,territory_code,period,value,unit,printed_as,relation,document,locator,note"
DOCUMENT_HEAD = "code,title_fr,publisher,date_printed,note,file"
OBSERVATION_HEAD = "indicator,territory_code,period,value,status,low,high,numerator,denominator"


def document(code: str = "DOC-A") -> SourceDocument:
    return SourceDocument.objects.create(code=code, title=f"Document {code}")


def axis() -> Axis:
    pact = Pact.objects.create(code="P", title="Pacte", short_title="Pacte", period="2023/2027", announced_measures=3)
    return Axis.objects.create(pact=pact, code="P-1", number=1, title="Un axe")


def indicator(code: str = "AIDES", unit: str = "EUR", nature: str = Nature.FLOW, **fields: object) -> Indicator:
    return Indicator.objects.create(code=code, label=f"Indicateur {code}", unit=unit, nature=nature, **fields)


def figure(
    code: str,
    value: str,
    unit: str = "EUR",
    *,
    on: Territory,
    of: SourceDocument,
    printed_as: str = "",
    relation: str = "",
    period: str = "2020",
    label: str = "Aides",
    **fields: object,
) -> StatedFigure:
    return StatedFigure.objects.create(
        code=code,
        label=label,
        territory=on,
        period=period,
        value=value,
        unit=unit,
        printed_as=printed_as or value,
        relation=relation,
        document=of,
        **fields,
    )


def contradiction(on: Territory, of: SourceDocument, prefix: str = "K") -> StatedFigure:
    """Two amounts, and an evolution that they do not give: 100 then 150, said to be +80 %."""
    figure(f"{prefix}1", "100", on=on, of=of, printed_as="100 €", period="2019")
    figure(f"{prefix}2", "150", on=on, of=of, printed_as="150 €", period="2020")
    return figure(
        f"{prefix}3",
        "80",
        "%",
        on=on,
        of=of,
        printed_as="80 %",
        period="2019/2020",
        label="Évolution des aides",
        relation=f"evolution({prefix}1;{prefix}2)",
    )
