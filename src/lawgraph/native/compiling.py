"""From the text of modules to machine code in memory. Nothing compiled is ever written to a file, or read from one."""

from __future__ import annotations

import platform
import weakref
from collections.abc import Sequence
from typing import Any

#: How much work the code generator does (0 to 3); the text needs no pass, loops do (see `_improved`).
EFFORT = 1


def is_available() -> bool:
    """Whether the compiler is installed, on a processor whose arithmetic was compared with NumPy's."""
    try:
        import llvmlite.binding  # noqa: F401 - it is only a question
    except ImportError:
        return False
    return platform.machine().lower() in {"x86_64", "amd64"}


class Code:
    """Machine code of some modules, freed with this object."""

    def __init__(self, main: str, others: Sequence[str], effort: int = EFFORT) -> None:
        """`main`: the module with the loops and the functions that are called; `others`: modules of kernels."""
        from llvmlite import binding

        binding.initialize_native_target()
        binding.initialize_native_asmprinter()
        context = binding.create_context()
        first = binding.parse_assembly(main, context)
        _improved(binding, first, _machine(binding, 2))
        self._engine = binding.create_mcjit_compiler(first, _machine(binding, effort))
        # In this order, whatever order a garbage collection would choose: the engine lives in the context.
        weakref.finalize(self, _close, self._engine, context)
        for text in others:
            self._engine.add_module(binding.parse_assembly(text, context))
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        return int(self._engine.get_function_address(name))


def _close(*resources: Any) -> None:
    for one in resources:
        one.close()


def _machine(binding: Any, effort: int) -> Any:
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=effort,
        jit=True,
    )


def _improved(binding: Any, module: Any, target: Any) -> None:
    """Loops made of vectors."""
    options = binding.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = True
    options.loop_unrolling = False
    builder = binding.create_pass_builder(target, options)
    builder.getModulePassManager().run(module, builder)
