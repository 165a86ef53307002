"""Readings: entered by the party that acts, checked by the State, and counted only once validated."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from maillage.contracts import perms
from maillage.contracts.enums import Counted, Dimension
from maillage.contracts.models import Contract, IndicatorTarget, Reading, ReadingPart
from maillage.contracts.selectors.results import (
    WRITABLE_READING,
    Slot,
    categories,
    counted_of,
    is_open_to_results,
    reading_fields,
    reading_findings,
    years_of_sheet,
)
from maillage.contracts.services.seen import refuse_if_moved
from maillage.contracts.services.texts import lock
from maillage.contracts.values import exact
from maillage.core import audit
from maillage.core.models import User
from maillage.core.perms import require
from maillage.engines.lifecycle.contracts import READING
from maillage.indicators.enums import Nature
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError
from maillage.kernel.period import Period
from maillage.kernel.rate import Rate

MIN_REASON = 10
_PRECISION = Decimal("0.0001")


@dataclass(frozen=True)
class Given:
    """What is entered. `parts`: (dimension, category) → value. A share is given by numerator and denominator.

    `value` None is unknown, and `unknown_reason` says why. `incomplete`: the dimensions said not to be whole.
    """

    value: Decimal | None = None
    unknown_reason: str = ""
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    parts: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    incomplete: Collection[str] = ()
    method: str = ""
    comment: str = ""


@transaction.atomic
def save_reading(*, target: IndicatorTarget, slot: Slot, given: Given, seen: str, by: User, at: datetime) -> Reading:
    """Write the reading of a target over a period; a draft until it is submitted.

    `seen`: token of `reading_fields` when it was read, '' when there was none. Raises Moved where someone saved
    meanwhile, InputRefused with everything wrong in what is given (I2 included), in French.
    """
    contract = lock(target.sheet.contract)
    require(perms.is_partner(by, contract, localdate(at)), "Vous ne pouvez pas saisir de relevé sur ce contrat.")
    _refuse_closed(contract)
    found = Reading.objects.filter(target=target, period=slot.period.canonical)
    held = found.select_for_update(of=("self",)).first()
    before = reading_fields(held) if held is not None else None
    refuse_if_moved(f"Relevé {slot.label_fr}", seen, before)
    if held is not None and held.status not in WRITABLE_READING:
        raise MaillageError("Ce relevé est transmis ou validé : il ne se modifie plus. Demandez sa correction.")
    value = _value(target, given)
    _refuse_bad(contract, target, slot, given, value, at)
    reading = held or Reading(target=target, period=slot.period.canonical, year=slot.year)
    _fill(reading, given, value, by, at)
    reading.save()
    _write_parts(reading, given)
    _record(contract, target, reading, "save", by, at, {"fields": [before, reading_fields(reading)]})
    return reading


def _refuse_closed(contract: Contract) -> None:
    if not is_open_to_results(contract):
        raise MaillageError("Les résultats se saisissent sur un contrat signé qui n'est pas clos.")


def _value(target: IndicatorTarget, given: Given) -> Decimal | None:
    """The value of a share comes from its two numbers, when they are given: it is never typed twice."""
    if target.indicator.nature != Nature.SHARE or given.numerator is None or given.denominator is None:
        return given.value
    rate = Rate.of(given.numerator, given.denominator)
    return rate.percent.quantize(_PRECISION) if rate is not None else None


def _refuse_bad(
    contract: Contract, target: IndicatorTarget, slot: Slot, given: Given, value: Decimal | None, at: datetime
) -> None:
    problems = [*_period_problems(contract, target, slot, at), *_number_problems(target, given, value)]
    problems += _part_problems(contract, given)
    fields = _plain(given, value)
    found = reading_findings(target, slot.period, fields, categories(contract))
    problems += [InputProblem(None, _PLACES[one.rule], one.message_fr) for one in found if one.refuses_write]
    if problems:
        raise InputRefused(problems, title="Le relevé n'est pas enregistré.")


_PLACES = {"I2": "numérateur", "I4": "valeur"}


def _period_problems(contract: Contract, target: IndicatorTarget, slot: Slot, at: datetime) -> list[InputProblem]:
    if slot.year not in years_of_sheet(contract, target.sheet):
        return [InputProblem(None, "période", f"{slot.year} n'est pas une année de cette action.")]
    if slot.period.start > localdate(at):
        return [InputProblem(None, "période", f"{slot.label_fr} n'a pas commencé.")]
    return []


def _number_problems(target: IndicatorTarget, given: Given, value: Decimal | None) -> list[InputProblem]:
    problems = []
    if value is None and len(given.unknown_reason.strip()) < MIN_REASON:
        message = f"Sans valeur, dites pourquoi elle n'est pas connue, en {MIN_REASON} caractères au moins."
        problems.append(InputProblem(None, "valeur", message))
    if value is not None and given.unknown_reason.strip():
        problems.append(InputProblem(None, "motif", "Une valeur est donnée : effacez le motif de son absence."))
    if counted_of(target.indicator) != Counted.OTHER and not _is_count(value):
        problems.append(InputProblem(None, "valeur", "Ce qui se compte est un nombre entier, zéro ou plus."))
    if target.indicator.nature != Nature.SHARE and (given.numerator is not None or given.denominator is not None):
        problems.append(InputProblem(None, "numérateur", "Cet indicateur n'est pas une part : donnez sa valeur."))
    return problems


def _is_count(value: Decimal | None) -> bool:
    return value is None or (value >= 0 and value == value.to_integral_value())


def _part_problems(contract: Contract, given: Given) -> list[InputProblem]:
    known = categories(contract)
    problems = []
    for (dimension, category), value in given.parts.items():
        if category not in known.get(dimension, {}):
            problems.append(InputProblem(None, "ventilation", "Cette catégorie n'est pas proposée."))
        elif value < 0:
            label = known[dimension][category]
            problems.append(InputProblem(None, "ventilation", f"{label} : donnez zéro ou plus."))
    return problems


def _plain(given: Given, value: Decimal | None) -> dict[str, Any]:
    def text(number: Decimal | None) -> str:
        return "" if number is None else exact(number)

    return {
        "value": text(value),
        "numerator": text(given.numerator),
        "denominator": text(given.denominator),
        "incomplete": list(given.incomplete),
        "parts": {f"{dimension}/{category}": text(number) for (dimension, category), number in given.parts.items()},
    }


def _fill(reading: Reading, given: Given, value: Decimal | None, by: User, at: datetime) -> None:
    reading.counted = counted_of(reading.target.indicator)
    reading.value = value
    reading.unknown_reason = "" if value is not None else given.unknown_reason.strip()[:300]
    reading.numerator, reading.denominator = given.numerator, given.denominator
    reading.incomplete = sorted(set(given.incomplete) & set(Dimension.values))
    reading.method, reading.comment = given.method.strip(), given.comment.strip()
    reading.entered_at, reading.entered_by = at, by


def _write_parts(reading: Reading, given: Given) -> None:
    reading.parts.all().delete()
    ReadingPart.objects.bulk_create(
        ReadingPart(reading=reading, dimension=dimension, category=category, value=value)
        for (dimension, category), value in given.parts.items()
    )


@transaction.atomic
def move_reading(*, reading: Reading, name: str, by: User, at: datetime, reason: str = "") -> Reading:
    """Do one transition of a reading: submit, ask a correction, validate, unlock.

    Raises TransitionRefused (state, role or guard, in French), PermissionDenied for who does not see the contract.
    """
    target = reading.target
    contract = lock(target.sheet.contract)
    require(perms.can_see(by, contract, localdate(at)), "Vous ne voyez pas ce contrat.")
    _refuse_closed(contract)
    held = Reading.objects.select_for_update(of=("self",)).get(pk=reading.pk)
    held.target = target
    before = held.status
    roles = perms.roles_on(by, contract, localdate(at))
    held.status = READING.next_state(name, before, roles, facts_of(held, reason))
    held.status_reason = reason.strip()[:500]
    validated = held.status == "validated"
    held.validated_at, held.validated_by = (at, by) if validated else (None, None)
    held.save(update_fields=["status", "status_reason", "validated_at", "validated_by"])
    changes = {"status": [before, held.status], "reason": [None, reason.strip()]}
    _record(contract, target, held, name, by, at, changes)
    return held


def facts_of(reading: Reading, reason: str = "") -> dict[str, Any]:
    """What the guards of the table read of a reading."""
    target = reading.target
    found = reading_findings(target, Period.parse(reading.period), reading_fields(reading), {})
    return {"reason": reason, "blocking": [one.message_fr for one in found if one.blocks]}


def _record(
    contract: Contract,
    target: IndicatorTarget,
    reading: Reading,
    name: str,
    by: User,
    at: datetime,
    changes: Mapping[str, Any],
) -> None:
    state = READING.labels[reading.status].lower()
    audit.record(
        action=f"reading.{name}",
        obj=reading,
        by=by,
        at=at,
        summary=f"{contract} · fiche {target.sheet.code} · {target.indicator.code} {reading.period} : relevé {state}",
        changes=changes,
        territory_code=contract.territory.code,
    )
