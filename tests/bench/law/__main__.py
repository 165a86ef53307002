"""`python -m tests.bench.law`: OpenFisca and the compiled law on the same households, in one run.

    make bench-law
    python -m tests.bench.law --openfisca 5000 --households 20000 --region 100000     a quick look
    python -m tests.bench.law --cores 1

The answers are compared first: a throughput of wrong answers is none. OpenFisca is given the same inputs, in blocks of
the size that suits it best, converted beforehand; the program is given the columns as they are, and reads them each
time. `ratio` is on one core, everything given to both; the other ratio leaves OpenFisca to compute the past benefits,
as it does when nobody tells it.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections.abc import Sequence

from lawgraph.differential import TOLERANCE
from tests.bench.law import sides
from tests.bench.law.fresh import measured
from tests.bench.law.population import PRODUCTION, Population, joined, population
from tests.lawgraph.france import PAST

STANDARD = "standard"
RUNS = 5
BLOCK = 50_000


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
    """The population of a signature, in blocks of the best size for OpenFisca."""
    size = chosen.block
    if not size:
        sizes = [one for one in sides.BLOCK_SIZES if one <= chosen.openfisca] or [chosen.openfisca]
        rates = sides.best_block_size(signature, chosen.month, sizes)
        size = max(rates, key=lambda one: rates[one])
        told = ", ".join(f"{one}: {rate:,.0f}/s" for one, rate in rates.items())
        out(f"  OpenFisca by households in a block: {told}")
    return population(signature, chosen.month, size=size, blocks=max(1, round(chosen.openfisca / size)))


def compared(signature: str, chosen: argparse.Namespace) -> bool:
    """Both sides on the same households: prints the table, says whether the answers are equal."""
    out(f"\n{signature} signature, {chosen.month}")
    one = prepared(signature, chosen)
    counts = [int(count) for count in chosen.cores.split(",")]
    reference = {count: sides.openfisca(one, count=count) for count in counts}
    alone = sides.openfisca(one, count=1, without=PAST)
    ours = {count: sides.lawgraph(one, count=count, runs=RUNS) for count in counts}
    equal = _check(one, ours[counts[0]], reference[counts[0]] if counts[0] == 1 else sides.openfisca(one, count=1))
    times = max(1, round(chosen.households / one.households))
    large = joined([one.whole] * times)
    out(f"  {'':44}" + "".join(f"{count} core{'s' * (count > 1)}".rjust(14) for count in counts))
    _row(f"OpenFisca, {one.households:,} households", [reference[count].rate for count in counts])
    _row("OpenFisca that computes the past itself", [alone.rate])
    _row("lawgraph, the same households", [ours[count].rate for count in counts])
    many = [sides.lawgraph(one, count=count, runs=RUNS, columns=large, times=times).rate for count in counts]
    _row(f"lawgraph, {one.households * times:,} households", many)
    for count in counts:
        name = "ratio" if count == 1 else f"ratio on {count} cores"
        out(f"  {name} {ours[count].rate / reference[count].rate:,.0f}")
    out(f"  ratio when OpenFisca computes the past itself {ours[counts[0]].rate / alone.rate / counts[0]:,.0f}")
    return equal


def _check(one: Population, ours: sides.Timed, theirs: sides.Timed) -> bool:
    found = sides.farthest(ours.answers, theirs.answers)
    wrong = {name: most for name, most in found.items() if most > TOLERANCE}
    values = sum(len(each) for each in ours.answers.values())
    out(f"  {len(found)} outputs, {values:,} values: {'equal to a cent' if not wrong else f'DIFFER: {wrong}'}")
    out(f"  largest difference {max(found.values()):.6f} €; {one.program.statistics['kept']} operations")
    return not wrong


def _row(label: str, rates: Sequence[float]) -> None:
    out(f"  {label:44}" + "".join(f"{rate:>12,.0f}/s" for rate in rates))


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
        for name, label in (("answer", "from facts to rights"), ("run", "the program alone")):
            median, late = found[f"{name}_median"], found[f"{name}_p95"]
            out(f"  one household, {label}: median {median:.2f} ms, 95 % under {late:.2f} ms")
        for count in chosen.cores.split(","):
            region = measured("memory", chosen.month, folder, chosen.region, min(BLOCK, chosen.region), count)
            out(
                f"  {region['households']:,.0f} households on {count} core(s): peak {region['gigabytes']:.2f} GB, "
                f"{region['seconds']:.1f} s of runs, {region['rate']:,.0f}/s"
            )


def main(given: Sequence[str] | None = None) -> int:
    chosen = arguments(given)
    out(f"{platform.platform()}, {sides.available_cores()} cores; Python {platform.python_version()}; {RUNS} warm runs")
    equal = [compared(signature, chosen) for signature in chosen.signatures]
    alone(chosen)
    return 0 if all(equal) else 1


if __name__ == "__main__":
    sys.exit(main())
