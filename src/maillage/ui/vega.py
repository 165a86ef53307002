"""What draws charts in a page: one script, taken from the installed package, never fetched, never in the repository."""

from __future__ import annotations

import os
import tempfile
from importlib.metadata import version
from pathlib import Path

BUNDLE_NAME = "ui/vega-bundle.js"


def bundle_in(folder: Path) -> Path:
    """The script, written under `folder` once per version of the package that holds it (about a second)."""
    path = folder / f"vl-convert-{version('vl-convert-python')}" / BUNDLE_NAME
    if not path.exists():
        import vl_convert  # it starts a JavaScript engine: only when the script is made

        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, vl_convert.javascript_bundle())  # type: ignore[call-arg]  # the stubs forget its default
    return path


def _write(path: Path, text: str) -> None:
    """All or nothing: two processes may start together."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".bundle-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
    os.chmod(temporary, 0o644)
    os.replace(temporary, path)
