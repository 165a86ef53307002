"""Recording what is committed, paid and justified."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from maillage.contracts.enums import Stage
from maillage.contracts.forms.fields import AmountField
from maillage.contracts.models import Ej, FundingLine
from maillage.ui.forms import BaseForm, DateField

MOVEMENT_PLACES = {"montant": "amount", "note": "note", "date": "dated_on", "EJ": "ej"}
EJ_PLACES = {"EJ": "number", "SIRET": "siret"}


class MovementForm(BaseForm):
    """One amount on one line. A correction is a negative amount, with a note."""

    line = forms.ChoiceField(label="Ligne")
    stage = forms.ChoiceField(
        label="Étape",
        choices=Stage.choices,
        help_text="Un engagement consomme des autorisations (AE), un paiement des crédits de paiement (CP).",
    )
    amount = AmountField(label="Montant, en euros", help_text="Négatif pour corriger un montant déjà enregistré.")
    dated_on = DateField(label="Date")
    ej = forms.ChoiceField(label="Engagement juridique", required=False)
    note = forms.CharField(label="Note", required=False, max_length=300, help_text="Nécessaire pour une correction.")

    def __init__(self, data: Any = None, *, lines: Sequence[FundingLine], ejs: Iterable[Ej]) -> None:
        super().__init__(data)
        _choose(self, "line", [(str(line.pk), line_label(line)) for line in lines])
        _choose(self, "ej", [("", "Aucun"), *((str(ej.pk), f"{ej.number} ({ej.year})") for ej in ejs)])


def _choose(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared so above)
    field.choices = choices


def line_label(line: FundingLine) -> str:
    """« 2024 · État (E2024), en nature ». Needs `funder`."""
    return f"{line.year} · {line.funder.name} ({line.key}){', en nature' if line.in_kind else ''}"


class EjForm(BaseForm):
    """A legal commitment of the State: its number, whom it pays, its year."""

    number = forms.CharField(label="Numéro d’EJ", max_length=20, help_text="6 à 12 chiffres, tel que dans Chorus.")
    siret = forms.CharField(label="SIRET payé", max_length=20, help_text="14 chiffres.")
    year = forms.TypedChoiceField(label="Année", coerce=int)

    def __init__(self, data: Any = None, *, years: Iterable[int]) -> None:
        super().__init__(data)
        _choose(self, "year", [(str(year), str(year)) for year in years])

    def clean_siret(self) -> str:
        return "".join(str(self.cleaned_data["siret"]).split())
