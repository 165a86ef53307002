"""The annual report: its narrative, its publications, and the figures each publication cites."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from maillage.core.models import StoredFile, User
from maillage.documents.enums import Format
from maillage.pacts.models import Pact
from maillage.reports.enums import Grouping, ReportStatus, Section
from maillage.territories.models import Territory


class AnnualReport(models.Model):
    """The bilan of one year on one territory."""

    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+")
    # Null where no pact is known for the year: the report is then built all the same, and says so.
    pact = models.ForeignKey(Pact, models.PROTECT, null=True, blank=True, related_name="+")
    year = models.PositiveSmallIntegerField("année")
    grouping = models.CharField("plan", max_length=10, choices=Grouping.choices, default=Grouping.AXIS)
    status = models.CharField("état", max_length=10, choices=ReportStatus.choices, default=ReportStatus.DRAFT)
    created_at = models.DateTimeField("créé le")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "rapport annuel"
        verbose_name_plural = "rapports annuels"
        ordering = ["-year", "pk"]
        constraints = [models.UniqueConstraint(fields=["territory", "year"], name="reports_annual_once")]

    def __str__(self) -> str:
        return f"Bilan {self.year}"


class NarrativeVersion(models.Model):
    """One saved version of a written part. The latest number is in force; none is ever changed."""

    report = models.ForeignKey(AnnualReport, models.CASCADE, related_name="narratives")
    section = models.CharField("partie", max_length=10, choices=Section.choices)
    number = models.PositiveIntegerField("version")
    body = models.TextField("texte", blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField("le")

    class Meta:
        verbose_name = "version de texte"
        ordering = ["report", "section", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["report", "section", "number"], name="reports_narrative_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_section_display()} v{self.number}"

    @property
    def label_number(self) -> str:
        return str(self.number)


class Rendition(models.Model):
    """One built file of the report. A published one stays as it was, whatever happens to its figures."""

    report = models.ForeignKey(AnnualReport, models.PROTECT, related_name="renditions")
    format = models.CharField("format", max_length=4, choices=Format.choices)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    built_at = models.DateTimeField("produit le")
    built_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField("publié le", null=True, blank=True)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "document produit"
        verbose_name_plural = "documents produits"
        ordering = ["-built_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(published_at__isnull=True) | Q(published_at__gte=models.F("built_at")),
                name="reports_published_after_built",
            )
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.format}"


class CitedFigure(models.Model):
    """A figure as one rendition cites it: definition, territory, period, value, status, source."""

    rendition = models.ForeignKey(Rendition, models.CASCADE, related_name="cited_figures")
    key = models.CharField("clé", max_length=200)
    label = models.CharField("libellé", max_length=300)
    territory_code = models.CharField("territoire", max_length=20)
    period = models.CharField("période", max_length=21, blank=True)
    value = models.CharField("valeur citée", max_length=60)
    status = models.CharField("statut", max_length=24)
    source = models.CharField("source", max_length=300)

    class Meta:
        verbose_name = "chiffre cité"
        verbose_name_plural = "chiffres cités"
        ordering = ["rendition", "pk"]
        constraints = [models.UniqueConstraint(fields=["rendition", "key"], name="reports_cited_once")]

    def __str__(self) -> str:
        return self.label
