"""What a person wrote for one figure, made into an answer. The page, the paste and the spreadsheet read it the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from maillage.collection.enums import Answer
from maillage.engines import rows
from maillage.engines.rows import fold
from maillage.indicators.enums import Nature
from maillage.indicators.models import Indicator
from maillage.indicators.services.edition import is_negative_count
from maillage.kernel.errors import MaillageError
from maillage.kernel.numbers import NBSP, format_number

MAX_REASON, MAX_COMMENT = 300, 500
FIELDS = ("value", "numerator", "denominator", "answer", "reason", "comment")  # in the order of the grid
LABELS = {
    "value": "Valeur",
    "numerator": "Numérateur",
    "denominator": "Dénominateur",
    "answer": "Situation",
    "reason": "Motif",
    "comment": "Commentaire",
}
_FOUR_PLACES = Decimal("0.0001")
_WORDS = {
    "": "",
    "donne": Answer.KNOWN,
    "connu": Answer.KNOWN,
    "known": Answer.KNOWN,
    "a donner": "",
    "awaited": "",
    "non disponible": Answer.UNAVAILABLE,
    "indisponible": Answer.UNAVAILABLE,
    "nd": Answer.UNAVAILABLE,
    "n.d.": Answer.UNAVAILABLE,
    "unavailable": Answer.UNAVAILABLE,
    "sans objet": Answer.NOT_APPLICABLE,
    "so": Answer.NOT_APPLICABLE,
    "s.o.": Answer.NOT_APPLICABLE,
    "not applicable": Answer.NOT_APPLICABLE,
}
_NUMBER = rows.number()


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that the database can hold."""

    answer: str
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    reason: str = ""
    comment: str = ""


class AnswerRefused(MaillageError):
    """What was written for one figure is no answer; `problems` are by field of `FIELDS`."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__(" ".join(f"{LABELS[name]}{NBSP}: {text}" for name, text in self.problems.items()))


def read_answer(indicator: Indicator, texts: Mapping[str, str | None]) -> Answered:
    """The answer that these texts give; nothing written is « awaited ». Raises AnswerRefused with every problem."""
    cells = {name: " ".join((texts.get(name) or "").split()) for name in FIELDS}
    problems: dict[str, str] = {}
    for name, limit in (("reason", MAX_REASON), ("comment", MAX_COMMENT)):
        if len(cells[name]) > limit:
            problems[name] = f"{limit} caractères au plus."
    situation = _situation(cells, problems)
    if situation in (Answer.UNAVAILABLE, Answer.NOT_APPLICABLE):
        answered = _missing(situation, cells, problems)
    else:
        answered = _known(indicator, situation, cells, problems)
    if problems:
        raise AnswerRefused(problems)
    return answered


def situation_code(text: str) -> str:
    """The code of a situation written in words; the text itself where it is none."""
    return str(_WORDS.get(fold(text), text))


def written(answer: Answered | Any) -> dict[str, str]:
    """The texts that give this answer back: what a form or a spreadsheet shows. Takes a requested figure too.

    A share given by its terms has no value written: it is computed again from them.
    """
    value = answer.value if answer.numerator is None else None
    return {
        "value": _plain(value),
        "numerator": _plain(answer.numerator),
        "denominator": _plain(answer.denominator),
        "answer": "" if answer.answer in (Answer.AWAITED, Answer.KNOWN) else str(answer.answer),
        "reason": answer.reason,
        "comment": answer.comment,
    }


def _plain(value: Decimal | None) -> str:
    return "" if value is None else format_number(value)


def _situation(cells: dict[str, str], problems: dict[str, str]) -> str:
    """The situation said, or what the other cells tell of it: « n.d. » as a value, a reason alone."""
    said = fold(cells["answer"])
    if said not in _WORDS:
        problems["answer"] = "écrivez « donné », « non disponible » ou « sans objet »."
        return ""
    situation = str(_WORDS[said])
    word = _WORDS.get(fold(cells["value"]))
    if word in (Answer.UNAVAILABLE, Answer.NOT_APPLICABLE):
        cells["value"] = ""
        return situation or str(word)
    numbers = cells["value"] or cells["numerator"] or cells["denominator"]
    return str(Answer.UNAVAILABLE) if not situation and not numbers and cells["reason"] else situation


def _missing(situation: str, cells: Mapping[str, str], problems: dict[str, str]) -> Answered:
    for name in ("value", "numerator", "denominator"):
        if cells[name]:
            problems[name] = "un nombre est donné alors que le chiffre est dit manquant : effacez l'un ou l'autre."
    if not cells["reason"]:
        problems["reason"] = "dites pourquoi ce chiffre manque."
    return Answered(situation, reason=cells["reason"], comment=cells["comment"])


def _known(indicator: Indicator, situation: str, cells: Mapping[str, str], problems: dict[str, str]) -> Answered:
    numbers = {name: _number(name, cells[name], problems) for name in ("value", "numerator", "denominator")}
    value, numerator, denominator = numbers["value"], numbers["numerator"], numbers["denominator"]
    if cells["reason"] and (cells["value"] or cells["numerator"]):
        problems["reason"] = "un motif accompagne un chiffre qui manque : écrivez plutôt un commentaire."
    if not problems and (numerator is not None or denominator is not None):
        value = _share(indicator, value, numerator, denominator, problems)
    if value is None:
        if situation == Answer.KNOWN and not problems:
            problems["value"] = "la valeur manque."
        return Answered(Answer.AWAITED, comment=cells["comment"])
    _check_size(indicator, value, problems)
    return Answered(Answer.KNOWN, value, numerator, denominator, comment=cells["comment"])


def _number(name: str, text: str, problems: dict[str, str]) -> Decimal | None:
    if not text:
        return None
    try:
        read: Decimal = _NUMBER(text.removesuffix("%").rstrip() if name == "value" else text)
    except MaillageError as error:
        problems[name] = error.message_fr
        return None
    return read


def _share(
    indicator: Indicator,
    value: Decimal | None,
    numerator: Decimal | None,
    denominator: Decimal | None,
    problems: dict[str, str],
) -> Decimal | None:
    """The share that its two terms give; a share typed beside them must be the same at its own precision."""
    if indicator.nature != Nature.SHARE:
        problems["numerator"] = "cet indicateur n'est pas une part : donnez seulement la valeur."
        return None
    if numerator is None or denominator is None:
        problems["numerator" if numerator is None else "denominator"] = "donnez les deux termes de la part."
        return None
    if denominator <= 0:
        problems["denominator"] = "il doit être plus grand que zéro."
        return None
    if not 0 <= numerator <= denominator:
        problems["numerator"] = "il va de zéro au dénominateur."
        return None
    computed = numerator * (100 if indicator.unit in ("%", "percent") else 1) / denominator
    if value is not None and computed.quantize(value) != value:
        problems["value"] = f"les deux termes donnent {format_number(computed, 2)} : effacez la valeur, ou corrigez."
    return computed.quantize(_FOUR_PLACES)


def _check_size(indicator: Indicator, value: Decimal, problems: dict[str, str]) -> None:
    if is_negative_count(indicator.unit, value):
        problems["value"] = "un nombre de choses ne peut pas être négatif."
    elif indicator.nature == Nature.SHARE and indicator.unit in ("%", "percent") and not 0 <= value <= 100:
        problems["value"] = f"une part va de 0 à 100{NBSP}%."
