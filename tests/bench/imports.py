"""Time of the import of the whole of France, from the official files where they are at hand.

python -m tests.bench.imports       into SQLite; asked of it: Filosofi by commune under 10 s, all under 90 s
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
FILOSOFI = "filosofi/cc_filosofi_2021_COM.csv"

# Kind, file, vintage where neither the file nor its name tells it, in the order in which an instance is filled.
FILES = (
    ("cog", "cog/regions.csv", "2026"),
    ("cog", "cog/departements.csv", "2026"),
    ("cog", "cog/communes.csv", "2026"),
    ("movements", "cog/mouvements-communes.csv", ""),
    ("populations", "cog/donnees_communes.csv", "2023"),
    ("epci", "cog/epcicom2025.xlsx", ""),
    ("filosofi", FILOSOFI, ""),
    ("filosofi", "filosofi/filosofi_epci_2021_pivot.csv", ""),
    ("caf", "caf/s_ben_com_f_extrait_53_transcrit.csv", ""),
    ("caf-iris", "caf/inseecaf2021_iris.csv", ""),
    ("france-services", "france_services/france_services_2021.geojson", ""),
    ("france-services", "france_services/liste-fs-20240801.csv", ""),
    ("density", "context/dens7_communes.json", ""),
    ("zoning", "context/ZRR_20221109.json", ""),
    ("contours", "geo/departements-1000m.geojson", "2022"),
    ("contours", "geo/epci_2022.geojson", ""),
    ("contours", "geo/communes-1000m-44.geojson", "2022"),
    ("contours", "geo/communes-1000m-49.geojson", "2022"),
    ("contours", "geo/communes-1000m-53.geojson", "2022"),
    ("contours", "geo/communes-1000m-72.geojson", "2022"),
    ("contours", "geo/communes-1000m-85.geojson", "2022"),
    ("contours", "geo/corresp_geo_point_codes_communes_2025.csv", ""),
)


def maillage(folder: str, *words: str) -> str:
    """What a command answers, on an instance of its own."""
    done = subprocess.run(
        [sys.executable, "-c", "from maillage.cli.main import main; main()", "--data-dir", folder, *words],
        env={k: v for k, v in os.environ.items() if not k.startswith(("MAILLAGE_", "DJANGO_"))},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def run() -> dict[str, Any] | None:
    """Seconds (import, and longest write lock) and lines by file, into SQLite; None where the files are not there."""
    if not SHARED.is_dir():
        return None
    files = {}
    with tempfile.TemporaryDirectory(prefix="maillage-bench-") as folder:
        maillage(folder, "migrate", "--json")
        started = time.perf_counter()
        for kind, name, vintage in FILES:
            words = ["--vintage", vintage] if vintage else []
            told = json.loads(maillage(folder, "import", kind, str(SHARED / name), *words, "--json"))
            files[name] = {key: told[key] for key in ("seconds", "locked_seconds", "rows")}
        whole = time.perf_counter() - started
    return {
        "seconds": round(sum(file["seconds"] for file in files.values()), 1),
        "with_commands": round(whole, 1),  # each command starts a process of its own
        "files": files,
    }


def main() -> int:
    """Print the figures."""
    brought = run()
    if brought is None:
        sys.stderr.write("the official files are not there\n")
        return 1
    out = sys.stdout.write
    for name, told in brought["files"].items():
        out(f"  {name:52} {told['rows']:>7} lines {told['seconds']:>7.2f} s, locked {told['locked_seconds']:.2f} s\n")
    out(f"Filosofi by commune: {brought['files'][FILOSOFI]['seconds']:.1f} s (asked: 10)\n")
    out(f"all files: {brought['seconds']} s, {brought['with_commands']} s with the commands' own start (asked: 90)\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
