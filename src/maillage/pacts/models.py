"""Strategies, axes, measures, base measures, calendar and supported projects: the pact as its documents give it."""

from __future__ import annotations

from django.db import models

from maillage.pacts.enums import MeasureKind
from maillage.sources.models import SourceDocument
from maillage.territories.models import Territory


class Pact(models.Model):
    """A national strategy or pact that the territory carries."""

    code = models.SlugField("code", max_length=30, unique=True)
    title = models.CharField("intitulé", max_length=200)
    short_title = models.CharField("intitulé court", max_length=80)
    axis_word = models.CharField("mot pour un axe", max_length=20, default="axe", help_text="« engagement » en 2018.")
    starts_on = models.DateField("début", null=True, blank=True)
    period = models.CharField("période", max_length=20)
    announced_measures = models.PositiveSmallIntegerField("mesures annoncées", null=True, blank=True)
    document = models.ForeignKey(SourceDocument, models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField("note", max_length=500, blank=True)

    class Meta:
        verbose_name = "pacte"
        ordering = ["starts_on", "code"]

    def __str__(self) -> str:
        return self.short_title


class Axis(models.Model):
    """An axis of a pact (an « engagement » of the strategy launched in 2018)."""

    pact = models.ForeignKey(Pact, models.PROTECT, related_name="axes")
    code = models.CharField("code", max_length=40, unique=True)
    number = models.PositiveSmallIntegerField("numéro")
    title = models.CharField("intitulé", max_length=200)
    document = models.ForeignKey(SourceDocument, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "axe"
        verbose_name_plural = "axes"
        ordering = ["pact__starts_on", "number"]
        constraints = [models.UniqueConstraint(fields=["pact", "number"], name="pacts_axis_number_once")]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"


class Measure(models.Model):
    """A measure as its document lists it, with the number printed there when there is one."""

    axis = models.ForeignKey(Axis, models.PROTECT, related_name="measures")
    code = models.CharField("code", max_length=60, unique=True)
    number = models.PositiveSmallIntegerField("numéro imprimé", null=True, blank=True)
    kind = models.CharField("nature", max_length=14, choices=MeasureKind.choices)
    title = models.CharField("intitulé", max_length=300)
    note = models.CharField("note", max_length=300, blank=True)
    position = models.PositiveSmallIntegerField("rang dans la liste")
    document = models.ForeignKey(SourceDocument, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "mesure"
        ordering = ["axis", "position"]

    def __str__(self) -> str:
        return self.title


class BaseMeasure(models.Model):
    """A base measure (« mesure socle ») of the contracts of 2019."""

    pact = models.ForeignKey(Pact, models.PROTECT, related_name="base_measures")
    code = models.CharField("code", max_length=40, unique=True)
    title = models.CharField("intitulé", max_length=300)
    scope = models.CharField("champ", max_length=200, blank=True)
    position = models.PositiveSmallIntegerField("rang")
    document = models.ForeignKey(SourceDocument, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "mesure socle"
        ordering = ["pact", "position"]

    def __str__(self) -> str:
        return self.title


class Milestone(models.Model):
    """A date of the calendar, as printed: a day, a month, a year or a span."""

    pact = models.ForeignKey(Pact, models.PROTECT, related_name="milestones")
    period = models.CharField("date imprimée", max_length=20)
    starts_on = models.DateField("début")
    ends_on = models.DateField("fin")
    title = models.CharField("intitulé", max_length=300)
    scope = models.CharField("échelle", max_length=40, blank=True)
    document = models.ForeignKey(SourceDocument, models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField("note", max_length=300, blank=True)

    class Meta:
        verbose_name = "échéance"
        ordering = ["starts_on", "ends_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="pacts_milestone_ends_after_start"
            )
        ]

    def __str__(self) -> str:
        return self.title


class SupportedProject(models.Model):
    """A project that the commissioner's credits supported, as a document lists it."""

    axis = models.ForeignKey(Axis, models.PROTECT, related_name="projects")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="projects")
    year = models.PositiveSmallIntegerField("année")
    organisation = models.CharField("structure", max_length=200)
    partners = models.CharField("partenaires", max_length=300, blank=True)
    subject = models.CharField("objet", max_length=300)
    position = models.PositiveSmallIntegerField("rang")
    document = models.ForeignKey(SourceDocument, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "projet soutenu"
        verbose_name_plural = "projets soutenus"
        ordering = ["year", "axis", "position", "pk"]

    def __str__(self) -> str:
        return f"{self.organisation} : {self.subject}"
