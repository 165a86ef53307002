"""What has been answered so far, and how an answer is read from what a person typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from maillage.engines.simulator.conditions import age_at
from maillage.engines.simulator.questions import Kind, Question, Questionnaire, Value
from maillage.kernel.errors import MaillageError
from maillage.kernel.numbers import NBSP, NumberUnreadable, format_number, parse_number

_MONTH_YEAR = re.compile(r"(?:[0-9]{1,2}[/. -])?(?P<month>[0-9]{1,2})[/. -](?P<year>[0-9]{4})", re.ASCII)
_YEAR_MONTH = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})(?:-[0-9]{1,2})?", re.ASCII)
_COMMUNE = re.compile(r"[0-9][0-9AB][0-9]{3}", re.ASCII)
_MAX_LENGTH = 100


class ValueRefused(MaillageError):
    """The answer cannot be read, or cannot be true. The message never repeats what was typed."""


@dataclass(frozen=True)
class Answers:
    """`known`: answer by code of question. `declined`: questions answered « je ne sais pas », not to be asked again."""

    known: Mapping[str, Value] = field(default_factory=dict)
    declined: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.known)


@dataclass(frozen=True)
class Reading:
    """What was typed, read: the answers that hold, and why the others do not, by code of question."""

    answers: Answers
    problems: Mapping[str, str]


def read_answers(
    questionnaire: Questionnaire,
    typed: Mapping[str, str],
    declined: Collection[str],
    month: date,
    find_commune: Callable[[str], str],
) -> Reading:
    """Read all that was typed, by code of question; an empty text is no answer. `declined`: « je ne sais pas ».

    What the earlier answers no longer call for is left aside, right or wrong. `find_commune` turns a name or a code
    into an INSEE code, or raises ValueRefused.
    """
    known: dict[str, Value] = {}
    problems: dict[str, str] = {}
    for question in questionnaire:
        text = typed.get(question.code, "").strip()
        if not text or not question.condition.holds(known, month):
            continue
        try:
            found = find_commune(text) if question.kind is Kind.COMMUNE else text
            known[question.code] = read_value(question, found, month)
        except ValueRefused as refused:
            problems[question.code] = refused.message_fr
    unknown = {q.code for q in questionnaire.relevant(known, month)} & set(declined) - known.keys() - problems.keys()
    return Reading(Answers(known, frozenset(unknown)), problems)


def read_value(question: Question, typed: str, month: date) -> Value:
    """The answer that a text holds, for the law of `month` (its first day). Raises ValueRefused."""
    text = typed.strip()
    if len(text) > _MAX_LENGTH:
        raise ValueRefused("Cette réponse est trop longue.")
    return _READERS[question.kind](question, text, month)


def _choice(question: Question, text: str, month: date) -> Value:
    if text not in {choice.code for choice in question.choices}:
        raise ValueRefused("Choisissez une des réponses proposées.")
    return text


def _count(question: Question, text: str, month: date) -> Value:
    number = _number(text)
    if number != number.to_integral_value():
        raise ValueRefused("Écrivez un nombre entier.")
    _within(question, number, "")
    return int(number)


def _amount(question: Question, text: str, month: date) -> Value:
    number = _number(text.removesuffix("€").strip())
    _within(question, number, f"{NBSP}€")
    return number.quantize(Decimal("0.01"))


def _number(text: str) -> Decimal:
    try:
        return parse_number(text)
    except NumberUnreadable as unreadable:
        raise ValueRefused("Écrivez un nombre, comme 850 ou 1 234,50.") from unreadable


def _within(question: Question, number: Decimal, unit: str) -> None:
    if number < question.minimum:
        least = format_number(question.minimum)
        raise ValueRefused("Écrivez un nombre positif." if question.minimum == 0 else f"Le minimum est {least}{unit}.")
    if number > question.maximum:
        raise ValueRefused(
            f"Le maximum est {format_number(question.maximum)}{unit}. Au-delà, voyez un travailleur social."
        )


def _birth(question: Question, text: str, month: date) -> Value:
    match = _MONTH_YEAR.fullmatch(text) or _YEAR_MONTH.fullmatch(text)
    if match is None:
        raise ValueRefused("Écrivez le mois et l'année, comme 03/1985.")
    if not 1 <= int(match["month"]) <= 12 or int(match["year"]) < 1:
        raise ValueRefused("Ce mois n'existe pas. Écrivez par exemple 03/1985.")
    born = date(int(match["year"]), int(match["month"]), 1)
    if born > month:
        raise ValueRefused("Cette naissance est après le mois étudié.")
    age = age_at(born, month)
    if age < question.minimum:
        raise ValueRefused(f"Cette personne a moins de {question.minimum} ans au mois étudié.")
    if age > question.maximum:
        raise ValueRefused(f"Cette personne a plus de {question.maximum} ans au mois étudié.")
    return born


def _commune(question: Question, text: str, month: date) -> Value:
    """The INSEE code; a name is looked up before, by whoever knows the communes."""
    if not _COMMUNE.fullmatch(text.upper()):
        raise ValueRefused("Écrivez le code INSEE de la commune : cinq caractères.")
    return text.upper()


_READERS = {
    Kind.CHOICE: _choice,
    Kind.COUNT: _count,
    Kind.AMOUNT: _amount,
    Kind.BIRTH: _birth,
    Kind.COMMUNE: _commune,
}
