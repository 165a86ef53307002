"""What an answer rests on: the variables computed on the way, with their formulas, parameters and dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lawgraph.program import Program


@dataclass(frozen=True)
class Step:
    """One variable computed for one period. `formula` is "file:line"; `depth` the least number of steps from the
    output; `parameters` are (name, date, value), value None for a scale; `given` when it is an input."""

    variable: str
    period: str
    formula: str
    given: bool
    depth: int
    parameters: tuple[tuple[str, str, Any], ...]


@dataclass(frozen=True)
class Explanation:
    """The steps of an output, nearest first."""

    output: str
    steps: tuple[Step, ...]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of all parameters read, in order."""
        return tuple(sorted({name for step in self.steps for name, _, _ in step.parameters}))


def explained(program: Program, output: str) -> Explanation:
    """Walk the calls from an output, breadth first."""
    variable, period = output.split("@")
    calls = program.calls
    start = next(number for number, call in enumerate(calls) if (call[0], call[1]) == (variable, period))
    depth = {start: 0}
    waiting = [start]
    for number in waiting:
        for called in calls[number][4]:
            if called not in depth:
                depth[called] = depth[number] + 1
                waiting.append(called)
    return Explanation(output, tuple(_step(calls[number], depth[number]) for number in waiting))


def _step(call: tuple[Any, ...], depth: int) -> Step:
    name, period, formula, given, _, parameters = call
    return Step(name, period, formula, bool(given), depth, tuple((one[0], one[1], one[2]) for one in parameters))
