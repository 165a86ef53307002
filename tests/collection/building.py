"""A campaign as its services make it. Partners, persons and figures are invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from maillage.collection import services
from maillage.collection.enums import Answer, PartnerKind
from maillage.collection.models import Campaign, FigureRequest, RequestedFigure
from maillage.collection.services import Entry
from maillage.collection.services.campaigns import Asked
from maillage.collection.services.reading import Answered
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.indicators.enums import Nature, Status
from maillage.indicators.models import Indicator
from maillage.territories.models import Territory
from tests.factories import Held, make_user

AT = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
TODAY = date(2026, 2, 1)
OPENS_ON, DUE_ON = date(2026, 1, 15), date(2026, 3, 31)


@dataclass
class Collecting:
    """A campaign on the region: two partners in DEP-44, one in DEP-49, one on the whole region."""

    campaign: Campaign
    caf: FigureRequest
    cpam: FigureRequest
    other: FigureRequest
    regional: FigureRequest
    operator: User
    team: User
    indicators: Mapping[str, Indicator]
    territories: Mapping[str, Territory]

    @property
    def requests(self) -> list[FigureRequest]:
        return [self.caf, self.cpam, self.other, self.regional]

    def open(self) -> Campaign:
        self.campaign = services.open_campaign(campaign=self.campaign, by=self.team, at=AT)
        return self.campaign

    def figures(self, one: FigureRequest | None = None) -> list[RequestedFigure]:
        asked = (one or self.caf).figures.select_related("indicator", "territory")
        return list(asked.order_by("position", "pk"))

    def fill(self, one: FigureRequest, *, value: str = "120", by: User | None = None) -> None:
        """Answer every figure of a request: counts by a value, the share by its two terms."""
        entries = {figure.pk: Entry(answer_for(figure, value)) for figure in self.figures(one)}
        services.enter(figure_request=one, entries=entries, by=by or self.team, at=AT)

    def validated(self, one: FigureRequest, *, value: str = "120") -> FigureRequest:
        self.fill(one, value=value)
        services.submit(figure_request=one, by=self.team, at=AT)
        return services.validate(figure_request=one, by=self.team, at=AT)

    def refreshed(self, one: FigureRequest) -> FigureRequest:
        return FigureRequest.objects.select_related("campaign", "territory__parent__parent").get(pk=one.pk)


def answer_for(figure: RequestedFigure, value: str = "120") -> Answered:
    if figure.indicator.nature == Nature.SHARE:
        return Answered(Answer.KNOWN, Decimal("49.0000"), Decimal(49), Decimal(100))
    return Answered(Answer.KNOWN, Decimal(value))


def make_indicators() -> dict[str, Indicator]:
    return {
        "MEALS": Indicator.objects.create(
            code="MEALS", label="Repas servis", unit="meals", nature=Nature.FLOW, summable_territories=True
        ),
        "HOUSEHOLDS": Indicator.objects.create(
            code="HOUSEHOLDS", label="Ménages accompagnés", unit="households", nature=Nature.FLOW
        ),
        "TAKE-UP": Indicator.objects.create(
            code="TAKE-UP",
            label="Part des droits ouverts",
            unit="%",
            decimals=1,
            nature=Nature.SHARE,
            numerator_label="Droits ouverts",
            denominator_label="Demandes",
        ),
    }


def make_campaign(territories: Mapping[str, Territory], team: User) -> Collecting:
    """In preparation: three figures asked of each partner."""
    indicators = make_indicators()
    operator = make_user("Oriane Petit", Held(Role.OPERATOR, "DEP-44"), email="caf@exemple.test")
    campaign = services.create_campaign(
        title="Collecte inventée",
        year=2025,
        territory=territories["REG-52"],
        opens_on=OPENS_ON,
        due_on=DUE_ON,
        by=team,
        at=AT,
        instructions="Répondez au plus juste.",
    )

    def partner(name: str, kind: PartnerKind, where: str, responsible: User | None = None) -> FigureRequest:
        return services.add_request(
            campaign=campaign,
            partner=name,
            kind=kind,
            territory=territories[where],
            responsible=responsible,
            figures=[Asked(indicator) for indicator in indicators.values()],
            by=team,
            at=AT,
        )

    return Collecting(
        campaign=campaign,
        caf=partner("Caisse inventée", PartnerKind.CAF, "DEP-44", operator),
        cpam=partner("Assurance inventée", PartnerKind.CPAM, "DEP-44"),
        other=partner("Caisse voisine inventée", PartnerKind.CAF, "DEP-49"),
        regional=partner("Agence inventée", PartnerKind.ARS, "REG-52"),
        operator=operator,
        team=team,
        indicators=indicators,
        territories=territories,
    )


PROVISIONAL = Status.PROVISIONAL
