"""Reads about digests: who receives one, what was prepared for a week, what of it was read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from maillage.core import perms
from maillage.core.digests.week import Week
from maillage.core.enums import DigestStatus
from maillage.core.models import Digest, DigestPreference, User

UNCERTAIN = "uncertain"
UNCERTAIN_LABEL = "Incertain"

# The longest that a server takes to accept a message is half a minute (`config.mail`), several times over.
SENDING_AT_MOST = timedelta(minutes=5)


def recipients(on: date) -> list[User]:
    """Accounts that are open, hold something on a day, and did not decline. Two queries."""
    declined = DigestPreference.objects.filter(weekly=False).values("user")
    users = User.objects.filter(is_active=True).exclude(pk__in=declined).prefetch_related("memberships").order_by("pk")
    return [user for user in users if perms.memberships_in_force(user, on)]


def receives(user: User, on: date) -> bool:
    """Whether a person, read afresh, is among the recipients."""
    return user.is_active and wants(user) and bool(perms.memberships_in_force(user, on))


def wants(user: User) -> bool:
    return not DigestPreference.objects.filter(user=user, weekly=False).exists()


def of_week(week: Week) -> QuerySet[Digest]:
    return Digest.objects.filter(week=str(week)).select_related("user").order_by("user__full_name", "pk")


def to_read(week: Week) -> list[Digest]:
    """The digests of a week that nobody approved or discarded yet."""
    return list(of_week(week).filter(status=DigestStatus.PREPARED))


def prepared_weeks() -> list[Week]:
    """Weeks that have digests, the latest first; no more than a year of them."""
    codes = Digest.objects.order_by("-week").values_list("week", flat=True).distinct()[:53]
    return [Week.parse(code) for code in codes]


def fingerprint(digests: Iterable[Digest]) -> str:
    """What was read: any digest that appears, goes or changes gives another one."""
    content = sorted([one.pk, one.user_id, one.user.email, one.subject, one.body] for one in digests)
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def display_status(digest: Digest, at: datetime) -> tuple[str, str]:
    """Code and French label of the state to show. A sending that never ended is uncertain, and nobody ends it."""
    claimed = digest.claimed_at
    if digest.status == DigestStatus.SENDING and claimed is not None and at - claimed > SENDING_AT_MOST:
        return UNCERTAIN, UNCERTAIN_LABEL
    return digest.status, DigestStatus(digest.status).label
