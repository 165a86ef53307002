"""The writes of the simulator: counting what each client asks, so that one cannot take the server from the others.

The counts are in the database: each process of a server has its own memory, and would start from zero.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from maillage.kernel.errors import MaillageError
from maillage.kernel.numbers import NBSP
from maillage.rights.models import CalculationCount


@dataclass(frozen=True)
class Allowance:
    """How many calculations a client may ask in a window of time. Each has its own count."""

    name: str
    calculations: int
    window: timedelta


# A page asks at every change of an answer, and a social office shares one address; a program asks for one household.
PAGE = Allowance("page", 1200, timedelta(minutes=10))
API = Allowance("api", 60, timedelta(minutes=1))


class TooMany(MaillageError):
    """The client has asked for too much; `retry_after` is when it may ask again, in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(
            f"Trop de calculs ont été demandés depuis votre réseau. Réessayez dans {retry_after}{NBSP}secondes{NBSP}: "
            "rien de ce qui est tapé n'est perdu."
        )


@transaction.atomic
def count_calculation(*, address: str, allowance: Allowance, at: datetime) -> None:
    """Count one calculation of the client at this network address. Raises TooMany beyond what is allowed."""
    started = int(at.timestamp()) // int(allowance.window.total_seconds()) * int(allowance.window.total_seconds())
    ends = datetime.fromtimestamp(started, UTC) + allowance.window
    client = _client(address, allowance, started)
    CalculationCount.objects.filter(window_ends_at__lte=at).delete()
    if not _added(client):
        _open(client, ends)
    if CalculationCount.objects.values_list("count", flat=True).get(client=client) > allowance.calculations:
        raise TooMany(max(1, int((ends - at).total_seconds()) + 1))


def _added(client: str) -> bool:
    """Add one in the database itself: two processes never overwrite each other."""
    return CalculationCount.objects.filter(client=client).update(count=F("count") + 1) == 1


def _open(client: str, ends: datetime) -> None:
    try:
        with transaction.atomic():
            CalculationCount.objects.create(client=client, window_ends_at=ends, count=1)
    except IntegrityError:  # another process has just opened it
        _added(client)


def _client(address: str, allowance: Allowance, started: int) -> str:
    """A keyed hash. One IPv6 subscriber holds a whole /64: its addresses count as one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        network = "unknown"
    else:
        network = str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)
    told = f"rights:{allowance.name}:{started}:{network}"
    return hmac.new(settings.SECRET_KEY.encode(), told.encode(), hashlib.sha256).hexdigest()
