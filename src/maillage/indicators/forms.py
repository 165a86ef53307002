"""Forms of the pages of figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from maillage.engines.consistency import VerdictKind
from maillage.indicators.selectors.consistency import Checked
from maillage.indicators.services.waivers import MAX_REASON, MIN_REASON
from maillage.ui.forms import BaseForm

ALL = [("", "Tous")]


class ConsistencyFilter(BaseForm):
    """What the consistency page shows. Choices are those of the figures loaded."""

    verdict = forms.ChoiceField(label="Verdict", required=False)
    document = forms.ChoiceField(label="Document", required=False)
    territoire = forms.ChoiceField(label="Territoire", required=False)
    axe = forms.ChoiceField(label="Axe", required=False)

    def __init__(self, data: Any, checked: Sequence[Checked]) -> None:
        super().__init__(data)
        kinds = [(kind.value, kind.label_fr.capitalize()) for kind in VerdictKind]
        self._choose("verdict", [("ecarts", "Écarts ouverts"), ("deroges", "Écarts acceptés"), *kinds])
        self._choose("document", ((item.figure.document.code, item.figure.document.code) for item in checked))
        territories = {item.figure.territory for item in checked}
        ordered = sorted(territories, key=lambda territory: (territory.sort_name, territory.code))
        self._choose("territoire", ((territory.code, territory.name) for territory in ordered))
        axes = {item.figure.axis for item in checked if item.figure.axis is not None}
        by_number = sorted(axes, key=lambda axis: (str(axis.pact.starts_on), axis.number))
        self._choose("axe", ((axis.code, f"{axis.pact.axis_word.capitalize()} {axis.number}") for axis in by_number))

    def keep(self, item: Checked) -> bool:
        """Whether a figure passes the filters that were chosen."""
        if not self.is_valid():
            return True
        chosen = self.cleaned_data
        figure = item.figure
        axis_code = figure.axis.code if figure.axis is not None else ""
        return (
            _has_verdict(item, chosen["verdict"])
            and chosen["document"] in ("", figure.document.code)
            and chosen["territoire"] in ("", figure.territory.code)
            and chosen["axe"] in ("", axis_code)
        )

    def _choose(self, name: str, choices: Iterable[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared so above)
        field.choices = [*ALL, *dict(choices).items()]


class WaiverForm(BaseForm):
    """The reason of a waiver."""

    reason = forms.CharField(
        label="Motif",
        min_length=MIN_REASON,
        max_length=MAX_REASON,
        widget=forms.Textarea({"rows": 5}),
        help_text="Pourquoi cet écart est accepté, et sur quelle pièce vous vous fondez. "
        "Le motif accompagne le chiffre partout où il est montré.",
        error_messages={
            "required": "Écrivez le motif : un écart ne s'accepte pas sans raison.",
            "min_length": f"Écrivez un motif de {MIN_REASON} caractères au moins.",
        },
    )


def _has_verdict(item: Checked, wanted: str) -> bool:
    if wanted == "ecarts":
        return item.is_open
    if wanted == "deroges":
        return item.is_discrepancy and not item.is_open
    return wanted in ("", item.kind)
