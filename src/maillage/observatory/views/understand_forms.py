"""What a reader may choose on the pages that explain, held by the address: a link says the same to whoever "
"opens it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from maillage.engines.needs import Weighting
from maillage.engines.typology import LEAST, MOST
from maillage.observatory.selectors import needs, typology
from maillage.observatory.selectors.variables import DEFAULT_RULE, Offer, Offered
from maillage.territories.selectors import BORDER_RULES
from maillage.ui.forms import BaseForm

METHODS = {"egaux": Weighting.EQUAL, "poids": Weighting.GIVEN, "acp": Weighting.COMPONENT}
METHOD_CHOICES = [
    ("egaux", "Poids égaux"),
    ("poids", "Poids choisis"),
    ("acp", "Première composante principale (ACP)"),
]
RULES = {"touche": "touches", "siege": "seat", "entier": "whole"}
RULE_CHOICES = [(french, BORDER_RULES[rule]) for french, rule in RULES.items()]
VARIABLES, INVERTED, METHOD, RULE, CLASSES, WEIGHT = "v", "inverse", "methode", "regle", "classes", "poids-"


def rule_of(query: QueryDict) -> str:
    """The border rule of an address; the default one for a word that is none."""
    return RULES.get(query.get(RULE, ""), DEFAULT_RULE)


class RuleForm(BaseForm):
    """The EPCI that are looked at."""

    regle = forms.ChoiceField(label="EPCI pris en compte", choices=RULE_CHOICES)


class NeedsForm(BaseForm):
    """Variables, how each reads, weights, method, border rule. Weights are asked once their method is chosen."""

    v = forms.MultipleChoiceField(
        label="Variables",
        widget=forms.CheckboxSelectMultiple,
        help_text="Sans choix, les variables usuelles sont prises.",
    )
    inverse = forms.MultipleChoiceField(
        label="Variables à lire dans l’autre sens",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Le sens proposé est celui de l’indicateur ; cochez pour l’inverser.",
    )
    methode = forms.ChoiceField(
        label="Pondération",
        choices=METHOD_CHOICES,
        help_text="«\u00a0Poids choisis\u00a0»\u00a0: recalculez, chaque variable a alors son poids à régler.",
    )
    regle = forms.ChoiceField(label="EPCI pris en compte", choices=RULE_CHOICES)

    def __init__(self, data: QueryDict, offer: Offer) -> None:
        chosen = needs.chosen_of(offer, needs.Asked(variables=tuple(data.getlist(VARIABLES))))
        super().__init__(_filled(data, chosen))
        self._chosen = chosen
        self._choices("v", [(one.code, _offered_label(one)) for one in offer.variables])
        self._choices("inverse", [(one.code, _way(one)) for one in chosen])
        if data.get(METHOD) == "poids":
            for one in chosen:
                self.fields[f"{WEIGHT}{one.code}"] = forms.FloatField(
                    label=f"Poids : {one.label}", min_value=0, max_value=1000, localize=True
                )

    def _choices(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = list(choices)

    def asked(self) -> needs.Asked:
        """What is asked, without what was refused: the refusals are shown beside their fields."""
        self.is_valid()
        held: dict[str, Any] = self.cleaned_data
        weights = {one.code: held.get(f"{WEIGHT}{one.code}") for one in self._chosen}
        return needs.Asked(
            variables=tuple(one.code for one in self._chosen),
            inverted=frozenset(held.get("inverse") or ()),
            weights={code: float(weight) for code, weight in weights.items() if weight is not None},
            weighting=METHODS.get(held.get("methode", ""), Weighting.EQUAL),
            rule=RULES.get(held.get("regle", ""), DEFAULT_RULE),
        )


def _filled(data: QueryDict, chosen: Sequence[Offered]) -> QueryDict:
    """The address, with what it leaves out: the page shows what it used."""
    filled = data.copy()
    filled.setlist(VARIABLES, [one.code for one in chosen])
    codes = {one.code for one in chosen}
    filled.setlist(INVERTED, [code for code in data.getlist(INVERTED) if code in codes])
    filled.setdefault(METHOD, "egaux")
    filled.setdefault(RULE, "touche")
    for one in chosen:
        filled.setdefault(f"{WEIGHT}{one.code}", "1")
    return filled


def _offered_label(one: Offered) -> str:
    return f"{one.label}, {one.period_fr}"


def _way(one: Offered) -> str:
    if one.is_neutral:
        return f"{one.label} (sans sens donné ; plus élevé est lu comme plus de besoin)"
    return f"{one.label} ({'plus élevé' if one.more_is_need else 'plus bas'} = plus de besoin)"


class TypologyForm(BaseForm):
    """Variables and the number of classes."""

    v = forms.MultipleChoiceField(
        label="Variables",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Sans choix, les variables usuelles que la plupart des EPCI ont.",
    )
    classes = forms.TypedChoiceField(
        label="Nombre de classes",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "celui que le critère d’inertie propose"), *((n, str(n)) for n in range(LEAST, MOST + 1))],
    )

    def __init__(self, data: QueryDict, offered: Sequence[Offered], shown: Sequence[str]) -> None:
        filled = data.copy()
        filled.setlist(VARIABLES, list(shown))
        super().__init__(filled)
        field = self.fields["v"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(one.code, _offered_label(one)) for one in offered]


def typology_asked(query: QueryDict) -> typology.Asked:
    """Codes that do not exist are left out by the selector; a number that is none is the default one."""
    number = query.get(CLASSES, "")
    wanted = int(number) if number.isdecimal() and LEAST <= int(number[:2]) <= MOST and len(number) == 1 else None
    return typology.Asked(tuple(query.getlist(VARIABLES)), wanted)
