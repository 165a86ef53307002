"""Texts as values: read a path, edit, compare, write canonically."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from maillage.engines.contract_text.fields import Field, FieldKind, field_at, label_of, part_at

Text = dict[str, Any]
Scalar = str | bool | int | None


class _Removed:
    """The value of an edit that takes an object out of the text."""

    def __repr__(self) -> str:
        return "REMOVED"


REMOVED: Final = _Removed()


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `kind` is `changed` (a field), `added` or `removed` (an object, `before` or `after` being it)."""

    path: str
    kind: str
    before: Any
    after: Any

    @property
    def label(self) -> str:
        return label_of(self.path)


def empty_text() -> Text:
    return {"contract": {}, "caps": {}, "signatories": {}, "sheets": {}}


def canonical(text: Any) -> str:
    """JSON with sorted keys and no spaces: equal texts give equal characters."""
    return json.dumps(text, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def sha256_of(content: str) -> str:
    """The fingerprint of a canonical writing, 64 hexadecimal digits; `sha256sum` of the same UTF-8 file gives it."""
    return hashlib.sha256(content.encode()).hexdigest()


def at_path(text: Mapping[str, Any], path: str) -> Any:
    """What stands at a path, or None."""
    found: Any = text
    for step in path.split("/"):
        if not isinstance(found, Mapping) or step not in found:
            return None
        found = found[step]
    return found


def token(text: Mapping[str, Any], path: str) -> str:
    """What tells whether a part of the text is still the one that was read: 16 hexadecimal digits.

    Two parts between which `changes` finds nothing have the same token: a field that is absent is one that is unknown.
    """
    return sha256_of(canonical(_settled(path, at_path(text, path))))[:16]


def _settled(path: str, value: Any) -> Any:
    """The part without what says nothing: fields unknown, collections empty."""
    if not isinstance(value, Mapping):
        found = field_at(path)
        return _plain(found[1], value) if found is not None else value
    inner = {name: _settled(f"{path}/{name}", one) for name, one in value.items()}
    return {name: one for name, one in inner.items() if one is not None and (one != {} or _is_object(f"{path}/{name}"))}


def edited(text: Text, edits: Mapping[str, Any]) -> Text:
    """A copy of the text with objects removed (`REMOVED`) and fields set, in whatever order they are given.

    The objects that a path crosses are made where they are missing. Removals come first: an object removed of which a
    field is set is a new one. Raises ValueError for a path that is no field (or no object, to remove): the caller has a
    fault, a person does not write paths.
    """
    made = copy.deepcopy(text)
    for path in (path for path, value in edits.items() if value is REMOVED):
        _remove(made, path)
    for path, value in edits.items():
        if value is not REMOVED:
            _set(made, path, value)
    return made


def edits_of(made: Iterable[Change]) -> dict[str, Any]:
    """The edits that make these changes: what is undone, kept aside or put again."""
    edits: dict[str, Any] = {}
    for change in made:
        if change.kind == "removed":
            edits[change.path] = REMOVED
        elif change.kind == "changed":
            edits[change.path] = change.after
        else:
            edits |= dict(_leaves(change.path, change.after))
    return edits


def _leaves(path: str, content: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every field of an object, and of those it holds. Unknown ones too, or an object without any would be lost."""
    part = part_at(path)
    if part is not None:
        yield from ((f"{path}/{field.name}", content.get(field.name)) for field in part.fields)
    for name, inner in content.items():
        if isinstance(inner, Mapping):
            yield from _leaves(f"{path}/{name}", inner)


def _set(text: Text, path: str, value: Scalar) -> None:
    if field_at(path) is None:
        raise ValueError(f"no such field: {path}")
    *steps, name = path.split("/")
    found = text
    for step in steps:
        found = found.setdefault(step, {})
    found[name] = value


def _remove(text: Text, path: str) -> None:
    part = part_at(path)
    if part is None or part.path[-1] != "*":
        raise ValueError(f"no such object: {path}")
    parent, _, code = path.rpartition("/")
    found = at_path(text, parent)
    if isinstance(found, dict):
        found.pop(code, None)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs, in the order of paths. A field that is absent and one that is None, or empty, are the same."""
    return sorted(_differences("", before, after), key=lambda change: change.path)


def _differences(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted({*before, *after}):
        here = f"{path}/{name}" if path else name
        old, new = before.get(name), after.get(name)
        found = field_at(here)
        if found is not None:
            if _plain(found[1], old) != _plain(found[1], new):
                yield Change(here, "changed", old, new)
        elif _is_object(here) and not (name in before and name in after):
            yield Change(here, "removed", old, None) if name in before else Change(here, "added", None, new)
        else:
            yield from _differences(here, old or {}, new or {})


def _plain(field: Field, value: Any) -> Any:
    """Unknown is None; a yes or no that is not said is a no, as the form that asks it understands it."""
    if field.kind is FieldKind.YES_NO:
        return value or None
    return None if value == "" else value


def _is_object(path: str) -> bool:
    part = part_at(path)
    return part is not None and part.path[-1] == "*"
