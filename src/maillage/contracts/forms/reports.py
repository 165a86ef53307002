"""What people write in an execution report."""

from __future__ import annotations

from django import forms

from maillage.contracts.forms.fields import long_text
from maillage.ui.forms import BaseForm

PLACES = {"ce qui a été fait": "achievements", "difficultés": "difficulties", "suites": "outlook"}


class ReportForm(BaseForm):
    """Three texts; the figures are not typed, they come from lines and readings."""

    achievements = long_text("Ce qui a été fait", rows=8, help_text="Nécessaire pour transmettre le rapport.")
    difficulties = long_text("Difficultés rencontrées", rows=6)
    outlook = long_text("Suites prévues", rows=6)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
