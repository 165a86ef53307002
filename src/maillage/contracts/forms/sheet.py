"""The form of an action sheet: its own fields, and its indicators with their targets year by year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.functional import cached_property

from maillage.contracts.forms.text import PartForm, RemovableForm, Row, Source, TextField, typed
from maillage.contracts.selectors.choices import NONE
from maillage.contracts.values import shown
from maillage.engines.contract_text import REMOVED, SHEET, TARGET, field_at
from maillage.ui.forms import BaseForm

# Titles of the form and the fields under each; a test holds that every field of the catalogue is somewhere.
SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("L’action", ("title", "axis", "measure", "base_measure", "nature", "justification", "enlargement")),
    ("Le besoin", ("need", "need_indicator")),
    ("Le contenu", ("description", "target_public", "area")),
    ("Qui agit", ("pilot", "partners")),
    ("Le calendrier", ("starts_on", "ends_on", "calendar")),
)
NEW_CODE = "NOUVEAU"


class TargetForm(RemovableForm):
    """One indicator that the action follows; a new one is chosen in the list."""

    def __init__(
        self,
        code: str,
        content: Mapping[str, Any],
        years: Sequence[str],
        source: Source,
        *,
        sheet: str,
        may_remove: bool,
        data: Any,
        prefix: str,
    ) -> None:
        is_new = not code
        path = f"{sheet}/targets/{code or NEW_CODE}"
        super().__init__(
            TARGET,
            path,
            content,
            source,
            data,
            prefix,
            is_new=is_new,
            may_remove=may_remove,
            remove_label="Retirer cet indicateur de la fiche",
        )
        self.sheet, self.code, self.years = sheet, code, years
        if is_new:
            choices = [NONE, *source.choices["indicator"]]
            self.fields["indicator"] = forms.CharField(
                label="Indicateur", required=False, widget=forms.Select(choices=choices)
            )
            self.order_fields(["indicator"])
        for year in years:
            self._add_year(year)

    def _add_year(self, year: str) -> None:
        path = f"{self.path}/years/{year}/value"
        _, spec = field_at(path) or (None, None)
        if spec is None:
            raise ValueError(f"no such year: {year}")
        value = self.content.get("years", {}).get(year, {}).get("value")
        made = TextField(spec, self.source.codes, (), label=f"Cible {year}", initial=typed(spec, value))
        made.disabled = bool(self.source.refusal(path))
        self.fields[f"y{year}"] = made

    @property
    def name(self) -> str:
        """The indicator, as the list names it."""
        return str(self.source.names.get("indicator", {}).get(self.code, self.code))

    @property
    def year_rows(self) -> list[Row]:
        rows = []
        for year in self.years:
            path = f"{self.path}/years/{year}/value"
            value = self.content.get("years", {}).get(year, {}).get("value")
            found = field_at(path)
            written = shown(found[1], value) if found is not None else ""
            rows.append(Row(path, self[f"y{year}"], self.source.refusal(path), written))
        return rows

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.is_new and not cleaned.get("indicator") and any(value for value in cleaned.values()):
            self.add_error("indicator", "Choisissez l'indicateur dont vous donnez les valeurs.")
        return cleaned

    def edits(self) -> dict[str, Any]:
        chosen = self.cleaned_data.get("indicator") if self.is_new else self.code
        if not chosen:
            return {}
        if self.is_removed:
            return {self.path: REMOVED}
        made = {**super().edits(), **self._year_edits()}
        place = f"{self.sheet}/targets/{chosen}"
        if self.is_new:
            made = {path.replace(self.path, place, 1): value for path, value in made.items()}
            made.setdefault(f"{place}/method", None)  # an indicator is followed even before its values are known
        return made

    def _year_edits(self) -> dict[str, Any]:
        """A value set; a year left empty goes, since a target without a value says nothing."""
        made: dict[str, Any] = {}
        for year in self.years:
            value = self.cleaned_data.get(f"y{year}")
            before = self.content.get("years", {}).get(year, {}).get("value")
            if not self.fields[f"y{year}"].disabled and value != before:
                place = f"{self.path}/years/{year}"
                made |= {place: REMOVED} if value is None else {f"{place}/value": value}
        return made


class SheetForm:
    """The whole page: the fields of the sheet, then one form an indicator, and blank ones to add."""

    def __init__(
        self,
        code: str,
        content: Mapping[str, Any],
        years: Sequence[str],
        source: Source,
        *,
        may_add: bool,
        blanks: int = 1,
        data: Any = None,
    ) -> None:
        self.path = f"sheets/{code}"
        self.fields = PartForm(SHEET, self.path, content, source, data, prefix="fiche")
        targets = content.get("targets", {})
        shared = {"sheet": self.path, "data": data}
        held = sorted({*years, *(year for one in targets.values() for year in one.get("years", {}))})
        self.targets = [
            TargetForm(
                one,
                target,
                held,
                source,
                may_remove=not source.refusal(f"{self.path}/targets/{one}"),
                prefix=f"indicateur-{one}",
                **shared,
            )
            for one, target in targets.items()
        ]
        self.blanks = [
            TargetForm("", {}, held, source, may_remove=False, prefix=f"nouveau-{rank}", **shared)
            for rank in range(blanks if may_add else 0)
        ]

    @property
    def sections(self) -> list[tuple[str, list[Row]]]:
        rows = self.fields.rows
        return [(title, [rows[name] for name in names]) for title, names in SECTIONS]

    @cached_property
    def forms(self) -> list[PartForm]:
        return [self.fields, *self.targets, *self.blanks]

    def is_valid(self) -> bool:
        refused = [form for form in self.forms if not form.is_valid()]  # all of them speak, not only the first
        return not refused

    @property
    def problems(self) -> list[tuple[str, str, str]]:
        """(label, id of the control, what is wrong), for the summary at the top."""
        return problems_of(self.forms)

    def edits(self) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for form in self.forms:
            made |= form.edits()
        return made


def problems_of(forms: Sequence[BaseForm]) -> list[tuple[str, str, str]]:
    """(label, id of the control, what is wrong) of several forms, in the order of the page."""
    return [
        (str(bound.label), str(bound.id_for_label), str(error))
        for form in forms
        if form.is_bound
        for bound in form.visible_fields()
        for error in bound.errors
    ]


class NewSheetForm(BaseForm):
    """A sheet to add: what is enough to find it again; the rest is written on its own page."""

    code = forms.CharField(label="Code", max_length=12, help_text="Capitales et chiffres : A01, B02-BIS.")
    title = forms.CharField(label="Intitulé", max_length=250)
    axis = forms.CharField(label="Axe", required=False, widget=forms.Select())

    def __init__(self, *args: Any, axes: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["axis"].widget.choices = [NONE, *axes]

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).strip().upper()
