"""The action sheet and what it aims at."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from maillage.contracts.enums import SHEET_STATES, ActionNature
from maillage.contracts.models.contract import Amendment, Contract
from maillage.contracts.models.fields import MeasuredField
from maillage.indicators.models import Indicator
from maillage.pacts.models import Axis, BaseMeasure, Measure


class ActionSheet(models.Model):
    """One action of a contract. Its fields but the state are its text (see `engines.contract_text`)."""

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="sheets")
    code = models.CharField("code", max_length=12)
    title = models.CharField("intitulé", max_length=250)
    axis = models.ForeignKey(Axis, models.PROTECT, null=True, blank=True, related_name="action_sheets")
    measure = models.ForeignKey(Measure, models.PROTECT, null=True, blank=True, related_name="action_sheets")
    base_measure = models.ForeignKey(BaseMeasure, models.PROTECT, null=True, blank=True, related_name="action_sheets")
    need = models.TextField("besoin constaté", blank=True)
    need_indicator = models.ForeignKey(Indicator, models.PROTECT, null=True, blank=True, related_name="+")
    nature = models.CharField("nature", max_length=10, choices=ActionNature.choices, blank=True)
    justification = models.TextField("en quoi elle est nouvelle ou renforcée", blank=True)
    enlargement = models.TextField("public ou territoire élargi", blank=True)
    description = models.TextField("contenu", blank=True)
    target_public = models.TextField("public visé", blank=True)
    area = models.CharField("territoires concernés", max_length=300, blank=True)
    pilot = models.CharField("pilote", max_length=200, blank=True)
    partners = models.TextField("partenaires", blank=True)
    starts_on = models.DateField("début", null=True, blank=True)
    ends_on = models.DateField("fin", null=True, blank=True)
    calendar = models.TextField("étapes", blank=True)
    position = models.PositiveSmallIntegerField("rang", default=0)
    in_text = models.BooleanField("dans le texte", default=True, help_text="Non : un avenant l'a retirée du contrat.")
    status = models.CharField("état", max_length=12, choices=SHEET_STATES, default="proposed")
    status_reason = models.CharField("motif du dernier changement d'état", max_length=500, blank=True)
    redeployed_by = models.ForeignKey(Amendment, models.PROTECT, null=True, blank=True, related_name="redeployed")

    class Meta:
        verbose_name = "fiche action"
        verbose_name_plural = "fiches action"
        ordering = ["contract", "position", "code"]
        indexes = [models.Index(fields=["contract", "axis"], name="contracts_sheet_axis")]
        constraints = [
            models.UniqueConstraint(fields=["contract", "code"], name="contracts_sheet_once"),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="contracts_sheet_ends_after_start",
            ),
            models.CheckConstraint(
                condition=~Q(status="redeployed") | Q(redeployed_by__isnull=False),
                name="contracts_redeployed_names_amendment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class IndicatorTarget(models.Model):
    """What an action aims at: an indicator, where it stands before (unknown is null), and what is aimed at by year."""

    sheet = models.ForeignKey(ActionSheet, models.CASCADE, related_name="targets")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="action_targets")
    baseline = MeasuredField("situation initiale", null=True, blank=True)
    baseline_period = models.CharField("période de la situation initiale", max_length=21, blank=True)
    method = models.TextField("comment on compte", blank=True)

    class Meta:
        verbose_name = "indicateur suivi"
        verbose_name_plural = "indicateurs suivis"
        ordering = ["sheet", "indicator__code"]
        constraints = [models.UniqueConstraint(fields=["sheet", "indicator"], name="contracts_target_once")]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.indicator_id}"


class YearTarget(models.Model):
    """The value aimed at for one year."""

    target = models.ForeignKey(IndicatorTarget, models.CASCADE, related_name="years")
    year = models.PositiveSmallIntegerField("année")
    value = MeasuredField("cible")

    class Meta:
        verbose_name = "cible annuelle"
        verbose_name_plural = "cibles annuelles"
        ordering = ["target", "year"]
        constraints = [models.UniqueConstraint(fields=["target", "year"], name="contracts_year_target_once")]

    def __str__(self) -> str:
        return f"{self.target_id} {self.year}"
