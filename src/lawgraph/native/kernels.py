"""The text of a module: kernels on vectors, loops, and the functions that call them in order."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from lawgraph.graph import Node
from lawgraph.native import loops
from lawgraph.native.arithmetic import EMITS
from lawgraph.native.plan import Plan, Step
from lawgraph.native.tables import EMITS_WITH_TABLE, Tables
from lawgraph.native.text import Body, scalar, size

#: Values computed at a time: what a register of 512 bits holds of the widest type.
LANES = 8
HEADER = """
attributes #0 = { nounwind noinline "min-legal-vector-width"="512" "prefer-vector-width"="512" }
attributes #1 = { nounwind noinline "min-legal-vector-width"="0" "prefer-vector-width"="512" }
!0 = !{}
!1 = distinct !{!1}
!2 = distinct !{!2, !1}
!3 = distinct !{!3, !1}
!4 = !{!2}
!5 = !{!3}
"""


@dataclass(frozen=True)
class Frame:
    """The words that a call is given, in order: the memory, a count and an address of rows per entity, a layout and an
    address of roles per kind of group, an address per input and per output, then whether every check holds."""

    entities: tuple[str, ...]
    groups: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def count(self, entity: str) -> int:
        return 1 + self.entities.index(entity)

    def rows(self, entity: str) -> int:
        return 1 + len(self.entities) + self.entities.index(entity)

    def layout(self, group: str) -> int:
        return 1 + 2 * len(self.entities) + self.groups.index(group)

    def roles(self, group: str) -> int:
        return 1 + 2 * len(self.entities) + len(self.groups) + self.groups.index(group)

    def input(self, name: str) -> int:
        return 1 + 2 * len(self.entities) + 2 * len(self.groups) + self.inputs.index(name)

    def output(self, name: str) -> int:
        return 1 + 2 * len(self.entities) + 2 * len(self.groups) + len(self.inputs) + self.outputs.index(name)

    @property
    def checks(self) -> int:
        return 1 + 2 * len(self.entities) + 2 * len(self.groups) + len(self.inputs) + len(self.outputs)

    @property
    def size(self) -> int:
        return self.checks + 1


def kernel(name: str, plan: Plan, step: Step, offsets: Mapping[int, int], tables: Tables, lanes: int) -> str:
    """A kernel: a loop on rows, a vector at a time; rows beyond the last are computed too, and nobody reads them."""
    body = Body(lanes)
    body.loop("%count", lambda row: _Kernel(plan, step, offsets, tables, body, row).write(), lanes)
    text = "\n".join(body.lines)
    return f"define hidden void @{name}(ptr noalias %memory, i64 %count) #0 {{\nentry:\n{text}\n  ret void\n}}"


class _Kernel:
    """The operations of a kernel for one vector of rows."""

    def __init__(
        self, plan: Plan, step: Step, offsets: Mapping[int, int], tables: Tables, body: Body, row: str
    ) -> None:
        self._lowered, self._step, self._offsets = plan.lowered, step, offsets
        self._tables, self._body, self._row = tables, body, row
        self._names: dict[int, str] = {}

    def write(self) -> None:
        stores = set(self._step.stores)
        for number in self._step.nodes:
            node = self._lowered.nodes[number]
            args = [self._operand(arg) for arg in node.args]
            kinds = [self._lowered.nodes[arg].dtype for arg in node.args]
            self._names[number] = self._computed(node, kinds, args)
            if number in stores:
                self._store(number, node.dtype)

    def _operand(self, number: int) -> str:
        node = self._lowered.nodes[number]
        if node.op == "const":
            return self._body.constant(self._lowered.values[number], "i8" if node.dtype[0] in "mM" else node.dtype)
        if number not in self._names:
            self._names[number] = self._loaded(number, node.dtype)
        return self._names[number]

    def _computed(self, node: Node, kinds: list[str], args: list[str]) -> str:
        if node.op == "fill":
            return args[0]
        if node.op in EMITS_WITH_TABLE:
            return EMITS_WITH_TABLE[node.op](self._body, self._tables, node, kinds, args)
        return EMITS[node.op](self._body, node, kinds, args)

    def _at(self, memory: str, number: int) -> str:
        column = self._body.let(f"getelementptr inbounds i8, ptr %memory, i64 {self._offsets[number]}")
        return self._body.let(f"getelementptr inbounds {memory}, ptr {column}, i64 {self._row}")

    def _loaded(self, number: int, dtype: str) -> str:
        body, memory = self._body, "i8" if dtype == "b1" else scalar(dtype)
        align = f"align {min(64, size(dtype) * body.lanes)}, !alias.scope !4, !noalias !5"
        got = body.fresh(f"load {body.of(memory)}, ptr {self._at(memory, number)}, {align}")
        if dtype != "b1":
            return got
        return body.let(f"icmp ne {body.of('i8')} {got}, {body.constant(0, 'i1')}")

    def _store(self, number: int, dtype: str) -> None:
        body, memory, value = self._body, "i8" if dtype == "b1" else scalar(dtype), self._names[number]
        if dtype == "b1":
            value = body.let(f"zext {body.of('i1')} {value} to {body.of('i8')}")
        align = f"align {min(64, size(dtype) * body.lanes)}, !alias.scope !5, !noalias !4"
        body.do(f"store {body.of(memory)} {value}, ptr {self._at(memory, number)}, {align}")


class Loops:
    """The loops of a module, each written once."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def add(self, name: str, text: str) -> str:
        self.texts.setdefault(name, text)
        return name


