"""Figures that partners gave for a campaign of collection, made into observations with their source.

One edition per partner and per time it brings something new: « Collecte 2025 », of the partner that answered. Nothing
is replaced in silence: an observation that changes stays with its edition, and the pages name both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime

from maillage.core import audit
from maillage.core.models import User
from maillage.indicators.enums import Status
from maillage.indicators.models import Indicator, Observation
from maillage.kernel.numbers import format_number
from maillage.sources.enums import EditionKind
from maillage.sources.models import SourceEdition
from maillage.sources.registry import Difference, ImportReport
from maillage.territories.models import Territory

_Key = tuple[int, int, str]
_COMPARED = ("value", "status", "numerator", "denominator", "note")
MAX_NOTE = 500


@dataclass(frozen=True, slots=True)
class CollectedValue:
    """One answer. `value` is None when the status says that no value is known.

    `applies` is False where the partner says that the indicator has no sense for it: nothing is observed then, unless a
    value given before must be taken back.
    """

    indicator: Indicator
    territory: Territory
    period: str
    value: Decimal | None
    status: Status
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    locator: str = ""
    note: str = ""
    applies: bool = True

    @property
    def key(self) -> _Key:
        return (self.indicator.pk, self.territory.pk, self.period)


@dataclass(frozen=True, slots=True)
class Collected:
    """Every answer of one partner. `part` tells it apart from all others (40 characters at most)."""

    title: str
    publisher: str
    vintage: str
    part: str
    origin: str
    values: Sequence[CollectedValue]


@transaction.atomic
def record_collected(*, collected: Collected, by: User | None, at: datetime) -> int:
    """Add the observations that differ from those that this partner's earlier editions brought; how many they are.

    The same answers again add nothing, not even an edition. The caller has required the permission.
    """
    editions = SourceEdition.objects.filter(kind=EditionKind.OBSERVATIONS, part=collected.part)
    held = _held(editions)
    new = [one for one in collected.values if _differs(one, held.get(one.key))]
    if not new:
        return 0
    repeated = editions.exists()
    editions.update(is_current=False)
    edition = _edition(collected, new, held, repeated, by, at)
    Observation.objects.bulk_create(_observation(one, edition) for one in new)
    audit.record(
        action="figures.collect",
        obj=edition,
        by=by,
        at=at,
        summary=f"Chiffres consolidés : {edition.publisher}, {edition.title}",
        changes={"observations": [None, len(new)], "sha256": [None, edition.sha256]},
    )
    return len(new)


def _held(editions: Iterable[SourceEdition]) -> dict[_Key, Observation]:
    """What the earlier editions say, the last of them where several speak."""
    found = Observation.objects.filter(edition__in=editions).order_by("edition__loaded_at", "edition", "pk")
    return {(one.indicator_id, one.territory_id, one.period): one for one in found}


def _differs(one: CollectedValue, held: Observation | None) -> bool:
    if held is None:
        return one.applies
    after = (one.value, one.status, one.numerator, one.denominator, one.note[:MAX_NOTE])
    return after != tuple(getattr(held, name) for name in _COMPARED)


def _edition(
    collected: Collected,
    new: Sequence[CollectedValue],
    held: dict[_Key, Observation],
    repeated: bool,
    by: User | None,
    at: datetime,
) -> SourceEdition:
    title = collected.title
    if repeated:
        title = f"{title} (complément du {date_format(localtime(at), 'j F Y, H:i')})"
    report = ImportReport(EditionKind.OBSERVATIONS.value, title[:300], collected.vintage, rows=len(new))
    report.sha256 = _checksum(new)
    for one in new:
        report.tell(_difference(one, held.get(one.key)))
    return SourceEdition.objects.create(
        kind=EditionKind.OBSERVATIONS,
        title=title[:300],
        publisher=collected.publisher[:200],
        vintage=collected.vintage,
        origin=collected.origin[:300],
        sha256=report.sha256,
        part=collected.part,
        scope=sorted({one.indicator.code for one in new}),
        rows=len(new),
        report=report.as_json(),
        loaded_at=at,
        loaded_by=by,
    )


def _observation(one: CollectedValue, edition: SourceEdition) -> Observation:
    return Observation(
        indicator=one.indicator,
        territory=one.territory,
        period=one.period,
        value=one.value,
        status=one.status,
        numerator=one.numerator,
        denominator=one.denominator,
        edition=edition,
        locator=one.locator[:200],
        note=one.note[:MAX_NOTE],
    )


def _difference(one: CollectedValue, held: Observation | None) -> Difference:
    change = "added" if held is None else "changed"
    label = f"{one.indicator.label}, {one.territory.name}, {one.period}"
    return Difference(change, one.indicator.code, label, _told(held.value) if held else "", _told(one.value))


def _told(value: Decimal | None) -> str:
    return "non disponible" if value is None else format_number(value)


def _checksum(values: Sequence[CollectedValue]) -> str:
    """SHA-256 of the values as one canonical text, so that anybody can compute it again."""
    lines = [
        [
            one.indicator.code,
            one.territory.code,
            one.period,
            None if one.value is None else str(one.value.normalize()),
            one.status.value,
        ]
        for one in values
    ]
    text = json.dumps(sorted(lines, key=str), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
