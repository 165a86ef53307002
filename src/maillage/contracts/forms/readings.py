"""The form of a reading: what it asks depends on the indicator and on the territory."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField

from maillage.contracts.enums import Dimension
from maillage.contracts.forms.fields import NumberField, long_text
from maillage.contracts.models import IndicatorTarget
from maillage.contracts.services.readings import MIN_REASON, Given
from maillage.indicators.enums import Nature
from maillage.kernel.numbers import format_number
from maillage.ui.forms import BaseForm

# Name of what a service refuses → field of the form.
PLACES = {"valeur": "value", "motif": "unknown_reason", "numérateur": "numerator"}

NOT_WHOLE = "Ventilation incomplète"


class ReadingForm(BaseForm):
    """A value or its two numbers, or why it is not known; the breakdowns; the method."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        target: IndicatorTarget,
        categories: Mapping[str, Mapping[str, str]],
        fields: Mapping[str, Any] | None,
        seen: str,
    ) -> None:
        """`fields`: those of the stored reading (`selectors.results.reading_fields`), None when there is none."""
        self.categories = categories
        super().__init__(data, initial=_initial(target, fields, seen))
        self._add_numbers(target)
        self.fields["unknown_reason"] = forms.CharField(
            label="Si la valeur n’est pas connue, pourquoi",
            required=False,
            max_length=300,
            help_text=f"{MIN_REASON} caractères au moins. Une valeur inconnue n’est pas un zéro.",
        )
        self.fields["method"] = long_text("Méthode", rows=3, help_text="Comment ces valeurs ont été comptées.")
        self.fields["comment"] = long_text("Commentaire", rows=3)
        for dimension, labels in categories.items():
            self._add_breakdown(dimension, labels)

    def _add_numbers(self, target: IndicatorTarget) -> None:
        indicator = target.indicator
        if indicator.nature != Nature.SHARE:
            self.fields["value"] = NumberField(
                label="Valeur", help_text="Vide si elle n’est pas connue : dites alors pourquoi, ci-dessous."
            )
            return
        numerator = indicator.numerator_label or "Numérateur"
        denominator = indicator.denominator_label or "Dénominateur"
        self.fields["numerator"] = NumberField(label=numerator, help_text="Le numérateur de la part.")
        self.fields["denominator"] = NumberField(
            label=denominator, help_text="Le dénominateur. La part est calculée ; elle ne se saisit pas."
        )

    def _add_breakdown(self, dimension: str, labels: Mapping[str, str]) -> None:
        for category, label in labels.items():
            self.fields[_part_name(dimension, category)] = NumberField(label=label)
        if labels:
            self.fields[_incomplete_name(dimension)] = forms.BooleanField(
                label=NOT_WHOLE,
                required=False,
                help_text="Cochez si des valeurs manquent : le total n’est pas comparé.",
            )

    @property
    def numbers(self) -> list[BoundField]:
        return [self[name] for name in ("value", "numerator", "denominator", "unknown_reason") if name in self.fields]

    @property
    def texts(self) -> list[BoundField]:
        return [self["method"], self["comment"]]

    @property
    def breakdowns(self) -> list[tuple[str, list[BoundField], bool]]:
        """(label, fields, whether something is typed in one of them) of each dimension that has categories."""
        found = []
        for dimension, labels in self.categories.items():
            if labels:
                names = [*(_part_name(dimension, category) for category in labels), _incomplete_name(dimension)]
                fields = [self[name] for name in names]
                filled = any(field.value() not in (None, "", False) or field.errors for field in fields)
                found.append((str(Dimension(dimension).label), fields, filled))
        return found

    def given(self) -> Given:
        """What was entered, for the service."""
        cleaned = self.cleaned_data
        parts: dict[tuple[str, str], Decimal] = {}
        for dimension, labels in self.categories.items():
            for category in labels:
                value = cleaned.get(_part_name(dimension, category))
                if value is not None:
                    parts[dimension, category] = value
        return Given(
            value=cleaned.get("value"),
            unknown_reason=cleaned.get("unknown_reason", ""),
            numerator=cleaned.get("numerator"),
            denominator=cleaned.get("denominator"),
            parts=parts,
            incomplete=[one for one in self.categories if cleaned.get(_incomplete_name(one))],
            method=cleaned.get("method", ""),
            comment=cleaned.get("comment", ""),
        )


def _part_name(dimension: str, category: str) -> str:
    return f"part_{dimension}_{category}"


def _incomplete_name(dimension: str) -> str:
    return f"incomplete_{dimension}"


def _initial(target: IndicatorTarget, fields: Mapping[str, Any] | None, seen: str) -> dict[str, Any]:
    if fields is None:
        return {"seen": seen, "method": target.method}
    initial = {name: _written(fields[name]) for name in ("value", "numerator", "denominator")}
    initial |= {name: fields[name] for name in ("unknown_reason", "method", "comment")}
    for key, value in fields["parts"].items():
        dimension, _, category = key.partition("/")
        initial[_part_name(dimension, category)] = _written(value)
    return initial | {_incomplete_name(one): True for one in fields["incomplete"]} | {"seen": seen}


def _written(text: str) -> str:
    return format_number(Decimal(text)) if text else ""
