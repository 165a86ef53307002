"""Forms of an envelope: the amount to share, a simulation by each method, the decision."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from maillage.contracts.enums import ContractKind, ShareMethod
from maillage.contracts.selectors.envelopes import Base
from maillage.contracts.services.envelopes import Settings
from maillage.engines.envelope import EURO, Persons
from maillage.engines.lifecycle.contracts import MIN_REASON
from maillage.indicators.enums import Polarity
from maillage.indicators.models import Indicator
from maillage.kernel.errors import MaillageError
from maillage.kernel.money import CENT, Money
from maillage.kernel.numbers import parse_number
from maillage.ui.forms import BaseForm
from maillage.ui.units import typography

MAX_EUROS = Decimal(10) ** 12
_STEPS = {"euro": EURO, "cent": CENT}
_READS = {
    Polarity.LESS_IS_BETTER: "Plus il est élevé, plus le besoin est grand.",
    Polarity.MORE_IS_BETTER: "Plus il est bas, plus le besoin est grand.",
}


class MoneyField(forms.CharField):
    """An amount typed the French way; its value is Money, or None where nothing is typed."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 40)
        super().__init__(**options)
        self.widget.attrs.setdefault("inputmode", "decimal")

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            amount = Money.of(text)
        except MaillageError as error:
            raise forms.ValidationError(error.message_fr) from error
        if not 0 <= amount.euros < MAX_EUROS:
            raise forms.ValidationError("Écrivez un montant en euros, positif, de douze chiffres au plus.")
        return amount


class EnvelopeForm(BaseForm):
    """The amount of a year to share."""

    title = forms.CharField(label="Intitulé", max_length=200)
    kind = forms.ChoiceField(label="Nature de contrat", choices=ContractKind.choices, initial=ContractKind.CLS)
    year = forms.IntegerField(label="Année", min_value=2000, max_value=2100)
    amount = MoneyField(label="Montant, en euros")
    reference = forms.CharField(
        label="Référence", max_length=200, required=False, help_text="La notification ou l'instruction qui l'annonce."
    )


class SimulationForm(BaseForm):
    """What any simulation asks; a method adds its own fields."""

    title = forms.CharField(label="Intitulé", max_length=200)
    step = forms.ChoiceField(
        label="Arrondi", choices=[("euro", "À l'euro"), ("cent", "Au centime")], initial="euro", required=False
    )

    def settings(self) -> Settings:
        return Settings(step=_STEPS[self.cleaned_data.get("step") or "euro"])


class IndexForm(SimulationForm):
    """Share by a needs index: a weight for each indicator that counts."""

    persons = forms.ChoiceField(
        label="L'indice multiplie",
        choices=[(Persons.INHABITANTS.value, "les habitants"), (Persons.POOR_PERSONS.value, "les personnes pauvres")],
        initial=Persons.INHABITANTS.value,
    )

    def __init__(self, *args: Any, indicators: Sequence[Indicator], **options: Any) -> None:
        super().__init__(*args, **options)
        self.indicators = {f"weight-{one.pk}": one for one in indicators}
        for name, one in self.indicators.items():
            self.fields[name] = forms.CharField(
                label=f"Poids : {one.label}",
                required=False,
                max_length=20,
                help_text=f"{_READS[Polarity(one.polarity)]} Vide ou 0 : il ne compte pas.",
                widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.weights: list[tuple[Indicator, Decimal]] = []
        for name, indicator in self.indicators.items():
            weight = self._weight(name, cleaned.get(name) or "")
            if weight:
                self.weights.append((indicator, weight))
        return cleaned

    def _weight(self, name: str, text: str) -> Decimal | None:
        if not text.strip():
            return None
        try:
            weight = parse_number(text)
        except MaillageError as error:
            self.add_error(name, error.message_fr)
            return None
        if not 0 <= weight <= 1000:
            self.add_error(name, "Écrivez un poids entre 0 et 1000.")
            return None
        return weight

    def settings(self) -> Settings:
        step = _STEPS[self.cleaned_data.get("step") or "euro"]
        return Settings(persons=Persons(self.cleaned_data["persons"]), step=step, weights=self.weights)


class ManualForm(SimulationForm):
    """Share by typing the amounts: they sum to the envelope, and the page tells what is left."""

    def __init__(self, *args: Any, bases: Sequence[Base], **options: Any) -> None:
        super().__init__(*args, **options)
        del self.fields["step"]
        self.territories = {f"amount-{one.territory.pk}": one for one in bases}
        for name, one in self.territories.items():
            known = one.facts.current
            self.fields[name] = MoneyField(
                label=one.territory.name,
                help_text=typography(f"Aujourd'hui : {known}" if known is not None else "Aujourd'hui : non connu"),
                widget=forms.TextInput(attrs={"data-share": ""}),
            )

    def settings(self) -> Settings:
        typed = {one.facts.code: self.cleaned_data[name] for name, one in self.territories.items()}
        return Settings(manual={code: amount for code, amount in typed.items() if amount is not None})


class DecisionForm(BaseForm):
    """The reason of a decision, and the token of the effect that was read."""

    shown = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Motif de la décision",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=f"{MIN_REASON} caractères au moins. Il reste avec la décision et son effet.",
    )


def simulation_form(
    method: ShareMethod, data: Any, *, bases: Sequence[Base], indicators: Sequence[Indicator]
) -> SimulationForm:
    """The form of a method."""
    initial = {"title": method.label}
    if method == ShareMethod.NEEDS_INDEX:
        return IndexForm(data, initial=initial, indicators=indicators)
    if method == ShareMethod.MANUAL:
        return ManualForm(data, initial=initial, bases=bases)
    return SimulationForm(data, initial=initial)
