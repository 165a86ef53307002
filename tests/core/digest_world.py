"""Sources that only tests know, and short verbs on digests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

from maillage.core.digests import Item, registry, selectors, sending, services
from maillage.core.digests.week import Week
from maillage.core.models import Digest, User

AT = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
ON = date(2026, 11, 18)
WEEK = Week(2026, 47)

Asked = Callable[[User, date], list[Item]]


def item(label: str = "Rapport 2025 à compléter", *, due: date | None = None, late: bool = False, **more: str) -> Item:
    return Item("test", label, more.get("url", "/compte/"), due, late, more.get("territory_code", "DEP-44"))


@contextmanager
def only(*sources: Asked) -> Iterator[None]:
    """These sources and no other, whatever the apps registered."""
    before = dict(registry._sources)
    registry._sources.clear()
    try:
        for one in sources:
            registry._sources[f"test-{id(one)}"] = one
        yield
    finally:
        registry._sources.clear()
        registry._sources.update(before)


def waits_for(*users: User, items: tuple[Item, ...] = (item(),)) -> Asked:
    keys = {user.pk for user in users}
    return lambda user, on: list(items) if user.pk in keys else []


def prepare(*users: User, items: tuple[Item, ...] = (item(),), at: datetime = AT) -> services.Prepared:
    """Prepare the week with something that waits for these people."""
    with only(waits_for(*users, items=items)):
        return services.prepare(by=None, at=at)


def seen() -> str:
    return selectors.fingerprint(selectors.to_read(WEEK))


def approve(by: User, *, at: datetime = AT) -> None:
    services.approve(week=WEEK, seen=seen(), by=by, at=at)


def send(at: datetime = AT) -> sending.Sent:
    return sending.send(week=WEEK, now=lambda: at, advance=lambda percent, text: None)


def of(user: User) -> Digest:
    return Digest.objects.get(user=user, week=str(WEEK))
