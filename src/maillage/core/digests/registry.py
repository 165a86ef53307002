"""The sources of what waits for a person, and what they answer together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.apps import apps

if TYPE_CHECKING:
    from maillage.core.models import User

logger = logging.getLogger("maillage.digests")


@dataclass(frozen=True)
class Item:
    """One thing to do. `kind` is a short code of its source, `url` a path of the site.

    Raises ValueError for an address that leaves the site, or for a label that says nothing.
    """

    kind: str
    label: str
    url: str
    due_on: date | None
    late: bool
    territory_code: str

    def __post_init__(self) -> None:
        if not self.url.startswith("/") or self.url.startswith("//"):
            raise ValueError("the address of an item is a path of the site")
        if not self.label.strip():
            raise ValueError("an item has a label")

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"due_on": self.due_on.isoformat() if self.due_on else None}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Item:
        due = stored["due_on"]
        return cls(**{**stored, "due_on": date.fromisoformat(due) if due else None})


Source = Callable[["User", date], list[Item]]


@dataclass(frozen=True)
class Waiting:
    """What every source answered. `unavailable`: French names of the parts that could not answer."""

    items: tuple[Item, ...]
    unavailable: tuple[str, ...] = ()


_sources: dict[str, Source] = {}


def source(function: Source) -> Source:
    """Register what tells the things that wait for a person. Registering the same function again changes nothing."""
    _sources[_name(function)] = function
    return function


def look(user: User, on: date) -> Waiting:
    """Ask every source. One that breaks takes nothing else down: it is logged, and named as unavailable."""
    found: list[Item] = []
    silent: set[str] = set()
    for name, ask in sorted(_sources.items()):
        try:
            found += ask(user, on)
        except Exception:
            logger.exception("digest source failed", extra={"event": name})
            silent.add(_part(ask))
    return Waiting(tuple(sorted(found, key=_urgency)), tuple(sorted(silent)))


def awaiting(user: User, on: date) -> list[Item]:
    """What waits for a person on a day: late first, then by due date, those without a date last."""
    return list(look(user, on).items)


def _urgency(item: Item) -> tuple[bool, date, str, str]:
    return (not item.late, item.due_on or date.max, item.label, item.url)


def _name(function: Source) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def _part(function: Source) -> str:
    """The French name of the app that a source belongs to."""
    config = apps.get_containing_app_config(function.__module__)
    return str(config.verbose_name) if config is not None else "une partie du site"
