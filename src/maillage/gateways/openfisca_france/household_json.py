"""One household described in JSON: its schema, made from `inputs.csv`, and its rights.

The keys are the columns of a population file; the persons are a list. Nothing here names or identifies anybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from maillage.engines.rows import fold
from maillage.gateways.openfisca_france.household import batch_of
from maillage.gateways.openfisca_france.inputs import Kind, Of, Question, questions_of
from maillage.gateways.openfisca_france.rights import RIGHTS
from maillage.gateways.openfisca_france.tables import HOUSEHOLD_KEY, facts_of_tables, shown
from maillage.gateways.openfisca_france.zones import Earlier
from maillage.kernel.errors import InputProblem, InputRefused

if TYPE_CHECKING:
    from maillage.gateways.openfisca_france.engine import MonthOfLaw
    from maillage.gateways.openfisca_france.explanations import Step

PERSONS = "personnes"
MOST_PERSONS = 100
MOST_BYTES = 1 << 20
DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TITLE = "Ce foyer ne peut pas être calculé."
_LARGEST = 10**15


def schema() -> dict[str, Any]:
    """The JSON Schema of a household."""
    person = {one.header_fr: _value(one) for one in questions_of(Of.PERSON)}
    persons = _object(person, [one.header_fr for one in questions_of(Of.PERSON) if one.is_required])
    household = {one.header_fr: _value(one) for one in questions_of(Of.HOUSEHOLD)}
    household[PERSONS] = {
        "description": "Un demandeur, son conjoint s'il vit en couple, ses enfants à charge.",
        "type": "array",
        "minItems": 1,
        "maxItems": MOST_PERSONS,
        "items": persons,
    }
    needed = ["commune", "logement", PERSONS]
    return {"$schema": DRAFT, "title": "Foyer à calculer", **_object(household, needed)}


def _object(properties: Mapping[str, Any], needed: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(needed),
        "properties": dict(properties),
    }


def _value(asked: Question) -> dict[str, Any]:
    told: dict[str, Any] = {"title": asked.question_fr}
    about = " ".join(part for part in (asked.help_fr, f"Unité : {asked.unit_fr}." if asked.unit_fr else "") if part)
    if about:
        told["description"] = about
    if asked.default:
        told["default"] = _default(asked)
    types: dict[Kind, dict[str, Any]] = {
        Kind.AMOUNT: {"type": "number", "minimum": asked.minimum, "maximum": asked.maximum},
        Kind.NUMBER: {"type": "number", "minimum": asked.minimum, "maximum": asked.maximum},
        Kind.YES_NO: {"type": "boolean"},
        Kind.CHOICE: {"enum": list(asked.choices.values())},
        Kind.DATE: {"type": "string", "format": "date"},
        Kind.COMMUNE: {"type": "string", "pattern": "^[0-9][0-9AB][0-9]{3}$"},
    }
    return told | types[asked.kind]


def _default(asked: Question) -> Any:
    if asked.kind is Kind.YES_NO:
        return asked.default == "yes"
    return asked.choices[asked.default] if asked.kind is Kind.CHOICE else float(asked.default)


def read(content: bytes) -> dict[str, Any]:
    """The description that a file holds. Raises InputRefused."""
    if len(content) > MOST_BYTES:
        raise _refused("le fichier est trop gros pour un foyer.")
    try:
        found = json.loads(content.decode("utf-8-sig"), parse_constant=_no_constant, object_pairs_hook=_once)
    except RecursionError as error:
        raise _refused("ce JSON est trop profond.") from error
    except ValueError as error:  # of an encoding, or of JSON
        raise _refused("ce n'est pas du JSON valide.") from error
    if not isinstance(found, dict):
        raise _refused("il faut un objet JSON : les réponses du foyer, et la liste « personnes ».")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for rank, (key, _) in enumerate(pairs) if key in dict(pairs[:rank]))
        raise _refused(f"la clé {shown(twice)} est donnée deux fois.")
    return found


def rights_of(description: Mapping[str, Any], law: MonthOfLaw, *, earlier: Earlier | None = None) -> dict[str, Any]:
    """The rights of a household: the amount of each, why, and why it is to be verified. Raises InputRefused."""
    households, persons = _tables(description)
    facts, problems = facts_of_tables(households, persons)
    try:
        columns = batch_of(facts, law.month, earlier, problems)
    except InputRefused as refusal:
        raise InputRefused([_placed(one) for one in refusal.problems], _TITLE) from refusal
    found = law.run(columns, explained=True)
    amounts = law.by_household(facts, columns, found)
    return {
        right.code: {
            "libelle": right.label_fr,
            "unite": right.unit.label_fr,
            "montant": round(float(amounts[right.code][0]), 2),
            "a_verifier": list(law.flags[right.code]),
            "explication": [
                _step(one)
                for one in law.steps_of(right.code, facts, columns, found, amounts[right.code])
                if one.shown[0]
            ],
        }
        for right in RIGHTS
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "texte": step.text_fr,
        "article": step.article,
        "adresse": step.url,
        "parametres": [one.text_fr for one in step.parameters],
    }


def _tables(description: Mapping[str, Any]) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """The same household as two tables, a column for each question."""
    persons = description.get(PERSONS)
    if not isinstance(persons, list) or not persons or not all(isinstance(one, dict) for one in persons):
        raise _refused("il faut la liste « personnes », avec un objet par personne.")
    if len(persons) > MOST_PERSONS:
        raise _refused(f"il y a plus de {MOST_PERSONS} personnes.")
    problems: list[InputProblem] = []
    of_household = {key: value for key, value in description.items() if key != PERSONS}
    household = _named(of_household, Of.HOUSEHOLD, "", problems)
    named = [_named(one, Of.PERSON, f"personne {rank}, ", problems) for rank, one in enumerate(persons, start=1)]
    if problems:
        raise InputRefused(problems, _TITLE)
    households = {one.name: [household.get(one.name)] for one in questions_of(Of.HOUSEHOLD)}
    of_persons = {one.name: [person.get(one.name) for person in named] for one in questions_of(Of.PERSON)}
    return {HOUSEHOLD_KEY: ["1"]} | households, {HOUSEHOLD_KEY: ["1"] * len(named)} | of_persons


def _named(given: Mapping[str, Any], entity: Of, where: str, problems: list[InputProblem]) -> dict[str, Any]:
    known = {fold(name): one.name for one in questions_of(entity) for name in (one.header_fr, one.name)}
    found: dict[str, Any] = {}
    for key, value in given.items():
        name = known.get(fold(key))
        if name is None or name in found:
            why = "n'est pas une question" if name is None else "est donné deux fois"
            problems.append(InputProblem(None, None, f"{where}{shown(key)} {why}."))
        elif isinstance(value, (list, dict)) or (isinstance(value, int) and abs(value) > _LARGEST):
            problems.append(InputProblem(None, None, f"{where}{shown(key)} : cette valeur n'est pas comprise."))
        else:
            found[name] = value
    return found


def _placed(problem: InputProblem) -> InputProblem:
    """A row of the two tables, told as a person of the description."""
    of_household = {one.header_fr for one in questions_of(Of.HOUSEHOLD)}
    if problem.column == HOUSEHOLD_KEY or problem.row is None:
        return InputProblem(None, None, problem.message)
    where = "" if problem.column in of_household else f"personne {problem.row - 1}, "
    return InputProblem(None, None, f"{where}{problem.column} : {problem.message}")


def _refused(message: str) -> InputRefused:
    return InputRefused([InputProblem(None, None, message)], _TITLE)
