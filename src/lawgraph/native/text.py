"""Writing LLVM's text form: values, constants, loops. No pass is needed to clean it: equal values are written once."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np

#: LLVM's type for a value of each type of the graph; "T8" is a short text packed in a whole number (see `lowering`).
SCALARS = {"f4": "float", "f8": "double", "i1": "i8", "i2": "i16", "i4": "i32", "i8": "i64", "b1": "i1", "T8": "i64"}
SIZES = {"f4": 4, "f8": 8, "i1": 1, "i2": 2, "i4": 4, "i8": 8, "b1": 1, "T8": 8}


def scalar(dtype: str) -> str:
    """LLVM's type for one value: dates and durations are whole numbers."""
    return SCALARS.get(dtype) or ("i64" if dtype[0] in "mM" else "")


def known(dtype: str) -> bool:
    return bool(scalar(dtype))


def size(dtype: str) -> int:
    """Bytes for one value in memory, of any type that NumPy knows, or of ours."""
    return SIZES.get(dtype) or np.dtype(dtype).itemsize


def is_float(dtype: str) -> bool:
    return dtype[0] == "f"


def literal(value: Any, dtype: str) -> str:
    """A constant as LLVM writes it; floating numbers by their bits."""
    if is_float(dtype):
        wide = float(np.float32(value)) if dtype == "f4" else float(value)
        return f"0x{struct.unpack('<Q', struct.pack('<d', wide))[0]:016X}"
    if dtype == "b1":
        return "true" if value else "false"
    return str(int(value))


class Body:
    """The body of a function being written, for `lanes` values at a time."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self.lines: list[str] = []
        self.here = "entry"
        self._made = 0
        self._known: dict[str, str] = {}

    def type(self, dtype: str) -> str:
        return self.of(scalar(dtype))

    def of(self, llvm: str) -> str:
        return llvm if self.lanes == 1 else f"<{self.lanes} x {llvm}>"

    def constant(self, value: Any, dtype: str) -> str:
        text = literal(value, dtype)
        return text if self.lanes == 1 else f"splat ({scalar(dtype)} {text})"

    def let(self, expression: str) -> str:
        """The name of a value that depends on nothing but what it names: written once in a block."""
        found = self._known.get(expression)
        if found is None:
            found = self.fresh(expression)
            self._known[expression] = found
        return found

    def fresh(self, expression: str) -> str:
        """A value written where it is asked: what reads memory."""
        self._made += 1
        name = f"%v{self._made}"
        self.lines.append(f"  {name} = {expression}")
        return name

    def do(self, line: str) -> None:
        self.lines.append(f"  {line}")

    def label(self, stem: str) -> str:
        self._made += 1
        return f"{stem}{self._made}"

    def begin(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self.here = label
        self._known = {}

    def loop(self, count: str, body: Callable[[str], None], step: int = 1) -> None:
        """`body(index)` for each index below `count`, a whole number of 64 bits."""
        head, done = self.label("loop"), self.label("done")
        index, following, before = f"%i{head}", f"%n{head}", self.here
        some = self.let(f"icmp sgt i64 {count}, 0")
        self.do(f"br i1 {some}, label %{head}, label %{done}")
        self.begin(head)
        at = len(self.lines)
        self.lines.append("")
        body(index)
        self.do(f"{following} = add nuw nsw i64 {index}, {step}")
        more = self.let(f"icmp slt i64 {following}, {count}")
        self.do(f"br i1 {more}, label %{head}, label %{done}")
        self.lines[at] = f"  {index} = phi i64 [ 0, %{before} ], [ {following}, %{self.here} ]"
        self.begin(done)

    def select(self, condition: str, dtype: str, yes: str, no: str) -> str:
        kind = self.type(dtype)
        return self.let(f"select {self.of('i1')} {condition}, {kind} {yes}, {kind} {no}")

    def call(self, function: str, dtype: str, *operands: str) -> str:
        """A function of LLVM on values of one type (`llvm.floor`…)."""
        suffix = scalar(dtype).replace("double", "f64").replace("float", "f32")
        if self.lanes > 1:
            suffix = f"v{self.lanes}{suffix}"
        kind = self.type(dtype)
        return self.let(f"call {kind} @{function}.{suffix}({', '.join(f'{kind} {one}' for one in operands)})")
