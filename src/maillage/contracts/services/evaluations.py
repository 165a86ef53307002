"""Evaluations: a question, how it was answered, what was found, what is recommended and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from maillage.contracts import perms
from maillage.contracts.enums import Outcome
from maillage.contracts.models import (
    ActionSheet,
    ComparedFigure,
    Contract,
    Evaluation,
    Recommendation,
)
from maillage.contracts.services.seen import refuse_if_moved
from maillage.contracts.services.texts import lock
from maillage.core import audit
from maillage.core.models import User
from maillage.core.perms import require
from maillage.engines.lifecycle.contracts import SIGNED
from maillage.indicators.models import Indicator
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError
from maillage.kernel.period import Period, PeriodInvalid

TEXTS = {"question": "question", "method": "méthode", "findings": "constats"}
MAX_TEXT = 10_000
MIN_REASON = 10


def evaluation_fields(evaluation: Evaluation) -> dict[str, str]:
    """What people type in an evaluation, as texts: what a token is made of."""
    texts = {name: getattr(evaluation, name) for name in TEXTS}
    return texts | {"finished_on": evaluation.finished_on.isoformat() if evaluation.finished_on else ""}


@transaction.atomic
def open_evaluation(
    *,
    contract: Contract,
    question: str,
    by: User,
    at: datetime,
    sheet: ActionSheet | None = None,
    method: str = "",
) -> Evaluation:
    """Ask a question of a contract, or of one of its actions."""
    locked = _locked(contract, by, at)
    if sheet is not None and sheet.contract_id != locked.pk:
        raise MaillageError("Cette action est d'un autre contrat.")
    made = Evaluation(contract=locked, sheet=sheet, at=at, by=by)
    _fill(made, {"question": question, "method": method})
    made.save()
    _record(locked, made, "open", by, at, {"fields": [None, evaluation_fields(made)]})
    return made


def _locked(contract: Contract, by: User, at: datetime) -> Contract:
    locked = lock(contract)
    require(perms.is_party(by, locked, localdate(at)), "Vous ne pouvez pas écrire d'évaluation sur ce contrat.")
    if locked.status not in SIGNED:
        raise MaillageError("Une évaluation porte sur un contrat signé.")
    return locked


def _fill(evaluation: Evaluation, texts: Mapping[str, str]) -> None:
    problems = []
    for name, label in TEXTS.items():
        if name not in texts:
            continue
        text = texts[name].replace("\r\n", "\n").strip()
        if len(text) > MAX_TEXT:
            problems.append(InputProblem(None, label, f"{len(text)} caractères ; {MAX_TEXT} au plus."))
        setattr(evaluation, name, text)
    if not evaluation.question:
        problems.append(InputProblem(None, "question", "Écrivez la question à laquelle l'évaluation répond."))
    if problems:
        raise InputRefused(problems, title="L'évaluation n'est pas enregistrée.")


@transaction.atomic
def save_evaluation(
    *,
    evaluation: Evaluation,
    texts: Mapping[str, str],
    finished_on: date | None,
    seen: str,
    by: User,
    at: datetime,
) -> Evaluation:
    """Write question, method and findings; `finished_on` says that it is given back, None that it is not.

    Raises Moved where someone saved meanwhile, InputRefused for what is missing.
    """
    locked = _locked(evaluation.contract, by, at)
    held = _held(evaluation, locked)
    before = evaluation_fields(held)
    refuse_if_moved("Évaluation", seen, before)
    _fill(held, texts)
    if finished_on is not None and finished_on > localdate(at):
        raise InputRefused([InputProblem(None, "rendue le", "Cette date est dans le futur.")])
    if finished_on is not None and not held.findings:
        raise InputRefused([InputProblem(None, "constats", "Écrivez les constats avant de rendre l'évaluation.")])
    held.finished_on = finished_on
    held.save()
    _record(locked, held, "save", by, at, {"fields": [before, evaluation_fields(held)]})
    return held


def _held(evaluation: Evaluation, contract: Contract) -> Evaluation:
    held = Evaluation.objects.select_for_update(of=("self",)).get(pk=evaluation.pk)
    held.contract = contract
    return held


@dataclass(frozen=True)
class Compared:
    """An indicator before and after. None is unknown, never zero."""

    indicator: Indicator
    before: Decimal | None = None
    before_period: str = ""
    after: Decimal | None = None
    after_period: str = ""
    note: str = ""


@transaction.atomic
def compare_figure(*, evaluation: Evaluation, compared: Compared, by: User, at: datetime) -> ComparedFigure:
    """Say where an indicator stood and where it stands: one line an indicator, written again by a second call.

    Raises InputRefused where both are unknown, or where a value has no period.
    """
    locked = _locked(evaluation.contract, by, at)
    held = _held(evaluation, locked)
    _refuse_bad_figure(compared)
    made, _ = ComparedFigure.objects.update_or_create(
        evaluation=held,
        indicator=compared.indicator,
        defaults={
            "before": compared.before,
            "before_period": compared.before_period.strip()[:21],
            "after": compared.after,
            "after_period": compared.after_period.strip()[:21],
            "note": compared.note.strip()[:300],
        },
    )
    figure = {"before": _text(compared.before), "after": _text(compared.after)}
    _record(locked, held, "compare", by, at, {compared.indicator.code: [None, figure]})
    return made


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _refuse_bad_figure(compared: Compared) -> None:
    problems = []
    if compared.before is None and compared.after is None and not compared.note.strip():
        problems.append(InputProblem(None, "avant", "Sans aucune valeur, dites dans la note pourquoi."))
    for word, value, period in (
        ("avant", compared.before, compared.before_period),
        ("après", compared.after, compared.after_period),
    ):
        if value is not None and not period.strip():
            problems.append(InputProblem(None, f"période {word}", "Dites de quelle période est cette valeur."))
        elif period.strip() and not _is_period(period):
            problems.append(InputProblem(None, f"période {word}", "Écrivez 2020, 2020-11 ou 2019/2023."))
    if problems:
        raise InputRefused(problems, title="La comparaison n'est pas enregistrée.")


def _is_period(text: str) -> bool:
    try:
        Period.parse(text)
    except PeriodInvalid:
        return False
    return True


@transaction.atomic
def recommend(*, evaluation: Evaluation, body: str, by: User, at: datetime) -> Recommendation:
    """Add a recommendation: what became of it is said later."""
    locked = _locked(evaluation.contract, by, at)
    held = _held(evaluation, locked)
    if not body.strip():
        raise InputRefused([InputProblem(None, "recommandation", "Écrivez la recommandation.")])
    made = Recommendation.objects.create(evaluation=held, body=body.strip()[:MAX_TEXT])
    _record(locked, held, "recommend", by, at, {"recommendation": [None, made.pk]})
    return made


@transaction.atomic
def follow_recommendation(
    *, recommendation: Recommendation, outcome: str, note: str, by: User, at: datetime
) -> Recommendation:
    """Say what became of a recommendation. Setting it aside, or following a part of it, is explained."""
    contract = recommendation.evaluation.contract
    locked = _locked(contract, by, at)
    held = Recommendation.objects.select_for_update(of=("self",)).select_related("evaluation").get(pk=recommendation.pk)
    explained = {Outcome.REFUSED, Outcome.PARTLY}
    if outcome in explained and len(note.strip()) < MIN_REASON:
        label = Outcome(outcome).label.lower()
        message = f"« {label} » s'explique, en {MIN_REASON} caractères au moins."
        raise InputRefused([InputProblem(None, "explication", message)], title="La suite n'est pas enregistrée.")
    before = [held.outcome, held.outcome_note]
    held.outcome, held.outcome_note = Outcome(outcome), note.strip()
    held.outcome_at, held.outcome_by = at, by
    held.save()
    changes = {"outcome": [before, [held.outcome, held.outcome_note]], "recommendation": [held.pk, held.pk]}
    _record(locked, held.evaluation, "follow", by, at, changes)
    return held


def _record(
    contract: Contract, evaluation: Evaluation, name: str, by: User, at: datetime, changes: Mapping[str, Any]
) -> None:
    words = {
        "open": "évaluation ouverte",
        "save": "évaluation modifiée",
        "compare": "indicateur comparé",
        "recommend": "recommandation ajoutée",
        "follow": "suite donnée à une recommandation",
    }
    audit.record(
        action=f"evaluation.{name}",
        obj=evaluation,
        by=by,
        at=at,
        summary=f"{contract} : {words[name]}",
        changes=changes,
        territory_code=contract.territory.code,
    )
