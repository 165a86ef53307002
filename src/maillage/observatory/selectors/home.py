"""What the observatory holds and what it lacks: indicators by level, editions by date, files that could still come."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count

from maillage.indicators.models import Indicator, Observation
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition
from maillage.territories import selectors as territories
from maillage.territories.enums import Level
from maillage.territories.models import Territory

# What each file brings to the screens; the order is that in which to load them.
BRINGS: tuple[tuple[EditionKind, str], ...] = (
    (EditionKind.COG, "les communes, les départements, les régions"),
    (EditionKind.MOVEMENTS, "les fusions et changements de code, pour passer d'un millésime à l'autre"),
    (EditionKind.POPULATIONS, "les habitants"),
    (EditionKind.EPCI, "la composition des EPCI"),
    (EditionKind.CONTOURS, "les contours des cartes ; sans eux, une carte est schématique"),
    (EditionKind.FILOSOFI, "les revenus et la pauvreté"),
    (EditionKind.CAF, "les allocataires des CAF, par commune"),
    (EditionKind.CAF_IRIS, "les allocataires des CAF, par quartier"),
    (EditionKind.FRANCE_SERVICES, "les espaces France services"),
    (EditionKind.DENSITY, "la grille de densité des communes"),
    (EditionKind.ZONING, "le zonage rural"),
)


@dataclass(frozen=True, slots=True)
class Held:
    """An indicator at a level: how many periods and values, and the latest period."""

    indicator: Indicator
    level: str
    periods: int
    values: int
    latest: str

    @property
    def level_label(self) -> str:
        return str(Level(self.level).label)


@dataclass(frozen=True, slots=True)
class Lacking:
    """A file that nothing has brought yet, and the command that would."""

    label: str
    brings: str
    command: str


def held() -> list[Held]:
    """Indicators that have values, by label and from the widest level."""
    rows = (
        Observation.objects.filter(axis__isnull=True)
        .order_by()
        .values_list("indicator_id", "territory__level", "period")
        .annotate(Count("pk"))
    )
    grouped: dict[tuple[int, str], dict[str, int]] = defaultdict(dict)
    for pk, level, period, number in rows:
        grouped[pk, level][period] = number
    indicators = Indicator.objects.in_bulk({pk for pk, _ in grouped})
    breadth = [level.value for level in Level]
    made = [
        Held(indicators[pk], level, len(periods), sum(periods.values()), max(periods))
        for (pk, level), periods in grouped.items()
    ]
    return sorted(made, key=lambda one: (one.indicator.label, one.indicator.code, breadth.index(one.level)))


def editions() -> list[SourceEdition]:
    """The latest edition of each kind and part that the observatory rests on, the last loaded first."""
    kinds = [kind for kind, _ in BRINGS] + [EditionKind.TABLE, EditionKind.OBSERVATIONS, EditionKind.EMBEDDED]
    latest: dict[tuple[str, str, str], SourceEdition] = {}
    found = SourceEdition.objects.filter(kind__in=kinds).defer("report", "scope").order_by("loaded_at", "pk")
    for edition in found:
        latest[edition.kind, edition.part, edition.title] = edition
    return sorted(latest.values(), key=lambda one: (one.loaded_at, one.pk), reverse=True)


def lacking(loaded: list[SourceEdition]) -> list[Lacking]:
    """Files of which no edition was ever loaded here."""
    kinds = {edition.kind for edition in loaded}
    return [
        Lacking(str(kind.label), brings, f"maillage import {kind.value} CHEMIN")
        for kind, brings in BRINGS
        if kind.value not in kinds
    ]


def a_departement() -> Territory | None:
    """A département of the instance's region, to ask an example about; None where none is loaded."""
    inside = territories.current().filter(level=Level.DEPARTEMENT, parent__code=settings.MAILLAGE_REGION)
    return inside.order_by("insee").first()
