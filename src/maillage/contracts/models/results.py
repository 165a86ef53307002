"""People reached, evidence, execution reports and evaluations."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from maillage.contracts.enums import (
    READING_STATES,
    REPORT_STATES,
    Counted,
    Dimension,
    EvidenceKind,
    Outcome,
)
from maillage.contracts.models.contract import Contract
from maillage.contracts.models.fields import MeasuredField
from maillage.contracts.models.sheet import ActionSheet, IndicatorTarget
from maillage.core.models import StoredFile, User
from maillage.indicators.models import Indicator


class Reading(models.Model):
    """The value of an action's indicator over a period. An unknown value says why; it is never a zero."""

    target = models.ForeignKey(IndicatorTarget, models.PROTECT, related_name="readings")
    year = models.PositiveSmallIntegerField("année")
    period = models.CharField("période", max_length=21)
    counted = models.CharField("ce qui est compté", max_length=8, choices=Counted.choices, default=Counted.OTHER)
    value = MeasuredField("valeur", null=True, blank=True)
    unknown_reason = models.CharField("pourquoi la valeur manque", max_length=300, blank=True)
    numerator = MeasuredField("numérateur", null=True, blank=True)
    denominator = MeasuredField("dénominateur", null=True, blank=True)
    incomplete = models.JSONField("ventilations incomplètes", default=list, blank=True)
    method = models.TextField("méthode", blank=True)
    comment = models.TextField("commentaire", blank=True)
    status = models.CharField("état", max_length=10, choices=READING_STATES, default="draft")
    status_reason = models.CharField("motif du dernier changement d'état", max_length=500, blank=True)
    entered_at = models.DateTimeField("saisi le")
    entered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    validated_at = models.DateTimeField("validé le", null=True, blank=True)
    validated_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "relevé"
        ordering = ["target", "period", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["target", "period"], name="contracts_reading_once"),
            models.CheckConstraint(
                condition=Q(value__isnull=False, unknown_reason="") | (Q(value__isnull=True) & ~Q(unknown_reason="")),
                name="contracts_unknown_says_why",
            ),
            # Invariant I2, where a numerator counts part of a denominator.
            models.CheckConstraint(
                condition=Q(numerator__isnull=True) | Q(denominator__isnull=True) | Q(numerator__lte=F("denominator")),
                name="contracts_numerator_within",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target_id} {self.period}"


class ReadingPart(models.Model):
    """One category of one breakdown of a reading. Suppressed or unknown is null."""

    reading = models.ForeignKey(Reading, models.CASCADE, related_name="parts")
    dimension = models.CharField("ventilation", max_length=10, choices=Dimension.choices)
    category = models.CharField("catégorie", max_length=60)
    value = MeasuredField("valeur", null=True, blank=True)

    class Meta:
        verbose_name = "ventilation"
        ordering = ["reading", "dimension", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["reading", "dimension", "category"], name="contracts_part_once"),
            models.CheckConstraint(condition=Q(value__isnull=True) | Q(value__gte=0), name="contracts_part_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.dimension} {self.category}"


class ExecutionReport(models.Model):
    """What an action did in a year. Its figures come from lines and readings; what is typed is what they cannot say.

    `figures` is null while they are read live, and the copy of them from the validation on.
    """

    sheet = models.ForeignKey(ActionSheet, models.PROTECT, related_name="reports")
    year = models.PositiveSmallIntegerField("année")
    due_on = models.DateField("attendu le", null=True, blank=True)
    status = models.CharField("état", max_length=12, choices=REPORT_STATES, default="to_enter")
    status_reason = models.CharField("motif du dernier changement d'état", max_length=500, blank=True)
    achievements = models.TextField("ce qui a été fait", blank=True)
    difficulties = models.TextField("difficultés", blank=True)
    outlook = models.TextField("suites", blank=True)
    figures = models.JSONField("chiffres au moment de la validation", null=True, blank=True)
    submitted_at = models.DateTimeField("transmis le", null=True, blank=True)
    submitted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    validated_at = models.DateTimeField("validé le", null=True, blank=True)
    validated_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "rapport d'exécution"
        verbose_name_plural = "rapports d'exécution"
        ordering = ["sheet", "year"]
        constraints = [models.UniqueConstraint(fields=["sheet", "year"], name="contracts_report_once")]
        indexes = [models.Index(fields=["status", "due_on"], name="contracts_report_due")]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.year}"


