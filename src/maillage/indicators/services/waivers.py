"""Accepting a discrepancy, with a reason, a name and a date; and withdrawing that."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from maillage.core import audit
from maillage.core.models import User
from maillage.core.perms import require
from maillage.indicators import perms
from maillage.indicators.models import StatedFigure, Waiver
from maillage.indicators.selectors import consistency
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError

MIN_REASON = 10
MAX_REASON = 2000
REFUSED = "Vous ne pouvez pas accepter un écart sur ce territoire."


@transaction.atomic
def waive(*, figure: StatedFigure, reason: str, by: User, at: datetime) -> Waiver:
    """Accept that a figure contradicts another. Refused where nothing contradicts, or where it is accepted already."""
    locked = StatedFigure.objects.select_for_update(of=("self",)).get(pk=figure.pk)
    require(perms.can_waive(by, locked, at.date()), REFUSED)
    text = reason.strip()
    if not MIN_REASON <= len(text) <= MAX_REASON:
        raise InputRefused([InputProblem(None, "motif", f"Écrivez un motif de {MIN_REASON} caractères au moins.")])
    if consistency.waiver_in_force(locked) is not None:
        raise MaillageError("Cet écart est déjà accepté par une dérogation en vigueur.")
    found = consistency.check(keep=lambda row: row.pk == locked.pk)[0]
    if not found.is_discrepancy:
        raise MaillageError(f"Ce chiffre n'est pas en écart ({found.kind_label}) : il n'y a rien à accepter.")
    waiver = Waiver.objects.create(figure=locked, verdict=found.kind, reason=text, by=by, at=at)
    audit.record(
        action="figure.waive",
        obj=locked,
        by=by,
        at=at,
        summary=f"Écart accepté sur {locked.code} : {found.kind_label}",
        changes={"waiver": [None, text], "verdict": [None, found.kind]},
        territory_code=locked.territory.code,
    )
    return waiver


@transaction.atomic
def withdraw_waiver(*, waiver: Waiver, by: User, at: datetime) -> Waiver:
    """The discrepancy shows again. The waiver stays in the history, with who withdrew it and when."""
    locked = Waiver.objects.select_for_update(of=("self",)).get(pk=waiver.pk)
    figure = locked.figure
    require(perms.can_waive(by, figure, at.date()), REFUSED)
    if locked.withdrawn_at is not None:
        raise MaillageError("Cette dérogation est déjà retirée.")
    locked.withdrawn_at, locked.withdrawn_by = at, by
    locked.save(update_fields=["withdrawn_at", "withdrawn_by"])
    audit.record(
        action="figure.waiver_withdrawn",
        obj=figure,
        by=by,
        at=at,
        summary=f"Dérogation retirée sur {figure.code}",
        changes={"waiver": [locked.reason, None]},
        territory_code=figure.territory.code,
    )
    return locked
