"""A yearly campaign of collection, what it asks of each partner, and what was answered."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from maillage.collection.enums import Answer, CampaignStatus, PartnerKind, RequestStatus
from maillage.core.models import User
from maillage.indicators.models import Indicator
from maillage.territories.models import Territory


class Campaign(models.Model):
    """The figures of one year, asked of every partner of a territory. States: `engines.lifecycle.collection`."""

    title = models.CharField("intitulé", max_length=120)
    year = models.PositiveSmallIntegerField("année des chiffres")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="campaigns")
    opens_on = models.DateField("ouverture")
    due_on = models.DateField("échéance")
    instructions = models.TextField("consignes", blank=True)
    status = models.CharField(
        "état", max_length=12, choices=CampaignStatus.choices, default=CampaignStatus.DRAFT, editable=False
    )
    created_at = models.DateTimeField("créée le")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "collecte"
        ordering = ["-year", "title", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["territory", "year", "title"], name="collection_campaign_once"),
            models.CheckConstraint(condition=Q(due_on__gte=F("opens_on")), name="collection_due_after_opening"),
            models.CheckConstraint(
                condition=Q(status__in=CampaignStatus.values), name="collection_campaign_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class FigureRequest(models.Model):
    """What one partner organisation is asked, and how far its answer is. `responsible` is who enters it, if known.

    `due_on` replaces the due date of the campaign for this partner; `due_reason` says why.
    """

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="requests")
    partner = models.CharField("partenaire", max_length=150)
    kind = models.CharField("nature", max_length=20, choices=PartnerKind.choices)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="figure_requests")
    responsible = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="figure_requests", verbose_name="responsable"
    )
    status = models.CharField(
        "état", max_length=12, choices=RequestStatus.choices, default=RequestStatus.TO_ENTER, editable=False
    )
    due_on = models.DateField("échéance reportée", null=True, blank=True)
    due_reason = models.CharField("motif du report", max_length=300, blank=True)
    submitted_at = models.DateTimeField("transmise le", null=True, blank=True)
    submitted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    validated_at = models.DateTimeField("validée le", null=True, blank=True)
    validated_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    remark = models.TextField("remarque", blank=True)

    class Meta:
        verbose_name = "demande de chiffres"
        verbose_name_plural = "demandes de chiffres"
        ordering = ["campaign", "partner", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "partner", "territory"], name="collection_request_once"),
            models.CheckConstraint(
                condition=Q(due_on__isnull=True) | ~Q(due_reason=""), name="collection_extension_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(status__in=RequestStatus.values), name="collection_request_status_known"
            ),
        ]
        indexes = [models.Index(fields=["responsible", "status"], name="collection_request_person")]

    def __str__(self) -> str:
        return self.partner


class RequestedFigure(models.Model):
    """One figure asked of one partner: indicator × territory × period, and the answer given.

    Unknown is not zero: `value` is held exactly when `answer` is « known ». `revision` grows with each change, so that
    two persons who write the same figure are told.
    """

    request = models.ForeignKey(FigureRequest, models.CASCADE, related_name="figures")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="requested_figures")
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="requested_figures")
    period = models.CharField("période", max_length=21)
    position = models.PositiveSmallIntegerField("rang", default=0)
    answer = models.CharField("réponse", max_length=14, choices=Answer.choices, default=Answer.AWAITED)
    value = models.DecimalField("valeur", max_digits=20, decimal_places=4, null=True, blank=True)
    numerator = models.DecimalField("numérateur", max_digits=20, decimal_places=4, null=True, blank=True)
    denominator = models.DecimalField("dénominateur", max_digits=20, decimal_places=4, null=True, blank=True)
    reason = models.CharField("motif", max_length=300, blank=True)
    comment = models.CharField("commentaire", max_length=500, blank=True)
    review = models.CharField("remarque de la relecture", max_length=500, blank=True)
    revision = models.PositiveIntegerField("révision", default=0)
    entered_at = models.DateTimeField("saisi le", null=True, blank=True)
    entered_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "chiffre demandé"
        verbose_name_plural = "chiffres demandés"
        ordering = ["request", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "indicator", "territory", "period"], name="collection_figure_once"
            ),
            models.CheckConstraint(
                condition=Q(answer=Answer.KNOWN, value__isnull=False)
                | (
                    Q(answer__in=[Answer.AWAITED, Answer.UNAVAILABLE, Answer.NOT_APPLICABLE])
                    & Q(value__isnull=True, numerator__isnull=True, denominator__isnull=True)
                ),
                name="collection_unknown_is_not_zero",
            ),
            models.CheckConstraint(
                condition=~Q(answer__in=[Answer.UNAVAILABLE, Answer.NOT_APPLICABLE]) | ~Q(reason=""),
                name="collection_missing_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(numerator__isnull=True, denominator__isnull=True)
                # Both said not null: a check that compares with a null passes.
                | Q(
                    numerator__isnull=False,
                    denominator__isnull=False,
                    denominator__gt=0,
                    numerator__lte=F("denominator"),
                    numerator__gte=0,
                ),
                name="collection_numerator_within_denominator",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.territory_id} {self.period}"
