"""What is said of a field."""

from __future__ import annotations

from django import forms

from maillage.contracts.services.comments import MAX_BODY
from maillage.ui.forms import BaseForm


class CommentForm(BaseForm):
    """One text: a comment or an answer. The service says what is wrong with it."""

    body = forms.CharField(
        label="Commentaire",
        max_length=MAX_BODY,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Écrivez quelque chose."},
    )

    def __init__(self, *args: object, label: str = "Commentaire", **options: object) -> None:
        super().__init__(*args, **options)
        self.fields["body"].label = label
