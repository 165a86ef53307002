"""Forms of the reports."""

from __future__ import annotations

from django import forms

from maillage.documents.enums import Format
from maillage.ui.forms import BaseForm

NARRATIVE_HELP = (
    "Une ligne vide sépare deux paragraphes. « - » en début de ligne fait une liste. "
    "**important** met en gras, *nuancé* en italique. Tout le reste est imprimé tel quel."
)


class YearForm(BaseForm):
    """Open the report of a year."""

    year = forms.IntegerField(label="Année du bilan", min_value=1900, max_value=2200)


class NarrativeForm(BaseForm):
    """One written part. `base_number` is the version that the writer started from."""

    body = forms.CharField(
        label="Texte", help_text=NARRATIVE_HELP, required=False, widget=forms.Textarea(attrs={"rows": 18}), strip=False
    )
    base_number = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class BuildForm(BaseForm):
    """Build one file of the draft."""

    format = forms.ChoiceField(label="Format", choices=Format.choices)


class PublishForm(BaseForm):
    """Confirm a publication: the list of what was read travels with the confirmation."""

    acknowledged = forms.CharField(required=False, widget=forms.HiddenInput)
    read = forms.BooleanField(label="J'ai relu le rapport et les écarts ci-dessus, qui y seront imprimés.")

    def codes(self) -> list[str]:
        return [code for code in self.cleaned_data["acknowledged"].split(",") if code]
