"""Loading INSEE's density grid: as any grid of communes (see `zoning`)."""

from __future__ import annotations

from maillage.sources.enums import EditionKind
from maillage.sources.registry import ImportReport, ImportRequest
from maillage.territories.importers.density import DENSITY
from maillage.territories.services.zoning import load_classes


def load_density(request: ImportRequest) -> ImportReport:
    """Load the density grid. Raises InputRefused with every problem."""
    return load_classes(request, DENSITY, EditionKind.DENSITY, publisher="INSEE")
