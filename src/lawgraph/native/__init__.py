"""A program as machine code, written with LLVM: `NativeMachine` computes what `run.Machine` computes, bit for bit.

`lowering` turns texts into numbers, `plan` orders the operations in kernels, `arithmetic`, `tables`, `loops` and
`kernels` write them, `compiling` makes machine code in memory. Nothing compiled is kept on disk.
"""

from __future__ import annotations

from lawgraph.native.compiling import is_available
from lawgraph.native.machine import NativeMachine

__all__ = ["NativeMachine", "is_available"]