class Evaluation(models.Model):
    """A question asked of a contract or of one action, how it was answered, and what was found."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="evaluations")
    sheet = models.ForeignKey(ActionSheet, models.PROTECT, null=True, blank=True, related_name="evaluations")
    question = models.TextField("question")
    method = models.TextField("méthode", blank=True)
    findings = models.TextField("constats", blank=True)
    finished_on = models.DateField("rendue le", null=True, blank=True)
    at = models.DateTimeField("ouverte le")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "évaluation"
        ordering = ["contract", "-at", "-pk"]

    def __str__(self) -> str:
        return self.question[:80]


class ComparedFigure(models.Model):
    """An indicator before and after, as an evaluation compares them."""

    evaluation = models.ForeignKey(Evaluation, models.CASCADE, related_name="figures")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="+")
    before = MeasuredField("avant", null=True, blank=True)
    before_period = models.CharField("période avant", max_length=21, blank=True)
    after = MeasuredField("après", null=True, blank=True)
    after_period = models.CharField("période après", max_length=21, blank=True)
    note = models.CharField("note", max_length=300, blank=True)

    class Meta:
        verbose_name = "indicateur comparé"
        verbose_name_plural = "indicateurs comparés"
        ordering = ["evaluation", "indicator__code"]
        constraints = [models.UniqueConstraint(fields=["evaluation", "indicator"], name="contracts_compared_once")]

    def __str__(self) -> str:
        return f"{self.evaluation_id} {self.indicator_id}"


class Recommendation(models.Model):
    """A recommendation of an evaluation, and what became of it. Setting it aside has a reason."""

    evaluation = models.ForeignKey(Evaluation, models.CASCADE, related_name="recommendations")
    body = models.TextField("recommandation")
    outcome = models.CharField("suite", max_length=8, choices=Outcome.choices, default=Outcome.OPEN)
    outcome_note = models.TextField("explication de la suite", blank=True)
    outcome_at = models.DateTimeField("suite donnée le", null=True, blank=True)
    outcome_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "recommandation"
        ordering = ["evaluation", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.REFUSED) | ~Q(outcome_note=""), name="contracts_refusal_explained"
            )
        ]

    def __str__(self) -> str:
        return self.body[:80]


class Evidence(models.Model):
    """A file that shows what a reading, a report or an evaluation says. Withdrawn, it stays in the archive."""

    sheet = models.ForeignKey(ActionSheet, models.PROTECT, related_name="evidence")
    reading = models.ForeignKey(Reading, models.PROTECT, null=True, blank=True, related_name="evidence")
    report = models.ForeignKey(ExecutionReport, models.PROTECT, null=True, blank=True, related_name="evidence")
    evaluation = models.ForeignKey(Evaluation, models.PROTECT, null=True, blank=True, related_name="evidence")
    kind = models.CharField("nature", max_length=10, choices=EvidenceKind.choices)
    title = models.CharField("intitulé", max_length=200)
    dated_on = models.DateField("date de la pièce")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    at = models.DateTimeField("déposée le")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField("retirée le", null=True, blank=True)
    withdrawn_reason = models.CharField("motif du retrait", max_length=300, blank=True)

    class Meta:
        verbose_name = "preuve"
        ordering = ["sheet", "-dated_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | ~Q(withdrawn_reason=""), name="contracts_withdrawal_explained"
            )
        ]

    def __str__(self) -> str:
        return self.title
