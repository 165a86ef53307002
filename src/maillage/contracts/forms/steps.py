"""Forms of the steps of a contract, of an amendment or of an action sheet, and of the waivers of rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from maillage.contracts.models import Amendment
from maillage.contracts.services.money import MIN_REASON as MIN_WAIVER_REASON
from maillage.engines.lifecycle.contracts import MIN_REASON, needs_reason
from maillage.engines.lifecycle.model import Transition
from maillage.ui.forms import BaseForm, DateField

# The steps that are acts of somebody, done on a day that may be before the day they are entered.
ACTS = frozenset({"deliberate", "sign_partner", "sign_prefect", "terminate", "denounce"})
REDEPLOY = "redeploy"


class StepForm(BaseForm):
    """What a step asks: the day of the act, a reason where the table wants one, the amendment that redeploys."""

    def __init__(self, data: Any, row: Transition, *, today: date, amendments: Sequence[Amendment] = ()) -> None:
        super().__init__(data, initial={"on": today})
        if row.name in ACTS:
            self.fields["on"] = DateField(label="Date de l'acte", help_text="Celle qui est écrite sur l'acte.")
        if row.name == REDEPLOY:
            choices = [(str(one.pk), f"Avenant {one.number} : {one.title}") for one in amendments]
            self.fields["amendment"] = forms.ChoiceField(label="Avenant qui redéploie ses crédits", choices=choices)
        if row.guard is needs_reason:
            self.fields["reason"] = forms.CharField(
                label="Motif",
                max_length=500,
                help_text=f"{MIN_REASON} caractères au moins. Il reste au journal.",
                widget=forms.Textarea(attrs={"rows": 4}),
            )

    @property
    def reason(self) -> str:
        return str(self.cleaned_data.get("reason", ""))

    @property
    def on(self) -> date | None:
        found: date | None = self.cleaned_data.get("on")
        return found


class RuleWaiverForm(BaseForm):
    """Accept a warning of a rule."""

    constat = forms.CharField(widget=forms.HiddenInput, max_length=200)
    reason = forms.CharField(
        label="Motif de la dérogation",
        max_length=2000,
        help_text=f"{MIN_WAIVER_REASON} caractères au moins. Il est montré partout où le constat l'est.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )
