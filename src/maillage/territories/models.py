"""Communes, EPCI, départements, regions: identity, vintages, code passage, populations, contours."""

from __future__ import annotations

from django.db import models

from maillage.sources.models import SourceEdition
from maillage.territories.enums import Level, ZoningScheme


class Territory(models.Model):
    """A territory of any level, named by a code that never changes meaning (`REG-84`, `DEP-69`, `EPCI-…`, `COM-…`).

    `parent` is the administrative line: commune → département → region → country. The parent of an EPCI is the
    département of its seat; its members, which may lie in several départements, are in `EpciMember`.
    """

    code = models.CharField("code", max_length=20, unique=True)
    level = models.CharField("niveau", max_length=12, choices=Level.choices)
    insee = models.CharField("code INSEE ou SIREN", max_length=9)
    name = models.CharField("nom", max_length=200)
    sort_name = models.CharField("nom sans accent", max_length=200)
    nature = models.CharField("nature juridique", max_length=20, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    latitude = models.FloatField("latitude", null=True, blank=True)
    longitude = models.FloatField("longitude", null=True, blank=True)
    valid_from = models.DateField("existe depuis", null=True, blank=True)
    valid_to = models.DateField("n'existe plus depuis", null=True, blank=True)
    edition = models.ForeignKey(SourceEdition, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "territoire"
        ordering = ["level", "sort_name", "code"]
        indexes = [models.Index(fields=["level", "insee"], name="territories_level_insee")]

    def __str__(self) -> str:
        return self.name


class EpciMember(models.Model):
    """Membership of a commune in an EPCI, at one vintage of the composition."""

    epci = models.ForeignKey(Territory, models.CASCADE, related_name="members")
    commune = models.ForeignKey(Territory, models.CASCADE, related_name="epci_links")
    vintage = models.PositiveSmallIntegerField("millésime")
    edition = models.ForeignKey(SourceEdition, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "membre d'EPCI"
        ordering = ["vintage", "epci", "commune"]
        constraints = [models.UniqueConstraint(fields=["commune", "vintage"], name="territories_one_epci_per_vintage")]

    def __str__(self) -> str:
        return f"{self.commune_id} → {self.epci_id} ({self.vintage})"


class EpciPart(models.Model):
    """How many communes of an EPCI lie in a region or a département, at one vintage of the composition.

    An EPCI that crosses a border has one row per area that it touches: « part in the region » is read here.
    """

    epci = models.ForeignKey(Territory, models.CASCADE, related_name="parts")
    area = models.ForeignKey(Territory, models.CASCADE, related_name="epci_parts")
    vintage = models.PositiveSmallIntegerField("millésime")
    communes = models.PositiveSmallIntegerField("communes dans le périmètre")
    communes_total = models.PositiveSmallIntegerField("communes de l'EPCI")
    edition = models.ForeignKey(SourceEdition, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "part d'EPCI"
        ordering = ["vintage", "epci", "area"]
        constraints = [
            models.UniqueConstraint(fields=["epci", "area", "vintage"], name="territories_epci_part_once"),
            models.CheckConstraint(
                condition=models.Q(communes__gte=1) & models.Q(communes__lte=models.F("communes_total")),
                name="territories_epci_part_within_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.epci_id} / {self.area_id} ({self.vintage})"


class CodeMovement(models.Model):
    """An event of the code of communes: rename, re-establishment, merger, change of code (INSEE `MOD`)."""

    kind = models.PositiveSmallIntegerField("nature (MOD)")
    effective_on = models.DateField("date d'effet")
    code_before = models.CharField("code avant", max_length=5)
    type_before = models.CharField("type avant", max_length=4)
    name_before = models.CharField("nom avant", max_length=200)
    code_after = models.CharField("code après", max_length=5)
    type_after = models.CharField("type après", max_length=4)
    name_after = models.CharField("nom après", max_length=200)
    edition = models.ForeignKey(SourceEdition, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "mouvement de commune"
        ordering = ["effective_on", "code_before", "code_after", "pk"]
        indexes = [models.Index(fields=["code_before", "effective_on"], name="territories_move_before")]

    def __str__(self) -> str:
        return f"{self.code_before} → {self.code_after} ({self.effective_on})"


class Population(models.Model):
    """Legal population of a territory for a reference year. For an EPCI, its communes outside the region are in it."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="populations")
    year = models.PositiveSmallIntegerField("année de référence")
    municipal = models.PositiveIntegerField("population municipale")
    total = models.PositiveIntegerField("population totale", null=True, blank=True)
    geography = models.CharField("géographie", max_length=20, blank=True)
    edition = models.ForeignKey(SourceEdition, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "population légale"
        ordering = ["territory", "-year"]
        constraints = [models.UniqueConstraint(fields=["territory", "year"], name="territories_population_once")]

    def __str__(self) -> str:
        return f"{self.territory_id} {self.year}"


class Zoning(models.Model):
    """The class of a commune in an official grid (density, rural zoning …) at one vintage."""

    territory = models.ForeignKey(Territory, models.CASCADE, related_name="zonings")
    scheme = models.CharField("zonage", max_length=20, choices=ZoningScheme.choices)
    value = models.CharField("classe", max_length=20)
    label = models.CharField("libellé", max_length=200)
    vintage = models.CharField("millésime", max_length=20, blank=True)
    edition = models.ForeignKey(SourceEdition, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "classe d'un zonage"
        ordering = ["scheme", "territory"]
        constraints = [models.UniqueConstraint(fields=["territory", "scheme"], name="territories_one_class_per_zoning")]

    def __str__(self) -> str:
        return f"{self.territory_id} {self.scheme} {self.value}"


class Contour(models.Model):
    """The outline of a territory: GeoJSON geometry in WGS84."""

    territory = models.OneToOneField(Territory, models.CASCADE, related_name="contour")
    geometry = models.JSONField("géométrie")
    vintage = models.CharField("millésime", max_length=20, blank=True)
    edition = models.ForeignKey(SourceEdition, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "contour"
        ordering = ["territory"]

    def __str__(self) -> str:
        return f"contour {self.territory_id}"
