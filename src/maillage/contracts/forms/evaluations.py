"""Forms of evaluations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from maillage.contracts.enums import Outcome
from maillage.contracts.forms.fields import NumberField, long_text
from maillage.contracts.models import ActionSheet
from maillage.contracts.services.evaluations import Compared
from maillage.indicators.models import Indicator
from maillage.ui.forms import BaseForm, DateField

TEXT_PLACES = {"question": "question", "méthode": "method", "constats": "findings", "rendue le": "finished_on"}
COMPARE_PLACES = {
    "avant": "before",
    "période avant": "before_period",
    "après": "after",
    "période après": "after_period",
}


class OpenEvaluationForm(BaseForm):
    """The question, and of what it is asked."""

    question = long_text("Question", rows=3, required=True)
    sheet = forms.ModelChoiceField(
        label="Elle porte sur",
        queryset=ActionSheet.objects.none(),
        required=False,
        empty_label="Le contrat dans son ensemble",
    )
    method = long_text("Méthode", rows=4)

    def __init__(self, data: Any = None, *, sheets: Any) -> None:
        super().__init__(data)
        field = self.fields["sheet"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (declared so above)
        field.queryset = sheets


class EvaluationForm(BaseForm):
    """Question, method, findings; given back on a day."""

    question = long_text("Question", rows=3, required=True)
    method = long_text("Méthode", rows=5)
    findings = long_text("Constats", rows=8)
    finished_on = DateField(label="Rendue le", required=False, help_text="Vide tant que l’évaluation est en cours.")
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class CompareForm(BaseForm):
    """An indicator before and after."""

    indicator = forms.ModelChoiceField(label="Indicateur", queryset=Indicator.objects.none())
    before = NumberField(label="Valeur avant")
    before_period = forms.CharField(label="Période avant", required=False, max_length=21)
    after = NumberField(label="Valeur après")
    after_period = forms.CharField(label="Période après", required=False, max_length=21)
    note = forms.CharField(label="Note", required=False, max_length=300)

    def __init__(self, data: Any = None, *, indicators: Any) -> None:
        super().__init__(data)
        field = self.fields["indicator"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (declared so above)
        field.queryset = indicators

    def compared(self) -> Compared:
        return Compared(**{name: self.cleaned_data[name] for name in _COMPARED})


_COMPARED: Iterable[str] = ("indicator", "before", "before_period", "after", "after_period", "note")


class RecommendForm(BaseForm):
    body = long_text("Recommandation", rows=3, required=True)


class FollowForm(BaseForm):
    """What became of a recommendation."""

    outcome = forms.ChoiceField(label="Suite", choices=Outcome.choices)
    note = long_text("Explication", rows=4, help_text="Nécessaire quand elle est écartée ou suivie en partie.")
