"""Approved digests leave, each once at most.

A digest is claimed in a transaction of its own before its message is handed over: two workers never hold the same one,
and a worker killed in between leaves it « sending », which nothing ever sends again.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from maillage.core import audit
from maillage.core.digests import letters, selectors
from maillage.core.digests.week import Week
from maillage.core.enums import DigestReason, DigestStatus
from maillage.core.models import Digest
from maillage.engines.lifecycle import DIGEST, SYSTEM
from maillage.kernel.errors import MaillageError

logger = logging.getLogger("maillage.digests")

_SYSTEM = {SYSTEM}

# The server answered about this message, and the next one may pass; anything else broke the link itself.
_ABOUT_ONE_MESSAGE = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPDataError,
    smtplib.SMTPNotSupportedError,
    UnicodeError,
    ValueError,
)

_NO_SERVER = (
    "Le serveur de messagerie ne répond pas, ou refuse la connexion : rien de plus n'est parti. "
    "Vérifiez le réglage MAILLAGE_EMAIL_URL, puis relancez l'envoi : ce qui est parti ne repartira pas."
)


@dataclass
class Sent:
    """What a sending did, in messages."""

    sent: int = 0
    failed: int = 0
    discarded: int = 0


def send(*, week: Week, now: Callable[[], datetime], advance: Callable[[int, str], None]) -> Sent:
    """Send the approved digests of a week, and only those. `now` is asked at each, since a batch takes minutes.

    Raises MaillageError when the server cannot be reached, or goes away: what has not left stays approved.
    """
    result = Sent()
    keys = list(selectors.of_week(week).filter(status=DigestStatus.APPROVED).values_list("pk", flat=True))
    if not keys:
        return result
    connection = _opened()
    try:
        for rank, key in enumerate(keys):
            advance(rank * 100 // len(keys), f"{rank} messages sur {len(keys)}")
            _send_one(key, connection, now, result)
    finally:
        connection.close()
    return result


def _opened() -> BaseEmailBackend:
    """The link to the server, before anything is claimed: no digest is lost to a server that is down."""
    connection: BaseEmailBackend = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("mail server out of reach", extra={"event": type(error).__name__})
        raise MaillageError(_NO_SERVER) from None
    return connection


def _send_one(key: int, connection: BaseEmailBackend, now: Callable[[], datetime], result: Sent) -> None:
    digest = claim(key=key, at=now(), result=result)
    if digest is None:
        return
    message = EmailMessage(digest.subject, digest.body, to=[digest.user.email], connection=connection)
    try:
        _hand_over(message)
    except _ABOUT_ONE_MESSAGE as error:
        _failed(digest, DigestReason.REFUSED, error, now(), result)
    except Exception as error:  # noqa: BLE001  (whatever broke the link: the claim is closed, the rest waits)
        _failed(digest, DigestReason.INTERRUPTED, error, now(), result)
        raise MaillageError(_NO_SERVER) from None
    else:
        _close(digest.pk, "finish", at=now())
        result.sent += 1


def _hand_over(message: EmailMessage) -> None:
    if message.send() != 1:
        raise ConnectionError("the backend kept the message")


def _failed(digest: Digest, reason: DigestReason, error: Exception, at: datetime, result: Sent) -> None:
    # The text of the error quotes the address: its kind is enough.
    logger.warning("digest not sent", extra={"event": type(error).__name__})
    _close(digest.pk, "fail", at=at, reason=reason)
    result.failed += 1


@transaction.atomic
def claim(*, key: int, at: datetime, result: Sent) -> Digest | None:
    """Take an approved digest, or None: another worker has it, it was discarded, or its person receives no more."""
    found = Digest.objects.select_for_update(of=("self",)).filter(pk=key, status=DigestStatus.APPROVED)
    digest = found.select_related("user").first()
    if digest is None:
        return None
    reason = _obstacle(digest, at)
    if reason is not None:
        digest.status = DIGEST.next_state("discard", digest.status, _SYSTEM)
        digest.reason = reason
        digest.save(update_fields=["status", "reason"])
        audit.record(action="digest.discard", obj=digest, by=None, at=at, summary=f"Relance écartée. {reason.label}")
        result.discarded += 1
        return None
    digest.status = DIGEST.next_state("send", digest.status, _SYSTEM, _facts(digest))
    digest.claimed_at = at
    digest.save(update_fields=["status", "claimed_at"])
    return digest


def _obstacle(digest: Digest, at: datetime) -> DigestReason | None:
    if not selectors.receives(digest.user, timezone.localtime(at).date()):
        return DigestReason.NOT_RECIPIENT
    may_leave = any(row.name == "send" for row in DIGEST.offered(digest.status, _SYSTEM, _facts(digest)))
    return None if may_leave else DigestReason.DEMONSTRATION


def _facts(digest: Digest) -> dict[str, bool]:
    return {"demonstration": digest.user.is_demonstration, "leaves_machine": letters.leaves_machine()}


@transaction.atomic
def _close(key: int, transition: str, *, at: datetime, reason: DigestReason | None = None) -> None:
    digest = Digest.objects.select_for_update(of=("self",)).get(pk=key)
    digest.status = DIGEST.next_state(transition, digest.status, _SYSTEM)
    if reason is None:
        digest.sent_at = at
    else:
        digest.reason = reason
    digest.save(update_fields=["status", "sent_at", "reason"])
    summary = "Relance envoyée" if reason is None else f"Relance non envoyée. {reason.label}"
    audit.record(action=f"digest.{transition}", obj=digest, by=None, at=at, summary=summary)
