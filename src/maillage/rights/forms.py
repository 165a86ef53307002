"""The questionnaire as a form. Reading an answer belongs to the engine; the form shows it, and keeps what was typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.urls import reverse

from maillage.engines.simulator import Answers, Kind, Question, Questionnaire, read_answers
from maillage.gateways.openfisca_france import timeline
from maillage.kernel.period import Period
from maillage.ui.forms import BaseForm
from maillage.ui.units import typography

UNKNOWN = "inconnu"
UNKNOWN_LABEL = "Je ne sais pas"
FIRST_MONTH = date.fromisoformat(f"{timeline.FIRST_MONTH}-01")
LAST_MONTH = date.fromisoformat(f"{timeline.LAST_MONTH}-01")
MONTH_FIELD = "mois"
_FEW_CHOICES = 3
_MAX_LENGTH = 100


def unknown_field(code: str) -> str:
    """The name of the box « je ne sais pas » of a question whose answer is typed."""
    return f"{code}-{UNKNOWN}"


def months_until(today: date) -> list[tuple[str, str]]:
    """The months whose law can be asked, the latest first: (code, French name)."""
    latest = min(today.replace(day=1), LAST_MONTH)
    first = FIRST_MONTH.year * 12 + FIRST_MONTH.month - 1
    ranks = range(latest.year * 12 + latest.month - 1, first - 1, -1)
    codes = [f"{rank // 12}-{rank % 12 + 1:02d}" for rank in ranks]
    return [(code, Period.parse(code).label_fr) for code in codes]


class HouseholdForm(BaseForm):
    """Every question of the questionnaire, each of them optional: an answer that is missing is completed, not required.

    After `is_valid()`, `answers` holds those that could be read even where others were refused, and `month` the first
    day of the month whose law is asked.
    """

    use_required_attribute = False

    def __init__(
        self,
        *args: Any,
        questionnaire: Questionnaire,
        today: date,
        find_commune: Callable[[str], str],
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.questionnaire = questionnaire
        self.find_commune = find_commune
        months = months_until(today)
        self.month = _first_day(months[0][0])
        self.answers = Answers()
        for question in questionnaire:
            self.fields[question.code] = _field(question)
            if question.kind is not Kind.CHOICE:
                self.fields[unknown_field(question.code)] = forms.BooleanField(required=False, label=UNKNOWN_LABEL)
        self.fields[MONTH_FIELD] = forms.ChoiceField(
            label="Appliquer la loi de", choices=months, initial=months[0][0], required=False
        )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get(MONTH_FIELD):
            self.month = _first_day(given[MONTH_FIELD])
        codes = [question.code for question in self.questionnaire]
        typed = {code: given.get(code) or "" for code in codes}
        declined = {code for code in codes if typed[code] == UNKNOWN or given.get(unknown_field(code))}
        written = {code: "" if text == UNKNOWN else text for code, text in typed.items()}
        reading = read_answers(self.questionnaire, written, declined, self.month, self.find_commune)
        self.answers = reading.answers
        for code, problem in reading.problems.items():
            self.add_error(code, typography(problem))
        return given


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _field(question: Question) -> forms.Field:
    label, help_text = typography(question.label), typography(question.help)
    if question.kind is Kind.CHOICE:
        return _choice(question, label, help_text)
    hints = {
        Kind.AMOUNT: {"inputmode": "decimal"},
        Kind.COUNT: {"inputmode": "numeric"},
        Kind.BIRTH: {"inputmode": "text", "placeholder": "MM/AAAA"},
        Kind.COMMUNE: {
            "list": "communes",
            "hx-post": reverse("rights-communes"),
            "hx-trigger": "input changed delay:250ms",
            "hx-target": "#communes",
            "hx-params": "commune",
            "hx-sync": "this:replace",
        },
    }[question.kind]
    attrs = {"autocomplete": "off", "maxlength": str(_MAX_LENGTH), **hints}
    return forms.CharField(label=label, help_text=help_text, required=False, widget=forms.TextInput(attrs=attrs))


def _choice(question: Question, label: str, help_text: str) -> forms.Field:
    """A few answers stand in sight; more are in a list. A code that is not one of them is refused by the engine."""
    choices = [(choice.code, typography(choice.label)) for choice in question.choices] + [(UNKNOWN, UNKNOWN_LABEL)]
    if len(question.choices) <= _FEW_CHOICES:
        widget: forms.Widget = forms.RadioSelect(choices=choices)
    else:
        widget = forms.Select(choices=[("", "Choisir…"), *choices])
    return forms.CharField(label=label, help_text=help_text, required=False, widget=widget)
