"""The law compiler: traces the formulas of an OpenFisca system into one static graph and runs it on arrays."""

from lawgraph.errors import BadColumns, BadProgramFile, LawgraphError, StaleProgram, TraceError
from lawgraph.program import Program
from lawgraph.signature import Input

__all__ = [
    "BadColumns",
    "BadProgramFile",
    "Input",
    "LawgraphError",
    "Program",
    "StaleProgram",
    "TraceError",
]
