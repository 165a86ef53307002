"""Forms made from the catalogue of fields: what is typed is read as everywhere else, and only what differs is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BoundField

from maillage.contracts.selectors.choices import NONE, Choices, with_current
from maillage.contracts.values import clean, shown
from maillage.engines.contract_text import REMOVED, Field, FieldKind, Part
from maillage.kernel.errors import MaillageError
from maillage.kernel.numbers import format_number
from maillage.ui.forms import BaseForm, DateInput
from maillage.ui.units import typography

Refusal = Callable[[str], str]  # path of a field → why it may not be changed, in French, or ''
Codes = Mapping[str, Mapping[str, str]]


def never_refused(path: str) -> str:
    return ""


def typed(spec: Field, value: Any) -> Any:
    """A value of the text as a control shows it: amounts the French way, dates as the browser's calendar wants them."""
    if spec.kind is FieldKind.YES_NO:
        return bool(value)
    if value is None or value == "":
        return ""
    if spec.kind in (FieldKind.AMOUNT, FieldKind.VALUE):
        return format_number(Decimal(value))
    return value


class TextField(forms.Field):
    """One field of the catalogue. Cleaned, it is a value of the text; None where nothing is typed."""

    def __init__(self, spec: Field, codes: Codes, choices: Choices, **options: Any) -> None:
        options["label"] = typography(options.get("label", spec.label))
        help_text = typography(spec.help)
        super().__init__(required=spec.needed, widget=_widget(spec, choices), help_text=help_text, **options)
        self.spec, self.codes = spec, codes

    def clean(self, value: Any) -> Any:
        if self.disabled:
            return value
        try:
            return clean(self.spec, value, self.codes)
        except MaillageError as error:
            raise forms.ValidationError(error.message_fr) from error


def _widget(spec: Field, choices: Choices) -> forms.Widget:
    if spec.kind is FieldKind.YES_NO:
        return forms.CheckboxInput()
    if spec.kind in (FieldKind.CHOICE, FieldKind.CODE):
        return forms.Select(choices=[NONE, *choices])
    if spec.kind is FieldKind.LONG:
        return forms.Textarea(attrs={"rows": 4})
    if spec.kind is FieldKind.DATE:
        return DateInput()
    if spec.kind in (FieldKind.AMOUNT, FieldKind.VALUE, FieldKind.YEAR):
        return forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    longest = spec.max_length + (6 if spec.name == "siret" else 0)  # people put spaces in it
    return forms.TextInput(attrs={"maxlength": str(longest)})


@dataclass(frozen=True, slots=True)
class Row:
    """A field as a page shows it: its control, or its value and the reason why it is closed."""

    path: str
    bound: BoundField
    refusal: str
    shown: str


@dataclass(frozen=True)
class Source:
    """What every form of a text is made from: what may be chosen, what codes mean, what is closed and why."""

    choices: Mapping[str, Choices]
    codes: Codes
    names: Mapping[str, Mapping[str, str]]
    refusal: Refusal = never_refused


class PartForm(BaseForm):
    """The fields of one object of the text, at `path`; `content` is what they hold now."""

    use_required_attribute = False

    def __init__(
        self,
        part: Part,
        path: str,
        content: Mapping[str, Any],
        source: Source,
        data: Any = None,
        prefix: str | None = None,
    ) -> None:
        super().__init__(data, prefix=prefix)
        self.part, self.path, self.content, self.source = part, path, content, source
        for spec in part.fields:
            self._add(spec)

    def _add(self, spec: Field) -> None:
        value = self.content.get(spec.name)
        choices: Choices = list((spec.choices or {}).items()) or self.source.choices.get(spec.refers_to, ())
        if spec.kind is FieldKind.CODE:
            name = self.source.names.get(spec.refers_to, {}).get(value or "", value or "")
            choices = with_current(choices, value, name)
        made = TextField(spec, self.source.codes, choices, initial=typed(spec, value))
        made.disabled = bool(self.source.refusal(f"{self.path}/{spec.name}"))
        self.fields[spec.name] = made

    @property
    def rows(self) -> dict[str, Row]:
        """Name of a field → its row."""
        return {spec.name: self._row(spec) for spec in self.part.fields}

    def _row(self, spec: Field) -> Row:
        path = f"{self.path}/{spec.name}"
        written = shown(spec, self.content.get(spec.name), self.source.names)
        return Row(path, self[spec.name], self.source.refusal(path), written)

    def edits(self) -> dict[str, Any]:
        """Path → value, for the open fields that no longer say what `content` says."""
        made = {}
        for spec in self.part.fields:
            value = self.cleaned_data.get(spec.name)
            if not self.fields[spec.name].disabled and (value or None) != (self.content.get(spec.name) or None):
                made[f"{self.path}/{spec.name}"] = value
        return made


class RemovableForm(PartForm):
    """An object that may be taken out, or that is not there yet (`is_new`): a signatory, an indicator."""

    def __init__(self, *args: Any, is_new: bool, may_remove: bool, remove_label: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.is_new = is_new
        if may_remove and not is_new:
            self.fields["remove"] = forms.BooleanField(required=False, label=remove_label)

    @property
    def is_removed(self) -> bool:
        return bool(self.cleaned_data.get("remove"))

    def edits(self) -> dict[str, Any]:
        return {self.path: REMOVED} if self.is_removed else super().edits()
