"""OpenFisca and the compiled program, timed on the same blocks and the same cores."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np

from lawgraph.differential import Reference
from maillage.gateways.openfisca_france.system import system
from tests.bench.law.population import Population, population
from tests.lawgraph.france import quiet
from tests.lawgraph.oracle import Columns, plain, split_name

#: Households in a block, among which the best for OpenFisca is found.
BLOCK_SIZES = (2_500, 5_000, 10_000, 20_000)
#: Runs of OpenFisca, each of some seconds.
RUNS = 3


@dataclass(frozen=True)
class Timed:
    """Seconds of several runs over so many households."""

    households: int
    seconds: Sequence[float]
    answers: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Households per second, the median run."""
        return self.households / statistics.median(self.seconds)


@contextmanager
def cores(count: int) -> Iterator[None]:
    """So many cores and no more, where the system lets a process choose them."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def available_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def best_block_size(signature: str, month: str, sizes: Sequence[int] = BLOCK_SIZES) -> dict[int, float]:
    """Households per second of OpenFisca by size of block, on one core."""
    found = {}
    with cores(1):
        for size in sizes:
            one = population(signature, month, size=size, blocks=1)
            found[size] = size / _seconds(partial(_asked, _references(one)[0], one.program.outputs))
    return found


def openfisca(one: Population, *, count: int, without: Collection[str] = ()) -> Timed:
    """Every block by plain OpenFisca, one simulation a block for all the outputs; `count` processes, a core each.

    `without`: variables whose past it is not given, and computes. What turns columns into its own arrays is not timed.
    """
    references = _references(one)
    if count == 1:
        answers: list[Columns] = []
        with cores(1):
            seconds = [
                _seconds(lambda: answers.extend(_asked(each, one.program.outputs, without) for each in references))
                for _ in range(RUNS)
            ]
        blocks = answers[: len(references)]
        whole = {name: np.concatenate([each[name] for each in blocks]) for name in one.program.outputs}
        return Timed(one.households, seconds, whole)
    _Work.references, _Work.outputs, _Work.without = references, tuple(one.program.outputs), without
    with cores(count), ProcessPoolExecutor(count, mp_context=get_context("fork")) as pool:
        seconds = [_seconds(lambda: list(pool.map(_asked_block, range(len(references))))) for _ in range(RUNS)]
    return Timed(one.households, seconds)


def lawgraph(
    one: Population,
    *,
    count: int,
    runs: int,
    compiled: bool | None = None,
    columns: Columns | None = None,
    times: int = 1,
) -> Timed:
    """The program on the whole population (`columns`: the same, `times` over), warm; `compiled`: by machine code."""
    batch = one.whole if columns is None else columns
    run = partial(one.program.run, batch, processes=count, compiled=compiled)
    with cores(count):
        answers = run()
        seconds = [_seconds(run) for _ in range(runs)]
    return Timed(one.households * times, seconds, answers)


def seconds_to_compile(one: Population) -> float:
    """Machine code, made once in the life of a process."""
    with cores(1):
        return _seconds(one.program.compile)


def farthest(ours: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray]) -> dict[str, float]:
    """By output, the largest difference in euros."""
    return {
        name: float(np.max(np.abs(ours[name].astype(np.float64) - theirs[name].astype(np.float64)), initial=0.0))
        for name in theirs
    }


def asked_alone(one: Population, outputs: Sequence[str]) -> Columns:
    """Outputs by OpenFisca, each in simulations of its own: some answers depend on what was asked before."""
    with quiet():
        references = _references(one)
        return {name: np.concatenate([each.answer(name) for each in references]) for name in outputs}


class _Work:
    """What a forked process finds: the inputs need not travel."""

    references: Sequence[Reference] = ()
    outputs: Sequence[str] = ()
    without: Collection[str] = ()


def _references(one: Population) -> list[Reference]:
    return [Reference(one.program, system(), block) for block in one.blocks]


def _asked_block(rank: int) -> None:
    _asked(_Work.references[rank], _Work.outputs, _Work.without)


def _asked(reference: Reference, outputs: Collection[str], without: Collection[str] = ()) -> Columns:
    with quiet():
        simulation: Any = reference.simulation(without)
        return {output: plain(simulation.calculate(*split_name(output))) for output in outputs}


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
