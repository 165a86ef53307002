"""What only a process that has done nothing else can tell: memory at its peak, seconds from cold, from the cache.

`python -m tests.bench.law.fresh MEASURE …` prints the figures as JSON.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
CALLS = 200


def measured(measure: str, *arguments: object) -> dict[str, float]:
    """The figures of a measure, taken in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.law.fresh", measure, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def cold(month: str, folder: str) -> dict[str, float]:
    """Nothing is loaded: OpenFisca and its law, then the tracing. The program is kept in `folder`."""
    started = time.perf_counter()
    from maillage.gateways.openfisca_france import engine
    from maillage.gateways.openfisca_france.system import system
    from tests.lawgraph.france import quiet

    with quiet():
        system()
        loaded = time.perf_counter()
        program = engine.traced(month)
        traced = time.perf_counter()
        engine.CompiledLaw(Path(folder)).month(month)
    return {"load": loaded - started, "trace": traced - loaded, **program.statistics}


def cached(month: str, folder: str) -> dict[str, float]:
    """The program is on disk: reading it, and the first household."""
    started = time.perf_counter()
    from maillage.gateways.openfisca_france import engine

    imported = time.perf_counter()
    law = engine.CompiledLaw(Path(folder))
    program = law.month(month).program
    read = time.perf_counter()
    law.answer([_household()], month)
    first = time.perf_counter()
    from lawgraph import Program

    path = next(Path(folder).glob("*.law"))
    again = time.perf_counter()
    Program.load(path)
    return {
        "import": imported - started,
        "read": read - imported,
        "first_answer": first - read,
        "file_alone": time.perf_counter() - again,
        "nodes": len(program.nodes),
    }


def latency(month: str, folder: str) -> dict[str, float]:
    """Milliseconds of one household, warm: from its facts to its rights, and the program alone; by NumPy, then by
    machine code, which a server makes once."""
    from maillage.gateways.openfisca_france import engine, household

    law = engine.CompiledLaw(Path(folder))
    one = [_household()]
    law.answer(one, month)
    compiled = law.month(month)
    columns = compiled._with_past(household.batch(one, month), {})

    def timed(prefix: str) -> dict[str, float]:
        law.answer(one, month)
        answers = _milliseconds(f"{prefix}answer", lambda: law.answer(one, month))
        return answers | _milliseconds(f"{prefix}run", lambda: compiled.program.run(columns))

    found = timed("numpy_")
    started = time.perf_counter()
    law.compile(month)
    compiled.program.compile()
    return found | {"compile": (time.perf_counter() - started) / 2} | timed("")


def memory(month: str, folder: str, households: str, block: str, processes: str) -> dict[str, float]:
    """A region's households by blocks, its answers kept: peak memory, and seconds of the runs."""
    import numpy as np

    from maillage.gateways.openfisca_france import engine
    from tests.gateways.openfisca_france.population import random_batch

    count, size = int(households), int(block)
    compiled = engine.CompiledLaw(Path(folder)).month(month)
    columns = compiled._with_past(random_batch(size, month, 1), {})
    compiled.program.compile()
    kept: dict[str, list[Any]] = {}
    seconds = 0.0
    done = 0
    while done < count:
        started = time.perf_counter()
        found = compiled.program.run(columns, processes=int(processes))
        seconds += time.perf_counter() - started
        for name, values in found.items():
            kept.setdefault(name, []).append(np.array(values))
        done += size
    return {"gigabytes": _peak(), "seconds": seconds, "households": done, "rate": done / seconds}


def _peak() -> float:
    """Gigabytes at the highest."""
    import resource

    status = Path("/proc/self/status")
    if status.exists():  # what the system calls the maximum counts the parent too, from before this program began
        own = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    else:
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    return own * 1024 / 1e9


def _milliseconds(name: str, work: Callable[[], Any]) -> dict[str, float]:
    found = []
    for _ in range(CALLS):
        started = time.perf_counter()
        work()
        found.append(1000 * (time.perf_counter() - started))
    return {f"{name}_median": statistics.median(found), f"{name}_p95": statistics.quantiles(found, n=20)[-1]}


def _household() -> Any:
    """A lone parent who works part time, with two children, in a rented flat."""
    from maillage.gateways.openfisca_france.facts import Household, Housing, OtherParent, Person, Role

    return Household(
        persons=(
            Person(born_on=date(1990, 5, 3), wage=780.0),
            Person(born_on=date(2016, 2, 9), role=Role.CHILD),
            Person(born_on=date(2019, 11, 21), role=Role.CHILD),
        ),
        commune="49007",
        housing=Housing.PRIVATE_TENANT,
        rent=520.0,
        other_parent=OtherParent.ABSENT,
    )


MEASURES: dict[str, Callable[..., dict[str, float]]] = {
    "cold": cold,
    "cached": cached,
    "latency": latency,
    "memory": memory,
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(MEASURES[sys.argv[1]](*sys.argv[2:])) + "\n")