class Caller:
    """A function that calls the steps of a part of the program in order; `%frame` holds what `Frame` says."""

    def __init__(self, name: str, frame: Frame, plan: Plan, offsets: Mapping[int, int], made: Loops) -> None:
        self.name, self._frame, self._plan, self._offsets, self._made = name, frame, plan, offsets, made
        self._body = Body(1)

    @property
    def is_empty(self) -> bool:
        return not self._body.lines

    def text(self) -> str:
        lines = "\n".join(self._body.lines)
        return f"define void @{self.name}(ptr noalias %frame) #1 {{\nentry:\n{lines}\n  ret void\n}}"

    def word(self, place: int) -> str:
        at = self._body.let(f"getelementptr inbounds i64, ptr %frame, i64 {place}")
        return self._body.let(f"load i64, ptr {at}")

    def address(self, place: int) -> str:
        return self._body.let(f"inttoptr i64 {self.word(place)} to ptr")

    def column(self, number: int) -> str:
        return self._body.let(f"getelementptr inbounds i8, ptr {self.address(0)}, i64 {self._offsets[number]}")

    def call(self, name: str, *arguments: str) -> None:
        self._body.do(f"call void @{name}({', '.join(arguments)})")

    def kernel(self, name: str, entity: str) -> None:
        self.call(name, f"ptr {self.address(0)}", f"i64 {self.word(self._frame.count(entity))}")

    def output(self, name: str, number: int, entity: str) -> None:
        width = size(self._plan.lowered.nodes[number].dtype)
        loop = self._made.add(f"put{width}", loops.putting(f"put{width}", width))
        self._on_rows(loop, f"ptr {self.column(number)}", entity, f"ptr {self.address(self._frame.output(name))}")

    def checks(self) -> None:
        for entity, number in self._plan.lowered.checks.items():
            loop = self._made.add("all_hold", loops.all_hold("all_hold"))
            at = self._body.let(f"getelementptr inbounds i64, ptr %frame, i64 {self._frame.checks}")
            count = f"i64 {self.word(self._frame.count(entity))}"
            self.call(loop, f"ptr {self.column(number)}", f"ptr {at}", count)

    def _on_rows(self, loop: str, source: str, entity: str, out: str) -> None:
        rows, count = self.address(self._frame.rows(entity)), self.word(self._frame.count(entity))
        self.call(loop, source, f"ptr {rows}", out, f"i64 {count}")

    def loop(self, number: int) -> None:
        node = self._plan.lowered.nodes[number]
        entity, out = str(node.entity), f"ptr {self.column(number)}"
        if node.op == "input":
            self._on_rows(self._input(node), f"ptr {self.address(self._frame.input(node.attrs[0]))}", entity, out)
        elif node.op == "role_mask":
            group, numbers = node.attrs
            name = "roles_" + "_".join(str(one) for one in numbers)
            self._made.add(name, loops.role_mask(name, numbers))
            self._on_rows(name, f"ptr {self.address(self._frame.roles(group))}", entity, out)
        else:
            name, further = self._grouping(node)
            sources = [f"ptr {self.column(arg)}" for arg in node.args]
            layout = f"ptr {self.address(self._frame.layout(node.attrs[0]))}"
            self.call(name, *sources, out, *further, layout)

    def _input(self, node: Node) -> str:
        if node.dtype == "T8":
            name = f"pack{node.attrs[1]}"
            return self._made.add(name, loops.packing(name, node.attrs[1]))
        width = size(node.dtype)
        return self._made.add(f"take{width}", loops.taking(f"take{width}", width))

    def _grouping(self, node: Node) -> tuple[str, list[str]]:
        """The loop of a group operation, and what it is given beyond columns and layout."""
        kinds = [self._plan.lowered.nodes[arg].dtype for arg in node.args]
        width = size(node.dtype)
        if node.op == "project":
            return self._made.add(f"project{width}", loops.projecting(f"project{width}", width)), []
        if node.op == "nth_person":
            name = f"nth{node.attrs[1]}_{width}"
            return self._made.add(name, loops.nth_person(name, int(node.attrs[1]), width)), [_default(node)]
        if node.op == "from_role":
            return self._made.add(f"role{width}", loops.from_role(f"role{width}", width)), [_default(node)]
        if node.op == "holder":
            return self._made.add("holder", loops.holder("holder")), []
        if node.op == "rank":
            name = f"rank_{kinds[0]}_{node.dtype}"
            return self._made.add(name, loops.rank(name, kinds[0], node.dtype)), []
        if node.op in {"position", "group_size"}:
            name = f"{node.op}_{node.dtype}"
            return self._made.add(name, getattr(loops, node.op)(name, node.dtype)), []
        name = f"{node.op}_{kinds[0]}_{node.dtype}".translate({ord(one): "_" for one in "[]"})
        return self._made.add(name, loops.gathering(name, node.op, kinds[0], node.dtype)), []


def _default(node: Node) -> str:
    """The value of who is nobody, as bits."""
    value, kind = node.attrs[-1], node.dtype
    if kind in {"f4", "f8"}:
        packed = struct.pack("<f" if kind == "f4" else "<d", value)
        value = int.from_bytes(packed, "little")
    return f"i{8 * size(kind)} {int(value)}"
