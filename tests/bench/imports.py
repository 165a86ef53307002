"""Time of the import of the communes of France, from the official files where they are at hand."""

from __future__ import annotations

from typing import Any


def run() -> dict[str, Any] | None:
    return None
