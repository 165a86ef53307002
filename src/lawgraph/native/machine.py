"""Running a program as machine code, chunk by chunk: the answers of `run.Machine`, bit for bit, many times faster."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lawgraph import groups, layouts
from lawgraph.native import loops
from lawgraph.native.assembly import Assembly, assemble
from lawgraph.native.compiling import Code
from lawgraph.native.kernels import LANES
from lawgraph.native.plan import KERNEL
from lawgraph.program import Program
from lawgraph.run import Machine, _step
from lawgraph.structure import Arrays, Chunk, GroupLayout, Structure

Array = npt.NDArray[Any]
#: Islands computed at a time: their columns stay in the second level of the cache. See the benchmark for the choice.
CHUNK = 512
#: Persons that there is memory for, for each island: `structure.chunks` takes no more.
PERSONS_PER_ISLAND = 3


class NativeMachine:
    """A program as machine code. Many threads can use it at once: the code holds no lock of Python's."""

    def __init__(self, program: Program, chunk: int = CHUNK, *, lanes: int = LANES, kernel: int = KERNEL) -> None:
        """`chunk`: islands computed at a time; `lanes`: values in a vector; `kernel`: operations in a function."""
        self.program = program
        self.chunk = chunk
        self.busiest = layouts.busiest(program.nodes)
        self._rows = PERSONS_PER_ISLAND * chunk
        self._assembly = assemble(program, self._rows, lanes, kernel)
        self._code = Code(self._assembly.main, self._assembly.others)
        prototype = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
        self._parts = [
            prototype(self._code.address(part)) if isinstance(part, str) else part for part in self._assembly.parts
        ]
        self._spaces: list[_Workspace] = []

    @classmethod
    def of(cls, program: Program, chunk: int = CHUNK) -> NativeMachine:
        """The machine of a program, compiled once for a size of chunks."""
        held: dict[int, NativeMachine] = program.__dict__.setdefault("_native", {})
        if chunk not in held:
            held[chunk] = cls(program, chunk)
        return held[chunk]

    @property
    def left_to_numpy(self) -> set[str]:
        """The operations that are not compiled."""
        lowered = self._assembly.lowered
        return {lowered.nodes[number].op for number in self._assembly.parts if isinstance(number, int)}

    def run(self, structure: Structure, inputs: Arrays, chunk: Chunk, results: Arrays) -> None:
        """Compute one chunk and write its part of the results."""
        most = max(len(chunk.persons), *(len(one.order) for one in chunk.groups.values()))
        if most > self._rows or self._assembly.lowered.broken or not self._ran(structure, inputs, chunk, results):
            # Too large for the memory of a block, or a check that does not hold: NumPy tells which, and where.
            Machine.of(self.program).run(structure, inputs, chunk, results)

    def _ran(self, structure: Structure, inputs: Arrays, chunk: Chunk, results: Arrays) -> bool:
        try:
            space = self._spaces.pop()  # asked before it is taken, another thread could take it between
        except IndexError:
            space = _Workspace(self.program, self._assembly)
        context = groups.Context(self.program.person, structure, inputs, chunk)
        space.bind(structure, inputs, results)
        space.load(chunk, context)
        with np.errstate(all="ignore"):
            for part in self._parts:
                if isinstance(part, int):
                    space.by_numpy(part, context)
                else:
                    part(space.address)
        space.write(context, results)
        held = space.held()
        self._spaces.append(space)
        return held


