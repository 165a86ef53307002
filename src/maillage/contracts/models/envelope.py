"""An envelope to share between territories: simulations on one side, the decision on the other."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from maillage.contracts.enums import ContractKind, ShareMethod
from maillage.contracts.models.fields import AmountField
from maillage.core.models import User
from maillage.territories.models import Territory


class Envelope(models.Model):
    """An amount of a year to share between the territories of a région."""

    title = models.CharField("intitulé", max_length=200)
    territory = models.ForeignKey(Territory, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField("année")
    kind = models.CharField("nature de contrat", max_length=12, choices=ContractKind.choices)
    amount = AmountField("montant")
    reference = models.CharField("référence", max_length=200, blank=True)
    is_demonstration = models.BooleanField("données de démonstration inventées", default=False)
    at = models.DateTimeField("créée le")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "enveloppe"
        ordering = ["-year", "title", "pk"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="contracts_envelope_positive")]

    def __str__(self) -> str:
        return self.title


class Simulation(models.Model):
    """A what-if: it decides nothing. `shares` maps a territory code to euros, as text."""

    envelope = models.ForeignKey(Envelope, models.CASCADE, related_name="simulations")
    title = models.CharField("intitulé", max_length=200)
    method = models.CharField("méthode", max_length=24, choices=ShareMethod.choices)
    parameters = models.JSONField("réglages", default=dict)
    shares = models.JSONField("répartition", default=dict)
    at = models.DateTimeField("faite le")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "simulation"
        ordering = ["envelope", "-at", "-pk"]

    def __str__(self) -> str:
        return self.title


class AllocationDecision(models.Model):
    """The shares that a prefect or the commissioner decided, with the reason and the equity effect that was shown."""

    envelope = models.ForeignKey(Envelope, models.PROTECT, related_name="decisions")
    simulation = models.ForeignKey(Simulation, models.PROTECT, null=True, blank=True, related_name="+")
    shares = models.JSONField("répartition")
    equity = models.JSONField("effet d'équité montré avant la décision", default=dict)
    reason = models.TextField("motif")
    at = models.DateTimeField("décidée le")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    append_only = True

    class Meta:
        verbose_name = "décision de répartition"
        verbose_name_plural = "décisions de répartition"
        ordering = ["envelope", "-at", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="contracts_decision_has_reason")]

    def __str__(self) -> str:
        return f"{self.envelope}"
