"""Tables of contracts, amendments, action sheets, readings and execution reports."""

from __future__ import annotations

from maillage.engines.lifecycle.model import Lifecycle

LIFECYCLES: tuple[Lifecycle, ...] = ()
