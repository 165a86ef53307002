"""The relation a sentence claims between a figure and others, as a small grammar.

    evolution(A;B)    the change from A to B, relative to A (or absolute, when the figure is not a percentage)
    difference(A;B)   B minus A
    sum(A;B;…)        A plus B plus …
    share(A;B)        A in B
    equals(A)         the same as A
    part(A)           « dont »: a part of A
    count(n)          the document enumerates n items under this number; count(x;y;z) counts the items named
    listed(n;m;…)     the document lists n, m … things of that kind without saying that they make up the figure

Operands are figure identifiers, numbers, or names of observed indicators.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from maillage.engines.consistency.text import fold
from maillage.kernel.errors import MaillageError, shorten

MAX_OPERANDS = 500


class RelationKind(StrEnum):
    EVOLUTION = "evolution"
    DIFFERENCE = "difference"
    SUM = "sum"
    SHARE = "share"
    EQUALS = "equals"
    PART = "part"
    COUNT = "count"
    LISTED = "listed"


_NAMES = {
    **{kind.value: kind for kind in RelationKind},
    "somme": RelationKind.SUM,
    "total": RelationKind.SUM,
    "variation": RelationKind.EVOLUTION,
    "egal": RelationKind.EQUALS,
    "equal": RelationKind.EQUALS,
}
_EXPECTED = {
    RelationKind.EVOLUTION: (2, 2),
    RelationKind.DIFFERENCE: (2, 2),
    RelationKind.SUM: (1, MAX_OPERANDS),
    RelationKind.SHARE: (2, 2),
    RelationKind.EQUALS: (1, 1),
    RelationKind.PART: (1, 1),
    RelationKind.COUNT: (1, MAX_OPERANDS),
    RelationKind.LISTED: (1, MAX_OPERANDS),
}
_SHAPE = re.compile(r"\s*([^\s(;]+)\s*\((.*)\)\s*\.?\s*", re.DOTALL)


class RelationUnreadable(MaillageError):
    """The text of a relation does not follow the grammar; the message says why, in French."""


@dataclass(frozen=True, slots=True)
class Relation:
    kind: RelationKind
    operands: tuple[str, ...]


@lru_cache(maxsize=100_000)
def parse_relation(text: str) -> Relation | None:
    """None for an empty text. Raises RelationUnreadable. Case and accents of the name do not matter."""
    if not text.strip():
        return None
    match = _SHAPE.fullmatch(text)
    if match is None or "(" in match[2] or ")" in match[2]:
        raise RelationUnreadable(f"la relation « {shorten(text.strip(), 60)} » n'a pas la forme nom(opérande;opérande)")
    kind = _NAMES.get(fold(match[1]))
    if kind is None:
        raise RelationUnreadable(f"la relation « {shorten(match[1], 40)} » n'est pas connue")
    operands = tuple(part.strip() for part in match[2].split(";"))
    if kind is RelationKind.PART and len(operands) == 2:
        kind = RelationKind.SHARE
    return _checked(kind, operands, text)


def _checked(kind: RelationKind, operands: tuple[str, ...], text: str) -> Relation:
    least, most = _EXPECTED[kind]
    if not all(operands):
        raise RelationUnreadable(f"la relation « {shorten(text.strip(), 60)} » a un opérande vide")
    if not least <= len(operands) <= most:
        wanted = str(least) if least == most else f"au moins {least}"
        raise RelationUnreadable(
            f"la relation « {shorten(text.strip(), 60)} » a {len(operands)} opérande(s) : il en faut {wanted}"
        )
    return Relation(kind, operands)
