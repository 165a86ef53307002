"""How much a measured instance holds. Names and values are invented; only the codes of indicators are the product's."""

from __future__ import annotations

from dataclasses import dataclass

SEED = 20_260_101  # every draw starts from it: the same instance on every machine


@dataclass(frozen=True, slots=True)
class Size:
    """Counts of a generated instance. `observations` is exact; the rest of the territories share them out."""

    name: str
    regions: int
    departements: int
    epcis: int
    communes: int
    observations: int
    documents: int
    figures_per_document: int


# 16 figures a document at least: fewer would leave the measured département without any, and its page without a query.
TINY = Size("minuscule", 2, 4, 6, 30, 700, 2, 16)
SMALL = Size("petite", 2, 10, 20, 120, 3_000, 4, 16)
REGION = Size("région", 1, 5, 71, 1_230, 30_000, 4, 90)
FRANCE = Size("France", 13, 101, 1_250, 35_000, 1_000_000, 40, 90)

SIZES = {size.name: size for size in (TINY, SMALL, REGION, FRANCE)}
