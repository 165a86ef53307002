"""Forms of the people and of the files of a contract."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from maillage.contracts.enums import AttachmentKind
from maillage.contracts.services.attachments import ACCEPTED
from maillage.ui.forms import BaseForm, DateField, FileInput

Choices = Sequence[tuple[str, Sequence[tuple[str, str]]]]


class ParticipantForm(BaseForm):
    """Name somebody among those who hold the role: nothing is typed."""

    person = forms.ChoiceField(
        label="Personne",
        help_text="Les comptes qui tiennent un rôle utile à ce contrat, sur son territoire.",
    )

    def __init__(self, data: Any, choices: Choices) -> None:
        super().__init__(data)
        self.fields["person"].choices = [("", "Choisir"), *choices]  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def chosen(self) -> tuple[int, str]:
        """Key of the user, and the role."""
        key, _, role = str(self.cleaned_data["person"]).partition(":")
        return int(key), role


class AttachmentForm(BaseForm):
    """Deposit a deliberation, a signed copy, a notification."""

    kind = forms.ChoiceField(label="Nature de la pièce", choices=AttachmentKind.choices)
    title = forms.CharField(label="Intitulé", max_length=200)
    dated_on = DateField(label="Date de la pièce", help_text="Celle qui est écrite dessus.")
    file = forms.FileField(
        label="Fichier", help_text="PDF, DOCX ou ODT.", widget=FileInput(accept=sorted(ACCEPTED)), max_length=200
    )

    def __init__(self, data: Any = None, files: Any = None, *, today: date) -> None:
        super().__init__(data, files)
        self.fields["dated_on"].widget.attrs["max"] = today.isoformat()
