"""Base of every form: French errors that say what to do, and controls that suit dates and files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from maillage.kernel.errors import InputRefused, MaillageError


class DateInput(forms.DateInput):
    """The browser's own calendar; it sends and receives AAAA-MM-JJ."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class FileInput(forms.FileInput):
    """A file to send; `accept` lists the endings offered first (« .csv », « .xlsx »). The service checks it again."""

    def __init__(self, accept: Iterable[str] = (), attrs: dict[str, Any] | None = None) -> None:
        offered = ",".join(accept)
        super().__init__(attrs={**({"accept": offered} if offered else {}), **(attrs or {})})


class DateField(forms.DateField):
    """A day; 31/12/2024 is accepted from a browser without a calendar."""

    widget = DateInput

    def __init__(self, **options: Any) -> None:
        options.setdefault("input_formats", ["%Y-%m-%d", "%d/%m/%Y"])
        super().__init__(**options)
        self.error_messages["invalid"] = "Écrivez une date qui existe, comme 31/12/2024."


class FormBehaviour:
    """What our forms share. Fields are shown by `{% ui_form form %}`, or one by one by `{% ui_field form.name %}`."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("label_suffix", "")
        super().__init__(*args, **options)

    def refuse(self, error: MaillageError) -> None:
        """Show at the top of the form why a service refused what was asked."""
        problems = [error.title, *error.lines()] if isinstance(error, InputRefused) else [error.message_fr]
        self.add_error(None, [forms.ValidationError(problem) for problem in problems])  # type: ignore[attr-defined]  # of the form it is mixed in


class BaseForm(FormBehaviour, forms.Form):
    """Base of our forms."""


class BaseModelForm(FormBehaviour, forms.ModelForm):
    """Base of our forms that fill the fields of a model; saving belongs to a service."""
