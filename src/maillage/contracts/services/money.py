"""What is committed, paid and justified, movement by movement; legal commitments; waivers of rules."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from maillage.contracts import perms
from maillage.contracts.enums import Stage
from maillage.contracts.models import ActionSheet, Contract, Ej, FundingLine, Movement, RuleWaiver
from maillage.contracts.rules import checked
from maillage.contracts.selectors.drafts import draft_of
from maillage.contracts.services.texts import lock
from maillage.core import audit
from maillage.core.models import StoredFile, User
from maillage.core.perms import require
from maillage.engines.lifecycle.contracts import RUNNING
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError
from maillage.kernel.money import Money

_EJ = re.compile(r"[0-9]{6,12}")
_SIRET = re.compile(r"[0-9]{14}")
MIN_REASON = 10


@transaction.atomic
def record_movement(
    *,
    line: FundingLine,
    stage: str,
    amount: Money,
    dated_on: date,
    by: User,
    at: datetime,
    ej: Ej | None = None,
    note: str = "",
    file: StoredFile | None = None,
) -> Movement:
    """Commit, pay or justify an amount on a line; a negative amount corrects, with a note.

    Raises InputRefused where the chain paid ≤ committed ≤ awarded would break (F4).
    """
    contract = lock(line.sheet.contract)
    held = FundingLine.objects.select_for_update(of=("self",)).select_related("funder", "sheet").get(pk=line.pk)
    allowed = perms.can_record_money(by, contract, localdate(at), family=held.funder.family)
    require(allowed, "Vous ne pouvez pas enregistrer ce montant.")
    if contract.status not in RUNNING:
        raise MaillageError("Un montant s'engage et se paie sur un contrat signé.")
    total = getattr(held, Stage(stage).value) + amount.euros
    _refuse_bad_movement(held, stage, amount, total, dated_on, localdate(at), note, ej)
    setattr(held, Stage(stage).value, total)
    held.save(update_fields=[Stage(stage).value])
    movement = Movement.objects.create(
        line=held, stage=stage, amount=amount.euros, dated_on=dated_on, ej=ej, note=note, file=file, at=at, by=by
    )
    audit.record(
        action=f"funding_line.{stage}",
        obj=held,
        by=by,
        at=at,
        summary=f"{contract} · fiche {held.sheet.code} · ligne {held.key} : {Stage(stage).label.lower()} {amount}",
        changes={stage: [str(total - amount.euros), str(total)]},
        territory_code=contract.territory.code,
    )
    return movement


def _refuse_bad_movement(
    line: FundingLine,
    stage: str,
    amount: Money,
    total: Decimal,
    dated_on: date,
    today: date,
    note: str,
    ej: Ej | None,
) -> None:
    problems = []
    if not amount:
        problems.append(InputProblem(None, "montant", "Donnez un montant qui n'est pas nul."))
    if amount.euros < 0 and len(note.strip()) < MIN_REASON:
        problems.append(InputProblem(None, "note", f"Une correction s'explique, en {MIN_REASON} caractères au moins."))
    if dated_on > today:
        problems.append(InputProblem(None, "date", "La date est dans le futur."))
    if ej is not None and ej.sheet_id != line.sheet_id:
        problems.append(InputProblem(None, "EJ", "Cet engagement juridique appartient à une autre action."))
    sums = {name: getattr(line, name) for name in ("committed", "paid", "justified")} | {stage: total}
    problems += _chain_problems(line, sums)
    if problems:
        raise InputRefused(problems, title="Le montant n'est pas enregistré.")


def _chain_problems(line: FundingLine, sums: dict[str, Decimal]) -> list[InputProblem]:
    """Invariant F4 on the line, each link in the words of the accountant."""
    committed, paid, justified = (Money(sums[name]) for name in ("committed", "paid", "justified"))
    awarded = Money(line.awarded) if line.awarded is not None else Money.zero()
    problems = []
    if min(committed, paid, justified) < Money.zero():
        problems.append(InputProblem(None, "montant", "Le cumul deviendrait négatif."))
    if committed > awarded:
        problems.append(InputProblem(None, "montant", f"L'engagé ({committed}) dépasserait l'attribué ({awarded})."))
    if paid > committed:
        problems.append(InputProblem(None, "montant", f"Le payé ({paid}) dépasserait l'engagé ({committed})."))
    return problems


@transaction.atomic
def register_ej(*, sheet: ActionSheet, number: str, siret: str, year: int, by: User, at: datetime) -> Ej:
    """Tie a legal commitment to an action. Refused where the same number, SIRET and year is another action's (F5)."""
    contract = lock(sheet.contract)
    require(perms.is_state_team(by, contract, localdate(at)), "Vous ne pouvez pas enregistrer un EJ ici.")
    problems = []
    if not _EJ.fullmatch(number.strip()):
        problems.append(InputProblem(None, "EJ", "Le numéro a de 6 à 12 chiffres."))
    if not _SIRET.fullmatch(siret.strip()):
        problems.append(InputProblem(None, "SIRET", "Un SIRET a 14 chiffres."))
    if problems:
        raise InputRefused(problems, title="L'EJ n'est pas enregistré.")
    known = Ej.objects.filter(number=number.strip(), siret=siret.strip(), year=year).select_related("sheet").first()
    if known is not None and known.sheet_id == sheet.pk:
        return known
    try:
        with transaction.atomic():
            made = Ej.objects.create(number=number.strip(), siret=siret.strip(), year=year, sheet=sheet)
    except IntegrityError as error:
        message = f"Cet engagement juridique de {year} est déjà celui d'une autre action : un EJ n'en sert qu'une."
        raise InputRefused([InputProblem(None, "EJ", message)], title="L'EJ n'est pas enregistré.") from error
    audit.record(
        action="action_sheet.ej",
        obj=sheet,
        by=by,
        at=at,
        summary=f"{contract} · fiche {sheet.code} : EJ enregistré",
        changes={"ej": [None, f"{made.number}/{year}"]},
        territory_code=contract.territory.code,
    )
    return made


