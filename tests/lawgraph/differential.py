"""`python -m tests.lawgraph.differential`: compiled French law against fresh OpenFisca runs, right by right.

    make law-differential                                        20,000 households, several months and signatures
    python -m tests.lawgraph.differential --households 2000 --months 2026-01 --signatures production minimal

Every value that differs by more than a cent is counted, and the report ends with what explains it. Nothing may remain
unexplained: the exit code says so.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from multiprocessing import get_context
from typing import Any

from lawgraph import Program
from lawgraph.differential import PAST as PAST_GIVEN
from lawgraph.differential import Report, differences, merged
from maillage.gateways.openfisca_france import engine
from maillage.gateways.openfisca_france.system import system
from tests.gateways.openfisca_france.population import random_batch
from tests.lawgraph.france import PAST, completed, production, quiet, signature_of, traced
from tests.lawgraph.households import SIGNATURES, random_households
from tests.lawgraph.oracle import Columns

MONTHS = ("2020-06", "2022-01", "2023-05", "2025-04", "2026-01")
#: The binding's own, those of the generator, and those that leave the past to be computed on both sides.
PRODUCTION = "production"
ALONE = " without past"
EVERY = (PRODUCTION, *SIGNATURES, *(f"{name}{ALONE}" for name in ("standard", "wide")))
#: Households compared at a time: OpenFisca's memory follows.
BATCH = 2000


@dataclass(frozen=True)
class Compared:
    """One month and one signature, compared."""

    month: str
    signature: str
    households: int
    report: Report
    seconds: float


def compare(month: str, signature: str, households: int, seed: int = 1, *, compiled: bool = False) -> Compared:
    """So many random households of a signature at a month, by batches; `compiled`: by machine code, not by NumPy."""
    started = time.perf_counter()
    reports = []
    with quiet():
        for rank, size in enumerate(_sizes(households)):
            program, batch = drawn(month, signature, size, seed + rank)
            if compiled:
                program.compile()
            past = () if signature.endswith(ALONE) else PAST
            reports.append(differences(program, system(), batch, past=past))
    return Compared(month, signature, households, merged(reports), time.perf_counter() - started)


def _sizes(households: int) -> Iterator[int]:
    for done in range(0, households, BATCH):
        yield min(BATCH, households - done)


def drawn(month: str, signature: str, size: int, seed: int) -> tuple[Program, Columns]:
    """So many households, and the program of their signature."""
    if signature == PRODUCTION:
        program, batch = production(month), random_batch(size, month, seed)
        return program, dict(engine.MonthOfLaw(month, program, {})._with_past(batch, {}))
    if signature.endswith(ALONE):
        batch = random_households(size, month, seed, signature=signature.removesuffix(ALONE), past=())
        return traced(system(), signature_of(batch), month), batch
    batch = random_households(size, month, seed, signature=signature)
    program = traced(system(), signature_of(batch), month, past=PAST)
    return program, completed(program, batch)


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.lawgraph.differential", description=__doc__.split("\n")[0])
    parser.add_argument("--households", type=int, default=20_000, help="in all, shared among months and signatures")
    parser.add_argument("--months", nargs="+", default=MONTHS)
    parser.add_argument("--signatures", nargs="+", choices=EVERY, default=EVERY)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--numpy", action="store_true", help="run the programs by NumPy, as small batches are")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(given)


def run(chosen: argparse.Namespace) -> Iterator[Compared]:
    """Every month and signature, as each is done."""
    parts = list(product(chosen.months, chosen.signatures))
    each = -(-chosen.households // len(parts))
    if chosen.processes == 1:
        yield from (compare(*part, each, chosen.seed, compiled=not chosen.numpy) for part in parts)
        return
    system()  # before the fork: loaded once for all
    with ProcessPoolExecutor(chosen.processes, mp_context=get_context("fork")) as pool:
        waiting = [pool.submit(compare, *part, each, chosen.seed, compiled=not chosen.numpy) for part in parts]
        for one in waiting:
            yield one.result()


def line(one: Compared) -> str:
    values, exact = sum(one.report.compared.values()), sum(one.report.exact.values())
    return (
        f"{one.month}  {one.signature:22} {one.households:>7} {values:>9} {values - exact:>8}"
        f" {len(one.report.unexplained):>12} {len(one.report.differences) - len(one.report.unexplained):>10}"
        f" {one.seconds:>7.1f}\n"
    )


def told(done: Sequence[Compared]) -> str:
    """The differences by right: how many, why, the largest."""
    found = [(one, each) for one in done for each in one.report.differences]
    reasons: Counter[tuple[str, str]] = Counter()
    largest: dict[tuple[str, str], float] = {}
    for _, each in found:
        key = (each.output.split("@")[0], each.reason)
        reasons[key] += 1
        largest[key] = max(largest.get(key, 0.0), _distance(each.program, each.openfisca))
    lines = [
        f"{right}: {count} values differ, by {largest[right, why]:.2f} at most: {why}"
        for (right, why), count in sorted(reasons.items())
    ]
    lines += [f"UNEXPLAINED {one.month}, {one.signature}: {each}" for one in done for each in one.report.unexplained]
    return "\n".join(lines) or "no difference"


def _distance(one: Any, other: Any) -> float:
    return abs(float(one) - float(other)) if isinstance(one, int | float) or hasattr(one, "dtype") else 0.0


def main(given: Sequence[str] | None = None) -> int:
    chosen = arguments(given)
    sys.stdout.write(
        f"{'month':8} {'signature':22} {'househ.':>7} {'values':>9} {'inexact':>8} {'unexplained':>12}"
        f" {'past rule':>10} {'seconds':>7}\n"
    )
    done = []
    for one in run(chosen):
        done.append(one)
        sys.stdout.write(line(one))
        sys.stdout.flush()
    values = sum(sum(one.report.compared.values()) for one in done)
    unexplained = sum(len(one.report.unexplained) for one in done)
    by_rule = sum(each.reason == PAST_GIVEN for one in done for each in one.report.differences)
    sys.stdout.write(f"\n{sum(one.households for one in done)} households, {values} values compared; ")
    sys.stdout.write(f"{by_rule} differ by the rule of the past, {unexplained} unexplained\n{told(done)}\n")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
