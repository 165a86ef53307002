"""Two invented campaigns of collection: last year's, consolidated, and this year's, where some have not answered.

They ask for indicators of example only: no invented figure can be taken for one of a real indicator.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import transaction

from maillage.collection import services
from maillage.collection.enums import Answer, PartnerKind
from maillage.collection.models import Campaign, FigureRequest
from maillage.collection.services import Entry
from maillage.collection.services.campaigns import Asked
from maillage.collection.services.reading import Answered
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.demo.contracts.tables import People, load_people
from maillage.indicators.enums import Nature, Status
from maillage.indicators.models import Indicator
from maillage.territories.models import Territory
from maillage.territories.selectors import departements_of, instance_region

TITLE = "Chiffres des partenaires (exemple inventé)"
INDICATORS = ("DEMO-PERSONS", "DEMO-VISITS", "DEMO-STAYED")


@transaction.atomic
def load_campaigns(*, at: datetime) -> int:
    """Write the two campaigns where there is none; 0 where the demonstration has no accounts or no region."""
    people, region = load_people(), instance_region()
    if people is None or region is None or Campaign.objects.exists():
        return 0
    departements = list(departements_of(region)[:3])
    indicators = list(Indicator.objects.filter(code__in=INDICATORS).order_by("code"))
    if not departements or not indicators:
        return 0
    _last_year(people, region, departements, indicators)
    _this_year(people, region, departements, indicators)
    return 2


def _at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 9, tzinfo=UTC)


def _campaign(
    year: int, people: People, region: Territory, departements: list[Territory], indicators: list[Indicator]
) -> tuple[Campaign, list[FigureRequest]]:
    """A campaign on a year, opened the year after: a CAF by département, and the region's rectorat."""
    team, at = people.of(Role.COMMISSIONER), _at(year + 1, 1, 10)
    campaign = services.create_campaign(
        title=TITLE,
        year=year,
        territory=region,
        opens_on=date(year + 1, 1, 15),
        due_on=date(year + 1, 3, 31),
        instructions="Texte d'exemple, inventé pour la démonstration.",
        by=team,
        at=at,
    )
    asked = [Asked(indicator) for indicator in indicators]
    made = [
        services.add_request(
            campaign=campaign,
            partner=f"CAF d'exemple ({territory.name})",
            kind=PartnerKind.CAF,
            territory=territory,
            responsible=people.of(Role.OPERATOR),
            figures=asked,
            by=team,
            at=at,
        )
        for territory in departements
    ]
    made.append(
        services.add_request(
            campaign=campaign,
            partner="Rectorat d'exemple",
            kind=PartnerKind.RECTORAT,
            territory=region,
            figures=asked[:1],
            by=team,
            at=at,
        )
    )
    return services.open_campaign(campaign=campaign, by=team, at=_at(year + 1, 1, 16)), made


def _answer(one: FigureRequest, by: User, at: datetime, *, skip: int = 0) -> None:
    """Answer every figure but the last `skip`: counts, a share by its two terms, one that is not available."""
    figures = list(one.figures.select_related("indicator").order_by("position", "pk"))
    entries = {}
    for rank, figure in enumerate(figures[: len(figures) - skip], start=1):
        known = Decimal(100 * rank + one.pk % 7)
        answered = Answered(Answer.KNOWN, known)
        if figure.indicator.nature == Nature.SHARE:
            answered = Answered(Answer.KNOWN, Decimal(60), Decimal(72), Decimal(120))
        entries[figure.pk] = Entry(answered)
    services.enter(figure_request=one, entries=entries, by=by, at=at)


def _last_year(people: People, region: Territory, departements: list[Territory], indicators: list[Indicator]) -> None:
    campaign, asked = _campaign(2024, people, region, departements, indicators)
    team, operator = people.of(Role.COMMISSIONER), people.of(Role.OPERATOR)
    for one in asked:
        by = operator if one.responsible_id else team
        _answer(one, by, _at(2025, 3, 3))
        services.submit(figure_request=one, by=by, at=_at(2025, 3, 3))
        services.validate(figure_request=one, by=team, at=_at(2025, 4, 4))
    campaign = services.close(campaign=campaign, by=team, at=_at(2025, 4, 7))
    services.consolidate(campaign=campaign, status=Status.PROVISIONAL, by=team, at=_at(2025, 4, 8))


def _this_year(people: People, region: Territory, departements: list[Territory], indicators: list[Indicator]) -> None:
    """One validated, one sent back, one begun, and the rectorat that has not answered."""
    _, asked = _campaign(2025, people, region, departements, indicators)
    team, operator = people.of(Role.COMMISSIONER), people.of(Role.OPERATOR)
    first, second, *others = asked[:-1]
    for one in (first, second):
        _answer(one, operator, _at(2026, 3, 2))
        services.submit(figure_request=one, by=operator, at=_at(2026, 3, 2))
    services.validate(figure_request=first, by=team, at=_at(2026, 3, 20))
    figure = second.figures.order_by("position", "pk")[0]
    remarks = {figure.pk: "Exemple : ce chiffre a doublé, est-ce bien cela ?"}
    services.ask(figure_request=second, remarks=remarks, by=team, at=_at(2026, 3, 20))
    for one in others:
        _answer(one, operator, _at(2026, 3, 25), skip=2)
