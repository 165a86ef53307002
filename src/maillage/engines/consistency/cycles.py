"""Which figures are defined, through their relations, by themselves."""

from collections.abc import Mapping

from maillage.engines.consistency.operands import Operands
from maillage.engines.consistency.relations import Relation, RelationKind


def circular(relations: Mapping[int, Relation], operands: Operands) -> set[int]:
    """Indexes of figures in a circle of relations. Two figures said equal to each other are no circle: they compare.

    Tarjan's strongly connected components, without recursion: linear in figures and operands.
    """
    edges = {index: _targets(relation, relations, operands) for index, relation in relations.items()}
    walk = _Walk(edges)
    for index in edges:
        walk.visit(index)
    return walk.in_circle


def _targets(relation: Relation, relations: Mapping[int, Relation], operands: Operands) -> list[int]:
    if relation.kind in {RelationKind.EQUALS, RelationKind.COUNT, RelationKind.LISTED}:
        return []
    found = (operands.statement(name) for name in relation.operands)
    return [statement.index for statement in found if statement is not None and statement.index in relations]


class _Walk:
    def __init__(self, edges: dict[int, list[int]]) -> None:
        self.edges = edges
        self.order: dict[int, int] = {}
        self.low: dict[int, int] = {}
        self.open: list[int] = []
        self.is_open: set[int] = set()
        self.in_circle: set[int] = set()

    def visit(self, root: int) -> None:
        if root in self.order:
            return
        work = [(root, iter(self.edges[root]))]
        self._enter(root)
        while work:
            node, targets = work[-1]
            target = next(targets, None)
            if target is None:
                work.pop()
                self._leave(node, work[-1][0] if work else None)
            elif target not in self.order:
                self._enter(target)
                work.append((target, iter(self.edges[target])))
            elif target in self.is_open:
                self.low[node] = min(self.low[node], self.order[target])

    def _enter(self, node: int) -> None:
        self.order[node] = self.low[node] = len(self.order)
        self.open.append(node)
        self.is_open.add(node)

    def _leave(self, node: int, parent: int | None) -> None:
        if parent is not None:
            self.low[parent] = min(self.low[parent], self.low[node])
        if self.low[node] != self.order[node]:
            return
        component = []
        while True:
            member = self.open.pop()
            self.is_open.discard(member)
            component.append(member)
            if member == node:
                break
        if len(component) > 1:
            self.in_circle.update(component)
