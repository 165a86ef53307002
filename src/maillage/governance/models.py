"""Bodies that steer the pact: steering committees, working groups, conferences."""

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
