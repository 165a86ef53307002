"""In what order a lowered program is computed, in which functions, and where its values are kept.

Group operations cut the graph in few phases (seven for fourteen rights of France). Between two of them, the elementwise
operations of an entity are one straight line: it is cut in kernels of a size that compiles and runs well. A value that
does not leave its kernel never meets memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from lawgraph import ops
from lawgraph.native.lowering import Lowered
from lawgraph.native.text import size

LOOPS = ops.GROUP | ops.STRUCTURE | {"input", "holder"}
#: Operations in a kernel, at most.
KERNEL = 300
#: Values of a line of the processor's cache: columns begin on one.
LINE = 64


@dataclass
class Step:
    """A kernel of elementwise operations on the rows of one entity ("kernel"), one group operation or input ("loop"),
    or one operation that stays with NumPy ("numpy")."""

    kind: str
    entity: str
    nodes: list[int]
    #: What it reads from memory, and what it leaves there.
    loads: list[int] = field(default_factory=list)
    stores: list[int] = field(default_factory=list)


@dataclass
class Plan:
    """Steps in order. `buffers`: the buffer of each value kept in memory, as (bytes per row, number of the buffer)."""

    lowered: Lowered
    steps: list[Step]
    buffers: dict[int, tuple[int, int]]
    count: dict[int, int]


def plan(lowered: Lowered, roots: Iterable[int], kernel: int = KERNEL) -> Plan:
    """Order the nodes that the roots (outputs and checks) need."""
    roots = set(roots)
    alive = _alive(lowered, roots)
    phases = _phases(lowered, alive)
    steps = _in_order(lowered, _kernels(lowered, alive, phases, kernel), alive)
    _tell_memory(lowered, steps, roots)
    buffers, count = _buffers(lowered, steps, roots)
    return Plan(lowered, steps, buffers, count)


def _alive(lowered: Lowered, roots: set[int]) -> list[int]:
    needed = set(roots)
    for number in range(len(lowered.nodes) - 1, -1, -1):
        if number in needed:
            needed.update(lowered.nodes[number].args)
    return [number for number in sorted(needed) if lowered.nodes[number].op != "const"]


def _is_alone(lowered: Lowered, number: int) -> bool:
    """Whether a node is a step of its own."""
    return number in lowered.numpy or lowered.nodes[number].op in LOOPS


def _phases(lowered: Lowered, alive: list[int]) -> dict[int, int]:
    """The phase of each elementwise node: as late as those who need it allow, so that values wait little."""
    nodes = lowered.nodes
    soonest: dict[int, int] = {}
    for number in alive:
        alone = _is_alone(lowered, number)
        before = [
            soonest[arg] + (alone and not _is_alone(lowered, arg)) for arg in nodes[number].args if arg in soonest
        ]
        soonest[number] = max(before, default=0)
    last = max(soonest.values(), default=0)
    latest = dict.fromkeys(alive, last)
    for number in reversed(alive):
        alone = _is_alone(lowered, number)
        for arg in nodes[number].args:
            if arg in latest:
                limit = latest[number] - (alone and not _is_alone(lowered, arg))
                latest[arg] = min(latest[arg], limit)
    return latest


def _kernels(lowered: Lowered, alive: list[int], phases: dict[int, int], most: int) -> list[Step]:
    lines: dict[tuple[int, str], list[int]] = defaultdict(list)
    for number in alive:
        if not _is_alone(lowered, number):
            lines[phases[number], str(lowered.nodes[number].entity)].append(number)
    steps = []
    for (_, entity), line in sorted(lines.items()):
        parts = -(-len(line) // most)
        share = -(-len(line) // parts)
        steps += [Step("kernel", entity, line[begin : begin + share]) for begin in range(0, len(line), share)]
    return steps


def _in_order(lowered: Lowered, kernels: list[Step], alive: list[int]) -> list[Step]:
    """Kernels as they come, each preceded by the steps that it still lacks."""
    steps: list[Step] = []
    done: set[int] = set()
    for kernel in kernels:
        for number in kernel.nodes:
            for arg in lowered.nodes[number].args:
                steps += _lacking(lowered, arg, done)
        steps.append(kernel)
        done.update(kernel.nodes)
    for number in alive:
        steps += _lacking(lowered, number, done)
    return steps


def _lacking(lowered: Lowered, wanted: int, done: set[int]) -> list[Step]:
    """The step of a node that is alone in its step, after those that it needs. No recursion: chains are long."""
    steps: list[Step] = []
    waiting = [wanted]
    while waiting:
        number = waiting[-1]
        if number in done or not _is_alone(lowered, number):
            waiting.pop()
            continue
        needed = [arg for arg in lowered.nodes[number].args if arg not in done and _is_alone(lowered, arg)]
        if not needed:
            kind = "numpy" if number in lowered.numpy else "loop"
            steps.append(Step(kind, str(lowered.nodes[number].entity), [number]))
            done.add(number)
        waiting += needed
    return steps


def _tell_memory(lowered: Lowered, steps: list[Step], roots: set[int]) -> None:
    """What each step reads and leaves: what is used by another step, or asked."""
    outside = set(roots)
    for step in steps:
        inside = set(step.nodes)
        reads = dict.fromkeys(
            arg
            for number in step.nodes
            for arg in lowered.nodes[number].args
            if arg not in inside and lowered.nodes[arg].op != "const"
        )
        step.loads = list(reads)
        outside.update(reads)
    for step in steps:
        step.stores = [number for number in step.nodes if number in outside]


def _buffers(lowered: Lowered, steps: list[Step], roots: set[int]) -> tuple[dict[int, tuple[int, int]], dict[int, int]]:
    """A buffer for each value kept in memory: used again by a later step when nobody needs the value any more."""
    last: dict[int, int] = {}
    for at, step in enumerate(steps):
        last.update(dict.fromkeys([*step.loads, *step.stores], at))
    last.update(dict.fromkeys(roots, len(steps)))
    free: dict[int, list[int]] = defaultdict(list)
    count: dict[int, int] = defaultdict(int)
    found: dict[int, tuple[int, int]] = {}
    for at, step in enumerate(steps):
        for number in step.stores:
            width = size(lowered.nodes[number].dtype)
            if free[width]:
                found[number] = (width, free[width].pop())
            else:
                found[number] = (width, count[width])
                count[width] += 1
        for number in {*step.loads, *step.stores}:
            if last[number] == at:
                width, buffer = found[number]
                free[width].append(buffer)
    return found, dict(count)


def offsets(plan: Plan, rows: int) -> tuple[dict[int, int], int]:
    """Where the column of each value begins in memory, for so many rows at most, and how much memory that is.

    A line is left between columns: beginnings that are a power of two apart would fight for one place of the cache.
    """
    begins: dict[tuple[int, int], int] = {}
    at = LINE
    for width, count in sorted(plan.count.items(), reverse=True):
        step = -(-rows * width // LINE) * LINE + LINE
        for buffer in range(count):
            begins[width, buffer] = at
            at += step
    return {number: begins[place] for number, place in plan.buffers.items()}, at + LINE
