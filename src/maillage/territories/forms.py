"""The search of territories."""

from __future__ import annotations

from django import forms

from maillage.territories.enums import Level
from maillage.ui.forms import BaseForm

EVERYWHERE, INSTANCE = "france", "region"


class SearchForm(BaseForm):
    """Sent by GET: the address of a search can be shared."""

    q = forms.CharField(label="Nom ou code", required=False, max_length=100)
    niveau = forms.ChoiceField(label="Niveau", required=False)
    perimetre = forms.ChoiceField(
        label="Périmètre",
        required=False,
        choices=[(INSTANCE, "La région de l'instance"), (EVERYWHERE, "Toute la France")],
    )
    niveau.choices = [("", "Tous les niveaux"), *((level.value, level.label) for level in Level)]
