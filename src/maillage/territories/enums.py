"""Codes stored by territories, with their French labels."""

from __future__ import annotations

from django.db import models


class Level(models.TextChoices):
    COUNTRY = "country", "France"
    REGION = "region", "Région"
    DEPARTEMENT = "departement", "Département"
    EPCI = "epci", "EPCI"
    COMMUNE = "commune", "Commune"
    IRIS = "iris", "IRIS (quartier)"


class ZoningScheme(models.TextChoices):
    """Grids that class communes. `density`: INSEE's seven levels, 1 the densest; `rural`: the national rural zoning."""

    DENSITY = "density", "Grille de densité"
    RURAL = "rural", "Zonage rural"
