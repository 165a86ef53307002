"""A program: the graph of some outputs, ready to run, to explain itself, to travel and to be kept.

The file of a program holds numbers and text only (JSON inside a zip): reading one executes nothing.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lawgraph import validity
from lawgraph.errors import BadProgramFile, StaleProgram
from lawgraph.explain import Explanation, explained
from lawgraph.graph import Node, kept
from lawgraph.signature import Input
from lawgraph.structure import GroupKind

if TYPE_CHECKING:
    from lawgraph.trace import Tracer

FORMAT = "lawgraph-1"
#: Bytes of the JSON of a program: a large one has 20 million.
LARGEST_FILE = 500_000_000
_NOT_A_PROGRAM = (
    OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, RecursionError, MemoryError,
    AttributeError, LookupError, ValueError, TypeError, OverflowError,
)  # fmt: skip
Columns = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Law:
    """What a program was compiled from: the fingerprint of the law, the period, and the seconds that tracing took."""

    fingerprint: str
    period: str
    seconds: float = 0.0


@dataclass(frozen=True)
class Column:
    """An input column of a program: its type, the entity that it has rows for, the values accepted, the names of an
    enumeration (in the order of their indices) where it is one."""

    name: str
    dtype: str
    entity: str
    low: float
    high: float
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Program:
    """Outputs compiled for one law, one period and one input signature."""

    law: Law
    person: str
    kinds: tuple[GroupKind, ...]
    inputs: tuple[Input, ...]
    columns: tuple[Column, ...]
    nodes: tuple[Node, ...]
    outputs: Mapping[str, int]
    checks: tuple[tuple[int, str, str], ...]
    #: (variable, period) cut because a formula depends on itself at another period: none when `cuts` covers it.
    spirals: tuple[tuple[str, str], ...]
    output_entities: Mapping[str, str]
    enumerations: Mapping[str, tuple[str, ...]]
    statistics: Mapping[str, float]
    calls: tuple[tuple[Any, ...], ...] = field(repr=False, default=())

    def __getstate__(self) -> dict[str, Any]:
        """What travels to another process: the program without the machines made of it here."""
        return {name: value for name, value in self.__dict__.items() if name in self.__dataclass_fields__}

    def run(
        self,
        columns: Columns,
        *,
        chunk: int = 0,
        processes: int = 1,
        compiled: bool | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> dict[str, npt.NDArray[Any]]:
        """The outputs for a batch of columns (see the documentation of the batch format).

        Arrays of one value per row of the output's entity, in the order of the batch. `chunk`: islands computed at a
        time; `processes`: how many work at once; `compiled`: as machine code or by NumPy (None: what is quicker for
        the batch), the answers are the same; `progress(done, all)` is told as persons are done.
        Raises `BadColumns` with each problem by column and row, and changes nothing.
        """
        from lawgraph.run import run

        return run(self, columns, chunk=chunk, processes=processes, compiled=compiled, progress=progress)

    def compile(self) -> None:
        """Make the machine code now, in a few seconds: runs use it from then on, small batches too.

        Where LLVM is not installed nothing is made, and NumPy goes on answering.
        """
        from lawgraph.native import NativeMachine, is_available

        if is_available():
            NativeMachine.of(self)

    def explain(self, output: str) -> Explanation:
        """The formulas, parameters, dates and references that an output rests on."""
        return explained(self, output)

    def check_law(self, fingerprint: str) -> None:
        """Refuse to serve under another law than the one compiled. Raises `StaleProgram`."""
        if fingerprint != self.law.fingerprint:
            compiled = self.law.fingerprint[:12] or "no law"
            message = f"compiled under {compiled}, and the law in force is {fingerprint[:12]}"
            raise StaleProgram(message)

    def save(self, path: Path) -> None:
        """Write the program: a zip of two JSON files, written aside then moved into place."""
        content = asdict(self)
        calls = content.pop("calls")
        content["format"] = FORMAT
        content["nodes"] = [[one.op, one.args, _plain(one.attrs), one.dtype, one.entity] for one in self.nodes]
        aside = path.with_name(f"{path.name}.{id(self):x}.part")
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("program.json", json.dumps(content))
            archive.writestr("calls.json", json.dumps(calls, default=str))
        aside.replace(path)

    @classmethod
    def load(cls, path: Path, fingerprint: str | None = None) -> Program:
        """Read a program. Raises `BadProgramFile`, or `StaleProgram` when it was compiled under another law."""
        try:
            with zipfile.ZipFile(path) as archive:
                if sum(one.file_size for one in archive.infolist()) > LARGEST_FILE:
                    message = "it would be too large once read"
                    raise ValueError(message)
                content = json.loads(archive.read("program.json"))
                calls = json.loads(archive.read("calls.json"))
            program = _read(content, calls)
        except _NOT_A_PROGRAM as error:
            message = f"{path.name} is not a program: {type(error).__name__}: {error}"
            raise BadProgramFile(message) from error
        if fingerprint is not None:
            program.check_law(fingerprint)
        return program


def build(tracer: Tracer, inputs: tuple[Input, ...], results: Mapping[str, int], law: Law) -> Program:
    """The program of a tracing: dead nodes are left, what an output needs is kept in order."""
    checks = list(dict.fromkeys(tracer.checks))
    roots = [*results.values(), *(node for node, _, _ in checks)]
    nodes, roots = kept(tracer.graph.nodes, roots)
    outputs = dict(zip(results, roots, strict=False))
    moved = [(node, why, where) for node, (_, why, where) in zip(roots[len(results) :], checks, strict=True)]
    kinds = tuple(
        GroupKind(entity.key, tuple((role.key, role.max) for role in entity.flattened_roles))
        for entity in tracer.system.entities
        if not entity.is_person
    )
    columns = tuple(
        _column(tracer, inputs, node, node.entity)
        for node in tracer.graph.nodes
        if node.op == "input" and node.entity is not None
    )
    return Program(
        law,
        tracer.person.key,
        kinds,
        inputs,
        columns,
        tuple(nodes),
        outputs,
        tuple(moved),
        tuple(sorted(tracer.spirals)),
        {name: tracer.system.get_variable(name.split("@")[0]).entity.key for name in outputs},
        {name: _names(tracer, name.split("@")[0]) for name in outputs if _names(tracer, name.split("@")[0])},
        {"recorded": tracer.graph.recorded, "distinct": len(tracer.graph.nodes), "kept": len(nodes)},
        tuple(_call(call) for call in tracer.calls),
    )


def _column(tracer: Tracer, inputs: tuple[Input, ...], node: Node, entity: str) -> Column:
    one = next(one for one in inputs if one.name == node.attrs[0])
    return Column(one.name, node.dtype, entity, one.low, one.high, _names(tracer, one.variable))


def _names(tracer: Tracer, variable: str) -> tuple[str, ...]:
    values = getattr(tracer.system.get_variable(variable), "possible_values", None)
    return tuple(str(name) for name in values.names) if values is not None else ()


def _call(call: Any) -> tuple[Any, ...]:
    parameters = [[name, instant, _number(value)] for name, (instant, value) in sorted(call.parameters.items())]
    return (call.variable, call.period, call.formula, call.given, tuple(call.calls), parameters)


def _number(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool) else None


def _plain(attrs: tuple[Any, ...]) -> list[Any]:
    """Attributes in JSON: bytes of a constant as hexadecimal, infinities by name."""
    return [{"bytes": one.hex()} if isinstance(one, bytes) else _listed(one) for one in attrs]


def _listed(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_listed(one) for one in value]
    return value.item() if isinstance(value, np.generic) else value


def _attrs(plain: list[Any]) -> tuple[Any, ...]:
    return tuple(
        bytes.fromhex(one["bytes"]) if isinstance(one, dict) else tuple(one) if isinstance(one, list) else one
        for one in plain
    )


def _read(content: dict[str, Any], calls: list[Any]) -> Program:
    if content.pop("format") != FORMAT:
        message = "another format"
        raise ValueError(message)
    nodes = tuple(
        Node(op, tuple(args), _attrs(attrs), dtype, entity) for op, args, attrs, dtype, entity in content.pop("nodes")
    )
    program = Program(
        law=Law(**content["law"]),
        person=content["person"],
        kinds=tuple(
            GroupKind(kind["key"], tuple((name, most) for name, most in kind["roles"])) for kind in content["kinds"]
        ),
        inputs=tuple(Input(**one) for one in content["inputs"]),
        columns=tuple(Column(**{**one, "names": tuple(one["names"])}) for one in content["columns"]),
        nodes=nodes,
        outputs={name: int(node) for name, node in content["outputs"].items()},
        checks=tuple((int(node), why, where) for node, why, where in content["checks"]),
        spirals=tuple((name, period) for name, period in content["spirals"]),
        output_entities=content["output_entities"],
        enumerations={name: tuple(names) for name, names in content["enumerations"].items()},
        statistics=content["statistics"],
        calls=tuple(tuple(call) for call in calls),
    )
    validity.check(program)
    return program
