"""What each kind of amendment unlocks. A change that no kind of the amendment unlocks is refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from maillage.engines.contract_text.fields import field_at
from maillage.engines.contract_text.text import Change, at_path

# Kind of amendment → blocks of fields. « extension » also opens the years that it adds.
_BLOCKS: dict[str, frozenset[str]] = {
    "amount": frozenset({"amount"}),
    "action": frozenset({"action"}),
    "indicator": frozenset({"indicator"}),
    "calendar": frozenset({"calendar"}),
    "party": frozenset({"party"}),
    "extension": frozenset({"extension"}),
}

_LABELS = {
    "amount": "Montants",
    "action": "Action ajoutée, retirée ou redéfinie",
    "indicator": "Indicateurs et cibles",
    "calendar": "Calendrier",
    "party": "Parties, pilotes et partenaires",
    "extension": "Prolongation",
}

# Block of an object added to or removed from the text, by the collection that holds it.
_OBJECTS = {"caps": "amount", "signatories": "party", "lines": "amount", "targets": "indicator", "sheets": "action"}


def kind_labels(kinds: Iterable[str]) -> list[str]:
    """The kinds of an amendment, in French."""
    return [_LABELS.get(kind, kind) for kind in kinds]


def unlocking_kinds(change: Change) -> frozenset[str]:
    """The kinds of amendment that allow a change; empty when none does (the reference of a contract never changes)."""
    block = _block(change)
    return frozenset(kind for kind, blocks in _BLOCKS.items() if block in blocks)


def _block(change: Change) -> str:
    found = field_at(change.path)
    if found is not None:
        return found[1].block
    *parents, collection, _code = change.path.split("/")
    if collection == "years":
        return "indicator" if "targets" in parents else "amount"
    return _OBJECTS[collection]


def locked_changes(
    made: Iterable[Change], kinds: Collection[str], *, last_year: int, text: Mapping[str, Any] | None = None
) -> list[Change]:
    """The changes that an amendment of these kinds may not make. `last_year` is the contract's last, before it.

    `text`: the one that is changed, where a change of a line finds the year of that line.
    """
    return [change for change in made if not _allowed(change, kinds, last_year, text or {})]


def _allowed(change: Change, kinds: Collection[str], last_year: int, text: Mapping[str, Any]) -> bool:
    if unlocking_kinds(change).intersection(kinds):
        return True
    return "extension" in kinds and _is_of_a_later_year(change, last_year, text)


def _is_of_a_later_year(change: Change, last_year: int, text: Mapping[str, Any]) -> bool:
    """A cap, a cost, a line or a target of a year that the contract did not have."""
    if not unlocking_kinds(change) & {"amount", "indicator"}:
        return False
    steps = change.path.split("/")
    if steps[2:3] == ["lines"]:
        years = _years_of_line(change, text)
    else:
        years = [code for collection, code in zip(steps[::2], steps[1::2], strict=False) if collection in _YEARLY]
    return bool(years) and all(_number(year) > last_year for year in years)


_YEARLY = ("caps", "years")


def _years_of_line(change: Change, text: Mapping[str, Any]) -> list[Any]:
    """The years that a line leaves and enters: both must be later ones."""
    if change.kind != "changed":
        return [(change.after or change.before or {}).get("year")]
    line = at_path(text, change.path.rpartition("/")[0]) or {}
    moved = [change.after] if change.path.endswith("/year") else []
    return [line.get("year"), *moved]


def _number(year: Any) -> int:
    """0 for what is not a year."""
    return int(year) if str(year or "").isdecimal() else 0
