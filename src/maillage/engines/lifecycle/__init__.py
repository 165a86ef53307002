"""Lifecycles as tables: from, to, role, guard, effect. Buttons, services, tests and documentation read the same."""

from __future__ import annotations

from maillage.engines.lifecycle import collection, contracts, local_pacts
from maillage.engines.lifecycle.core import DIGEST, JOB, REPORT
from maillage.engines.lifecycle.model import SYSTEM, Facts, Lifecycle, Transition, TransitionRefused

LIFECYCLES = (JOB, REPORT, DIGEST, *contracts.LIFECYCLES, *local_pacts.LIFECYCLES, *collection.LIFECYCLES)

__all__ = ["DIGEST", "JOB", "LIFECYCLES", "REPORT", "SYSTEM", "Facts", "Lifecycle", "Transition", "TransitionRefused"]