@transaction.atomic
def waive_rule(*, contract: Contract, key: str, reason: str, by: User, at: datetime) -> RuleWaiver:
    """Accept a warning of a rule, with a reason. `key`: the finding, as the rules give it now."""
    locked = lock(contract)
    require(perms.can_waive(by, locked, localdate(at)), "Vous ne pouvez pas accorder de dérogation ici.")
    if len(reason.strip()) < MIN_REASON:
        raise InputRefused([InputProblem(None, "motif", f"Écrivez un motif de {MIN_REASON} caractères au moins.")])
    result = checked(locked, draft_of(locked).text)
    finding = next((one for one in result.findings if one.key == key and one.waivable), None)
    if finding is None:
        raise MaillageError(
            "Ce constat n'existe plus, ou n'admet pas de dérogation : les montants ont peut-être changé."
        )
    if key in result.waived:
        raise MaillageError("Une dérogation est déjà en vigueur pour ce constat.")
    made = RuleWaiver.objects.create(
        contract=locked,
        rule=finding.rule,
        key=key,
        message=finding.message_fr[:500],
        reason=reason.strip(),
        by=by,
        at=at,
    )
    audit.record(
        action="contract.waive",
        obj=locked,
        by=by,
        at=at,
        summary=f"{locked} : dérogation à la règle {finding.rule}",
        changes={key: [None, reason.strip()]},
        territory_code=locked.territory.code,
    )
    return made


@transaction.atomic
def withdraw_rule_waiver(*, waiver: RuleWaiver, by: User, at: datetime) -> RuleWaiver:
    """The warning stands again."""
    locked = lock(waiver.contract)
    held = RuleWaiver.objects.select_for_update(of=("self",)).get(pk=waiver.pk)
    require(perms.can_waive(by, locked, localdate(at)), "Vous ne pouvez pas retirer cette dérogation.")
    if held.withdrawn_at is not None:
        raise MaillageError("Cette dérogation est déjà retirée.")
    held.withdrawn_at, held.withdrawn_by = at, by
    held.save(update_fields=["withdrawn_at", "withdrawn_by"])
    audit.record(
        action="contract.waiver_withdrawn",
        obj=locked,
        by=by,
        at=at,
        summary=f"{locked} : dérogation à la règle {held.rule} retirée",
        changes={held.key: [held.reason, None]},
        territory_code=locked.territory.code,
    )
    return held
