"""Controls and helpers shared by the forms of results and money."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from maillage.kernel.errors import InputRefused, MaillageError
from maillage.kernel.money import Money
from maillage.kernel.numbers import parse_number
from maillage.ui.units import typography

MAX_DECIMALS = 4
LIMIT = Decimal(10) ** 15


class NumberField(forms.CharField):
    """A number typed the French way; empty is None, never zero. Four decimals at most."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("max_length", 40)
        super().__init__(**options)
        self.widget.attrs.setdefault("inputmode", "decimal")

    def clean(self, value: Any) -> Decimal | None:
        text = str(super().clean(value)).strip()
        if not text:
            return None
        try:
            number = parse_number(text)
        except MaillageError as error:
            raise ValidationError(typography(error.message_fr)) from error
        exponent = number.as_tuple().exponent
        if abs(number) >= LIMIT or (isinstance(exponent, int) and exponent < -MAX_DECIMALS):
            raise ValidationError("Quatre décimales au plus, et quinze chiffres.")
        return number


class AmountField(forms.CharField):
    """Euros typed the French way."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 40)
        super().__init__(**options)
        self.widget.attrs.setdefault("inputmode", "decimal")

    def clean(self, value: Any) -> Money | None:
        text = str(super().clean(value)).strip()
        if not text:
            return None
        try:
            amount = Money.of(text)
        except MaillageError as error:
            raise ValidationError(typography(error.message_fr)) from error
        if abs(amount.euros) >= Decimal(10) ** 12:
            raise ValidationError("Ce montant est trop grand : vérifiez l’unité, tout est en euros.")
        return amount


def long_text(label: str, *, rows: int = 6, required: bool = False, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=10_000,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def refuse(form: forms.Form, error: MaillageError, places: Mapping[str, str] | None = None) -> None:
    """Show why a service refused, beside the field it speaks of. `places`: name of a problem's column → field."""
    if not isinstance(error, InputRefused):
        form.add_error(None, typography(error.message_fr))
        return
    for problem in error.problems:
        field = (places or {}).get(problem.column or "")
        if field in form.fields:
            form.add_error(field, typography(problem.message))
        else:
            form.add_error(None, typography(str(problem)))
