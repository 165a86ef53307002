"""The installed command in another process, as a person's shell runs it: nothing of the test's own instance."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

MAILLAGE = [sys.executable, "-c", "from maillage.cli.main import main; main()"]
SOURCE = Path(__file__).resolve().parents[2] / "src"


def environment(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAILLAGE_", "DJANGO_"))}
    return kept | {"PYTHONPATH": str(SOURCE)} | changes


def run(command: list[str], cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, env=environment(**env), capture_output=True, text=True, timeout=300, check=False
    )


def maillage(*args: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return run([*MAILLAGE, *args], cwd, **env)
