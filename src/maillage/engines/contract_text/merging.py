"""Two people changed the same part: what goes together, and what someone must choose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from maillage.engines.contract_text.fields import field_at
from maillage.engines.contract_text.text import REMOVED, Change, Text, at_path, changes, edited, edits_of


@dataclass(frozen=True, slots=True)
class Conflict:
    """One place that both changed, differently. A value is that of a field, or an object, or None where it is not."""

    path: str
    base: Any
    mine: Any
    theirs: Any


@dataclass(frozen=True, slots=True)
class Merge:
    """`kept`: my edits that go with theirs, as they are. `conflicts`: the rest. `theirs`: what they changed."""

    kept: dict[str, Any]
    conflicts: tuple[Conflict, ...]
    theirs: tuple[Change, ...]


def merged(base: Text, edits: Mapping[str, Any], current: Text) -> Merge:
    """My edits of `base`, while others made it `current`.

    What both wrote alike is no conflict, and is not written again. An object that one removed and the other changed is
    one: nothing that was typed disappears without a choice.
    """
    mine = edited(base, edits)
    theirs = tuple(changes(base, current))
    wanted = changes(base, mine)
    left = changes(current, mine)
    kept: dict[str, Any] = {}
    conflicts: dict[str, Conflict] = {}
    for path, value in edits.items():
        if not _meet(path, wanted):
            continue
        against = _meet(path, theirs)
        if not against:
            kept[path] = value
            continue
        place = min([path, *against], key=len)
        if _meet(place, left):
            conflicts[place] = Conflict(place, *(at_path(text, place) for text in (base, mine, current)))
    return Merge(kept, tuple(conflicts[place] for place in sorted(conflicts)), theirs)


def edits_for(place: str, value: Any) -> dict[str, Any]:
    """The edits that put a value at the place of a conflict: that of a field, an object, or None to take it out."""
    if field_at(place) is not None:
        return {place: value}
    if value is None:
        return {place: REMOVED}
    return {place: REMOVED, **edits_of([Change(place, "added", None, value)])}


def _meet(path: str, made: Iterable[Change]) -> list[str]:
    """The changes at this path, around it or within it."""
    return [change.path for change in made if _overlap(change.path, path)]


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")
