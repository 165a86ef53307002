"""Writes on accounts and memberships. `by` is None when the operator of the machine asks, from the command line."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from maillage.core import audit, perms
from maillage.core.enums import Role
from maillage.core.models import Membership, User
from maillage.kernel.errors import InputProblem, InputRefused
from maillage.kernel.territory import TerritoryCode

_NOT_LEADER = "Seule l'équipe régionale gère les comptes et les habilitations."


def _require_leader(by: User | None, at: datetime) -> None:
    if by is not None:
        perms.require(perms.leads_instance(by, at.date()), _NOT_LEADER)


def _refuse(column: str, message: str) -> InputRefused:
    return InputRefused([InputProblem(None, column, message)], title="Le compte n'est pas enregistré.")


def _checked_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        problems = [InputProblem(None, "mot de passe", message) for message in error.messages]
        raise InputRefused(problems, title="Le mot de passe est refusé.") from error


@transaction.atomic
def create_account(
    *,
    email: str,
    full_name: str,
    password: str,
    by: User | None,
    at: datetime,
    is_demonstration: bool = False,
) -> User:
    """Open an account that holds nothing yet. Raises InputRefused for an address that is malformed or taken."""
    _require_leader(by, at)
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise _refuse("adresse électronique", "cette adresse n'a pas la forme nom@domaine.") from error
    if User.objects.filter(email=email).exists():
        raise _refuse("adresse électronique", "un compte existe déjà avec cette adresse.")
    user = User(email=email, full_name=full_name.strip(), is_demonstration=is_demonstration, joined_at=at)
    _checked_password(password, user)
    user.set_password(password)
    user.save()
    audit.record(action="account.create", obj=user, by=by, at=at, summary="Compte ouvert")
    return user


@transaction.atomic
def set_password(*, user: User, password: str, by: User | None, at: datetime) -> User:
    """Change a password: one's own, or anyone's from the command line. Other open sessions end by themselves."""
    user = User.objects.select_for_update().get(pk=user.pk)
    perms.require(by is None or by.pk == user.pk, "Chacun change son propre mot de passe.")
    _checked_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record(action="account.password", obj=user, by=by, at=at, summary="Mot de passe changé")
    return user


@transaction.atomic
def deactivate_account(*, user: User, by: User | None, at: datetime) -> User:
    """Close an account: it signs in no more and its sessions end. What it did stays in the journal."""
    _require_leader(by, at)
    user = User.objects.select_for_update().get(pk=user.pk)
    user.is_active = False
    user.save(update_fields=["is_active"])
    audit.record(action="account.deactivate", obj=user, by=by, at=at, summary="Compte désactivé")
    return user


def _role(code: str) -> Role:
    try:
        return Role(code)
    except ValueError as error:
        known = ", ".join(Role.values)
        raise _refuse("rôle", f"« {code} » est inconnu. Rôles possibles : {known}.") from error


@transaction.atomic
def add_membership(
    *,
    user: User,
    role: str,
    territory_code: str,
    starts_on: date,
    by: User | None,
    at: datetime,
    axis_code: str = "",
    ends_on: date | None = None,
) -> Membership:
    """Give a role over a perimeter. Raises InputRefused, or TerritoryInvalid for a code that names no territory."""
    _require_leader(by, at)
    territory = str(TerritoryCode.parse(territory_code))
    held = _role(role)
    if ends_on is not None and ends_on < starts_on:
        raise _refuse("fin", "l'habilitation finirait avant de commencer.")
    same = {"role": held, "territory_code": territory, "axis_code": axis_code, "starts_on": starts_on}
    if user.memberships.filter(**same).exists():
        raise _refuse("rôle", "cette habilitation existe déjà.")
    membership = Membership.objects.create(user=user, ends_on=ends_on, **same)
    audit.record(
        action="membership.add",
        obj=membership,
        by=by,
        at=at,
        summary=f"Habilitation donnée : {held.label}",
        changes={"user": [None, user.pk], "role": [None, held.value], "axis": [None, axis_code]},
        territory_code=territory,
    )
    return membership


@transaction.atomic
def end_membership(*, membership: Membership, ends_on: date, by: User | None, at: datetime) -> Membership:
    """Set the last day of a membership."""
    _require_leader(by, at)
    membership = Membership.objects.select_for_update(of=("self",)).get(pk=membership.pk)
    if ends_on < membership.starts_on:
        raise _refuse("fin", "l'habilitation finirait avant de commencer.")
    before = membership.ends_on.isoformat() if membership.ends_on else None
    membership.ends_on = ends_on
    membership.save(update_fields=["ends_on"])
    audit.record(
        action="membership.end",
        obj=membership,
        by=by,
        at=at,
        summary="Fin d'habilitation fixée",
        changes={"ends_on": [before, ends_on.isoformat()]},
        territory_code=membership.territory_code,
    )
    return membership


@transaction.atomic
def record_session(*, user: User, opened: bool, at: datetime) -> None:
    """Leave a line when someone signs in or out."""
    verb = "open" if opened else "close"
    summary = "Session ouverte" if opened else "Session fermée"
    audit.record(action=f"session.{verb}", obj=user, by=user, at=at, summary=summary)


@transaction.atomic
def purge_traces(*, at: datetime) -> dict[str, int]:
    """Erase what is kept of sign-in attempts once it no longer locks anyone out, and the sessions that have ended."""
    from axes.models import AccessAttempt, AccessLog

    limit = at - settings.AXES_COOLOFF_TIME
    attempts, _ = AccessAttempt.objects.filter(attempt_time__lt=limit).delete()
    logs, _ = AccessLog.objects.filter(attempt_time__lt=limit).delete()
    sessions, _ = Session.objects.filter(expire_date__lt=at).delete()
    return {"attempts": attempts + logs, "sessions": sessions}
