"""Forms of documents: what to make, which template to use, which paper to check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from maillage.contracts.paper import verifying
from maillage.documents.enums import Format
from maillage.ui.forms import BaseForm, FileInput

Groups = Sequence[tuple[str, Sequence[tuple[str, str]]]]


class ProduceForm(BaseForm):
    """A document of a contract, and its format."""

    subject = forms.ChoiceField(label="Document")
    format = forms.ChoiceField(
        label="Format",
        choices=[
            (Format.PDF, "PDF, à imprimer et à signer"),
            (Format.DOCX, "DOCX, pour Word"),
            (Format.ODT, "ODT, pour LibreOffice"),
        ],
    )

    def __init__(self, data: Any = None, *, groups: Groups = ()) -> None:
        super().__init__(data)
        field = self.fields["subject"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared so above)
        field.choices = list(groups)


class TemplateForm(BaseForm):
    """A template to deposit, or to try on an example."""

    file = forms.FileField(label="Modèle", max_length=200)

    def __init__(self, data: Any = None, files: Any = None, *, format: str, trial: bool = False) -> None:
        super().__init__(data, files, auto_id="essai-%s" if trial else "modele-%s")
        self.fields["file"].widget = FileInput(accept=[f".{format}"])
        self.fields["file"].help_text = f"Un fichier {format.upper()} enregistré par Word ou LibreOffice."


class VerifyForm(BaseForm):
    """What is printed at the foot of a page."""

    reference = forms.CharField(label="Référence du contrat", max_length=40)
    number = forms.CharField(
        label="Version", max_length=30, help_text="Le numéro imprimé : « 2 », ou « projet » pour un texte non signé."
    )
    fingerprint = forms.CharField(
        label="Empreinte",
        max_length=100,
        help_text="Les seize chiffres et lettres qui suivent la version.",
        widget=forms.TextInput(attrs={"autocapitalize": "off", "autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_number(self) -> str:
        number = verifying.number_of(self.cleaned_data["number"])
        if not number:
            raise forms.ValidationError("Écrivez un numéro de version, comme 2, ou « projet ».")
        return number

    def clean_fingerprint(self) -> str:
        digits = verifying.digits_of(self.cleaned_data["fingerprint"])
        if not digits:
            raise forms.ValidationError(
                "Une empreinte a au moins seize caractères : des chiffres, et les lettres a à f."
            )
        return digits
