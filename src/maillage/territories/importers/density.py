"""INSEE, grille communale de densité à sept niveaux: 1 is the densest."""

from __future__ import annotations

from maillage.territories.enums import ZoningScheme
from maillage.territories.importers.zoning import Scheme

DENSITY = Scheme(
    scheme=ZoningScheme.DENSITY,
    columns=("DENS7", "DENS", "dens_7", "densite", "degré de densité", "niveau de densité", "typologie"),
    classes={
        "1": "Grands centres urbains",
        "2": "Centres urbains intermédiaires",
        "3": "Petites villes",
        "4": "Ceintures urbaines",
        "5": "Bourgs ruraux",
        "6": "Rural à habitat dispersé",
        "7": "Rural à habitat très dispersé",
    },
    read=lambda text: text,
    expected="il faut un niveau de 1 à 7",
)
