"""Versions of a contract: what they say, read from their own snapshot and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from maillage.contracts.models import Contract, ContractVersion
from maillage.contracts.selectors.comparison import UNKNOWN, named
from maillage.contracts.services.versions import is_intact, read_version
from maillage.contracts.text import Names, text_of
from maillage.contracts.values import shown
from maillage.engines.contract_rules import check_version
from maillage.engines.contract_text import PARTS, Change, Part, Text, changes
from maillage.engines.lifecycle.contracts import SIGNED

_PART: dict[str, Part] = {part.name: part for part in PARTS}


@dataclass(frozen=True, slots=True)
class Pair:
    """A field of the text: its label, its value in French (`UNKNOWN` when nobody gave it), where it stands."""

    label: str
    value: str
    path: str


@dataclass(frozen=True, slots=True)
class Grid:
    """Objects of one kind, one a row."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the text as people read it: the contract itself, its caps, or one action sheet."""

    id: str
    title: str
    pairs: tuple[Pair, ...] = ()
    grids: tuple[Grid, ...] = ()


def readable(text: Mapping[str, Any], names: Names) -> list[Block]:
    """A whole text, in its own order. `names`: those that its codes had (`read_version(...)["names"]`)."""
    caps = _grid("Plafonds et budgets annuels", "Année", _PART["cap"], text["caps"], "caps", names)
    signatories = _grid("Signataires", "Clé", _PART["signatory"], text["signatories"], "signatories", names)
    blocks = [
        Block("contrat", "Contrat", _pairs(_PART["contract"], text["contract"], "contract", names), (signatories,)),
        Block("plafonds", "Plafonds", (), (caps,)),
    ]
    return blocks + [sheet_block(code, sheet, names) for code, sheet in text["sheets"].items()]


def sheet_block(code: str, sheet: Mapping[str, Any], names: Names) -> Block:
    """One action sheet: its fields, its years, who pays, what it aims at."""
    path = f"sheets/{code}"
    return Block(
        f"fiche-{code}",
        f"Fiche {code} : {sheet.get('title') or UNKNOWN}",
        _pairs(_PART["sheet"], sheet, path, names),
        (
            _grid("Coût par année", "Année", _PART["year"], sheet.get("years", {}), f"{path}/years", names),
            _grid("Lignes de financement", "Clé", _PART["line"], sheet.get("lines", {}), f"{path}/lines", names),
            _targets(sheet.get("targets", {}), path, names),
        ),
    )


def _pairs(part: Part, content: Mapping[str, Any], path: str, names: Names) -> tuple[Pair, ...]:
    return tuple(
        Pair(field.label, shown(field, content.get(field.name), names) or UNKNOWN, f"{path}/{field.name}")
        for field in part.fields
    )


def _grid(caption: str, key: str, part: Part, objects: Mapping[str, Any], path: str, names: Names) -> Grid:
    header = (key, *(field.label for field in part.fields))
    rows = (
        (code, *(pair.value for pair in _pairs(part, content, f"{path}/{code}", names)))
        for code, content in objects.items()
    )
    return Grid(caption, header, tuple(rows))


def _targets(targets: Mapping[str, Any], path: str, names: Names) -> Grid:
    target, aimed = _PART["target"], _PART["year_target"]
    labels = (*(field.label for field in target.fields), "Année", *(field.label for field in aimed.fields))
    rows: list[tuple[str, ...]] = []
    for code, content in targets.items():
        name = named(f"{path}/targets/{code}", names).rpartition("Indicateur ")[2].strip("« »\u00a0")
        start = (name, *(pair.value for pair in _pairs(target, content, "", names)))
        years = content.get("years", {}) or {"": {}}
        rows += [(*start, year, *(pair.value for pair in _pairs(aimed, one, "", names))) for year, one in years.items()]
    return Grid("Indicateurs et cibles", ("Indicateur", *labels), tuple(rows))


# --- what a version is worth ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with the versions of a contract. Empty: every one is as it was signed, and the rows say the last.

    `hashes`: V1, in French. `moved`: the differences between the version in force and the rows of the contract.
    """

    contract: Contract
    versions: int
    hashes: tuple[str, ...]
    moved: tuple[Change, ...]

    @property
    def is_sound(self) -> bool:
        return not self.hashes and not self.moved


def verify(contract: Contract) -> Faults:
    """Recompute the fingerprint of every version (V1), and compare the rows with the version in force."""
    versions = list(contract.versions.order_by("number"))
    found = (check_version(one.number, one.content, one.sha256) for one in versions)
    hashes = tuple(finding.message_fr for finding in found if finding is not None)
    return Faults(contract, len(versions), hashes, tuple(moved_rows(contract, versions[-1] if versions else None)))


def moved_rows(contract: Contract, last: ContractVersion | None) -> Iterator[Change]:
    """What the rows of a signed contract say otherwise than its last version; nothing where the two agree."""
    if contract.status not in SIGNED or last is None or not is_intact(last):
        return
    text: Text = read_version(last)["text"]
    yield from changes(text, text_of(contract))


def snapshot_of(version: ContractVersion) -> Mapping[str, Any] | None:
    """The snapshot of a version; None where what is stored can no longer be read as one (`verify` says it)."""
    try:
        found = read_version(version)
        readable(found["text"], found["names"])
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError):
        return None
    return found


def names_for(version: ContractVersion, current: Names) -> Names:
    """The names of codes: those of the snapshot first, then those of today for codes that came since."""
    snapshot = snapshot_of(version)
    own: Names = snapshot["names"] if snapshot is not None else {}
    return {table: {**current.get(table, {}), **own.get(table, {})} for table in {*current, *own}}


__all__ = [
    "Block",
    "Faults",
    "Grid",
    "Pair",
    "is_intact",
    "names_for",
    "read_version",
    "readable",
    "snapshot_of",
    "verify",
]
