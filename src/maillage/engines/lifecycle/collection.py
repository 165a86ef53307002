"""Table of a request for figures, within a yearly campaign of collection."""

from __future__ import annotations

from maillage.engines.lifecycle.model import Lifecycle

LIFECYCLES: tuple[Lifecycle, ...] = ()
