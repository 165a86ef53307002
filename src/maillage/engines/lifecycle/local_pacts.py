"""Tables of local pacts and of the commitments that their partners take."""

from __future__ import annotations

from maillage.engines.lifecycle.model import Lifecycle

LIFECYCLES: tuple[Lifecycle, ...] = ()
