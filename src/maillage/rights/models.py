"""The only rows of this app: how many calculations a client asked for lately. No answer is ever stored."""

from __future__ import annotations

from django.db import models


class CalculationCount(models.Model):
    """Calculations asked by one client in one window of time.

    `client` is a keyed hash that changes with the window: two windows of one client cannot be tied, and nobody finds
    the address without the instance's secret. Rows are swept once their window is over.
    """

    client = models.CharField("empreinte du client", max_length=64, unique=True)
    window_ends_at = models.DateTimeField("fin de la fenêtre")
    count = models.PositiveIntegerField("calculs demandés", default=0)

    class Meta:
        verbose_name = "compte de calculs"
        ordering = ["window_ends_at", "client"]
        indexes = [models.Index(fields=["window_ends_at"], name="rights_window_ends")]

    def __str__(self) -> str:
        return f"{self.client[:8]} : {self.count}"
