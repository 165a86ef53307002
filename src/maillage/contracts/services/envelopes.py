"""Envelopes: created, simulated, decided. A simulation decides nothing, and a decision changes no cap.

Caps move by an amendment that a prefect and the partner sign: the decision is what that amendment refers to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.timezone import localdate

from maillage.contracts import perms
from maillage.contracts.enums import ContractKind, ShareMethod
from maillage.contracts.models import AllocationDecision, Envelope, Simulation
from maillage.contracts.selectors.envelopes import bases_of, equity_record, is_whole, simulated
from maillage.core import audit
from maillage.core.models import User
from maillage.core.perms import require
from maillage.engines.envelope import IndicatorWeight, Method, Persons, allocate
from maillage.engines.lifecycle.contracts import MIN_REASON
from maillage.indicators.models import Indicator
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError
from maillage.kernel.money import CENT, Money, total
from maillage.territories.models import Territory

DECIDE_REFUSED = "La répartition est décidée par la préfète ou le préfet."


@dataclass(frozen=True)
class Settings:
    """How a simulation shares. `weights`: indicator → weight; `manual`: code of territory → amount typed."""

    persons: Persons = Persons.INHABITANTS
    step: Decimal = CENT
    weights: Sequence[tuple[Indicator, Decimal]] = ()
    manual: Mapping[str, Money] = field(default_factory=dict)


@transaction.atomic
def create_envelope(
    *,
    territory: Territory,
    title: str,
    year: int,
    kind: str,
    amount: Money,
    reference: str,
    by: User,
    at: datetime,
    is_demonstration: bool = False,
) -> Envelope:
    """Note an amount of a year to share between the territories of a région. Raises InputRefused."""
    require(perms.can_simulate(by, territory, localdate(at)), "Vous ne pouvez pas créer une enveloppe ici.")
    problems = []
    if not title.strip():
        problems.append(InputProblem(None, "intitulé", "Donnez un intitulé."))
    if amount <= Money.zero():
        problems.append(InputProblem(None, "montant", "Le montant est plus grand que zéro."))
    if problems:
        raise InputRefused(problems, title="L'enveloppe n'est pas créée.")
    made = Envelope.objects.create(
        title=title.strip(),
        territory=territory,
        year=year,
        kind=ContractKind(kind),
        amount=amount.euros,
        reference=reference.strip(),
        is_demonstration=is_demonstration,
        at=at,
        by=by,
    )
    _record("envelope.create", made, f"{made} : enveloppe de {amount} pour {year}", by, at)
    return made


@transaction.atomic
def simulate(
    *, envelope: Envelope, title: str, method: ShareMethod, settings: Settings, by: User, at: datetime
) -> Simulation:
    """Share the envelope by a method, and keep the result beside the others. No cap changes.

    Raises InputRefused, naming the territory of which something is not known.
    """
    held = _lock(envelope)
    require(perms.can_simulate(by, held.territory, localdate(at)), "Vous ne pouvez pas simuler ici.")
    if not title.strip():
        raise InputRefused([InputProblem(None, "intitulé", "Donnez un intitulé.")], title="Rien n'est simulé.")
    bases = bases_of(held, [indicator for indicator, _ in settings.weights], settings.manual)
    allocation = allocate(
        Money(held.amount),
        bases.facts,
        Method(method.value),
        step=settings.step,
        indicators=[
            IndicatorWeight(indicator.code, indicator.label, weight, indicator.polarity)
            for indicator, weight in settings.weights
        ],
        persons=settings.persons,
    )
    made = Simulation.objects.create(
        envelope=held,
        title=title.strip(),
        method=method,
        parameters={
            "description": allocation.description_fr,
            "persons": settings.persons.value,
            "step": str(settings.step),
            "weights": {indicator.code: str(weight) for indicator, weight in settings.weights},
        },
        shares={share.territory.code: str(share.amount.euros) for share in allocation.shares},
        at=at,
        by=by,
    )
    _record("envelope.simulate", held, f"{held} : simulation « {made} »", by, at)
    return made


@transaction.atomic
def remove_simulation(*, simulation: Simulation, by: User, at: datetime) -> None:
    """Take a simulation out of the comparison. One that was decided stays."""
    held = _lock(simulation.envelope)
    require(perms.can_simulate(by, held.territory, localdate(at)), "Vous ne pouvez pas retirer cette simulation.")
    if AllocationDecision.objects.filter(simulation=simulation).exists():
        raise MaillageError("Cette simulation a été décidée : elle reste, avec sa décision.")
    _record("envelope.simulation_removed", held, f"{held} : simulation « {simulation} » retirée", by, at)
    simulation.delete()


def effect_token(record: Mapping[str, object]) -> str:
    """What ties a decision to the effect that its page showed."""
    return hashlib.sha256(json.dumps(record, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@transaction.atomic
def decide(*, simulation: Simulation, reason: str, shown: str, by: User, at: datetime) -> AllocationDecision:
    """Decide the shares of a simulation, with a reason. `shown`: the token of the effect on equity that was read.

    A later decision is another row: none is ever changed. Raises InputRefused when the effect has changed since.
    """
    held = _lock(simulation.envelope)
    require(perms.can_decide(by, held.territory, localdate(at)), DECIDE_REFUSED)
    kept = Simulation.objects.select_for_update(of=("self",)).get(pk=simulation.pk)
    bases = bases_of(held)
    found = simulated(kept, bases)
    record = equity_record(found)
    problems = []
    if len(reason.strip()) < MIN_REASON:
        problems.append(InputProblem(None, "motif", f"Écrivez un motif de {MIN_REASON} caractères au moins."))
    if not is_whole(found, bases):
        problems.append(
            InputProblem(None, None, "Les territoires à servir ont changé depuis : refaites la simulation.")
        )
    elif total([share.amount for share in found.shares]) != Money(held.amount):
        problems.append(InputProblem(None, None, "Les parts ne font plus l'enveloppe : refaites la simulation."))
    elif shown != effect_token(record):
        problems.append(InputProblem(None, None, "L'effet d'équité a changé depuis que vous l'avez lu : relisez-le."))
    if problems:
        raise InputRefused(problems, title="Rien n'est décidé.")
    made = AllocationDecision.objects.create(
        envelope=held, simulation=kept, shares=kept.shares, equity=record, reason=reason.strip(), at=at, by=by
    )
    _record(
        "envelope.decide", held, f"{held} : répartition décidée, « {kept} »", by, at, {"shares": [None, kept.shares]}
    )
    return made


def _lock(envelope: Envelope) -> Envelope:
    return Envelope.objects.select_for_update(of=("self",)).select_related("territory__parent").get(pk=envelope.pk)


def _record(
    action: str, envelope: Envelope, summary: str, by: User, at: datetime, changes: dict[str, object] | None = None
) -> None:
    audit.record(
        action=action,
        obj=envelope,
        by=by,
        at=at,
        summary=summary,
        changes=changes or {},
        territory_code=envelope.territory.code,
    )
