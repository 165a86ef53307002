"""Writes on digests: prepared for a week, read, approved, sent once. `by` is None from the command line."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from maillage.core import audit, jobs, perms
from maillage.core.digests import letters, registry, selectors
from maillage.core.digests.letters import Letter
from maillage.core.digests.registry import Waiting
from maillage.core.digests.week import Week
from maillage.core.enums import DigestReason, DigestStatus
from maillage.core.models import Digest, DigestPreference, Job, User
from maillage.engines.lifecycle import DIGEST, SYSTEM
from maillage.kernel.errors import MaillageError

logger = logging.getLogger("maillage.digests")

PREPARE_JOB = "digests.prepare"
SEND_JOB = "digests.send"
_TEAM = {"commissioner"}
_NOT_LEADER = "Seule l'équipe régionale prépare et envoie les relances."

Advance = Callable[[int, str], None]


def _no_advance(percent: int, text: str) -> None:
    """Nobody follows."""


@dataclass
class Prepared:
    """What a preparation did. `unavailable`: parts of the site that could not say what waits for someone."""

    week: Week
    written: int = 0
    refreshed: int = 0
    kept: int = 0
    withdrawn: int = 0
    unavailable: tuple[str, ...] = ()


def _require_leader(by: User | None, at: datetime) -> None:
    if by is not None:
        perms.require(perms.leads_instance(by, at.date()), _NOT_LEADER)


# --- prepare ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def request_preparation(*, by: User, at: datetime) -> Job:
    """Start the job that prepares the week under way."""
    _require_leader(by, at)
    week = Week.of(timezone.localtime(at).date())
    return jobs.start(kind=PREPARE_JOB, title=f"Relances, {week.label}", parameters={"by_id": by.pk}, by=by, at=at)


def prepare(*, by: User | None, at: datetime, advance: Advance = _no_advance) -> Prepared:
    """Write the digest of every person for whom something waits; what was not approved yet is brought up to date.

    Sources are asked outside any transaction: one that breaks must not spoil the writes, nor a slow one hold them.
    Raises MaillageError when messages would leave without an address for their links.
    """
    _require_leader(by, at)
    letters.require_address()
    on = timezone.localtime(at).date()
    result = Prepared(Week.of(on))
    users = selectors.recipients(on)
    waited: set[int] = set()
    silent: set[str] = set()
    for rank, user in enumerate(users):
        advance(rank * 100 // len(users), f"{rank} comptes sur {len(users)}")
        waiting = registry.look(user, on)
        silent.update(waiting.unavailable)
        if waiting.items:
            letter = letters.write(waiting, week=result.week, on=on)
            _count(result, _keep(user=user, week=result.week, waiting=waiting, letter=letter, by=by, at=at))
        if waiting.items or waiting.unavailable:  # who cannot be asked is not held to have nothing waiting
            waited.add(user.pk)
    result.withdrawn = _withdraw_the_others(week=result.week, waited=waited, recipients=users, by=by, at=at)
    result.unavailable = tuple(sorted(silent))
    return result


def _count(result: Prepared, done: str) -> None:
    setattr(result, done, getattr(result, done) + 1)


@transaction.atomic
def _keep(*, user: User, week: Week, waiting: Waiting, letter: Letter, by: User | None, at: datetime) -> str:
    """Write a digest, or bring it up to date while it may still change. Answers the name of a count of `Prepared`."""
    content = {
        "items": [item.as_json() for item in waiting.items],
        "subject": letter.subject,
        "body": letter.body,
        "prepared_at": at,
    }
    digest, made = Digest.objects.select_for_update(of=("self",)).get_or_create(
        user=user, week=str(week), defaults=content
    )
    if made:
        audit.record(action="digest.prepare", obj=digest, by=by, at=at, summary="Relance préparée")
        return "written"
    refreshable = any(row.name == "refresh" for row in DIGEST.offered(digest.status, {SYSTEM}))
    if not refreshable or (digest.subject, digest.body) == (letter.subject, letter.body):
        return "kept"
    digest.status = DIGEST.next_state("refresh", digest.status, {SYSTEM})
    for name, value in content.items():
        setattr(digest, name, value)
    digest.save(update_fields=["status", *content])
    audit.record(action="digest.refresh", obj=digest, by=by, at=at, summary="Relance mise à jour")
    return "refreshed"


@transaction.atomic
def _withdraw_the_others(*, week: Week, waited: set[int], recipients: list[User], by: User | None, at: datetime) -> int:
    """Discard what was prepared for people for whom nothing waits any more, or who receive nothing any more."""
    asked = {user.pk for user in recipients}
    stale = Digest.objects.select_for_update(of=("self",)).filter(week=str(week), status=DigestStatus.PREPARED)
    gone = list(stale.exclude(user__in=waited).order_by("pk"))
    for digest in gone:
        reason = DigestReason.NOTHING_LEFT if digest.user_id in asked else DigestReason.NOT_RECIPIENT
        _discard(digest, roles={SYSTEM}, reason=reason, by=by, at=at)
    return len(gone)


def _discard(digest: Digest, *, roles: set[str], reason: DigestReason, by: User | None, at: datetime) -> None:
    digest.status = DIGEST.next_state("discard", digest.status, roles)
    digest.reason = reason
    digest.save(update_fields=["status", "reason"])
    audit.record(action="digest.discard", obj=digest, by=by, at=at, summary=f"Relance écartée. {reason.label}")


# --- read and decide -------------------------------------------------------------------------------------------------


@transaction.atomic
def discard(*, digest: Digest, by: User, at: datetime) -> Digest:
    """Set a digest aside before it leaves. Raises TransitionRefused once it is leaving or gone."""
    _require_leader(by, at)
    digest = Digest.objects.select_for_update(of=("self",)).get(pk=digest.pk)
    _discard(digest, roles=_TEAM, reason=DigestReason.TEAM, by=by, at=at)
    return digest


@transaction.atomic
def approve(*, week: Week, seen: str, by: User, at: datetime) -> Job:
    """Approve what was read of a week (`seen`: its `selectors.fingerprint`), and start the job that sends it.

    Raises MaillageError when there is nothing to approve; TransitionRefused, approving nothing, when one digest of the
    batch changed since it was read, is of another week, or may not leave.
    """
    _require_leader(by, at)
    letters.require_address()
    locked = Digest.objects.select_for_update(of=("self",)).filter(week=str(week), status=DigestStatus.PREPARED)
    batch = list(locked.select_related("user").order_by("pk"))
    if not batch:
        raise MaillageError("Aucune relance n'attend d'être approuvée.")
    facts = {
        "seen": seen == selectors.fingerprint(batch),
        "current": week == Week.of(timezone.localtime(at).date()),
        "leaves_machine": letters.leaves_machine(),
    }
    for digest in batch:
        about = facts | {"demonstration": digest.user.is_demonstration}
        digest.status = DIGEST.next_state("approve", digest.status, _TEAM, about)
        digest.approved_by, digest.approved_at = by, at
    Digest.objects.bulk_update(batch, ["status", "approved_by", "approved_at"])
    audit.record_all(
        audit.line(action="digest.approve", obj=digest, by=by, at=at, summary="Relance approuvée") for digest in batch
    )
    return _start_sending(week, by=by, at=at)


@transaction.atomic
def request_sending(*, week: Week, by: User, at: datetime) -> Job:
    """Start again the sending of what is approved and has not left: after a server that did not answer."""
    _require_leader(by, at)
    if not Digest.objects.filter(week=str(week), status=DigestStatus.APPROVED).exists():
        raise MaillageError("Aucune relance approuvée n'attend de partir.")
    return _start_sending(week, by=by, at=at)


def _start_sending(week: Week, *, by: User, at: datetime) -> Job:
    return jobs.start(
        kind=SEND_JOB, title=f"Envoi des relances, {week.label}", parameters={"week": str(week)}, by=by, at=at
    )


@transaction.atomic
def choose(*, user: User, weekly: bool, by: User, at: datetime) -> DigestPreference:
    """Receive the weekly message or not: each for herself."""
    perms.require(by.pk == user.pk, "Chacun choisit pour soi de recevoir les relances.")
    before = selectors.wants(user)
    chosen, _made = DigestPreference.objects.update_or_create(user=user, defaults={"weekly": weekly, "changed_at": at})
    if before != weekly:
        summary = "Relances acceptées" if weekly else "Relances refusées"
        audit.record(action="digest.choose", obj=user, by=by, at=at, summary=summary)
    return chosen
