"""The merge fields that a template may use: declared once by the app that fills them.

A path is what the person types, in French: `contrat.intitule`. A list carries `[]`: `actions[].lignes[].montant` is the
amount of a line of an action, used inside a loop over `actions`, then over `action.lignes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from maillage.documents.merge.sandbox import shown
from maillage.kernel.money import Money

_SEGMENT = re.compile(r"[a-z][a-z0-9_]*(\[\])?")


class Kind(StrEnum):
    TEXT = "text"
    MONEY = "money"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    IMAGE = "image"
    LIST = "list"


KIND_LABELS = {
    Kind.TEXT: "texte",
    Kind.MONEY: "montant",
    Kind.NUMBER: "nombre",
    Kind.DATE: "date",
    Kind.YES_NO: "oui ou non",
    Kind.IMAGE: "image",
    Kind.LIST: "liste",
}
_DEFAULT_EXAMPLES: dict[Kind, object] = {
    Kind.TEXT: "texte",
    Kind.MONEY: Money.of(80),
    Kind.NUMBER: Decimal(12),
    Kind.DATE: date(2024, 6, 3),
    Kind.YES_NO: True,
    Kind.IMAGE: None,
}


@dataclass(frozen=True, slots=True)
class Field:
    """A merge field. `example` is of the kind's type; a list (`actions[]`) needs none."""

    path: str
    label_fr: str
    example: object = None
    kind: Kind = Kind.TEXT


@dataclass(slots=True)
class Node:
    """A level of the catalogue: the fields under a name, and whether that name is a list."""

    kind: Kind | None = None  # None: only a prefix
    declared: Field | None = None
    children: dict[str, Node] = field(default_factory=dict)

    def paths(self, prefix: str = "") -> Iterator[str]:
        """Every path that ends on a value, as it is typed under this level."""
        for name, child in self.children.items():
            path = f"{prefix}{name}"
            if child.kind is not None:
                yield path
            if child.kind is not Kind.LIST:
                yield from child.paths(f"{path}.")


QR = Field("qr", "Code QR de la version, à placer dans le texte ou en pied de page", None, Kind.IMAGE)


class Catalogue:
    """The fields of one kind of document. `qr` is always among them. Raises ValueError for a declaration at odds."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self.fields = (*fields, QR)
        self.root = Node()
        for one in self.fields:
            self._add(one)

    def _add(self, one: Field) -> None:
        if one.kind is Kind.IMAGE and one is not QR:
            raise ValueError(f"merge field {one.path!r}: the code is the only image")
        node = self.root
        segments = one.path.split(".")
        for index, segment in enumerate(segments):
            if not _SEGMENT.fullmatch(segment):
                raise ValueError(f"merge field {one.path!r}: {segment!r} is not a name")
            child = node.children.setdefault(segment.removesuffix("[]"), Node())
            if segment.endswith("[]"):
                child.kind = Kind.LIST
            elif child.kind is Kind.LIST or (child.kind is not None and index < len(segments) - 1):
                raise ValueError(f"merge field {one.path!r}: {segment!r} is declared otherwise elsewhere")
            node = child
        if node.kind is None:
            node.kind = one.kind
        node.declared = one

    def example(self, rows: int = 2) -> dict[str, Any]:
        """A context of examples, each list with so many rows: to try a template before anybody needs it."""
        return {name: _example(node, rows) for name, node in self.root.children.items() if node.kind is not Kind.IMAGE}


def _example(node: Node, rows: int) -> Any:
    below = {name: _example(child, rows) for name, child in node.children.items()}
    if node.kind is Kind.LIST:
        return [dict(below) for _ in range(rows)]
    if node.kind is None:
        return below
    given = node.declared.example if node.declared else None
    return _DEFAULT_EXAMPLES[node.kind] if given is None else given


@dataclass(frozen=True, slots=True)
class DescribedField:
    """A row of the documentation of the fields: what to type, what it gives."""

    typed: str
    label: str
    kind: str
    example: str
    inside: str  # the loop in which it is used; empty outside any


def describe(catalogue: Catalogue) -> list[DescribedField]:
    """The fields in their order, as a person types them."""
    rows = []
    for one in catalogue.fields:
        *lists, last = one.path.split("[]")
        loop = _loop_over(lists if last else lists[:-1])
        if not last:
            typed = f"{{% for {item_name(lists[-1].split('.')[-1])} in {_inside(lists[:-1])}{lists[-1].strip('.')} %}}"
        else:
            typed = f"{{{{ {_inside(lists)}{last.strip('.')} }}}}"
        kind = Kind.LIST if not last else one.kind
        example = "" if one.example is None else shown(one.example)
        rows.append(DescribedField(typed, one.label_fr, KIND_LABELS[kind], example, loop))
    return rows


def item_name(list_name: str) -> str:
    """« action » for « actions »: the name that the examples give to one of the list."""
    name = list_name.split(".")[-1]
    return name[:-1] if name.endswith(("s", "x")) and len(name) > 2 else f"un_{name}"


def _inside(lists: list[str]) -> str:
    return f"{item_name(lists[-1].strip('.'))}." if lists else ""


def _loop_over(lists: list[str]) -> str:
    if not lists:
        return ""
    return f"{{% for {item_name(lists[-1])} in {_inside(lists[:-1])}{lists[-1].strip('.')} %}}"
