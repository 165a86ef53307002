"""Deposit and withdrawal of evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from maillage.contracts.enums import EvidenceKind
from maillage.contracts.services.evidence import ACCEPTED, MIN_REASON
from maillage.ui.forms import BaseForm, DateField, FileInput

PLACES = {"intitulé": "title", "date": "dated_on", "rattachement": "tied", "motif": "reason"}


class EvidenceForm(BaseForm):
    """A file, what it is, what it shows."""

    title = forms.CharField(label="Ce que montre la pièce", max_length=200)
    kind = forms.ChoiceField(label="Nature", choices=EvidenceKind.choices)
    dated_on = DateField(label="Date de la pièce")
    tied = forms.ChoiceField(label="Elle appuie", required=False)
    file = forms.FileField(
        label="Fichier",
        max_length=250,
        widget=FileInput(accept=sorted(ACCEPTED)),
        help_text="PDF, image JPEG ou PNG, tableur ou texte. Sans donnée personnelle qui ne soit pas nécessaire.",
    )

    def __init__(self, data: Any = None, files: Any = None, *, tied: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(data, files)
        field = self.fields["tied"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared so above)
        field.choices = [("", "L’action dans son ensemble"), *tied]


class WithdrawForm(BaseForm):
    """Why a piece is taken back."""

    reason = forms.CharField(
        label="Motif du retrait",
        max_length=300,
        help_text=f"{MIN_REASON} caractères au moins. La pièce reste dans l’archive, avec ce motif.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
