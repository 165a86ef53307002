"""A program as modules of LLVM's text: kernels shared among some, and one with the loops and what is called."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from lawgraph.native.kernels import HEADER, Caller, Frame, Loops, kernel
from lawgraph.native.lowering import Lowered, lower
from lawgraph.native.plan import Plan, Step, offsets, plan
from lawgraph.native.tables import Tables
from lawgraph.program import Program


@dataclass(frozen=True)
class Assembly:
    """`parts`: names of functions to call in order, and between them nodes for NumPy. `direct`: the outputs that the
    last function writes itself; the others are columns, which begin at `offsets`. `memory`: bytes for all columns."""

    frame: Frame
    lowered: Lowered
    parts: tuple[str | int, ...]
    offsets: dict[int, int]
    memory: int
    direct: tuple[str, ...]
    main: str
    others: tuple[str, ...]
    tables: Tables


def assemble(program: Program, rows: int, lanes: int, most: int) -> Assembly:
    """`rows`: of any entity in a block, at most; `most`: operations in a kernel."""
    lowered = lower(program)
    outputs = {name: lowered.place[number] for name, number in program.outputs.items()}
    roots = [number for number in outputs.values() if lowered.nodes[number].op != "const"]
    order = plan(lowered, [*roots, *lowered.checks.values()], most)
    places, memory = offsets(order, rows)
    frame = Frame(
        (program.person, *(kind.key for kind in program.kinds)),
        tuple(kind.key for kind in program.kinds),
        tuple(one.name for one in program.columns),
        tuple(outputs),
    )
    direct = tuple(
        name for name, number in outputs.items() if number in roots and lowered.nodes[number].dtype[0] not in "US"
    )
    callers, loops, parts = _callers(frame, order, places)
    for name in direct:
        callers[-1].output(name, outputs[name], program.output_entities[name])
    callers[-1].checks()
    tables = Tables()
    kernels = _kernels(order, places, lanes, tables)
    declared = [f"declare hidden void @k{number}(ptr noalias, i64)" for number in range(len(order_kernels(order)))]
    main = "\n".join([*declared, *loops.texts.values(), *(one.text() for one in callers), HEADER])
    return Assembly(frame, lowered, parts, places, memory, direct, main, kernels, tables)


def order_kernels(order: Plan) -> list[Step]:
    return [step for step in order.steps if step.kind == "kernel"]


def _callers(frame: Frame, order: Plan, places: dict[int, int]) -> tuple[list[Caller], Loops, tuple[str | int, ...]]:
    """Functions for the steps between those of NumPy, in turn with those."""
    loops = Loops()
    callers = [Caller("part0", frame, order, places, loops)]
    parts: list[str | int] = []
    kernels = count()
    for step in order.steps:
        if step.kind == "numpy":
            if not callers[-1].is_empty:
                parts.append(callers[-1].name)
                callers.append(Caller(f"part{len(callers)}", frame, order, places, loops))
            parts.append(step.nodes[0])
        elif step.kind == "kernel":
            callers[-1].kernel(f"k{next(kernels)}", step.entity)
        else:
            callers[-1].loop(step.nodes[0])
    return callers, loops, (*parts, callers[-1].name)


#: Kernels in a module, by operations: modules are compiled one after the other, and a large one is slower.
MODULE = 2000


def _kernels(order: Plan, places: dict[int, int], lanes: int, tables: Tables) -> tuple[str, ...]:
    modules, texts, held = [], list[str](), 0
    for number, step in enumerate(order_kernels(order)):
        texts.append(kernel(f"k{number}", order, step, places, tables, lanes))
        held += len(step.nodes)
        if held > MODULE:
            modules.append("\n".join([*texts, HEADER]))
            texts, held = [], 0
    return (*modules, "\n".join([*texts, HEADER])) if texts else tuple(modules)
