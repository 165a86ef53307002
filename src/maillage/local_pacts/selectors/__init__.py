"""Reads of local pacts: the list and the progress, the diagnosis, the text as a snapshot."""

from __future__ import annotations

from maillage.local_pacts.selectors.pacts import for_territory, progress

__all__ = ["for_territory", "progress"]
