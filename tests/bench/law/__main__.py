"""`python -m tests.bench.law`: OpenFisca and the compiled law on the same households, in one run.

    make bench-law
    python -m tests.bench.law --openfisca 5000 --households 20000 --region 100000     a quick look
    python -m tests.bench.law --cores 1

The answers are compared first: a throughput of wrong answers is none. OpenFisca is given the same inputs, in blocks of
the size that suits it best; names of enumerations and roles are indices on both sides beforehand. The program reads
and checks its columns in every run. `ratio` is on one core, everything given to both; the other ratio leaves OpenFisca
to compute the past benefits, as it does when nobody tells it.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence

from lawgraph.differential import TOLERANCE
from tests.bench.law import sides
from tests.bench.law.fresh import measured
from tests.bench.law.population import PRODUCTION, Population, joined, population
from tests.lawgraph.france import PAST

STANDARD = "standard"
RUNS = 5
BLOCK = 50_000


LATENCIES = {
    "numpy_answer": "from facts to rights, by NumPy",
    "numpy_run": "the program alone, by NumPy",
    "answer": "from facts to rights",
    "run": "the program alone",
}


def out(text: str = "") -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.law", description=__doc__.split("\n")[0])
    parser.add_argument("--month", default="2026-01")
    parser.add_argument("--openfisca", type=int, default=20_000, help="households given to both sides")
    parser.add_argument("--households", type=int, default=200_000, help="households given to the program alone")
    parser.add_argument("--region", type=int, default=1_750_000, help="households of the memory measure")
    parser.add_argument("--cores", default="1,2", help="numbers of cores to measure")
    parser.add_argument("--block", type=int, default=0, help="households in a block of OpenFisca's; 0: the best found")
    parser.add_argument("--signatures", nargs="+", default=[PRODUCTION, STANDARD])
    return parser.parse_args(given)


def prepared(signature: str, chosen: argparse.Namespace) -> Population:
    """The population of a signature, in blocks of the best size for OpenFisca, as many for each core."""
    most = max(_counts(chosen))
    size = chosen.block
    if not size:
        sizes = [one for one in sides.BLOCK_SIZES if one * most <= chosen.openfisca] or [chosen.openfisca // most]
        rates = sides.best_block_size(signature, chosen.month, sizes)
        size = max(rates, key=lambda one: rates[one])
        told = ", ".join(f"{one}: {rate:,.0f}/s" for one, rate in rates.items())
        out(f"  OpenFisca by households in a block: {told}")
    blocks = max(1, round(chosen.openfisca / size / most)) * most
    return population(signature, chosen.month, size=size, blocks=blocks)


def _counts(chosen: argparse.Namespace) -> list[int]:
    return [int(count) for count in chosen.cores.split(",")]


def compared(signature: str, chosen: argparse.Namespace) -> bool:
    """Both sides on the same households: prints the table, says whether the answers are equal."""
    out(f"\n{signature} signature, {chosen.month}")
    one = prepared(signature, chosen)
    counts = _counts(chosen)
    theirs = {count: sides.openfisca(one, count=count) for count in counts}
    untold = {count: sides.openfisca(one, count=count, without=PAST) for count in counts}
    by_numpy = {count: sides.lawgraph(one, count=count, runs=RUNS, compiled=False) for count in counts}
    out(f"  machine code made in {sides.seconds_to_compile(one):.1f} s")
    ours = {count: sides.lawgraph(one, count=count, runs=RUNS) for count in counts}
    times = max(1, round(chosen.households / one.households))
    large = joined([one.whole] * times)
    many = {count: sides.lawgraph(one, count=count, runs=RUNS, columns=large, times=times) for count in counts}
    out(f"  {'households a second':44}" + "".join(f"{count} core{'s' * (count > 1)}".rjust(14) for count in counts))
    _row(f"OpenFisca, {one.households:,} households", theirs)
    _row("OpenFisca that computes the past itself", untold)
    _row("lawgraph by NumPy, the same households", by_numpy)
    _row("lawgraph, the same households", ours)
    _row(f"lawgraph, {one.households * times:,} households", many)
    for count in counts:
        cores = "" if count == 1 else f" on {count} cores"
        out(f"  ratio{cores} {ours[count].rate / theirs[count].rate:,.0f}")
        out(f"  ratio{cores} {ours[count].rate / untold[count].rate:,.0f} when OpenFisca computes the past itself")
    reference = theirs[1] if 1 in theirs else sides.openfisca(one, count=1)
    verdicts = [_check(one, each[counts[0]], reference) for each in (by_numpy, ours)]
    return all(verdicts)


def _check(one: Population, ours: sides.Timed, theirs: sides.Timed) -> bool:
    """Equal to a cent, to OpenFisca asked everything at once; what differs is asked again on its own."""
    found = sides.farthest(ours.answers, theirs.answers)
    doubtful = [name for name, most in found.items() if most > TOLERANCE]
    if doubtful:
        out(f"  {', '.join(doubtful)}: OpenFisca asked again, its answer depends on what was asked before")
        found |= sides.farthest(ours.answers, sides.asked_alone(one, doubtful))
    wrong = {name: most for name, most in found.items() if most > TOLERANCE}
    values = sum(len(each) for each in ours.answers.values())
    out(
        f"  {len(found)} outputs, {values:,} values: {f'DIFFER: {wrong}' if wrong else 'equal to a cent'}, "
        f"by {max(found.values()):.6f} at most; {one.program.statistics['kept']} operations"
    )
    return not wrong


def _row(label: str, timed: Mapping[int, sides.Timed]) -> None:
    out(f"  {label:44}" + "".join(f"{one.rate:>12,.0f}/s" for one in timed.values()))


def alone(chosen: argparse.Namespace) -> None:
    """The figures that need a process of their own."""
    out(f"\nin processes of their own, {chosen.month}")
    with tempfile.TemporaryDirectory() as folder:
        cold = measured("cold", chosen.month, folder)
        out(f"  trace from cold {cold['trace']:.2f} s, and {cold['load']:.2f} s to load OpenFisca and its law")
        out(f"  {cold['recorded']:.0f} operations recorded, {cold['distinct']:.0f} distinct, {cold['kept']:.0f} kept")
        kept = measured("cached", chosen.month, folder)
        out(
            f"  from the cache {kept['read']:.2f} s (the file alone {kept['file_alone']:.2f} s), imports "
            f"{kept['import']:.2f} s, first household {1000 * kept['first_answer']:.0f} ms"
        )
        found = measured("latency", chosen.month, folder)
        out(f"  machine code made in {found['compile']:.1f} s")
        for name, label in LATENCIES.items():
            median, late = found[f"{name}_median"], found[f"{name}_p95"]
            out(f"  one household, {label}: median {median:.2f} ms, 95 % under {late:.2f} ms")
        for count in _counts(chosen):
            region = measured("memory", chosen.month, folder, chosen.region, min(BLOCK, chosen.region), count)
            out(
                f"  {region['households']:,.0f} households on {count} core(s): peak {region['gigabytes']:.2f} GB, "
                f"{region['seconds']:.1f} s of runs, {region['rate']:,.0f}/s"
            )


def main(given: Sequence[str] | None = None) -> int:
    chosen = arguments(given)
    out(f"{platform.platform()}, {sides.available_cores()} cores; Python {platform.python_version()}")
    out(f"medians of {RUNS} warm runs, {sides.RUNS} of OpenFisca")
    equal = [compared(signature, chosen) for signature in chosen.signatures]
    alone(chosen)
    return 0 if all(equal) else 1


if __name__ == "__main__":
    sys.exit(main())
