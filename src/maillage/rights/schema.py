"""The JSON Schemas of the API, made from the questionnaire: what is documented is what is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from maillage.engines.simulator import Bound, Kind, Question, Questionnaire
from maillage.gateways.openfisca_france.rights import RIGHTS, Unit
from maillage.rights.forms import UNKNOWN

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_NUMBER_TYPED = {"type": "string", "maxLength": 100}


def request_schema(questionnaire: Questionnaire, months: Sequence[str]) -> dict[str, Any]:
    """What a request holds; `months`: those that can be asked, the latest first."""
    return {
        "$schema": DRAFT,
        "title": "Foyer à calculer",
        "description": (
            "Toutes les réponses sont facultatives : celle qui manque, ou vaut « inconnu », donne un intervalle."
        ),
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "mois": {
                "description": "Le mois dont la loi s'applique. Par défaut, le dernier de la liste.",
                "enum": list(months),
            },
            "reponses": {
                "type": "object",
                "additionalProperties": False,
                "properties": {question.code: _answer(question) for question in questionnaire},
            },
        },
    }


def _answer(question: Question) -> dict[str, Any]:
    told = {"title": question.label} | ({"description": question.help} if question.help else {})
    return told | {"anyOf": [_value(question), {"const": UNKNOWN}, {"type": "null"}]}


def _value(question: Question) -> dict[str, Any]:
    bounds: dict[str, Any] = {"minimum": question.minimum, "maximum": question.maximum}
    values: dict[Kind, dict[str, Any]] = {
        Kind.CHOICE: {"enum": [choice.code for choice in question.choices]},
        Kind.COUNT: {"type": "integer"} | bounds,
        Kind.AMOUNT: {"anyOf": [{"type": "number"} | bounds, _NUMBER_TYPED]},
        Kind.BIRTH: {"type": "string", "description": "AAAA-MM", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"},
        Kind.COMMUNE: {"type": "string", "description": "Code INSEE, ou nom de la commune", "maxLength": 100},
    }
    return values[question.kind]


def response_schema() -> dict[str, Any]:
    """What an answer holds."""
    right = {
        "code": {"enum": [right.code for right in RIGHTS]},
        "libelle": {"type": "string"},
        "unite": {
            "description": "open : 0 le droit n'est pas ouvert, plus de 0 il pourrait l'être.",
            "enum": [unit.value for unit in Unit],
        },
        "minimum": {"type": "number", "minimum": 0},
        "maximum": {"type": "number", "minimum": 0},
        "bornes": {
            "description": (
                "exact : rien ne manque. proven : tous les foyers possibles ont été calculés. "
                "sampled : une partie seulement, le montant peut sortir de l'intervalle."
            ),
            "enum": [bound.value for bound in Bound],
        },
        "a_verifier": {"type": "array", "items": {"type": "string"}},
    }
    question = {"code": {"type": "string"}, "libelle": {"type": "string"}}
    return {
        "$schema": DRAFT,
        "title": "Droits possibles",
        **_object(
            {
                "mois": {"type": "string"},
                "avertissement": {"type": "string"},
                "droits": {"type": "array", "items": _object(right)},
                "question_suivante": {"anyOf": [_object(question), {"type": "null"}]},
                "foyers_calcules": {"type": "integer", "minimum": 1},
            }
        ),
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }
