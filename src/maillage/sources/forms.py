"""The import form: a kind, and a file or an address."""

from __future__ import annotations

from typing import Any

from django import forms

from maillage.core.files import TABLES
from maillage.sources import registry, selectors
from maillage.ui.forms import BaseForm, FileInput


class HistoryForm(BaseForm):
    """Which editions to list."""

    kind = forms.ChoiceField(label="Nature", required=False)
    state = forms.ChoiceField(
        label="État",
        required=False,
        choices=[("", "Tous"), (selectors.IN_FORCE, "En vigueur"), (selectors.REPLACED, "Remplacée")],
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        kinds = [("", "Toutes"), *selectors.kinds_loaded()]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]  # a ChoiceField


class ImportForm(BaseForm):
    """What to load. The service checks the file again; only what a person can mistake is told here."""

    kind = forms.ChoiceField(label="Nature du fichier")
    file = forms.FileField(label="Fichier", required=False, widget=FileInput(accept=sorted(TABLES)))
    url = forms.URLField(
        label="Ou adresse du fichier",
        required=False,
        assume_scheme="https",
        help_text="Adresse publique, en https.",
    )
    vintage = forms.RegexField(
        r"^\d{4}$",
        label="Millésime",
        required=False,
        help_text="Une année, quand le fichier ne la dit pas lui-même.",
        error_messages={"invalid": "Écrivez une année, par exemple 2026."},
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        kinds = registry.importers()
        self.fields["kind"].choices = [(one.kind, one.label) for one in kinds]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("file")) == bool(cleaned.get("url")) and not self.errors:
            raise forms.ValidationError("Donnez un fichier ou une adresse, l'un des deux.")
        return cleaned
