"""Forms of the collection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms

from maillage.collection.enums import Answer, PartnerKind
from maillage.collection.models import Campaign, FigureRequest, RequestedFigure
from maillage.collection.services.answers import MAX_REVIEW, Entry
from maillage.collection.services.reading import (
    FIELDS,
    LABELS,
    MAX_COMMENT,
    MAX_REASON,
    AnswerRefused,
    read_answer,
    situation_code,
    written,
)
from maillage.core.files import TABLES
from maillage.core.models import User
from maillage.indicators.enums import Nature, Status
from maillage.indicators.models import Indicator
from maillage.territories.models import Territory
from maillage.ui.forms import BaseForm, DateField, FileInput
from maillage.ui.units import typography

SHEETS = sorted(TABLES & {".csv", ".xlsx", ".ods"})


class CampaignForm(BaseForm):
    """Title, dates and instructions of a campaign; its year too, when it is created."""

    title = forms.CharField(label="Intitulé", max_length=120)
    year = forms.IntegerField(label="Année des chiffres", min_value=2000, max_value=2100)
    opens_on = DateField(label="Ouverture")
    due_on = DateField(
        label="Échéance", help_text="Dernier jour pour répondre. Elle peut être reportée par partenaire."
    )
    instructions = forms.CharField(
        label="Consignes",
        required=False,
        max_length=4000,
        widget=forms.Textarea({"rows": 5}),
        help_text="Lues par chaque partenaire au-dessus de ses chiffres.",
    )

    def __init__(self, *args: Any, with_year: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        if not with_year:
            del self.fields["year"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        opens_on, due_on = cleaned.get("opens_on"), cleaned.get("due_on")
        if opens_on and due_on and due_on < opens_on:
            self.add_error("due_on", "L'échéance précède l'ouverture.")
        return cleaned


class PartnerForm(BaseForm):
    """One more partner, and what it is asked."""

    partner = forms.CharField(label="Nom du partenaire", max_length=150, help_text="Par exemple : CAF de l’Ain.")
    kind = forms.ChoiceField(label="Nature", choices=PartnerKind.choices)
    territory = forms.ModelChoiceField(
        Territory.objects.none(), label="Territoire", to_field_name="code", empty_label="Choisir"
    )
    responsible = forms.ModelChoiceField(
        User.objects.none(),
        label="Personne responsable",
        required=False,
        empty_label="Pas encore connue",
        help_text="Elle seule voit cette liste et la remplit.",
    )
    indicators = forms.ModelMultipleChoiceField(
        Indicator.objects.none(),
        label="Chiffres demandés",
        to_field_name="code",
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, places: Any, users: Sequence[User], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        fields["territory"].queryset = places
        fields["responsible"].queryset = _among(users)
        fields["indicators"].queryset = Indicator.objects.order_by("label", "code")


class MoreFiguresForm(BaseForm):
    """More figures asked of a partner, while the campaign is in preparation."""

    indicators = forms.ModelMultipleChoiceField(
        Indicator.objects.none(), label="Chiffres", to_field_name="code", widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        fields["indicators"].queryset = Indicator.objects.order_by("label", "code")


class ResponsibleForm(BaseForm):
    """Who answers."""

    responsible = forms.ModelChoiceField(
        User.objects.none(), label="Personne responsable", required=False, empty_label="Personne"
    )

    def __init__(self, users: Sequence[User], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        fields["responsible"].queryset = _among(users)


class ExtensionForm(BaseForm):
    """Another due date, and why."""

    due_on = DateField(label="Nouvelle échéance")
    reason = forms.CharField(label="Motif", max_length=300, widget=forms.Textarea({"rows": 3}))


class ReasonForm(BaseForm):
    """A reason, kept in the history."""

    reason = forms.CharField(label="Motif", max_length=500, widget=forms.Textarea({"rows": 3}))


class ConsolidationForm(BaseForm):
    """What the consolidated figures are called."""

    status = forms.ChoiceField(
        label="Ces chiffres sont",
        choices=[(Status.PROVISIONAL.value, "provisoires"), (Status.PUBLISHED.value, "définitifs, publiés")],
        widget=forms.RadioSelect,
        initial=Status.PROVISIONAL.value,
    )


class SheetForm(BaseForm):
    """A table to send. The service checks it again."""

    file = forms.FileField(label="Fichier", widget=FileInput(accept=SHEETS), help_text="XLSX, ODS ou CSV.")


class RemarksForm(BaseForm):
    """What is to be completed: a remark on the whole, and one per figure."""

    remark = forms.CharField(
        label="Remarque sur l’ensemble", required=False, max_length=1000, widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, figures: Iterable[RequestedFigure], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._figures = list(figures)
        for one in self._figures:
            label = f"{one.indicator.label}, {one.period}"
            self.fields[f"figure-{one.pk}"] = forms.CharField(label=label, required=False, max_length=MAX_REVIEW)

    def remarks(self) -> dict[int, str]:
        return {one.pk: self.cleaned_data[f"figure-{one.pk}"] for one in self._figures}


class EntryForm(BaseForm):
    """The whole list of a partner. Every field is a text: what was typed comes back as it was, right or wrong.

    A field is named « value-12 » for the value of figure 12; « revision-12 » says which state of it the writer saw.
    """

    pasted = forms.CharField(
        label="Cellules copiées",
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 4, "spellcheck": "false"}),
        help_text="Collez des lignes copiées d'un tableur : avec leurs titres, ou précédées du code de chaque chiffre, "
        "ou dans l'ordre de la liste. Rien n'est enregistré avant votre accord.",
    )

    def __init__(self, figures: Sequence[RequestedFigure], data: Any = None) -> None:
        self.figures = figures
        initial = {f"{name}-{one.pk}": text for one in figures for name, text in written(one).items()}
        revisions = {f"revision-{one.pk}": one.revision for one in figures}
        super().__init__(data, initial=initial | revisions)
        for one in figures:
            for name in fields_of(one):
                self.fields[f"{name}-{one.pk}"] = _field(name, one)
            self.fields[f"revision-{one.pk}"] = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.entries: dict[int, Entry] = {}
        for one in self.figures:
            texts = {name: cleaned.get(f"{name}-{one.pk}", "") for name in FIELDS}
            try:
                answered = read_answer(one.indicator, texts)
            except AnswerRefused as error:
                for name, text in error.problems.items():
                    shown = f"{name}-{one.pk}"
                    self.add_error(shown if shown in self.fields else f"value-{one.pk}", text)
            else:
                self.entries[one.pk] = Entry(answered, cleaned.get(f"revision-{one.pk}"))
        return cleaned


def fields_of(figure: RequestedFigure) -> list[str]:
    """What is asked of a figure: the two terms of a share besides the rest."""
    share = figure.indicator.nature == Nature.SHARE
    return [name for name in FIELDS if share or name not in ("numerator", "denominator")]


def overlaid(data: Any, texts: Mapping[int, Mapping[str, str]]) -> Any:
    """What was typed in the page, with pasted cells laid over it."""
    laid = data.copy()
    laid["pasted"] = ""
    for pk, cells in texts.items():
        for name, text in cells.items():
            laid[f"{name}-{pk}"] = situation_code(text) if name == "answer" else text
    return laid


def _field(name: str, figure: RequestedFigure) -> forms.Field:
    indicator = figure.indicator
    if name == "answer":
        choices = [("", "Non, je le donne"), *((code, Answer(code).label) for code in _MISSING)]
        return forms.ChoiceField(label=typography("Le chiffre manque ?"), choices=choices, required=False)
    limits = {"reason": MAX_REASON, "comment": MAX_COMMENT}
    labels = LABELS | {
        "numerator": indicator.numerator_label or LABELS["numerator"],
        "denominator": indicator.denominator_label or LABELS["denominator"],
        "reason": "Motif, s’il manque",
    }
    # The limit is checked by `read_answer`: an input that cuts what is pasted would lose it in silence.
    attrs = {"autocomplete": "off"} | ({} if name in limits else {"inputmode": "decimal"})
    return forms.CharField(label=labels[name], required=False, widget=forms.TextInput(attrs))


_MISSING = (Answer.UNAVAILABLE, Answer.NOT_APPLICABLE)


def _among(users: Sequence[User]) -> Any:
    return User.objects.filter(pk__in=[user.pk for user in users]).order_by("full_name", "pk")


def initial_of(campaign: Campaign) -> dict[str, Any]:
    return {
        "title": campaign.title,
        "year": campaign.year,
        "opens_on": campaign.opens_on,
        "due_on": campaign.due_on,
        "instructions": campaign.instructions,
    }


def initial_due(figure_request: FigureRequest) -> dict[str, Any]:
    return {"due_on": figure_request.due_on or figure_request.campaign.due_on, "reason": figure_request.due_reason}
