"""Forms of amendments, of the comparison of versions, and of the filters of a history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from maillage.contracts.enums import AmendmentKind
from maillage.engines.contract_text import PARTS
from maillage.ui.forms import BaseForm

_EXTENSION = "la fin du contrat, et ce que portent les années ajoutées"


def opened_by(kind: str) -> str:
    """What a kind of amendment opens, in French, from the catalogue of fields."""
    if kind == AmendmentKind.EXTENSION:
        return _EXTENSION
    found = [(part, [field.label for field in part.fields if field.block == kind]) for part in PARTS]
    return " ; ".join(f"{part.label.lower()} ({', '.join(labels)})" for part, labels in found if labels)


class ProposalForm(BaseForm):
    """Propose an amendment: what it changes is chosen first, since that is what it opens."""

    title = forms.CharField(label="Objet", max_length=250, help_text="En une ligne, ce que l'avenant change.")
    kinds = forms.MultipleChoiceField(
        label="Natures",
        choices=[(kind.value, f"{kind.label} : {opened_by(kind.value)}") for kind in AmendmentKind],
        widget=forms.CheckboxSelectMultiple,
        help_text="Chaque nature ouvre ses champs, et eux seuls.",
    )
    reason = forms.CharField(
        label="Motif", required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Pourquoi ce changement ; il reste dans l'historique.",
    )  # fmt: skip


class CompareForm(BaseForm):
    """Two versions to compare."""

    de = forms.TypedChoiceField(label="De la version", coerce=int)
    a = forms.TypedChoiceField(label="À la version", coerce=int)

    def __init__(self, data: Any, numbers: Sequence[int], **options: Any) -> None:
        super().__init__(data, **options)
        for name in ("de", "a"):
            self.fields[name].choices = [(number, str(number)) for number in numbers]  # type: ignore[attr-defined]  # a ChoiceField


class HistoryFilter(BaseForm):
    """What a history shows. Nothing chosen shows everything."""

    personne = forms.ChoiceField(label="Personne", required=False)
    objet = forms.ChoiceField(label="Objet", required=False)
    champ = forms.ChoiceField(label="Champ", required=False)

    def __init__(self, data: Any, people: Sequence[tuple[str, str]], objects: Sequence[tuple[str, str]]) -> None:
        super().__init__(data)
        fields = [
            (f"{part.name}.{field.name}", f"{part.label} · {field.label}") for part in PARTS for field in part.fields
        ]
        for name, choices in (("personne", people), ("objet", objects), ("champ", fields)):
            self.fields[name].choices = [("", "Tout"), *choices]  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def chosen(self) -> dict[str, str]:
        """What is asked; an unknown value filters nothing."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}
