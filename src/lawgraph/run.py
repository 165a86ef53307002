"""Running a program, chunk by chunk: as machine code (see `native`), or on NumPy in buffers that are used again.

A chunk is small enough for its buffers to stay in the processor's cache; memory does not depend on the number of rows.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lawgraph import groups, layouts, ops
from lawgraph.errors import BadColumns
from lawgraph.graph import Node
from lawgraph.inputs import read_columns
from lawgraph.program import Columns, Program
from lawgraph.structure import MOST_PROBLEMS, Arrays, Chunk, Structure, chunks

Array = npt.NDArray[Any]
#: Islands (households with whoever is tied to them) that NumPy computes at a time. See the benchmark for the choice.
CHUNK = 2048
#: From so many persons on, the seconds that compiling takes are won back by one run.
COMPILED_FROM = 200_000


class Runs(Protocol):
    """A machine: it computes one chunk of a population and writes its part of the results."""

    def run(self, structure: Structure, inputs: Arrays, chunk: Chunk, results: Arrays) -> None: ...


def run(
    program: Program,
    columns: Columns,
    *,
    chunk: int = 0,
    processes: int = 1,
    compiled: bool | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Array]:
    """See `Program.run`."""
    if chunk < 0 or processes < 1:
        message = "a chunk has at least one island, and one process works at least"
        raise ValueError(message)
    structure, inputs = read_columns(program, columns)
    machine, parts = machine_for(program, structure, chunk, compiled)
    results = empty_results(program, structure)
    for done in _done(machine, structure, inputs, parts, results, processes):
        if progress is not None:
            progress(done, structure.persons)
    return {name: decoded(program, name, values) for name, values in results.items()}


def run_here(program: Program, structure: Structure, inputs: Arrays, size: int) -> dict[str, Array]:
    """Every chunk on NumPy, one after the other; enumerations as indices."""
    results = empty_results(program, structure)
    for _ in _done(Machine.of(program), structure, inputs, chunks(structure, size), results, 1):
        pass
    return results


def machine_for(
    program: Program, structure: Structure, chunk: int, compiled: bool | None
) -> tuple[Runs, Iterator[Chunk]]:
    """The machine for a batch, and the chunks that it takes one by one, laid out as suits it.

    Machine code when it is there already, or when the batch is large enough to pay for it; NumPy otherwise, and where
    LLVM is not installed.
    """
    from lawgraph.native import is_available, machine  # it imports this file

    if compiled is None:
        compiled = is_compiled(program) or (structure.persons >= COMPILED_FROM and is_available())
    if not compiled:
        return Machine.of(program), chunks(structure, chunk or CHUNK)
    size = chunk or machine.CHUNK
    native = machine.NativeMachine.of(program, size)
    return native, layouts.chunks(structure, size, native.busiest)


def is_compiled(program: Program) -> bool:
    return bool(program.__dict__.get("_native"))


def _done(
    machine: Runs,
    structure: Structure,
    inputs: Arrays,
    parts: Iterator[Chunk],
    results: Arrays,
    workers: int,
) -> Iterator[int]:
    """Compute every chunk; after each, how many persons are done.

    Workers are threads: machine code and NumPy leave the interpreter's lock, and nothing has to be copied. A few chunks
    wait at a time, whatever the number of rows.
    """
    done = 0
    if workers == 1:
        for part in parts:
            machine.run(structure, inputs, part, results)
            done += len(part.persons)
            yield done
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[tuple[int, Future[None]]] = deque()
        for part in parts:
            waiting.append((len(part.persons), pool.submit(machine.run, structure, inputs, part, results)))
            if len(waiting) > 4 * workers:
                done += _finished(waiting)
                yield done
        while waiting:
            done += _finished(waiting)
            yield done


def _finished(waiting: deque[tuple[int, Future[None]]]) -> int:
    persons, future = waiting.popleft()
    future.result()
    return persons


def empty_results(program: Program, structure: Structure) -> Arrays:
    """An array for each output, in the order of the batch."""
    counts = {program.person: structure.persons, **structure.counts}
    return Arrays(
        (name, np.zeros(counts[program.output_entities[name]], program.nodes[number].dtype))
        for name, number in program.outputs.items()
    )


def decoded(program: Program, name: str, values: Array) -> Array:
    """An enumeration's indices as its names; other values as they are."""
    names = program.enumerations.get(name)
    return values if names is None else np.array(names)[values]


class _Buffers(threading.local):
    """The buffers of a machine: each thread has its own, since two may run a program at once."""

    def __init__(self) -> None:
        self._storage: list[Array] = []
        self._capacity: dict[str, int] = {}

    def of(self, kinds: list[tuple[str, str]], counts: Mapping[str, int]) -> list[Array]:
        """A buffer for each (type, entity), at least as long as counted."""
        if any(count > self._capacity.get(entity, -1) for entity, count in counts.items()):
            self._capacity = {one: max(count, self._capacity.get(one, 0)) for one, count in counts.items()}
            self._storage = [np.zeros(self._capacity[entity], dtype) for dtype, entity in kinds]
        return self._storage


