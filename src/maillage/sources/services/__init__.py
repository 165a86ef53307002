"""Writes of sources: loading a file, and going back to an edition that another one replaced."""

from __future__ import annotations

from maillage.sources.services.loading import (
    REFUSED,
    MovedOn,
    brought,
    is_address,
    run_import,
    stage_and_swap,
    start_load,
    start_preview,
    unsaved_edition,
)
from maillage.sources.services.way_back import go_back, start_way_back, why_not

__all__ = [
    "REFUSED",
    "MovedOn",
    "brought",
    "go_back",
    "is_address",
    "run_import",
    "stage_and_swap",
    "start_load",
    "start_preview",
    "start_way_back",
    "unsaved_edition",
    "why_not",
]
