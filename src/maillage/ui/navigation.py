"""The entries of the menus. Each app registers its own in `AppConfig.ready`, so that ui knows none of them.

    navigation.register("Territoires", url_name="territories", order=30, also=("territory",))

`place` is "main", the bar of every page, or "account", the menu under the person's name. An entry is current on its own
page, on the pages named in `also`, and on any page whose address starts with its own. A `public` entry is shown without
an account too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True)
class Entry:
    """One entry of a menu. `visible` takes the signed-in user; None shows the entry to every signed-in person.

    `public`: to a visitor without an account too, whatever `visible` says of the others.
    """

    label: str
    url_name: str
    order: int
    also: tuple[str, ...] = ()
    visible: Callable[[Any], bool] | None = None
    place: str = "main"
    public: bool = False


@dataclass(frozen=True)
class Link:
    """An entry as a page shows it."""

    label: str
    url: str
    current: str  # the value of aria-current: "page" on the entry's own page, "true" below it, "" elsewhere


_entries: dict[str, Entry] = {}


def register(
    label: str,
    *,
    url_name: str,
    order: int,
    also: tuple[str, ...] = (),
    visible: Callable[[Any], bool] | None = None,
    place: str = "main",
    public: bool = False,
) -> None:
    """Add an entry to a menu; registering an address again replaces its entry."""
    _entries[url_name] = Entry(label, url_name, order, also, visible, place, public)


def entries(place: str = "main") -> list[Entry]:
    placed = [entry for entry in _entries.values() if entry.place == place]
    return sorted(placed, key=lambda entry: (entry.order, entry.label))


def links(request: HttpRequest, place: str = "main") -> list[Link]:
    """The menu for this request: only the public entries for a visitor who has not signed in."""
    user = getattr(request, "user", None)
    addressed = [(entry, _address(entry)) for entry in entries(place) if _is_shown(entry, user)]
    shown = [(entry, url) for entry, url in addressed if url]
    chosen = _current(request, shown)
    return [
        Link(entry.label, url, ("page" if request.path == url else "true") if entry == chosen else "")
        for entry, url in shown
    ]


def _is_shown(entry: Entry, user: Any) -> bool:
    if user is None or not user.is_authenticated:
        return entry.public
    return entry.visible is None or entry.visible(user)


def _address(entry: Entry) -> str:
    """Empty where the address does not exist: an instance may leave an app out."""
    try:
        return reverse(entry.url_name)
    except NoReverseMatch:
        return ""


def _current(request: HttpRequest, shown: list[tuple[Entry, str]]) -> Entry | None:
    match = getattr(request, "resolver_match", None)
    name = match.url_name if match else None
    for entry, _url in shown:
        if name is not None and (name == entry.url_name or name in entry.also):
            return entry
    under = [(entry, url) for entry, url in shown if url != "/" and request.path.startswith(url)]
    return max(under, key=lambda pair: len(pair[1]))[0] if under else None
