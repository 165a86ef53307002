"""Texts as whole numbers.

A text that comes from an input and is short is packed in 64 bits, first letter first: whole numbers then compare as the
texts do. A text that comes from constants only (a table of names, a choice between two names) is its rank among all the
constant texts of the program: searching a table is then reading another table. Others stay with NumPy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from lawgraph import ops
from lawgraph.graph import Node

#: Letters that 64 bits hold.
LONGEST = 8
#: Operations whose text is one of those that they are given.
_PASSING = frozenset({"where", "cast", "project", "nth_person", "from_role"})
_UNDERSTOOD = _PASSING | ops.COMPARISONS | {"const", "input", "take", "search", "isin", "startswith"}


def is_text(dtype: str) -> bool:
    return dtype[0] in "US"


def plain(text: Any) -> str:
    """A text of NumPy's, or the bytes of one, without what fills it up. Raises ValueError when it is not ASCII."""
    found = text.decode("ascii") if isinstance(text, bytes) else str(text)
    return found.rstrip("\0")


def pack(text: Any) -> int:
    """A short text as a whole number. Raises ValueError when it is not short, or not ASCII."""
    letters = plain(text).encode("ascii")
    if len(letters) > LONGEST:
        message = f"{len(letters)} letters"
        raise ValueError(message)
    return int.from_bytes(letters.ljust(LONGEST, b"\0"), "big")


class Texts:
    """How each text of a program is represented: "packed", "rank", or "numpy" (`kinds`, by node)."""

    def __init__(self, nodes: Sequence[Node], kept: Sequence[int]) -> None:
        """`kept`: nodes that are asked as they are."""
        self._nodes = nodes
        self._parent: dict[int, int] = {n: n for n, node in enumerate(nodes) if is_text(node.dtype)}
        touching = [number for number, node in enumerate(nodes) if list(self._texts_of(number, node))]
        for number in touching:
            texts = list(self._texts_of(number, nodes[number]))
            for other in texts[1:]:
                self._parent[self._root(other)] = self._root(texts[0])
        kinds = self._kinds_of_roots(touching, kept)
        self.kinds = {number: kinds[self._root(number)] for number in self._parent}
        self.pool = tuple(sorted({plain(one) for n in touching if self._is_ranked(n) for one in _constants(nodes[n])}))
        self._ranks = {text: rank for rank, text in enumerate(self.pool)}

    def _texts_of(self, number: int, node: Node) -> Iterator[int]:
        if is_text(node.dtype):
            yield number
        yield from (arg for arg in node.args if is_text(self._nodes[arg].dtype))

    def _root(self, number: int) -> int:
        while self._parent[number] != number:
            number = self._parent[number]
        return number

    def _kinds_of_roots(self, touching: list[int], kept: Sequence[int]) -> dict[int, str]:
        kinds = {self._root(number): "rank" for number in self._parent}
        for number in touching:
            if self._nodes[number].op == "input":
                kinds[self._root(number)] = "packed"
        refused = {self._root(number) for number in kept if number in self._parent}
        for number in touching:
            root = self._root(next(self._texts_of(number, self._nodes[number])))
            if not self._is_understood(self._nodes[number], kinds[root]):
                refused.add(root)
        return kinds | dict.fromkeys(refused, "numpy")

    def _is_understood(self, node: Node, kind: str) -> bool:
        if node.op not in _UNDERSTOOD:
            return False
        if node.op == "cast" and not self._is_simple_cast(node):
            return False
        if node.op == "input" and not (node.dtype[0] == "S" and int(node.dtype[1:]) <= LONGEST):
            return False
        try:
            for one in _constants(node):
                if kind == "packed":
                    pack(one)
                else:
                    plain(one)
        except ValueError:
            return False
        return True

    def _is_simple_cast(self, node: Node) -> bool:
        """From text to a text that is no shorter."""
        before = self._nodes[node.args[0]].dtype
        return is_text(before) and is_text(node.dtype) and int(node.dtype[1:]) >= int(before[1:])

    def _is_ranked(self, number: int) -> bool:
        return self.kinds[next(self._texts_of(number, self._nodes[number]))] == "rank"

    def kind(self, number: int, node: Node) -> str | None:
        """How the texts that a node reads or gives are represented; None when it has nothing to do with texts."""
        first = next(self._texts_of(number, node), None)
        return None if first is None else self.kinds[first]

    def number(self, kind: str, text: Any) -> int:
        return pack(text) if kind == "packed" else self._ranks[plain(text)]

    def lookup(self, node: Node) -> tuple[Any, ...]:
        """For each constant text of the program, what an operation on one text and constants gives."""
        pool = np.array(self.pool)
        return tuple(np.asarray(ops.compute(node.op, node.attrs, [pool])).tolist())


def _constants(node: Node) -> list[Any]:
    """The constant texts that a node holds."""
    if node.op == "const":
        return [np.frombuffer(node.attrs[0], dtype=node.dtype)[0]]
    if node.op in {"take", "search", "isin"}:
        return list(node.attrs[0])
    if node.op in {"startswith"}:
        return [node.attrs[0]]
    if node.op in {"nth_person", "from_role"}:
        return [node.attrs[2]]
    return []
