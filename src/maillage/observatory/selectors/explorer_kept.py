"""What the map explorer keeps in memory from one request to the next, and how it knows that it still holds.

A map of the country reads 35,000 values: read once, they serve until something is written. Nothing here outlives a
change: the key of whatever is kept holds a mark that any write moves.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from django.db.models import Max, Model

from maillage.core.models import AuditEntry
from maillage.indicators.models import Observation
from maillage.sources.models import SourceEdition
from maillage.territories.models import Contour, Territory

T = TypeVar("T")
Mark = tuple[str, ...]


class Kept(Generic[T]):
    """The last things made, as long as their weights together stay under `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[Hashable, tuple[int, T]] = OrderedDict()
        self._lock = Lock()
        _EVERYTHING.add(self)

    def get(self, key: Hashable, make: Callable[[], T], weigh: Callable[[T], int]) -> T:
        """What is kept under a key, made if it is not."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key][1]
        made = make()
        with self._lock:
            self._held[key] = (weigh(made), made)
            while len(self._held) > 1 and sum(weight for weight, _ in self._held.values()) > self._most:
                self._held.popitem(last=False)
        return made

    def clear(self) -> None:
        with self._lock:
            self._held.clear()


_EVERYTHING: WeakSet[Kept[Any]] = WeakSet()


def forget() -> None:
    """Keep nothing, as after a restart. Tests need it too: their process sees many databases."""
    for kept in _EVERYTHING:
        kept.clear()


def values_mark() -> Mark:
    """Moves whenever a value may have changed: each write is in the journal, each load is an edition."""
    return (*_editions(), _last(Observation), _last(AuditEntry))


def ground_mark() -> Mark:
    """Moves whenever a territory or its contour may have changed: both come by loads alone."""
    return (*_editions(), _last(Territory), _last(Contour))


def _editions() -> Mark:
    found = SourceEdition.objects.aggregate(last=Max("pk"), at=Max("loaded_at"))
    return str(found["last"] or 0), str(found["at"] or "")


def _last(model: type[Model]) -> str:
    last = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
    return str(last or 0)
