"""`python -m tests.bench`: query counts and median times, at the size of a region and of France, on both databases.

    make bench                                      SQLite, and PostgreSQL where MAILLAGE_TEST_DATABASE_URL is set
    python -m tests.bench --quick                   a small instance, to see that the measure works
    python -m tests.bench --sizes region --runs 5

Each size on each database is measured in one process of its own, on a throw-away instance.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SIZES = {"small": "petite", "region": "région", "france": "France"}
DATABASE = "MAILLAGE_TEST_DATABASE_URL"


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a small instance only, three runs")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["region", "france"])
    parser.add_argument("--runs", type=int, default=15, help="timed calls of each page, the first one apart")
    parser.add_argument("--json", action="store_true", dest="as_json", help="print the results as JSON")
    parser.add_argument("--one", choices=SIZES, help=argparse.SUPPRESS)
    chosen = parser.parse_args(given)
    if chosen.quick:
        chosen.sizes, chosen.runs = ["small"], 3
    return chosen


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def out(text: str = "") -> None:
    sys.stdout.write(f"{text}\n")


def measure_one(size_key: str, runs: int) -> dict[str, Any]:
    """Build an instance of this size in the database of the environment, and measure its pages."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maillage.config.settings.test")
    import django

    django.setup()
    logging.getLogger("maillage.request").setLevel(logging.WARNING)  # one line a request would drown the table
    from django.db import connection

    from tests.bench import contracts as bench_contracts
    from tests.bench import generate
    from tests.bench.measure import client_of, measure, pages, signed_in
    from tests.bench.size import SIZES as REAL_SIZES
    from tests.bench.stopwatch import stopwatch

    size = REAL_SIZES[SIZES[size_key]]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        with stopwatch() as seconds:
            instance = generate.build(size)
        say(f"  {connection.vendor}, {size.name}: {size.observations} observations written in {seconds():.1f} s")
        client = signed_in(instance)
        results = [measure(client, page, url, runs=runs).as_dict() for page, url in pages(instance).items()]
        held = bench_contracts.build(bench_contracts.SIZES[size_key])
        say(f"  {connection.vendor}, {size.name}: {held.size.all_lines} lines of {held.size.contracts} contracts")
        client = client_of(held.reader)
        results += [
            measure(client, page, url, runs=runs).as_dict() for page, url in bench_contracts.pages(held).items()
        ]
        compared = bench_contracts.compare(held, runs=runs)
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)
    return {
        "database": connection.vendor,
        "size": size_key,
        "built_in_seconds": round(seconds(), 1),
        "pages": results,
        "steering": compared,
    }


def in_a_process(size_key: str, runs: int, database: str | None) -> dict[str, Any]:
    """The same, in a process of its own: the database is chosen when Django starts."""
    environment = {k: v for k, v in os.environ.items() if k != DATABASE}
    if database:
        environment[DATABASE] = database
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--one", size_key, "--runs", str(runs)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def print_table(result: dict[str, Any]) -> None:
    out(f"\n{result['database']}, {result['size']} (built in {result['built_in_seconds']} s)")
    out(f"  {'page':26} {'queries':>7} {'kB':>8} {'min ms':>8} {'median':>8} {'p95':>8}")
    for row in result["pages"]:
        out(
            f"  {row['page']:26} {row['queries']:>7} {row['kilobytes']:>8.1f}"
            f" {row['low']:>8.1f} {row['median']:>8.1f} {row['p95']:>8.1f}"
        )


def print_steering(result: dict[str, Any]) -> None:
    """The same figures by the screen's selector and contract by contract, in one run."""
    found = result["steering"]
    out(
        f"  steering of {found['contracts']} contracts, {found['lines']} lines: selector {found['selector_ms']} ms, "
        f"contract by contract {found['naive_ms']} ms (× {found['ratio']}), same figures"
    )


def print_ratios(results: list[dict[str, Any]]) -> None:
    """France against a region, on each database: 1.0 means that size costs nothing."""
    by_key = {(r["database"], r["size"]): {row["page"]: row for row in r["pages"]} for r in results}
    for database in sorted({r["database"] for r in results}):
        small, large = by_key.get((database, "region")), by_key.get((database, "france"))
        if small and large:
            out(f"\n{database}: France / region (median)")
            for page, row in large.items():
                before = small[page]
                extra = row["queries"] - before["queries"]
                out(f"  {page:26} × {row['median'] / before['median']:.1f}   {extra:+d} queries")


def print_import(brought: dict[str, Any] | None) -> None:
    if brought is None:
        out("import of the whole of France: not measured, the official files are not there")
        return
    out(f"import of the whole of France into SQLite: {brought['seconds']} s")
    for name, told in brought["files"].items():
        out(f"  {name:28} {told['rows']:>7} lines {told['seconds']:>7.2f} s")


def measure_engine() -> dict[str, Any]:
    from tests.bench import engine

    seconds, verdicts = engine.run()
    return {"figures": engine.FIGURES, "seconds": round(seconds, 2), "verdicts": dict(verdicts)}


def measure_import() -> dict[str, Any] | None:
    """The official geographic code of the whole of France into SQLite, where the real files are at hand."""
    from tests.bench import imports

    return imports.run()


def report(chosen: argparse.Namespace) -> dict[str, Any]:
    databases: list[str | None] = [None, *([url] if (url := os.environ.get(DATABASE)) else [])]
    results = [in_a_process(size, chosen.runs, database) for size in chosen.sizes for database in databases]
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    whole: dict[str, Any] = {"machine": machine, "runs": chosen.runs, "results": results}
    if not chosen.quick:
        whole["engine"] = measure_engine()
        whole["import"] = measure_import()
    return whole


def main() -> int:
    chosen = arguments()
    if chosen.one:
        out(json.dumps(measure_one(chosen.one, chosen.runs)))
        return 0
    whole = report(chosen)
    if chosen.as_json:
        out(json.dumps(whole, indent=2, ensure_ascii=False))
        return 0
    out(f"{whole['machine']}; {whole['runs']} warm runs per page, times in milliseconds")
    for result in whole["results"]:
        print_table(result)
        print_steering(result)
    print_ratios(whole["results"])
    if not os.environ.get(DATABASE):
        out(f"\nPostgreSQL was not measured: set {DATABASE}=postgres://user@host/name")
    if "engine" in whole:
        checked = whole["engine"]
        out(f"\nconsistency engine: {checked['figures']} figures in {checked['seconds']} s: {checked['verdicts']}")
        print_import(whole["import"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
