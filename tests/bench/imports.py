"""Time of the import of the whole of France, from the official files where they are at hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"

# Kind, file, vintage, in the order in which an instance is filled.
FILES = (
    ("cog", "cog/regions.csv", "2025"),
    ("cog", "cog/departements.csv", "2025"),
    ("cog", "cog/communes.csv", "2025"),
    ("movements", "cog/mouvements-communes.csv", "2025"),
    ("populations", "cog/donnees_communes.csv", "2022"),
    ("epci", "cog/epcicom2025.xlsx", "2025"),
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
    """Seconds and lines by file, into SQLite; None where the files are not there."""
    if not SHARED.is_dir():
        return None
    files = {}
    with tempfile.TemporaryDirectory(prefix="maillage-bench-") as folder:
        maillage(folder, "migrate", "--json")
        for kind, name, vintage in FILES:
            told = json.loads(maillage(folder, "import", kind, str(SHARED / name), "--vintage", vintage, "--json"))
            files[name] = {"seconds": told["seconds"], "rows": told["rows"]}
    return {"seconds": round(sum(file["seconds"] for file in files.values()), 1), "files": files}
