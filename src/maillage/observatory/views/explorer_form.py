"""The form of the map explorer: it sends what the address holds, by GET."""

from __future__ import annotations

from typing import Any

from django import forms

from maillage.indicators.selectors.values import period_label
from maillage.observatory.selectors.explorer_asked import FEWEST, METHODS, MOST, Asked, area_choices
from maillage.territories.enums import Level
from maillage.ui.forms import BaseForm
from maillage.ui.units import typography


class ExplorerForm(BaseForm):
    """Choices are those that exist for what is shown; the page replaces what does not and says so."""

    indicateur = forms.ChoiceField(label="Indicateur")
    niveau = forms.ChoiceField(label="Niveau")
    territoire = forms.ChoiceField(label="Territoire")
    periode = forms.ChoiceField(label="Période")
    methode = forms.ChoiceField(label="Classes", choices=[(code, one.label_fr) for code, one in METHODS.items()])
    classes = forms.ChoiceField(
        label="Nombre de classes", choices=[(str(number), str(number)) for number in range(FEWEST, MOST + 1)]
    )
    bornes = forms.CharField(
        label="Bornes choisies",
        required=False,
        max_length=200,
        help_text="Séparées par des points-virgules, avec la méthode «\u00a0bornes choisies\u00a0».",
    )

    def __init__(self, asked: Asked) -> None:
        super().__init__(_data(asked))
        self.asked = asked
        self._offer("indicateur", [(one.code, typography(one.label)) for one in asked.indicators])
        self._offer("niveau", [(level, Level(level).label) for level in asked.levels])
        self._offer("territoire", _with_current(asked))
        self._offer("periode", [(period, period_label(period)) for period in reversed(asked.periods)] or [("", "—")])
        if asked.is_counted:
            for name in ("methode", "classes", "bornes"):
                del self.fields[name]

    def _offer(self, name: str, choices: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared above)
        field.choices = choices

    def clean_bornes(self) -> str:
        """What was typed and cannot be used is told beside the field, and stays in it."""
        if self.asked.limits_error:
            raise forms.ValidationError(self.asked.limits_error)
        return self.asked.limits_text


def _data(asked: Asked) -> dict[str, str]:
    method = next(code for code, one in METHODS.items() if one is asked.method)
    return {
        "indicateur": asked.indicator.code,
        "niveau": asked.level,
        "territoire": asked.area_code,
        "periode": asked.period,
        "methode": "bornes" if asked.limits_error else method,
        "classes": str(asked.count),
        "bornes": asked.limits_text,
    }


def _with_current(asked: Asked) -> list[tuple[str, list[tuple[str, str]]]]:
    """Areas by kind; one that the list leaves out (an EPCI elsewhere) is added when it is the one shown."""
    groups = area_choices()
    if asked.area_code not in {code for _, choices in groups for code, _ in choices}:
        groups.append(("Territoire montré", [(asked.area_code, asked.area_name)]))
    return groups
