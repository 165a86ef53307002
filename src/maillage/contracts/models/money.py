"""The money of an action: what it costs, who pays, what is committed, paid and justified."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from maillage.contracts.enums import COLLECTIVITIES, FunderKind, Stage
from maillage.contracts.models.fields import AmountField
from maillage.contracts.models.sheet import ActionSheet
from maillage.core.models import StoredFile, User


class Funder(models.Model):
    """Who pays: State, collectivities, operators, companies, foundations …"""

    code = models.SlugField("code", max_length=40, unique=True)
    name = models.CharField("nom", max_length=200)
    kind = models.CharField("nature", max_length=16, choices=FunderKind.choices)
    siret = models.CharField("SIRET", max_length=14, blank=True)

    class Meta:
        verbose_name = "financeur"
        ordering = ["name", "code"]

    def __str__(self) -> str:
        return self.name

    @property
    def family(self) -> str:
        """`state`, `collectivity` or `other`: the three sides of the co-funding rule."""
        if self.kind == FunderKind.STATE:
            return "state"
        return "collectivity" if self.kind in COLLECTIVITIES else "other"


class ActionYear(models.Model):
    """What an action costs in a year, and the part that is eligible. Unknown is null."""

    sheet = models.ForeignKey(ActionSheet, models.CASCADE, related_name="years")
    year = models.PositiveSmallIntegerField("année")
    total_cost = AmountField("coût total", null=True, blank=True)
    eligible_cost = AmountField("assiette éligible", null=True, blank=True)

    class Meta:
        verbose_name = "année d'une action"
        verbose_name_plural = "années des actions"
        ordering = ["sheet", "year"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "year"], name="contracts_action_year_once"),
            # Invariant F4, its last link: the eligible base is a part of the total cost.
            models.CheckConstraint(
                condition=Q(eligible_cost__isnull=True)
                | Q(total_cost__isnull=True)
                | Q(eligible_cost__lte=F("total_cost")),
                name="contracts_eligible_within_total",
            ),
            models.CheckConstraint(
                condition=(Q(total_cost__isnull=True) | Q(total_cost__gte=0))
                & (Q(eligible_cost__isnull=True) | Q(eligible_cost__gte=0)),
                name="contracts_costs_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.year}"


class FundingLine(models.Model):
    """One funder, one year, in cash or in kind.

    `planned` and `planned_cp` are text; `awarded` is what the prefect's signature grants; `committed`, `paid` and
    `justified` are the sums of the line's movements, kept here so that the database itself holds invariant F4.
    """

    sheet = models.ForeignKey(ActionSheet, models.CASCADE, related_name="lines")
    key = models.CharField("clé", max_length=20)
    year = models.PositiveSmallIntegerField("année")
    funder = models.ForeignKey(Funder, models.PROTECT, related_name="lines")
    in_kind = models.BooleanField("en nature", default=False)
    planned = AmountField("prévu (AE)")
    planned_cp = AmountField("prévu en paiement (CP)", null=True, blank=True)
    awarded = AmountField("attribué", null=True, blank=True)
    committed = AmountField("engagé", default=0)
    paid = AmountField("payé", default=0)
    justified = AmountField("justifié", default=0)

    class Meta:
        verbose_name = "ligne de financement"
        verbose_name_plural = "lignes de financement"
        ordering = ["sheet", "year", "key"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "key"], name="contracts_line_once"),
            models.CheckConstraint(
                condition=Q(planned__gte=0, committed__gte=0, paid__gte=0, justified__gte=0)
                & (Q(planned_cp__isnull=True) | Q(planned_cp__gte=0))
                & (Q(awarded__isnull=True) | Q(awarded__gte=0)),
                name="contracts_line_not_negative",
            ),
            # Invariant F4: paid ≤ committed ≤ awarded, cumulated to date.
            models.CheckConstraint(condition=Q(paid__lte=F("committed")), name="contracts_paid_within_committed"),
            models.CheckConstraint(
                condition=Q(committed=0) | Q(awarded__isnull=False, committed__lte=F("awarded")),
                name="contracts_committed_within_awarded",
            ),
        ]
        indexes = [models.Index(fields=["year", "sheet"], name="contracts_line_year")]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.key}"


class Ej(models.Model):
    """A legal commitment of the State: its number, its beneficiary and its year belong to one action only (F5)."""

    number = models.CharField("numéro d'engagement juridique", max_length=20)
    siret = models.CharField("SIRET du bénéficiaire", max_length=14)
    year = models.PositiveSmallIntegerField("année")
    sheet = models.ForeignKey(ActionSheet, models.PROTECT, related_name="ejs")

    class Meta:
        verbose_name = "engagement juridique"
        verbose_name_plural = "engagements juridiques"
        ordering = ["year", "number"]
        constraints = [models.UniqueConstraint(fields=["number", "siret", "year"], name="contracts_ej_once")]

    def __str__(self) -> str:
        return self.number


class Movement(models.Model):
    """One amount committed, paid or justified on a day. Never changed: a correction is a movement of the other sign."""

    line = models.ForeignKey(FundingLine, models.PROTECT, related_name="movements")
    stage = models.CharField("étape", max_length=10, choices=Stage.choices)
    amount = AmountField("montant")
    dated_on = models.DateField("le")
    ej = models.ForeignKey(Ej, models.PROTECT, null=True, blank=True, related_name="movements")
    note = models.CharField("note", max_length=300, blank=True)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField("enregistré le")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    append_only = True

    class Meta:
        verbose_name = "mouvement"
        ordering = ["line", "dated_on", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="contracts_movement_not_zero")]

    def __str__(self) -> str:
        return f"{self.stage} {self.line_id}"
