"""An amendment compared with the version in force: field by field, and year by year in euros."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from maillage.contracts.models import Amendment
from maillage.contracts.rules import facts_of, families
from maillage.contracts.selectors.comparison import UNKNOWN, shown_at
from maillage.contracts.selectors.versions import Block, names_for, sheet_block, snapshot_of
from maillage.contracts.text import Names, all_names
from maillage.engines.contract_rules import Family, Totals, totals
from maillage.engines.contract_text import Change, FieldKind, Text, changes, field_at, label_of
from maillage.kernel.money import Money
from maillage.kernel.numbers import format_number

_SIDES = {"contract": "Contrat", "caps": "Plafonds et budgets annuels", "signatories": "Signataires"}
_MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class Row:
    """One difference, side by side. `kind` is changed, added or removed; `gap` is « +1 000 € », '' without a number."""

    path: str
    label: str
    kind: str
    before: str
    after: str
    gap: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The differences of one part of the text. `whole`: a sheet that comes or goes, spelled out."""

    path: str
    title: str
    rows: tuple[Row, ...] = ()
    kind: str = "changed"
    whole: Block | None = None

    @property
    def id(self) -> str:
        """Anchor of its heading in a page."""
        return "ecart-" + self.path.replace("/", "-").replace(".", "-").lower()

    def plain(self) -> Iterator[dict[str, str]]:
        if self.whole is not None:
            held = "\n".join(f"{pair.label} : {pair.value}" for pair in self.whole.pairs)
            before, after = ("", held) if self.kind == "added" else (held, "")
            yield _plain(self, Row(self.path, "Fiche entière", self.kind, before, after))
        for row in self.rows:
            yield _plain(self, row)


def _plain(group: Group, row: Row) -> dict[str, str]:
    return {
        "part": group.title,
        "path": row.path,
        "label": row.label,
        "kind": row.kind,
        "before": row.before,
        "after": row.after,
        "gap": row.gap,
    }


@dataclass(frozen=True, slots=True)
class YearEffect:
    """What a year becomes. None: not wholly known."""

    year: int | None
    state: tuple[Money | None, Money | None]
    total: tuple[Money | None, Money | None]
    cap: tuple[Money | None, Money | None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that changes from one text to another. `is_known` False: one of the two can no longer be read."""

    groups: tuple[Group, ...]
    effects: tuple[YearEffect, ...]
    is_known: bool = True

    @property
    def count(self) -> int:
        return sum(len(group.rows) or 1 for group in self.groups)

    def plain(self) -> list[dict[str, str]]:
        """The differences as plain rows, for files: part, path, label, kind, before, after, gap."""
        return [row for group in self.groups for row in group.plain()]


UNREADABLE = Comparison((), (), is_known=False)


def names_of_amendment(amendment: Amendment) -> Names:
    """The names of its codes: as they were signed, where they were; those of today for what is proposed."""
    signed = getattr(amendment, "version", None) if amendment.status == "in_force" else None
    return names_for(signed or amendment.base, all_names())


def compared_amendment(amendment: Amendment) -> Comparison:
    """The text proposed against the version it starts from. Needs `base`; a cancelled proposal is compared alike."""
    base = snapshot_of(amendment.base)
    if base is None:
        return UNREADABLE
    return compared(base["text"], amendment.proposed, names_of_amendment(amendment), amendment.contract.kind)


def compared(before: Text, after: Text, names: Names, kind: str) -> Comparison:
    """Two texts. `kind` of contract: totals do not depend on it, the rules' facts carry it."""
    made = changes(before, after)
    return Comparison(groups_of(made, before, after, names), effects_of(before, after, kind))


def groups_of(made: Iterable[Change], before: Text, after: Text, names: Names) -> tuple[Group, ...]:
    """Changes by part of the text, the contract first, then sheet by sheet."""
    rows: dict[str, list[Row]] = {}
    wholes: dict[str, Group] = {}
    for change in made:
        steps = change.path.split("/")
        place = "/".join(steps[:2]) if steps[0] == "sheets" else steps[0]
        if steps[0] == "sheets" and len(steps) == 2:
            wholes[place] = _whole(change, names)
        else:
            rows.setdefault(place, []).append(_row(change, place, names))
    titled = {place: Group(place, _title(place, before, after), tuple(found)) for place, found in rows.items()}
    found = titled | wholes
    return tuple(found[place] for place in sorted(found, key=_rank))


def _rank(place: str) -> tuple[int, str]:
    order = list(_SIDES)
    return (order.index(place) if place in order else len(order), place)


def _title(place: str, before: Text, after: Text) -> str:
    if place in _SIDES:
        return _SIDES[place]
    code = place.partition("/")[2]
    title = (after["sheets"].get(code) or before["sheets"].get(code) or {}).get("title") or UNKNOWN
    return f"Fiche {code} : {title}"


def _whole(change: Change, names: Names) -> Group:
    code = change.path.partition("/")[2]
    block = sheet_block(code, change.after or change.before, names)
    block = replace(block, pairs=tuple(pair for pair in block.pairs if pair.value != UNKNOWN))
    word = "ajoutée" if change.kind == "added" else "retirée"
    return Group(change.path, f"{block.title} ({word})", kind=change.kind, whole=block)


def _row(change: Change, place: str, names: Names) -> Row:
    return Row(
        path=change.path,
        label=_label(change.path, place, names),
        kind=change.kind,
        before=shown_at(change.path, change.before, names) if change.kind != "added" else "",
        after=shown_at(change.path, change.after, names) if change.kind != "removed" else "",
        gap=_gap(change),
    )


def _label(path: str, place: str, names: Names) -> str:
    """The label without the part that the title of the group says already."""
    label = label_of(path)
    if place.startswith("sheets/"):
        label = label.partition(" · ")[2] or label
    steps = path.split("/")
    if "targets" in steps and steps[3:4]:
        name = names.get("indicator", {}).get(steps[3], steps[3])
        label = label.replace(f"Indicateur {steps[3]}", name, 1)
    return label


def _gap(change: Change) -> str:
    """The difference of two numbers; '' where one of the two is not known."""
    found = field_at(change.path)
    if found is None or found[1].kind not in (FieldKind.AMOUNT, FieldKind.VALUE):
        return ""
    if change.before in (None, "") or change.after in (None, ""):
        return ""
    gap = Decimal(change.after) - Decimal(change.before)
    written = str(Money(abs(gap))) if found[1].kind is FieldKind.AMOUNT else format_number(abs(gap))
    return f"{'+' if gap > 0 else _MINUS}{written}"


# --- in euros, by year ------------------------------------------------------------------------------------------------


def effects_of(before: Text, after: Text, kind: str) -> tuple[YearEffect, ...]:
    """What each year becomes, State cash and everything; the last is the whole, where there are several years."""
    family = families()
    old, new = (totals(facts_of(kind, text, family)) for text in (before, after))
    years = sorted({*old.years, *new.years})
    found = [_effect(year, old.years.get(year), new.years.get(year)) for year in years]
    if len(years) > 1:
        found.append(_effect(None, old.overall, new.overall))
    return tuple(found)


def _effect(year: int | None, old: Totals | None, new: Totals | None) -> YearEffect:
    return YearEffect(
        year=year,
        state=(_state(old), _state(new)),
        total=(_total(old), _total(new)),
        cap=(old.cap if old else None, new.cap if new else None),
    )


def _state(found: Totals | None) -> Money | None:
    return found.cash[Family.STATE].planned.exact if found is not None else Money.zero()


def _total(found: Totals | None) -> Money | None:
    return found.total.planned.exact if found is not None else Money.zero()
