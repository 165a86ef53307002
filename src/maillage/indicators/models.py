"""Figures: what is observed, what documents assert, and the waivers of known discrepancies."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from maillage.core.models import User
from maillage.indicators.enums import Nature, Polarity, Status
from maillage.pacts.models import Axis, Measure
from maillage.sources.models import SourceDocument, SourceEdition
from maillage.territories.models import Territory


class Indicator(models.Model):
    """What is measured: definition, unit, nature, and whether its values may be added up."""

    code = models.CharField("code", max_length=60, unique=True)
    label = models.CharField("libellé", max_length=200)
    unit = models.CharField("unité", max_length=30, help_text="EUR, persons, households, %, places …")
    decimals = models.PositiveSmallIntegerField(
        "décimales publiées", default=0, help_text="La précision de la publication : d'elle vient l'intervalle."
    )
    nature = models.CharField("nature", max_length=6, choices=Nature.choices)
    summable_territories = models.BooleanField("sommable entre territoires", default=False)
    summable_actions = models.BooleanField("sommable entre actions", default=False)
    cumulative = models.BooleanField("cumulé", default=False)
    polarity = models.CharField("sens", max_length=8, choices=Polarity.choices, default=Polarity.NEUTRAL)
    numerator_label = models.CharField("numérateur", max_length=200, blank=True)
    denominator_label = models.CharField("dénominateur", max_length=200, blank=True)
    definition = models.TextField("définition", blank=True)
    method = models.TextField("méthode", blank=True)
    limits = models.TextField("limites", blank=True)
    producer = models.CharField("producteur", max_length=200, blank=True)

    class Meta:
        verbose_name = "indicateur"
        ordering = ["label", "code"]

    def __str__(self) -> str:
        return self.label


class ObservationQuerySet(models.QuerySet["Observation"]):
    """Reads of observations."""

    def with_sources(self) -> ObservationQuerySet:
        """With what a value shows of its origin. The account of a load may be long: it is not read once per value."""
        return self.select_related("indicator", "document", "edition").defer("edition__report", "edition__scope")


class Observation(models.Model):
    """A value of an indicator for a territory and a period, with its status and its source.

    `value` is null exactly when the status says that no value is known (suppressed, unavailable).
    """

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="observations")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="observations")
    period = models.CharField("période", max_length=21)
    geography = models.CharField("géographie", max_length=20, blank=True)
    axis = models.ForeignKey(Axis, models.PROTECT, null=True, blank=True, related_name="observations")
    value = models.DecimalField("valeur", max_digits=20, decimal_places=4, null=True, blank=True)
    status = models.CharField("statut", max_length=12, choices=Status.choices)
    low = models.DecimalField("borne basse", max_digits=20, decimal_places=4, null=True, blank=True)
    high = models.DecimalField("borne haute", max_digits=20, decimal_places=4, null=True, blank=True)
    numerator = models.DecimalField("numérateur", max_digits=20, decimal_places=4, null=True, blank=True)
    denominator = models.DecimalField("dénominateur", max_digits=20, decimal_places=4, null=True, blank=True)
    perimeter = models.CharField("périmètre", max_length=300, blank=True)
    document = models.ForeignKey(SourceDocument, models.PROTECT, null=True, blank=True, related_name="observations")
    edition = models.ForeignKey(SourceEdition, models.PROTECT, null=True, blank=True, related_name="observations")
    locator = models.CharField("repère", max_length=200, blank=True)
    note = models.CharField("note", max_length=500, blank=True)

    objects = ObservationQuerySet.as_manager()

    class Meta:
        verbose_name = "observation"
        ordering = ["indicator", "territory", "period", "pk"]
        constraints = [
            # Coalesce because a unique constraint takes two nulls for two different things.
            models.UniqueConstraint(
                F("indicator"),
                F("territory"),
                F("period"),
                Coalesce("axis_id", 0),
                Coalesce("edition_id", 0),
                Coalesce("document_id", 0),
                name="indicators_observation_once",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[Status.SUPPRESSED, Status.UNAVAILABLE], value__isnull=True)
                | (~Q(status__in=[Status.SUPPRESSED, Status.UNAVAILABLE]) & Q(value__isnull=False)),
                name="indicators_unknown_is_not_zero",
            ),
            models.CheckConstraint(
                condition=Q(low__isnull=True) | Q(high__isnull=True) | Q(low__lte=F("high")),
                name="indicators_interval_ordered",
            ),
        ]
        indexes = [
            models.Index(fields=["territory", "indicator", "period"], name="indicators_obs_territory"),
            models.Index(fields=["indicator", "period"], name="indicators_obs_period"),
        ]

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.territory_id} {self.period}"


class StatedFigure(models.Model):
    """What a document asserts, as printed, at a locator, with the relation its sentence claims."""

    code = models.CharField("code", max_length=60, unique=True)
    label = models.CharField("libellé", max_length=200)
    indicator = models.ForeignKey(Indicator, models.PROTECT, null=True, blank=True, related_name="stated_figures")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="stated_figures")
    period = models.CharField("période", max_length=21, blank=True)
    value = models.DecimalField("valeur", max_digits=20, decimal_places=4, null=True, blank=True)
    unit = models.CharField("unité", max_length=30)
    printed_as = models.CharField("tel qu'imprimé", max_length=100)
    relation = models.CharField("relation énoncée", max_length=300, blank=True)
    perimeter = models.CharField("périmètre", max_length=300, blank=True)
    document = models.ForeignKey(SourceDocument, models.PROTECT, related_name="stated_figures")
    locator = models.CharField("repère", max_length=200, blank=True)
    table = models.CharField("tableau", max_length=200, blank=True)
    row = models.CharField("ligne", max_length=100, blank=True)
    column = models.CharField("colonne", max_length=100, blank=True)
    axis = models.ForeignKey(Axis, models.PROTECT, null=True, blank=True, related_name="stated_figures")
    measure = models.ForeignKey(Measure, models.PROTECT, null=True, blank=True, related_name="stated_figures")
    note = models.CharField("note", max_length=500, blank=True)
    position = models.PositiveIntegerField("rang dans le document", default=0)
    edition = models.ForeignKey(SourceEdition, models.PROTECT, null=True, blank=True, related_name="stated_figures")

    class Meta:
        verbose_name = "chiffre énoncé"
        verbose_name_plural = "chiffres énoncés"
        ordering = ["document", "position", "code"]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"


class Waiver(models.Model):
    """A discrepancy that a named person accepts, with a reason and a date. Shown wherever the figure is."""

    figure = models.ForeignKey(StatedFigure, models.PROTECT, related_name="waivers")
    verdict = models.CharField("verdict au moment de la dérogation", max_length=24)
    reason = models.TextField("motif")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField("le")
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField("retirée le", null=True, blank=True)

    class Meta:
        verbose_name = "dérogation"
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["figure"], condition=Q(withdrawn_at__isnull=True), name="indicators_one_waiver_in_force"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="indicators_waiver_has_reason"),
        ]

    def __str__(self) -> str:
        return f"dérogation {self.figure_id}"
