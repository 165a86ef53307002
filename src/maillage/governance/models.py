"""Bodies that steer the pact: steering committees, working groups, conferences and what they held."""

from __future__ import annotations

from django.db import models

from maillage.pacts.models import Pact
from maillage.sources.models import SourceDocument


class Body(models.Model):
    """A body (« instance ») as its document presents it."""

    pact = models.ForeignKey(Pact, models.PROTECT, related_name="bodies")
    code = models.CharField("code", max_length=40, unique=True)
    kind = models.CharField("nature", max_length=60)
    title = models.CharField("intitulé", max_length=200)
    period = models.CharField("période", max_length=40, blank=True)
    role = models.CharField("rôle", max_length=300, blank=True)
    periodicity = models.CharField("périodicité", max_length=60, blank=True)
    position = models.PositiveSmallIntegerField("rang")
    document = models.ForeignKey(SourceDocument, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "instance"
        ordering = ["pact", "position"]

    def __str__(self) -> str:
        return self.title


class Kiosk(models.Model):
    """A stand of a conference, where an initiative was presented."""

    body = models.ForeignKey(Body, models.PROTECT, related_name="kiosks")
    theme = models.CharField("thème", max_length=200)
    initiative = models.CharField("démarche", max_length=200)
    place = models.CharField("territoire imprimé", max_length=100, blank=True)
    position = models.PositiveSmallIntegerField("rang")
    document = models.ForeignKey(SourceDocument, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "kiosque"
        ordering = ["body", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["body", "initiative"], name="governance_kiosk_once")]

    def __str__(self) -> str:
        return self.initiative


class Workshop(models.Model):
    """A subject worked on in a conference; `sheets` counts the workshop sheets that its document gives for it."""

    body = models.ForeignKey(Body, models.PROTECT, related_name="workshops")
    theme = models.CharField("thème", max_length=200)
    subject = models.CharField("sujet", max_length=200)
    sheets = models.PositiveSmallIntegerField("fiches ateliers")
    position = models.PositiveSmallIntegerField("rang")
    document = models.ForeignKey(SourceDocument, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "atelier"
        ordering = ["body", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["body", "subject"], name="governance_workshop_once")]

    def __str__(self) -> str:
        return self.subject
