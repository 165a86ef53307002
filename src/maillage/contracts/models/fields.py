"""Fields shared by the models of contracts."""

from __future__ import annotations

from typing import Any

from django.db import models


class AmountField(models.DecimalField):
    """Euros, to the cent."""

    def __init__(self, verbose_name: str | None = None, **options: Any) -> None:
        options.setdefault("max_digits", 14)
        options.setdefault("decimal_places", 2)
        super().__init__(verbose_name, **options)


class MeasuredField(models.DecimalField):
    """A value of an indicator, as precise as observations are."""

    def __init__(self, verbose_name: str | None = None, **options: Any) -> None:
        options.setdefault("max_digits", 20)
        options.setdefault("decimal_places", 4)
        super().__init__(verbose_name, **options)
