"""Forms that look for a contract, and open one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from maillage.contracts.enums import ContractKind
from maillage.contracts.models import Contract
from maillage.engines.lifecycle.contracts import CONTRACT
from maillage.pacts.models import Pact
from maillage.territories.models import Territory
from maillage.ui.forms import BaseForm, DateField

ALL = [("", "Tous")]
GROUPS = {"": "Sans regroupement", "territoire": "Territoire", "nature": "Nature", "etat": "État"}


class ContractFilter(BaseForm):
    """What the list shows. Choices are those of the contracts that the person may see."""

    territoire = forms.ChoiceField(label="Territoire", required=False)
    nature = forms.ChoiceField(label="Nature", required=False)
    etat = forms.ChoiceField(label="État", required=False)
    annee = forms.ChoiceField(label="Année", required=False)
    grouper = forms.ChoiceField(label="Regrouper par", required=False, choices=list(GROUPS.items()))

    def __init__(self, data: Any, contracts: Sequence[Contract]) -> None:
        super().__init__(data)
        territories = {contract.territory for contract in contracts}
        kinds, states = {one.kind for one in contracts}, {one.status for one in contracts}
        years = {year for contract in contracts for year in contract.years}
        ordered = sorted(territories, key=lambda one: (one.sort_name, one.code))
        self._choose("territoire", ((one.code, one.name) for one in ordered))
        self._choose("nature", (pair for pair in ContractKind.choices if pair[0] in kinds))
        self._choose("etat", ((state, CONTRACT.labels[state]) for state in CONTRACT.states if state in states))
        self._choose("annee", ((str(year), str(year)) for year in sorted(years)))

    def _choose(self, name: str, choices: Iterable[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared so above)
        field.choices = [*ALL, *choices]

    def keep(self, contract: Contract) -> bool:
        """Whether a contract passes the filters that were chosen."""
        if not self.is_valid():
            return True
        chosen = self.cleaned_data
        return (
            chosen["territoire"] in ("", contract.territory.code)
            and chosen["nature"] in ("", contract.kind)
            and chosen["etat"] in ("", contract.status)
            and (not chosen["annee"] or int(chosen["annee"]) in contract.years)
        )

    @property
    def group(self) -> str:
        """How the list is cut; '' for one table."""
        return str(self.cleaned_data["grouper"]) if self.is_valid() else ""


class OpeningForm(BaseForm):
    """Open a contract as a draft."""

    reference = forms.CharField(label="Référence", max_length=40, help_text="Unique, par exemple CLS-44-2024.")
    kind = forms.ChoiceField(label="Nature", choices=ContractKind.choices)
    title = forms.CharField(label="Intitulé", max_length=250)
    territory = forms.ModelChoiceField(
        label="Territoire", queryset=Territory.objects.none(), to_field_name="code", empty_label="Choisir"
    )
    starts_on = DateField(label="Début")
    ends_on = DateField(label="Fin")
    pact = forms.ModelChoiceField(
        label="Pacte ou stratégie", queryset=Pact.objects.none(), required=False, empty_label="Aucun"
    )
    linked_to = forms.ModelChoiceField(
        label="Contrat auquel il est lié",
        queryset=Contract.objects.none(),
        required=False,
        empty_label="Aucun",
        help_text="Pour une convention annuelle : le contrat dont elle dépend.",
    )

    def __init__(self, data: Any, *, territories: Any, contracts: Any) -> None:
        super().__init__(data, initial={"kind": ContractKind.CLS})
        self.fields["territory"].queryset = territories  # type: ignore[attr-defined]  # a ModelChoiceField, see above
        self.fields["pact"].queryset = Pact.objects.all()  # type: ignore[attr-defined]  # a ModelChoiceField, see above
        self.fields["linked_to"].queryset = contracts  # type: ignore[attr-defined]  # a ModelChoiceField, see above
