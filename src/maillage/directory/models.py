"""Who receives people, and where: points of service read from official lists."""

from __future__ import annotations

from django.db import models

from maillage.directory.enums import PointKind
from maillage.sources.models import SourceEdition
from maillage.territories.models import Territory


class ServicePoint(models.Model):
    """A place of an official list, as the list gives it. `code` is the list's own identifier.

    `closed_on`: the list that no longer names it, by the date it was loaded; the row stays for what points to it.
    """

    network = models.CharField("réseau", max_length=40)
    code = models.CharField("identifiant dans la liste", max_length=60)
    name = models.CharField("nom", max_length=300)
    kind = models.CharField("nature", max_length=10, choices=PointKind.choices, default=PointKind.FIXED)
    territory = models.ForeignKey(
        Territory, models.PROTECT, null=True, blank=True, related_name="service_points", verbose_name="commune"
    )
    address = models.CharField("adresse", max_length=300, blank=True)
    postcode = models.CharField("code postal", max_length=5, blank=True)
    town = models.CharField("commune écrite", max_length=200, blank=True)
    latitude = models.FloatField("latitude", null=True, blank=True)
    longitude = models.FloatField("longitude", null=True, blank=True)
    phone = models.CharField("téléphone", max_length=60, blank=True)
    hours = models.CharField("horaires, tels qu'écrits", max_length=1000, blank=True)
    edition = models.ForeignKey(SourceEdition, models.PROTECT, null=True, blank=True, related_name="+")
    closed_on = models.DateField("absent de la liste depuis", null=True, blank=True)

    class Meta:
        verbose_name = "point de service"
        ordering = ["network", "code"]
        constraints = [models.UniqueConstraint(fields=["network", "code"], name="directory_point_once")]
        indexes = [models.Index(fields=["territory", "network"], name="directory_point_place")]

    def __str__(self) -> str:
        return self.name