class _Workspace:
    """The memory of one thread."""

    def __init__(self, program: Program, assembly: Assembly) -> None:
        self._program, self._assembly, self._frame = program, assembly, assembly.frame
        self._memory = _aligned(assembly.memory)
        self._words = np.zeros(self._frame.size, np.int64)
        self._layouts = {group: np.zeros(loops.LAYOUT, np.int64) for group in self._frame.groups}
        self._words[0] = self._memory.ctypes.data
        for group, layout in self._layouts.items():
            self._words[self._frame.layout(group)] = layout.ctypes.data
        self.address = self._words.ctypes.data
        read = {node.attrs[0] for node in assembly.lowered.nodes if node.op == "input"}
        self._inputs = [(self._frame.input(one.name), one) for one in program.columns if one.name in read]
        self._outputs = [(self._frame.output(name), name) for name in assembly.direct]
        self._bound: list[Callable[[], object]] = [lambda: None] * 3
        self._copies: list[Array] = []

    def bind(self, structure: Structure, inputs: Arrays, results: Arrays) -> None:
        """Tell where the columns of a batch are: once for all its chunks, and without keeping them alive."""
        batch, frame = (structure, inputs, results), self._frame
        if all(known() is one for known, one in zip(self._bound, batch, strict=True)):
            return
        columns = [
            *((frame.roles(group), structure.roles[group], "i1") for group in frame.groups),
            *((place, inputs[one.name], one.dtype) for place, one in self._inputs),
            *((place, results[name], "") for place, name in self._outputs),
        ]
        self._copies = []
        self._bound = [weakref.ref(one) for one in batch]
        for place, column, dtype in columns:
            self._words[place] = self._address(column, dtype) if dtype else column.ctypes.data

    def _address(self, column: Array, dtype: str) -> int:
        """Where a column begins, of the type and in the order that the code reads."""
        found = np.ascontiguousarray(column, dtype)
        if found is not column:
            self._copies.append(found)
        return found.ctypes.data

    def load(self, chunk: Chunk, context: groups.Context) -> None:
        """Tell where the rows of a chunk are, and how its groups are laid out."""
        words, frame = self._words, self._frame
        for entity in frame.entities:
            rows = context.rows(entity)
            words[frame.count(entity)] = len(rows)
            words[frame.rows(entity)] = rows.ctypes.data
        for group, layout in self._layouts.items():
            _lay_out(layout, chunk.groups[group])
        words[frame.checks] = 1

    def held(self) -> bool:
        return bool(self._words[self._frame.checks])

    def write(self, context: groups.Context, results: Mapping[str, Array]) -> None:
        for name, number in self._program.outputs.items():
            if name not in self._assembly.direct:
                entity = self._program.output_entities[name]
                results[name][context.rows(entity)] = self._value(self._assembly.lowered.place[number], context)

    def _value(self, number: int, context: groups.Context) -> Any:
        node = self._assembly.lowered.nodes[number]
        if node.op == "const":
            value = self._assembly.lowered.values[number]
            return np.asarray(value).astype("i8").view(node.dtype) if node.dtype[0] in "mM" else np.asarray(value)
        begin, count = self._assembly.offsets[number], context.counts()[str(node.entity)]
        size = np.dtype(node.dtype).itemsize * count
        return self._memory[begin : begin + size].view(node.dtype)

    def by_numpy(self, number: int, context: groups.Context) -> None:
        node = self._assembly.lowered.nodes[number]
        step, given = _step(node)
        out, operands = self._value(number, context), [self._value(arg, context) for arg in node.args]
        if given is None:
            step(*operands, out)
        else:
            step(context, given, out, *operands)


def _lay_out(layout: Array, group: GroupLayout) -> None:
    slots = len(group.slots)
    held = np.array(group.slots)
    layout[loops.SLOTS], layout[loops.GROUPS] = slots, len(group.order)
    layout[loops.HELD : loops.HELD + slots] = held
    layout[loops.HELD + slots :] = 0
    layout[loops.BEGIN : loops.BEGIN + slots] = np.cumsum(held) - held
    layout[loops.ORDER] = 0 if group.persons is None else group.persons.ctypes.data


def _aligned(size: int) -> Array:
    memory = np.zeros(size + 4096, np.uint8)
    begin = -memory.ctypes.data % 4096
    return memory[begin : begin + size]
