"""The archive of a contract: one zip that holds everything, read and checked without this software.

`gather` reads the database, under a lock and shortly; `write` then makes the zip, which may take long, from what was
gathered and the stored files. The same state and the same `at` give the same bytes.
"""

from __future__ import annotations

from maillage.contracts.archive.building import Built, write
from maillage.contracts.archive.gathering import Gathered, gather

__all__ = ["Built", "Gathered", "gather", "write"]
