"""Do the figures that documents assert hold together? See `engine.check`."""

from maillage.engines.consistency.engine import NO_EVIDENCE, check
from maillage.engines.consistency.model import Check, Figure, Observed, Verdict, VerdictKind
from maillage.engines.consistency.perimeters import perimeter_from_note

__all__ = ["NO_EVIDENCE", "Check", "Figure", "Observed", "Verdict", "VerdictKind", "check", "perimeter_from_note"]