class Machine:
    """A program prepared for NumPy: each node has a buffer, which later nodes of its type use again after it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._kinds: list[tuple[str, str]] = []  # of each buffer: type, entity
        self._place: dict[int, int] = {}
        self._steps: list[tuple[Callable[..., Any], Node | None, tuple[int, ...], int]] = []
        self._template: list[Any] = [None] * len(program.nodes)
        self._buffers = _Buffers()
        self._prepare()

    @classmethod
    def of(cls, program: Program) -> Machine:
        """The machine of a program, made once."""
        found: Machine | None = program.__dict__.get("_machine")
        if found is None:
            found = cls(program)
            object.__setattr__(program, "_machine", found)
        return found

    def _prepare(self) -> None:
        nodes, last = self.program.nodes, self._last_uses()
        free: dict[tuple[str, str], list[int]] = {}
        for number, node in enumerate(nodes):
            if node.entity is None:
                self._template[number] = np.frombuffer(node.attrs[0], dtype=node.dtype).reshape(())
                continue
            key = (node.dtype, node.entity)
            pool = free.setdefault(key, [])
            self._place[number] = pool.pop() if pool else self._new_buffer(key)
            step, placed = _step(node)
            self._steps.append((step, placed, node.args, number))
            for arg in set(node.args):
                if last[arg] == number and arg in self._place:
                    place = self._place[arg]
                    free.setdefault(self._kinds[place], []).append(place)

    def _last_uses(self) -> list[int]:
        last = [0] * len(self.program.nodes)
        for number, node in enumerate(self.program.nodes):
            for arg in node.args:
                last[arg] = number
        for number in [*self.program.outputs.values(), *(node for node, _, _ in self.program.checks)]:
            last[number] = len(last)
        return last

    def _new_buffer(self, key: tuple[str, str]) -> int:
        self._kinds.append(key)
        return len(self._kinds) - 1

    def run(
        self, structure: Structure, inputs: Mapping[str, Array], chunk: Chunk, results: Mapping[str, Array]
    ) -> None:
        """Compute one chunk and write its part of the results."""
        context = groups.Context(self.program.person, structure, inputs, chunk)
        values = self._values(context.counts())
        with np.errstate(all="ignore"):
            for step, node, args, number in self._steps:
                if node is None:
                    step(*[values[arg] for arg in args], values[number])
                else:
                    step(context, node, values[number], *[values[arg] for arg in args])
        self._check(context, values)
        for name, number in self.program.outputs.items():
            results[name][context.rows(self.program.output_entities[name])] = values[number]

    def _values(self, counts: Mapping[str, int]) -> list[Any]:
        storage = self._buffers.of(self._kinds, counts)
        views = [store[: counts[entity]] for store, (_, entity) in zip(storage, self._kinds, strict=True)]
        values = list(self._template)
        for number, place in self._place.items():
            values[number] = views[place]
        return values

    def _check(self, context: groups.Context, values: list[Any]) -> None:
        problems = []
        for number, why, where in self.program.checks:
            held = values[number]
            if held.all():
                continue
            entity = self.program.nodes[number].entity
            rows = np.arange(1) if entity is None else np.sort(context.rows(entity)[~held])
            problems += [f"{entity}, row {row + 1}: {why} ({where})" for row in rows[:MOST_PROBLEMS]]
        if problems:
            raise BadColumns(problems)


def _step(node: Node) -> tuple[Callable[..., Any], Node | None]:
    """The function that computes a node, with the node itself when it needs the context."""
    if node.op in groups.FUNCTIONS:
        return groups.FUNCTIONS[node.op], node
    if node.op in ops.UFUNCS:
        return ops.UFUNCS[node.op], None
    if node.op == "cast":
        return _cast, None
    if node.op == "where":
        return _where, None
    if node.op == "take":
        return _taking(np.array(node.attrs[0], dtype=node.attrs[1])), None
    return _special(node), None


def _cast(value: Array, out: Array) -> None:
    np.copyto(out, value, casting="unsafe")


def _where(condition: Array, yes: Array, no: Array, out: Array) -> None:
    np.copyto(out, no)
    np.copyto(out, yes, where=condition)


def _taking(table: Array) -> Callable[..., Any]:
    return lambda index, out: np.take(table, index, out=out, mode="wrap")


def _special(node: Node) -> Callable[..., Any]:
    compute, attrs = ops.SPECIAL[node.op], node.attrs

    def step(*operands: Array) -> None:
        *given, out = operands
        out[...] = compute(attrs, *given)

    return step
