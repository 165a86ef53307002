"""Forms of the exchange with spreadsheets: a workbook to send, a block to paste."""

from __future__ import annotations

from django import forms

from maillage.ui.forms import BaseForm, FileInput
from maillage.ui.units import typography

WORKBOOKS = (".ods", ".xlsx")
MAX_PASTED = 100_000  # characters; the grid of a sheet is a hundred times smaller


class WorkbookForm(BaseForm):
    """A filled workbook."""

    file = forms.FileField(
        label="Classeur rempli",
        widget=FileInput(WORKBOOKS),
        help_text=typography("XLSX ou ODS. Il est d'abord comparé au texte ; rien n'est écrit avant votre accord."),
    )


class PasteForm(BaseForm):
    """Cells copied from a spreadsheet, and the sheet as it was when the page was opened."""

    pasted = forms.CharField(
        label="Cellules copiées",
        max_length=MAX_PASTED,
        strip=False,
        widget=forms.Textarea({"rows": 10, "spellcheck": "false", "wrap": "off", "autocomplete": "off"}),
        help_text=typography("Dans le tableur, copiez ; ici, collez. Avec ou sans la ligne des titres."),
    )
    base = forms.CharField(required=False, widget=forms.HiddenInput)
